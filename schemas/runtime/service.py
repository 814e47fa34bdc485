"""`monitor run`: what stands where on one machine, and in which order it starts."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from schemas.registry import document, store
from schemas.runtime import broker, database, reader
from schemas.runtime.broker import EmbeddedBroker
from schemas.runtime.embedded import EmbeddedPostgres
from schemas.runtime.folder import DataFolder, any_free_port, require_port
from schemas.runtime.migrate import migrate
from schemas.runtime.supervise import Program, Say, Supervisor, sweep

if TYPE_CHECKING:
    from schemas.registry.model import Document
    from schemas.runtime.settings import Settings


class RunOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line asked for."""

    data: Path
    port: int
    mqtt_port: int
    simulator: bool
    seconds: float | None
    registry: Path | None
    example: Path
    #: Given the database's address when its schema stands: what the person at the terminal must be told once, or None.
    welcome: Callable[[str], Awaitable[str | None]] | None = None


class Service:
    """The embedded service of one data folder."""

    def __init__(self, settings: Settings, options: RunOptions, say: Say) -> None:
        self._settings = settings
        self._options = options
        self._say = say
        self._news: str | None = None
        self._folder = DataFolder(options.data)
        self._url = settings.database_url or ""
        self._supervisor = Supervisor(self._folder.logs, say, self._forget_gauges)

    @property
    def _public_url(self) -> str:
        """The desk's address as people reach it: as set (a proxy with https), else where it listens."""
        alerts = self._settings.alerts
        if "public_url" in alerts.model_fields_set:
            return alerts.public_url
        return f"http://{self._settings.desk.host}:{self._options.port}"

    @property
    def _shares(self) -> int:
        """At least as many shares as workers, or the last would have nothing to do."""
        return max(self._settings.ingest.shares, self._settings.ingest.workers)

    async def run(self) -> None:
        """Start all, keep it alive until a signal or the time is up, stop all.

        Raises:
            StartError: something that must be there is not; nothing is left running.

        """
        began = time.monotonic()
        self._folder.prepare()
        with self._folder.lock():
            sweep(_pids(self._folder.recall().get("pids")), str(self._folder.root), self._say)
            require_port(self._settings.desk.host, self._options.port, "--port")
            require_port(self._settings.broker.host, self._options.mqtt_port, "--mqtt-port")
            stop = asyncio.Event()
            loop = asyncio.get_running_loop()
            for sig in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(sig, stop.set)
            if self._options.seconds is not None:
                loop.call_later(self._options.seconds, stop.set)
            try:
                await self._start(stop)
                if not stop.is_set():
                    self._greet(time.monotonic() - began)
                    await self._supervisor.watch(stop)
            finally:
                self._say("· 正在停止 stopping …")
                await self._supervisor.stop()
                self._folder.remember(pids=[])
                self._say("· 已停止，数据已保存 stopped; the data are kept.")

    async def _start(self, stop: asyncio.Event) -> None:
        for ready in self._folder.ready.iterdir():
            ready.unlink()
        for metric in self._folder.metrics.iterdir():
            metric.unlink()
        if not self._settings.database_url:
            await self._start_postgres()
        registry = await self._bring_schema_and_registry()
        if self._options.welcome is not None:
            self._news = await self._options.welcome(self._url)
        nats = EmbeddedBroker(self._folder, self._settings.broker, is_shared=self._shares > 1)
        devices = [(site.id, device.id) for site in registry.sites for device in site.devices]
        await self._first_session(nats, devices)
        nats.prepare(devices, self._options.mqtt_port)
        self._folder.remember(mqtt_port=self._options.mqtt_port)
        await self._launch(self._broker_program(nats, self._options.mqtt_port), "消息服务器 broker")
        ingests = [self._ingest_program(nats, number) for number in range(self._settings.ingest.workers)]
        steps = [("derive", "计算 derive"), ("alerts", "研判 alerts"), ("desk", "页面 desk")]
        if self._options.simulator:
            steps.append(("simulate", "模拟器 simulator"))
        # Importing takes longer than anything else, and nobody here waits for another: all start at once.
        if not stop.is_set():
            await asyncio.gather(
                *(self._launch(program, f"接收 {program.name}") for program in ingests),
                *(self._launch(self._own_program(name, nats), label) for name, label in steps),
            )

    async def _start_postgres(self) -> None:
        postgres = EmbeddedPostgres(self._folder)
        postgres.prepare()
        self._url = postgres.url
        program = Program(
            name="postgres",
            argv=tuple(postgres.argv),
            ready=postgres.ready,
            stop_signal=signal.SIGINT,
            ready_within_s=120,
        )
        await self._launch(program, "数据库 database")

    async def _bring_schema_and_registry(self) -> Document:
        before, after = await asyncio.to_thread(migrate, self._url, plain=self._settings.plain_tables)
        if before != after:
            self._say(f"· 数据库结构 schema {before or '空 empty'} → {after}")
        async with database.connect(self._url, "monitor-run") as db:
            await reader.grant(db)
            current = await store.current(db)
            wanted = self._options.registry or (self._options.example if current is None else None)
            if wanted is None:
                assert current is not None
                return current.document
            found = document.load_checked(wanted)
            changes = await store.apply(db, found, applied_by="monitor run")
            self._say(f"· 注册表 registry {wanted.name}: {len(changes)} 项变更 changes")
            return found

    async def _first_session(self, nats: EmbeddedBroker, devices: list[tuple[str, str]]) -> None:
        """Let ingest's session exist before the first device can connect: what nobody subscribed to is dropped."""
        marker = self._folder.broker / "session_made"
        if marker.exists():
            return
        port = any_free_port(self._settings.broker.host, None)
        nats.prepare(devices, port)
        supervisor = Supervisor(self._folder.logs, self._say, self._forget_gauges)
        try:
            await supervisor.start(self._broker_program(nats, port))
            probe = self._ingest_program(nats, 0, port=port)
            await supervisor.start(probe)
        finally:
            await supervisor.stop()
        (self._folder.ready / probe.name).unlink(missing_ok=True)
        marker.touch()

    def _forget_gauges(self, pid: int) -> None:
        """Drop what a process said of its present state: it has none any more (its counters stay)."""
        for gauge in self._folder.metrics.glob(f"gauge_live*_{pid}.db"):
            gauge.unlink(missing_ok=True)

    async def _launch(self, program: Program, label: str) -> None:
        began = time.monotonic()
        await self._supervisor.start(program)
        self._folder.remember(pids=list(self._supervisor.pids().values()))
        self._say(f"· {label} 就绪 ready ({time.monotonic() - began:.1f} s)")

    def _broker_program(self, nats: EmbeddedBroker, port: int) -> Program:
        async def ready() -> bool:
            return await asyncio.to_thread(broker.answers, self._settings.broker.host, port)

        return Program(name="broker", argv=tuple(nats.argv), ready=ready, env=nats.env)

    def _ingest_program(self, nats: EmbeddedBroker, number: int, *, port: int | None = None) -> Program:
        """One of the ingest workers."""
        name = f"ingest-{number}"
        env = {"MONITOR_INGEST__WORKER": name, "MONITOR_INGEST__SHARES": str(self._shares)}
        return self._own_program("ingest", nats, port=port, name=name, env=env)

    def _own_program(
        self,
        command: str,
        nats: EmbeddedBroker,
        *,
        port: int | None = None,
        name: str | None = None,
        env: dict[str, str] | None = None,
    ) -> Program:
        marker = self._folder.ready / (name or command)
        own = {
            "MONITOR_DATABASE_URL": self._url,
            "MONITOR_DATA": str(self._folder.root),
            "MONITOR_READY_FILE": str(marker),
            "MONITOR_BROKER__PORT": str(port or self._options.mqtt_port),
            "MONITOR_BROKER__PASSWORD_FILE": str(nats.ingest_password_file),
            "MONITOR_BROKER__CREDENTIALS_FILE": str(nats.credentials_file),
            "MONITOR_DESK__PORT": str(self._options.port),
            "MONITOR_ALERTS__PUBLIC_URL": self._public_url,
            "PROMETHEUS_MULTIPROC_DIR": str(self._folder.metrics),
            "PYTHONUNBUFFERED": "1",
        }

        async def ready() -> bool:
            return marker.exists()

        return Program(
            name=name or command,
            argv=(sys.executable, "-m", "monitor", command),
            ready=ready,
            env=own | (env or {}),
            ready_within_s=60,
        )

    def _greet(self, seconds: float) -> None:
        address = f"http://{self._settings.desk.host}:{self._options.port}/"
        lines = [
            f"永兴县在线监测已启动，用时 {seconds:.1f} 秒 (started).",
            f"  大屏 wall        {address}",
            f"  值班台 desk      {address}desk",
            f"  接收 MQTT        {self._settings.broker.host}:{self._options.mqtt_port}，主题 {self._settings.broker.root}/<site>/<device>/telemetry",
            f"  日志 logs        {os.path.relpath(self._folder.logs)}/",
            "  停止 stop        Ctrl-C",
        ]
        self._say("\n".join(lines))
        if self._news is not None:
            self._say(self._news)


def _pids(value: object) -> list[object]:
    return value if isinstance(value, list) else []


async def run(settings: Settings, options: RunOptions, say: Say) -> None:
    """Run the embedded service; see `Service.run`."""
    await Service(settings, options, say).run()
