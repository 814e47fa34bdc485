"""Send what the fleet measures to the broker: first what is behind, then live. The only importer of aiomqtt here.

A sample counts as sent when the broker has acknowledged it (PUBACK, QoS 1). After any break each device goes on from
its last acknowledged sample, so nothing is lost and little is sent twice.
"""

from __future__ import annotations

import asyncio
import errno
import random
from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import aiomqtt
import msgspec

from schemas.errors import SettingsError
from schemas.runtime import clock, logs
from schemas.times import from_us, to_us
from schemas.topics import Kind, format_topic
from simulator import fleet, progress

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from schemas.registry.model import Document
    from schemas.runtime.settings import BrokerSettings
    from simulator.faults import Sample
    from simulator.scenario import Scenario

IN_FLIGHT = 20
SAVE_EVERY_S = 2.0
BACKOFF_CAP_S = 30.0
_BACKOFF_FIRST_S = 0.5
_LIVE_WINDOW = timedelta(minutes=10)
# Nearer to now than this is live: the clock moves on while a backlog is sent, so it never ends exactly at now.
_PRESENT = timedelta(seconds=2)
_ONLINE = b'{"online": true}'
_OFFLINE = b'{"online": false}'
_US_PER_MS = 1000

log = logs.get("simulator")


async def run(  # noqa: PLR0913 - the wiring hands over each fact by name
    document: Document,
    scenario: Scenario,
    settings: BrokerSettings,
    *,
    seed: int,
    days: float,
    state_file: Path | None,
    stop: asyncio.Event,
) -> None:
    """Send the last *days* of all devices, then what they measure, until *stop*.

    *state_file* keeps how far each device has come, so that a later run goes on from there; None: nothing is kept.

    Raises:
        SettingsError: the credentials file is not readable or lacks a device.
        ScenarioError: an action of the scenario ends before it begins.
        StartError: the state file cannot be read or written.

    """
    kept = await asyncio.to_thread(progress.load, state_file, clock.now())
    devices = fleet.devices(document, scenario, seed, kept.anchor)
    passwords = await asyncio.to_thread(_passwords, settings.credentials_file, devices)
    await asyncio.to_thread(kept.save)
    earliest_ms = _now_ms() - int(days * 86_400_000)
    log.info("simulator starts", devices=len(devices), days=days, scenario=scenario.name, anchor=str(kept.anchor))
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()
    loop.set_exception_handler(_quieten)
    try:
        async with asyncio.TaskGroup() as group:
            for device in devices:
                line = _Line(device, settings, passwords.get(device.name), kept, stop, earliest_ms)
                group.create_task(line.run(), name=f"simulate {device.name}")
            group.create_task(_save_now_and_then(kept, stop), name="simulate state")
    finally:
        loop.set_exception_handler(before)
        kept.save()


class _Line:
    """One device's connection. *next_ms* is the instant from which nothing is acknowledged yet."""

    def __init__(
        self,
        device: fleet.Device,
        settings: BrokerSettings,
        password: str | None,
        kept: progress.Progress,
        stop: asyncio.Event,
        earliest_ms: int,
    ) -> None:
        self._device = device
        self._settings = settings
        self._password = password
        self._kept = kept
        self._stop = stop
        self._next_ms = max(earliest_ms, (kept.sent_ms(device.name) or 0) + 1)
        self._flight: deque[tuple[asyncio.Task[None], int]] = deque()
        self._samples = 0
        self._status = format_topic(settings.root, device.site, device.id, Kind.STATUS)
        self._topic = format_topic(settings.root, device.site, device.id, Kind.TELEMETRY)
        # Faults of the line may send two samples at one instant: with them that instant is sent again after a break.
        self._shared_ms = 1 if device.troubles.faults else 0

    async def run(self) -> None:
        """Stay connected and send, until stopped."""
        failures = 0
        while not self._stop.is_set():
            try:
                async with self._client() as client:
                    await client.publish(self._status, _ONLINE, qos=1, retain=True)
                    if failures:
                        log.info("broker back", device=self._device.name, after_attempts=failures)
                    failures = 0
                    await self._send_while_connected(client)
                    await client.publish(self._status, _OFFLINE, qos=1, retain=True)
            except aiomqtt.MqttError as exc:
                failures += 1
                longest_s = min(BACKOFF_CAP_S, _BACKOFF_FIRST_S * 2 ** min(failures, 10))
                wait_s = random.uniform(0, longest_s)  # noqa: S311 - jitter, not a secret
                if failures == 1:  # a fleet that repeats itself would hide what else is said
                    log.warning("broker away", device=self._device.name, reason=str(exc), retry_s=round(wait_s, 1))
                await _pause(self._stop, wait_s)

    def _client(self) -> aiomqtt.Client:
        client = aiomqtt.Client(
            self._settings.host,
            self._settings.port,
            username=self._device.name if self._password is not None else None,
            password=self._password,
            identifier=self._device.client_id,
            protocol=aiomqtt.ProtocolVersion.V311,
            clean_session=False,
            will=aiomqtt.Will(self._status, _OFFLINE, qos=1, retain=True),
            max_inflight_messages=IN_FLIGHT,
        )
        client.pending_calls_threshold = IN_FLIGHT + 1  # as many as we mean to have: no reason to warn
        return client

    async def _send_while_connected(self, client: aiomqtt.Client) -> None:
        """Send until stopped. A lost connection is noticed at once, not at the next sample."""
        sending = asyncio.ensure_future(self._send(client))
        watching = asyncio.ensure_future(_watch(client))
        try:
            done, _ = await asyncio.wait({sending, watching}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            pending = [sending, watching, *(task for task, _ in self._flight)]
            self._flight.clear()
            for task in pending:
                task.cancel()
            await asyncio.gather(*pending, return_exceptions=True)

    async def _send(self, client: aiomqtt.Client) -> None:
        said = self._samples
        while not self._stop.is_set():
            start, now = _instant(self._next_ms), clock.now()
            if start < now - _PRESENT:
                end = now
                for batch in fleet.batches(fleet.samples(self._device, start, end), fleet.BATCH):
                    await self._launch(client, batch, live=False)
                    if self._stop.is_set():
                        break
            else:
                if self._samples > said:
                    log.info("backlog sent", device=self._device.name, samples=self._samples - said)
                end = start + _LIVE_WINDOW
                for sample in fleet.samples(self._device, start, end):
                    if await _pause(self._stop, (sample.sent_ms - _now_ms()) / 1000):
                        break
                    await self._launch(client, [sample], live=True)
                said = self._samples
            await self._land(keep=0)
            if not await _pause(self._stop, (end - clock.now()).total_seconds()):
                self._acknowledged(to_us(end) // _US_PER_MS - 1)

    async def _launch(self, client: aiomqtt.Client, batch: Sequence[Sample], *, live: bool) -> None:
        """Publish *batch* without waiting for its PUBACK, unless enough are under way."""
        await self._land(keep=IN_FLIGHT - 1)
        text = fleet.payload(batch, live=live)
        self._flight.append(
            (asyncio.ensure_future(client.publish(self._topic, text, qos=1)), batch[-1].sent_ms - self._shared_ms)
        )
        self._samples += len(batch)
        if live:
            await self._land(keep=0)

    async def _land(self, *, keep: int) -> None:
        """Wait in order for PUBACKs until only *keep* messages are under way; progress never skips one."""
        while len(self._flight) > keep:
            task, sent_ms = self._flight[0]
            await task
            self._flight.popleft()
            self._acknowledged(sent_ms)

    def _acknowledged(self, sent_ms: int) -> None:
        self._next_ms = max(self._next_ms, sent_ms + 1)
        self._kept.advance(self._device.name, sent_ms)


def _quieten(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    # aiomqtt asks the loop to watch a socket one turn later; when the broker dies in that turn the socket is closed
    # already. The broken connection itself is noticed and mended by `_Line.run`.
    exc = context.get("exception")
    if isinstance(exc, OSError) and exc.errno == errno.EBADF:
        return
    loop.default_exception_handler(context)


async def _watch(client: aiomqtt.Client) -> None:
    """Wait until the connection breaks (nothing is subscribed). Raises aiomqtt.MqttError then."""
    async for _ in client.messages:
        pass


async def _save_now_and_then(kept: progress.Progress, stop: asyncio.Event) -> None:
    while not await _pause(stop, SAVE_EVERY_S):
        await asyncio.to_thread(kept.save)


async def _pause(stop: asyncio.Event, seconds: float) -> bool:
    """Wait *seconds* at most and return whether we are to stop."""
    if seconds > 0 and not stop.is_set():
        try:
            async with asyncio.timeout(seconds):
                await stop.wait()
        except TimeoutError:
            return False
    return stop.is_set()


def _passwords(path: Path | None, devices: Sequence[fleet.Device]) -> dict[str, str]:
    """Return site/device → password; empty where there is no file, for brokers that ask nobody."""
    if path is None or not path.exists():
        return {}
    try:
        passwords = msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except (OSError, msgspec.DecodeError) as exc:
        raise SettingsError(f"凭据文件 {path} 无法读取 ({exc}).", 'Write {"site/device": "password", …}.') from exc
    for device in devices:
        if device.name not in passwords:
            raise SettingsError(f"凭据文件 {path} 缺少 {device.name}.", "Add its password or recreate the file.")
    return passwords


def _instant(ms: int) -> datetime:
    return from_us(ms * _US_PER_MS)


def _now_ms() -> int:
    return to_us(clock.now()) // _US_PER_MS
