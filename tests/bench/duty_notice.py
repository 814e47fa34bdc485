"""From publishing the reading that opens an incident until a real receiver holds the notice, under 1,000 messages a second."""

from __future__ import annotations

import asyncio
import json
import random
import re
import socket
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import psycopg

from schemas.runtime.folder import DataFolder
from tests.bench import county
from tests.bench.figures import Figure, percentile
from tests.bench.filling import say
from tests.bench.packets import CONNACK_ACCEPTED, connect_packet, remaining_length
from tests.bench.phases import _expect, _load_generator
from tests.bench.stand import Stand, Wanted, stand, start_monitor
from tests.integration.receivers import OK, web

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Sequence

    from schemas.registry.model import Document
    from tests.integration.receivers import Taken

SAMPLES, SECONDS = 240, 72.0
#: Plants that only send; those that are probed come after them.
LOADING = 300
RATE = 1000
_PH = "w01001"
#: Outside 6–9, inside what a pH meter can say.
_OVER_PH = 9.6
_FIRST_BEFORE_S = 3.0
_WARM_S, _WITHIN_S = 8.0, 30.0
_PACKET_ID = 1
#: Ingest sees a new registry after so long at most, and the alert process at once.
_HEARD_S = 4.0
_PERCENTILES = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))
_SEED = 1


class Sending(NamedTuple):
    """One reading of the probe: when it is due (seconds from the beginning), of which sample, and whether it opens."""

    at_s: float
    sample: int
    opens: bool


class Measured(NamedTuple):
    """Ages of the notices in seconds, in ascending order, and how true the senders were to their times."""

    ages: list[float]
    probe_late_s: float
    load: dict[str, float]


def schedule(samples: int, seconds: float, draw: random.Random) -> list[Sending]:
    """Return two readings a sample, the second at any part of the sample's own share of *seconds*; in order of time."""
    share_s = seconds / samples
    found = []
    for sample in range(samples):
        at_s = _FIRST_BEFORE_S + (sample + draw.random()) * share_s
        found += [Sending(at_s - _FIRST_BEFORE_S, sample, opens=False), Sending(at_s, sample, opens=True)]
    return sorted(found)


def publish_packet(topic: str, ts_ms: int, ph: float) -> bytes:
    """Return PUBLISH, QoS 1, of one pH reading."""
    name = topic.encode()
    payload = json.dumps({"ts": ts_ms, "values": {_PH: ph}}).encode()
    rest = len(name).to_bytes(2, "big") + name + _PACKET_ID.to_bytes(2, "big") + payload
    return b"\x32" + remaining_length(len(rest)) + rest


def calm_policy(shipped: str) -> str:
    """Return the *shipped* policy without a storm cap in the way.

    Raises:
        ValueError: it has no such figure.

    """
    calm, count = re.subn(r"(?m)^notices = \d+$", "notices = 100000", shipped)
    if count != 1:
        raise ValueError("the shipped policy has another storm cap than this bench knows")
    return calm


class Receiver:
    """Notes when it had which plant's first notice in its hands."""

    def __init__(self) -> None:
        self.at: dict[str, float] = {}

    def __call__(self, taken: Taken) -> tuple[int, str]:
        at, incident = time.monotonic(), taken.body["incident"]
        if incident.get("step") == "opened" and "pH" in incident.get("rule", ""):
            self.at.setdefault(incident["site"], at)
        return OK


class Probe:
    """One connection a probed plant."""

    def __init__(self, port: int, credentials: dict[str, str], stack: ExitStack) -> None:
        self._lines: list[tuple[str, socket.socket]] = []
        self.sent_at: dict[str, float] = {}
        self.late_s = 0.0
        for name, password in credentials.items():
            sock = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.sendall(connect_packet(name.replace("/", ":"), name, password))
            assert sock.recv(4, socket.MSG_WAITALL) == CONNACK_ACCEPTED, f"the broker refuses {name}"
            self._lines.append((name, sock))

    def play(self, plan: Sequence[Sending]) -> None:
        """Send what is due when it is due."""
        began = time.monotonic()
        for one in plan:
            time.sleep(max(0.0, began + one.at_s - time.monotonic()))
            name, sock = self._lines[one.sample]
            packet = publish_packet(f"yx/v1/{name}/telemetry", time.time_ns() // 1_000_000, _OVER_PH)
            at = time.monotonic()
            sock.sendall(packet)
            self.late_s = max(self.late_s, at - began - one.at_s)
            if one.opens:
                self.sent_at[plant_name(name)] = at


def plant_name(credential: str) -> str:
    """Return the plant's name for people, of ``site/device``."""
    return f"plant {int(credential.partition('/')[0].rpartition('-')[2])}"


def publish_to_notice(kind: str) -> list[Figure]:
    """Measure with every plant's pH judged, the loading ones' too."""
    found = measure(kind)
    name = "duty_publish_to_notice"
    figures = [
        Figure(f"{name}_{word}_s", percentile(found.ages, share), "s", "< 2" if word == "p99" else None)
        for word, share in _PERCENTILES
        if found.ages
    ]
    return [
        *figures,
        Figure(f"{name}_missing", SAMPLES - len(found.ages), "notices", "= 0"),
        Figure(f"{name}_probe_late", found.probe_late_s, "s"),
        Figure(f"{name}_generator_late", found.load["late_s"], "s"),
        Figure(f"{name}_generator_held", found.load["held"], "messages"),
        Figure(f"{name}_generator_rate", found.load["acked"] / found.load["seconds"], "messages/s"),
    ]


def measure(kind: str, *, loading_judged: bool = True) -> Measured:
    """Start the whole of it on a server of its own, probe it under load."""
    devices = LOADING + SAMPLES
    wanted = Wanted(devices=devices, kind=kind, database_url=None, settings=[], keep=False)
    with stand(wanted) as place, ExitStack() as stack:
        folder = DataFolder(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="monitor-bench-"))))
        folder.prepare()
        asyncio.run(county.apply(place.url, _document(devices, loading_judged=loading_judged)))
        said = json.loads(place.credentials.read_text(encoding="utf-8"))
        names = sorted(name for name in said if name.startswith("plant-"))
        loading = folder.root / "loading.json"
        loading.write_text(json.dumps({name: said[name] for name in names[:LOADING]}), encoding="utf-8")
        receiver = Receiver()
        server = stack.enter_context(web())
        server.answer = receiver
        _start_desk(place, folder, stack, f"{server.url}/webhook")
        probe = Probe(place.mqtt_port, {name: said[name] for name in names[LOADING:]}, stack)
        time.sleep(_HEARD_S)
        plan = schedule(SAMPLES, SECONDS, random.Random(_SEED))
        with _load(place, loading) as load:
            time.sleep(_WARM_S)
            probe.play(plan)
            _await(receiver, len(probe.sent_at))
            told = json.loads(_expect(load, "{"))
        _say_rows(place)
    ages = sorted(receiver.at[name] - at for name, at in probe.sent_at.items() if name in receiver.at)
    return Measured(ages, probe.late_s, told)


def _document(devices: int, *, loading_judged: bool) -> Document:
    document = county.document(devices, outlets=True)
    if loading_judged:
        return document
    plain = county.document(devices)
    return document.model_copy(update={"sites": [*plain.sites[:LOADING], *document.sites[LOADING:]]})


def _start_desk(place: Stand, folder: DataFolder, stack: ExitStack, webhook: str) -> None:
    """Start what derives and what judges and sends, with a policy that lets every notice out."""
    policy = folder.root / "policy.toml"
    shipped = resources.files("alerts").joinpath("policy.toml").read_text(encoding="utf-8")
    policy.write_text(calm_policy(shipped), encoding="utf-8")
    start_monitor("derive", place.url, folder, stack, {})
    said = {"MONITOR_ALERTS__WEBHOOK_URL": webhook, "MONITOR_ALERTS__POLICY_FILE": str(policy)}
    start_monitor("alerts", place.url, folder, stack, said)


@contextmanager
def _load(place: Stand, credentials: Path) -> Iterator[subprocess.Popen[str]]:
    seconds = _WARM_S + _FIRST_BEFORE_S + SECONDS + 2
    argv = [sys.executable, "-m", "tests.bench.load", "--hold", "--port", str(place.mqtt_port), "--window", "1000"]
    argv += ["--credentials", str(credentials), "--rate", str(RATE), "--seconds", str(seconds)]
    with _load_generator(argv) as load:
        _expect(load, "ready")
        assert load.stdin is not None
        load.stdin.write("\n")
        load.stdin.flush()
        yield load


def _await(receiver: Receiver, wanted: int) -> None:
    until = time.monotonic() + _WITHIN_S
    while len(receiver.at) < wanted and time.monotonic() < until:
        time.sleep(0.05)


def _say_rows(place: Stand) -> None:
    with psycopg.connect(place.url) as db:
        (readings,) = db.execute("SELECT count(*) FROM reading").fetchone() or (0,)
        (verdicts,) = db.execute("SELECT count(*) FROM verdict").fetchone() or (0,)
        (waiting,) = db.execute("SELECT count(*) FROM fresh_fact WHERE basis = 'instant'").fetchone() or (0,)
    say(
        f"publish to notice: {readings:,} readings, {verdicts:,} verdicts, {waiting:,} single readings wait to be judged"
    )
