"""The border to the broker: the only importer of an MQTT library on the receiving side.

A message is acknowledged when the pipeline says so, never before (``manual_ack``); the broker keeps the session by
our fixed client id. A message number is only good on the connection it came by: after a reconnect the broker sends
what was un-acknowledged again, and an old number might then name another message. Hence the connection counter.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from schemas.records import Message
from schemas.runtime import logs
from schemas.runtime.clock import now
from schemas.runtime.database import pause
from schemas.times import to_us

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.runtime.settings import BrokerSettings

_LOG = logs.get(__name__)
_KEEPALIVE_S = 60
_CONNECT_WITHIN_S = 3.0
#: Above this we stop reading from the socket; the broker then keeps the rest.
_MAX_BUFFERED_BYTES = 64 * 1024 * 1024
_READS_AT_ONCE = 200


class Receiver:
    """One persistent session on the broker, read in this event loop."""

    def __init__(self, settings: BrokerSettings, password: str | None) -> None:
        self._settings = settings
        self._waiting: list[Message] = []
        self._in_flight: set[int] = set()
        self._buffered = 0
        self._connection = 0
        self._paused = False
        self._arrived = asyncio.Event()
        self._lost = asyncio.Event()
        self.connected = asyncio.Event()
        self.dropped_repeats = 0
        self._loop = asyncio.get_running_loop()
        self._client = self._make_client(password)

    def _make_client(self, password: str | None) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._settings.client_id,
            clean_session=False,
            protocol=mqtt.MQTTv311,
            manual_ack=True,
            reconnect_on_failure=False,
        )
        if password is not None:
            client.username_pw_set(self._settings.user, password)
        client.connect_timeout = _CONNECT_WITHIN_S
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_subscribe = self._on_subscribe
        client.on_socket_open = self._on_socket_open
        client.on_socket_close = self._on_socket_close
        client.on_socket_register_write = self._on_wants_write
        client.on_socket_unregister_write = self._on_wrote
        return client

    async def run(self) -> None:
        """Stay connected until cancelled; come back with jitter after each loss."""
        attempt = 0
        while True:
            self._lost.clear()
            try:
                # Blocks this loop for at most `connect_timeout`; without a broker there is nothing else to receive.
                self._client.connect(self._settings.host, self._settings.port, _KEEPALIVE_S)
            except OSError as exc:
                _LOG.warning("broker unreachable", error=str(exc), attempt=attempt)
            else:
                await self._while_connected()
                attempt = 0 if self.connected.is_set() else attempt
            self.connected.clear()
            attempt += 1
            await pause(attempt, cap_s=5)

    async def _while_connected(self) -> None:
        while not self._lost.is_set():
            if self._client.loop_misc() is not MQTTErrorCode.MQTT_ERR_SUCCESS:
                return
            try:
                await asyncio.wait_for(self._lost.wait(), 1)
            except TimeoutError:
                continue

    async def take(self, at_most: int, at_most_bytes: int) -> list[Message]:
        """Return all messages that wait, at least one, bounded by number and bytes, in the order received."""
        while not self._waiting:
            self._arrived.clear()
            await self._arrived.wait()
        size = 0
        for number, message in enumerate(self._waiting):
            size += len(message.payload)
            if number and (number >= at_most or size > at_most_bytes):
                break
        else:
            number = len(self._waiting)
        taken, self._waiting = self._waiting[:number], self._waiting[number:]
        return taken

    def acknowledge(self, messages: Iterable[Message]) -> None:
        """Tell the broker that *messages* are stored, in order; those of an earlier connection it will send again."""
        for message in messages:
            self._buffered -= len(message.payload)
            if message.mid and message.connection == self._connection:
                self._in_flight.discard(message.mid)
                self._client.ack(message.mid, 1)
        if self._paused and self._buffered < _MAX_BUFFERED_BYTES // 2:
            self._paused = False
            sock = self._client.socket()
            if sock is not None:
                self._loop.add_reader(sock, self._read)

    @property
    def unacknowledged(self) -> int:
        """Messages received on this connection and not yet acknowledged."""
        return len(self._in_flight)

    def close(self) -> None:
        """Leave the broker; the session and what is un-acknowledged stay there."""
        self._client.disconnect()

    def _read(self) -> None:
        for _ in range(_READS_AT_ONCE):
            before = len(self._waiting)
            if self._client.loop_read() is not MQTTErrorCode.MQTT_ERR_SUCCESS or len(self._waiting) == before:
                break

    def _on_connect(
        self, client: mqtt.Client, _userdata: object, flags: mqtt.ConnectFlags, reason: Any, _p: object
    ) -> None:
        if reason.is_failure:
            _LOG.error("broker refuses us", reason=str(reason), user=self._settings.user)
            return
        if not flags.session_present and self._connection > 1:
            _LOG.error("the broker lost our session: what it held un-acknowledged is gone")
        client.subscribe(f"{self._settings.root}/#", qos=1)

    def _on_subscribe(self, _client: object, _userdata: object, _mid: int, reasons: list[Any], _p: object) -> None:
        if any(reason.is_failure for reason in reasons):
            _LOG.error("broker refuses our subscription", filter=f"{self._settings.root}/#")
            return
        _LOG.info("receiving", filter=f"{self._settings.root}/#", host=self._settings.host, port=self._settings.port)
        self.connected.set()

    def _on_disconnect(self, _c: object, _u: object, _flags: object, reason: Any, _p: object) -> None:
        _LOG.warning("broker connection ended", reason=str(reason))
        self._lost.set()

    def _on_message(self, _client: object, _userdata: object, message: mqtt.MQTTMessage) -> None:
        if message.qos and message.mid in self._in_flight:
            self.dropped_repeats += 1
            return
        if message.qos:
            self._in_flight.add(message.mid)
        self._buffered += len(message.payload)
        topic = message._topic.decode("utf-8", "replace")  # noqa: SLF001 - `.topic` raises on bytes that are not UTF-8
        self._waiting.append(
            Message(topic, bytes(message.payload), to_us(now()), message.mid if message.qos else 0, self._connection)
        )
        self._arrived.set()
        if self._buffered > _MAX_BUFFERED_BYTES and not self._paused:
            self._paused = True
            sock = self._client.socket()
            if sock is not None:
                self._loop.remove_reader(sock)

    def _on_socket_open(self, _client: object, _userdata: object, sock: Any) -> None:
        self._connection += 1
        self._in_flight.clear()
        self._loop.add_reader(sock, self._read)

    def _on_wants_write(self, client: mqtt.Client, _userdata: object, sock: Any) -> None:
        self._loop.add_writer(sock, client.loop_write)

    def _on_wrote(self, _client: object, _userdata: object, sock: Any) -> None:
        self._loop.remove_writer(sock)

    def _on_socket_close(self, _client: object, _userdata: object, sock: Any) -> None:
        self._loop.remove_reader(sock)
