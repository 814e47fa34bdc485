"""One persistent session on the broker, and its connections one after the other.

The broker keeps the session by our fixed client id. A message number is only good on the connection it came by: after
a reconnect the broker sends what was un-acknowledged again, and an old number might then name another message. Hence
each connection has a number of its own, and no number from before a reconnect is used after it (`ingest.hands`).
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from ingest import mqtt
from ingest.hands import Hands
from schemas.errors import BrokerError
from schemas.records import Message
from schemas.runtime import logs
from schemas.runtime.clock import now
from schemas.runtime.database import pause
from schemas.times import to_us

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ingest.inbox import Inbox
    from schemas.runtime.settings import BrokerSettings

_LOG = logs.get(__name__)
_CONNECT_WITHIN_S = 5.0
_MAX_TOPICS_KNOWN = 100_000


class Session:
    """Connects as *client_id*, subscribes to *filters*, puts what comes into *inbox*, and comes back after each loss."""

    def __init__(
        self, settings: BrokerSettings, password: str | None, client_id: str, inbox: Inbox, numbers: Iterator[int]
    ) -> None:
        self._settings = settings
        self._password = password
        self._inbox = inbox
        self._numbers = numbers
        self._link: _Link | None = None
        self._hands = Hands()
        self._past: set[int] = set()
        self._topics: dict[bytes, str] = {}
        self._was_connected = False
        self._woken = asyncio.Event()
        self.client_id = client_id
        self.filters: tuple[str, ...] = ()
        self.connection = 0
        self.connected = asyncio.Event()
        self.repeats = 0
        self.lost = 0

    async def run(self, may_connect: asyncio.Event) -> None:
        """Stay connected until cancelled; come back with jitter after each loss, when we may."""
        attempt = 0
        while True:
            await may_connect.wait()
            # A full inbox means a database away: each new connection would bring the whole window once more.
            await self._inbox.has_room.wait()
            try:
                await self._connect()
                await self._stay()
            except (OSError, TimeoutError, BrokerError) as exc:
                attempt = 0 if self.connected.is_set() else attempt
                self._log_absence(exc, attempt)
            finally:
                self._drop()
            attempt += 1
            await pause(attempt, cap_s=5)

    def _log_absence(self, exc: Exception, attempt: int) -> None:
        why = str(exc) or "no answer in time"
        # An hour without a broker is one trouble, not a thousand lines.
        if attempt < 3 or attempt % 20 == 0:  # noqa: PLR2004 - the first tries tell enough
            _LOG.warning("broker away, we come back", error=why, attempt=attempt, session=self.client_id)

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(_CONNECT_WITHIN_S):
            _, link = await loop.create_connection(lambda: _Link(self), self._settings.host, self._settings.port)
            self._link = link
            self.connection = next(self._numbers)
            await self._inbox.has_room.wait()
            link.send(mqtt.connect(self.client_id, self._settings.user, self._password, self._settings.keepalive_s))
            connack = await link.connack
        if connack.refusal:
            raise BrokerError(f"消息服务器拒绝 (the broker refuses us): {connack.refusal}.", "Check user and password.")
        if self._was_connected and not connack.session_present:
            self.lost += 1
            self._hands.lose_session()
            _LOG.error(
                "the broker lost our session: what it held for us is gone; devices that keep a backlog must send it again",
                session=self.client_id,
            )
        self._was_connected = True

    async def _stay(self) -> None:
        """Raise when the connection has ended, the broker has been silent for too long, or it refuses all we ask for."""
        assert self._link is not None
        link, loop = self._link, asyncio.get_running_loop()
        checked = loop.time()
        while True:
            await self._subscribe(link)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), self._settings.keepalive_s / 2)
            self._woken.clear()
            if link.is_closed:
                raise BrokerError(f"与消息服务器的连接断开 (the connection ended): {link.why}.")
            if loop.time() - checked >= self._settings.keepalive_s / 2:
                was_frozen = loop.time() - checked > self._settings.keepalive_s
                checked = loop.time()
                self._ping(link, checked, was_frozen=was_frozen)

    def _ping(self, link: _Link, at: float, *, was_frozen: bool) -> None:
        # While we do not read, the broker's answers wait behind its messages: its silence then says nothing.
        if was_frozen or link.is_held:
            link.heard_at = at
        elif at - link.heard_at > self._settings.keepalive_s:
            raise BrokerError("消息服务器没有应答 (the broker does not answer pings).")
        link.send(mqtt.PINGREQ)

    async def _subscribe(self, link: _Link) -> None:
        """Ask for the filters that this connection has not been granted yet; one refused does not harm the others."""
        asked = tuple(one for one in self.filters if one not in link.granted)
        if asked:
            link.renew()
            link.send(mqtt.subscribe(1, asked))
            async with asyncio.timeout(_CONNECT_WITHIN_S):
                granted = (await link.suback).granted
            if len(granted) != len(asked):
                raise BrokerError("SUBACK 与所订不符 (the broker answers for other filters than we asked for).")
            link.granted.update(one for one, is_ours in zip(asked, granted, strict=True) if is_ours)
            if not all(granted):
                self._say_refused(link)
        if not self.connected.is_set() and link.granted.issuperset(self.filters):
            _LOG.info("receiving", session=self.client_id, filters=len(self.filters), port=self._settings.port)
            self.connected.set()

    def _say_refused(self, link: _Link) -> None:
        refused = [one for one in self.filters if one not in link.granted]
        error = BrokerError(
            f"消息服务器拒绝订阅 (the broker refuses a subscription): {', '.join(refused[:3])}.",
            f"Give user {self._settings.user} the right to subscribe to {self._settings.root} and below; "
            "with nats-server, filters × max_ack_pending of a session must stay below 65,536: take more shares.",
        )
        if not link.granted:
            raise error
        _LOG.error("some sites are not received", error=str(error), session=self.client_id)

    def _drop(self) -> None:
        self.connected.clear()
        link, self._link = self._link, None
        if self.connection:
            self._past.add(self.connection)
            self._hands.lose_connection()
        self.connection = 0
        if link is not None:
            link.abort()

    def received(self, messages: list[mqtt.Publish]) -> None:
        """Put what one read brought into the inbox, without the repeats of what is or was in our hands."""
        at_us = to_us(now())
        is_repeat, topics = self._hands.is_repeat, self._topics
        fresh, stored = [], []
        for topic, payload, mid, is_marked in messages:
            is_known, acknowledge = is_repeat(topic, payload, mid, is_marked=is_marked)
            if is_known:
                self.repeats += 1
                if acknowledge:
                    stored.append(acknowledge)
                continue
            fresh.append(Message(topics.get(topic) or self._name(topic), payload, at_us, mid, self.connection))
        if fresh:
            self._inbox.add(fresh)
        if stored and self._link is not None:
            self._link.send(mqtt.acknowledge(stored))

    def _name(self, topic: bytes) -> str:
        if len(self._topics) >= _MAX_TOPICS_KNOWN:
            self._topics.clear()
        return self._topics.setdefault(topic, topic.decode("utf-8", "replace"))

    def acknowledge(self, messages: dict[int, list[Message]]) -> None:
        """Tell the broker that *messages* (by connection) are stored, each under the number that is good now."""
        if self._link is not None and self.connection in messages:
            mids = [message.mid for message in messages[self.connection]]
            self._hands.settle(mids)
            self._link.send(mqtt.acknowledge(mids))
        for connection in messages.keys() & self._past:
            again = [self._hands.settle_orphan(one.topic.encode(), one.payload) for one in messages[connection]]
            mids = [mid for mid in again if mid]
            if mids and self._link is not None:
                self._link.send(mqtt.acknowledge(mids))

    @property
    def in_flight(self) -> int:
        """Messages of the present connection that are not acknowledged."""
        return len(self._hands) if self._link is not None else 0

    def hold(self, *, is_held: bool) -> None:
        """Stop or go on reading; what we do not read the broker keeps."""
        if self._link is not None:
            self._link.hold(is_held=is_held)

    def follow(self, filters: Iterable[str]) -> None:
        """Subscribe to *filters* from now on; those left out stay with the session, since the broker drops by them."""
        fresh = tuple(one for one in filters if one not in self.filters)
        if fresh:
            self.filters = (*self.filters, *fresh)
            self.connected.clear()
            self.wake()

    def wake(self) -> None:
        """Look at once whether the connection has ended or there is more to subscribe to."""
        self._woken.set()

    def close(self) -> None:
        """Leave the broker; the session and what is un-acknowledged stay there."""
        link, self._link = self._link, None
        if link is not None:
            link.send(mqtt.DISCONNECT)
            link.close()


class _Link(asyncio.Protocol):
    """One connection: bytes to packets."""

    def __init__(self, session: Session) -> None:
        loop = asyncio.get_running_loop()
        self._session = session
        self._parser = mqtt.Parser()
        self._transport: asyncio.Transport | None = None
        self.connack: asyncio.Future[mqtt.Connack] = loop.create_future()
        self.suback: asyncio.Future[mqtt.Suback] = loop.create_future()
        self.granted: set[str] = set()
        self.is_closed = False
        self.is_held = False
        self.heard_at = loop.time()
        self.why = "closed by the broker"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self.heard_at = asyncio.get_running_loop().time()
        try:
            messages, answers = self._parser.feed(data)
        except BrokerError as exc:
            self.why = exc.sentence
            self.abort()
            return
        for answer in answers:
            waiting = self.connack if isinstance(answer, mqtt.Connack) else self.suback
            if not waiting.done():
                waiting.set_result(answer)  # type: ignore[arg-type]  # each future takes its own kind
        if messages:
            self._session.received(messages)

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None:
            self.why = str(exc)
        ended = BrokerError(f"与消息服务器的连接断开 (the connection ended): {self.why}.")
        for waiting in (self.connack, self.suback):
            if not waiting.done():
                waiting.set_exception(ended)
                waiting.exception()  # nobody may be waiting for it, which is no fault
        self.is_closed = True
        self._session.wake()

    def send(self, packet: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(packet)

    def hold(self, *, is_held: bool) -> None:
        if self._transport is None or self._transport.is_closing() or self.is_held == is_held:
            return
        self.is_held = is_held
        if is_held:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def renew(self) -> None:
        """Await another SUBACK."""
        self.suback = asyncio.get_running_loop().create_future()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()
