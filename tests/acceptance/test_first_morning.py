"""The newcomer's morning, played for real: start, look, publish, kill, stop, start again."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiomqtt
import httpx
import psutil
import psycopg
import pytest

from schemas.runtime.clock import now
from schemas.runtime.folder import any_free_port
from schemas.times import to_us

if TYPE_CHECKING:
    from collections.abc import Iterator

MONITOR = [sys.executable, "-m", "monitor"]
REPOSITORY = Path(__file__).resolve().parents[2]
MISSION = {"boiler_efficiency", "sewage_day", "energy_budget"}
OVERDUE = "boiler_check_overdue"


class Running:
    """`monitor run` on ports and a data folder of its own."""

    def __init__(self, data: Path, database_url: str | None = None) -> None:
        self.data = data
        self.database_url = database_url
        self.port = any_free_port("127.0.0.1", None)
        self.mqtt_port = any_free_port("127.0.0.1", None)
        self.base = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *more: str) -> None:
        argv = [*MONITOR, "run", "--data", str(self.data), "--port", str(self.port), "--mqtt-port", str(self.mqtt_port)]
        with (self.data.parent / "console.txt").open("ab") as console:
            # NiceGUI behaves otherwise when it finds itself in a test; the newcomer's does not.
            environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
            environment |= {"MONITOR_DATABASE_URL": self.database_url} if self.database_url else {}
            self.process = subprocess.Popen(
                [*argv, *more], stdout=console, stderr=console, cwd=REPOSITORY, env=environment
            )

    def stop(self, sig: int = signal.SIGINT) -> tuple[int, float]:
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(sig)
        return self.process.wait(30), time.monotonic() - began

    def wait(self, holds: Any, seconds: float = 60) -> None:
        until = time.monotonic() + seconds
        while True:
            assert self.process is not None
            assert self.process.poll() is None, self.console()
            try:
                if holds():
                    return
            except (httpx.HTTPError, psycopg.Error):
                pass
            assert time.monotonic() < until, self.console()
            time.sleep(0.25)

    def console(self) -> str:
        return (self.data.parent / "console.txt").read_text()

    def get(self, path: str) -> Any:
        return httpx.get(self.base + path, timeout=5, trust_env=False).raise_for_status().json()

    def url(self) -> str:
        if self.database_url:
            return self.database_url
        done = subprocess.run(
            [*MONITOR, "db-url", "--data", str(self.data)], capture_output=True, check=True, cwd=REPOSITORY
        )
        return done.stdout.decode().strip()

    def query(self, text: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url()) as connection:
            return connection.execute(text).fetchall()

    def pid(self, name: str) -> int:
        """Return the process *name*; the supervisor may just be waiting before it starts the fallen one again."""
        assert self.process is not None
        until = time.monotonic() + 10
        while True:
            found = [child for child in psutil.Process(self.process.pid).children() if name in child.cmdline()[-1:]]
            if found:
                return int(found[0].pid)
            assert time.monotonic() < until, f"no process {name}: {self.console()[-1500:]}"
            time.sleep(0.05)

    def login(self, device: str) -> dict[str, Any]:
        secrets = json.loads((self.data / "secrets" / "devices.json").read_text())
        return {"hostname": "127.0.0.1", "port": self.mqtt_port, "username": device, "password": secrets[device]}


@pytest.fixture
def running(tmp_path: Path, database_kind: str, request: pytest.FixtureRequest) -> Iterator[Running]:
    # The embedded database is part of what a newcomer starts; any other is there before.
    url = request.getfixturevalue("empty_url") if database_kind == "timescaledb" else None
    service = Running(tmp_path / "data", url)
    yield service
    if service.process is not None and service.process.poll() is None:
        service.stop()


def mission_is_on_the_wall(service: Running) -> bool:
    found = {incident["rule"] for incident in service.get("/api/incidents")}
    return found >= MISSION


def test_three_incidents_within_a_minute_then_killed_and_continued(running: Running) -> None:
    running.start()
    running.wait(lambda: mission_is_on_the_wall(running))
    assert len(running.get("/api/sites")) == 12
    assert httpx.get(running.base + "/readyz", trust_env=False).status_code == 200
    assert "ingest_values_stored_total" in httpx.get(running.base + "/metrics", trust_env=False).text
    page = httpx.get(running.base + "/", trust_env=False).text
    assert "永兴" in page

    before = running.query("SELECT count(*) FROM reading")[0][0]
    os.kill(running.pid("ingest"), signal.SIGKILL)
    code, seconds = running.stop()
    assert (code, seconds < 10) == (0, True), running.console()

    running.start("--no-simulator")
    running.wait(lambda: mission_is_on_the_wall(running), 30)
    assert running.query("SELECT count(*) FROM reading")[0][0] >= before
    found = running.query("SELECT rule, state FROM incident WHERE state NOT IN ('pending', 'lapsed', 'closed')")
    # How many checks of the example's boilers are overdue is a question of today's date.
    assert sorted(one for one in found if one[0] != OVERDUE) == [(rule, "open") for rule in sorted(MISSION)]
    assert {state for rule, state in found if rule == OVERDUE} <= {"open"}
    assert running.console().count("一次性密码") == 1, "the first account's password is printed once, not at each start"
    assert running.query("SELECT name, role, must_change FROM account") == [("admin", "admin", True)]


def test_killing_ingest_under_load_loses_nothing(running: Running) -> None:
    running.start("--no-simulator")
    running.wait(lambda: "已启动" in running.console())
    base = to_us(now()) // 1000 - 3_600_000
    total = 6000

    async def publish() -> None:
        async with aiomqtt.Client(
            **running.login("bj-wwtp/outlet"), identifier="load", max_inflight_messages=200
        ) as client:
            waiting = set()
            for n in range(total):
                body = json.dumps({"ts": base + n * 100, "values": {"w01018": 20 + n % 50}})
                waiting.add(
                    asyncio.create_task(client.publish("yx/v1/bj-wwtp/outlet/telemetry", body, qos=1, timeout=60))
                )
                if len(waiting) >= 100:
                    _, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                if n in (1500, 3000, 4500):
                    os.kill(await asyncio.to_thread(running.pid, "ingest"), signal.SIGKILL)
                    await asyncio.sleep(0.7)
            await asyncio.gather(*waiting)

    asyncio.run(publish())
    running.wait(lambda: running.query("SELECT count(*) FROM reading")[0][0] >= total)
    assert running.query("SELECT count(*), count(DISTINCT ts) FROM reading") == [(total, total)]
    assert running.query("SELECT sum(value) FROM reading") == [(sum(20 + n % 50 for n in range(total)),)]
    assert running.query("SELECT received - stored - duplicate - rejected FROM tally") == [(0,)]
    assert running.query("SELECT count(*) FROM rejection") == [(0,)]


def test_killing_the_supervisor_leaves_nothing_that_blocks_the_next_start(running: Running) -> None:
    running.start("--no-simulator")
    running.wait(lambda: running.get("/api/sites"))
    assert running.process is not None
    children = psutil.Process(running.process.pid).children(recursive=True)
    running.process.kill()
    running.process.wait(5)
    running.start("--no-simulator")
    running.wait(lambda: running.get("/api/sites"), 40)
    _, alive = psutil.wait_procs(children, timeout=10)
    assert alive == []


def test_a_reading_of_mosquitto_pub_arrives(running: Running) -> None:
    running.start("--no-simulator")
    running.wait(lambda: running.get("/api/sites"))
    argv = [*MONITOR, "device", "login", "bj-wwtp/outlet", "--data", str(running.data)]
    login = subprocess.run(argv, capture_output=True, check=True, cwd=REPOSITORY).stdout.decode().split()
    topic = "yx/v1/bj-wwtp/outlet/telemetry"
    if shutil.which("mosquitto_pub"):
        subprocess.run(["mosquitto_pub", *login, "-q", "1", "-t", topic, "-m", '{"w01018": 31.2}'], check=True)
    else:  # a newcomer's machine: another client, the same login and message

        async def publish() -> None:
            async with aiomqtt.Client(**running.login("bj-wwtp/outlet")) as client:
                await client.publish(topic, b'{"w01018": 31.2}', qos=1)

        asyncio.run(publish())
    running.wait(lambda: running.get("/api/points/bj-wwtp.outlet.w01018/latest")["value"] == 31.2, 10)
    assert running.query("SELECT mark FROM reading") == [("n",)]


@pytest.mark.parametrize("option", ["--port", "--mqtt-port"])
def test_a_taken_port_is_named_before_anything_starts(running: Running, option: str) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        setattr(running, "port" if option == "--port" else "mqtt_port", number)
        running.start()
        assert running.process is not None
        assert running.process.wait(20) == 1
    assert f"port {number}" in running.console()
    assert option in running.console()
    assert not (running.data / "postgres").exists()


def test_a_data_folder_of_another_version_is_refused(running: Running) -> None:
    running.data.mkdir()
    (running.data / "LAYOUT").write_text("99\n")
    running.start()
    assert running.process is not None
    assert running.process.wait(20) == 1
    assert "another version" in running.console()


def test_two_services_cannot_share_a_data_folder(running: Running) -> None:
    running.start("--no-simulator")
    running.wait(lambda: running.get("/api/sites"))
    second = Running(running.data, running.database_url)
    second.start("--no-simulator")
    assert second.process is not None
    assert second.process.wait(20) == 1
    assert "in use by process" in running.console()


def test_a_broken_registry_changes_nothing_and_names_line_and_mend(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    example = REPOSITORY / "simulator" / "county" / "yongxing.yaml"
    broken.write_text(example.read_text().replace("factor: w01018", "factor: w01O18", 1))
    done = subprocess.run(
        [*MONITOR, "registry", "check", str(broken)], capture_output=True, check=False, cwd=REPOSITORY
    )
    said = done.stderr.decode()
    assert done.returncode == 2
    line = (
        broken.read_text()
        .splitlines()
        .index(next(text for text in broken.read_text().splitlines() if "w01O18" in text))
        + 1
    )
    assert f"line {line}" in said
    assert "w01O18" in said
    assert "Traceback" not in said


def test_the_dry_run_gives_the_same_bytes_for_the_same_seed() -> None:
    argv = [*MONITOR, "simulate", "--dry-run", "--days", "1", "--seed", "7"]
    first, second = (subprocess.run(argv, capture_output=True, check=True, cwd=REPOSITORY).stdout for _ in range(2))
    assert first == second
    assert first.count(b"\n") > 100
    topic, payload = first.splitlines()[0].split(b"\t")
    assert topic.startswith(b"yx/v1/")
    json.loads(payload)
