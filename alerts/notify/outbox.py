"""The outbox: notices that were decided on and not yet taken, each until its channel takes it or is given up.

A row is claimed for a minute, sent, and recorded; two senders never hold the same row. Sent first and recorded after: who is
killed in between loses his claim, and the row goes again under the same key, never less than once. Channels are served side by
side, so that a slow one holds up nobody; of one channel reds go first, then the oldest.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from alerts.notify import claims, counts
from alerts.notify.channels import LOG, Channel, Channels
from alerts.notify.family import LONGEST_RECEIPT, NotSentError
from schemas.runtime import logs
from schemas.runtime.clock import now as clock_now

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

    from alerts.notify.claims import Row
    from alerts.policy_file import Storm
    from schemas.runtime.database import Database
    from schemas.runtime.settings import AlertSettings

_LOG = logs.get(__name__)
#: Longest pause after failures: of one notice, and of a channel as a whole.
_LONGEST_WAIT_S = 300
_LONGEST_PAUSE_S = 60
#: A wake-up may be lost with its connection: so often the outbox looks by itself.
_LOOK_AGAIN_S = 5.0


class Patience(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a notice is given up. House convention.

    After *give_up_h* hours the escalation has called others long ago, and the desk shows the incident. After *refusals* refusals
    (4xx, a bad token), the pauses of *refused_waits_s* apart, only a person can mend the channel: others must be told now.
    """

    give_up_h: float = 24.0
    refusals: int = 3
    refused_waits_s: tuple[int, ...] = (30, 120)


class Sent(NamedTuple):
    """What came of one pass: rows taken (with those inside digests), rows a channel did not take, rows given up, rows folded."""

    sent: int = 0
    failed: int = 0
    given_up: int = 0
    folded: int = 0


class _Trouble(NamedTuple):
    """A channel that fails is left alone until *until*, longer each time."""

    failures: int
    until: datetime


class Outbox:
    """Sends what is due. *db* is the outbox's own connection; *storm* may be replaced between passes.

    *may_send* is asked before each sending: an evaluator that froze and lost its lease must not send when it wakes.
    """

    def __init__(
        self,
        db: Database,
        settings: AlertSettings,
        channels: Channels,
        *,
        storm: Storm,
        may_send: Callable[[], bool] = lambda: True,
        patience: Patience | None = None,
    ) -> None:
        self.storm = storm
        self._may_send = may_send
        self._db = db
        self._link = f"{settings.public_url}/"
        self._channels = channels
        self._patience = patience or Patience()
        self._turn = asyncio.Lock()
        self._trouble: dict[str, _Trouble] = {}
        #: Until when a channel takes no more by its rate cap.
        self._full: dict[str, datetime] = {}

    async def send_due(self, now: datetime) -> Sent:
        """Send all that is due at *now*, and return when all of it was tried.

        Raises:
            DatabaseError: the database is away; what was claimed goes again when its claim has run out.

        """
        self._look()
        due = await self._due()
        ready = [name for name, at in due.items() if at <= now]
        done = await asyncio.gather(*(self._serve(name, now) for name in ready), return_exceptions=True)
        for one in done:
            if isinstance(one, BaseException):
                raise one
        return Sent(*(sum(column) for column in zip(*(one for one in done if isinstance(one, Sent)), strict=True)))

    async def next_due(self) -> datetime | None:
        """Return when there is something to send next, None where nothing waits."""
        return min((await self._due()).values(), default=None)

    async def run(self, stop: asyncio.Event, wake: asyncio.Event, now: Callable[[], datetime] = clock_now) -> None:
        """Serve the channels until *stop*, looking at once when *wake* is set; what is under way is sent to its end.

        Raises:
            DatabaseError: as `send_due`.

        """
        serving: dict[str, asyncio.Task[Sent]] = {}
        try:
            while not stop.is_set():
                wake.clear()
                self._look()
                due = await self._due()
                for name, at in due.items():
                    if at <= now() and name not in serving:
                        serving[name] = asyncio.create_task(self._serve(name, now()), name=f"notify {name}")
                idle = [at for name, at in due.items() if name not in serving]
                wait_s = min((at - now()).total_seconds() for at in idle) if idle else _LOOK_AGAIN_S
                await _first(stop, wake, serving.values(), min(max(wait_s, 0.0), _LOOK_AGAIN_S))
                for name in [name for name, task in serving.items() if task.done()]:
                    serving.pop(name).result()
        except asyncio.CancelledError:
            # Not asked to stop but thrown out: what is under way is left to its claim.
            for task in serving.values():
                task.cancel()
            raise
        finally:
            await asyncio.gather(*serving.values(), return_exceptions=True)

    def _look(self) -> None:
        said = self._channels.look()
        if said:
            _LOG.warning("channels", change=said)

    async def _due(self) -> dict[str, datetime]:
        """Return channel → when it is to be served next, its pauses counted."""
        async with self._turn:
            rows = await self._db.fetch("notice_due")
        counts.WAITING.set(sum(waiting for _, waiting, _ in rows))
        return {name: max([at, *self._pauses(name)]) for name, _, at in rows}

    def _pauses(self, name: str) -> list[datetime]:
        trouble = self._trouble.get(name)
        found = [self._full.get(name), trouble.until if trouble else None]
        return [at for at in found if at is not None]

    async def _serve(self, name: str, now: datetime) -> Sent:
        """Send what is due on the channel *name*, until nothing is, its cap is reached, or it fails."""
        started = monotonic()

        def at() -> datetime:
            return now + timedelta(seconds=monotonic() - started)

        total = Sent()
        while True:
            claimed = await self._claim(name, at())
            total = _plus(total, Sent(folded=claimed.folded))
            if claimed.full_until is not None:
                self._full[name] = claimed.full_until
            for place, row in enumerate(claimed.rows):
                if not self._may_send():
                    # Another evaluator sends now: it has these once our claim has run out.
                    return total
                done, go_on = await self._send(row, at)
                total = _plus(total, done)
                if not go_on:
                    await self._release(claimed.rows[place + 1 :])
                    return total
            if not claimed.rows:
                return total

    async def _claim(self, name: str, now: datetime) -> claims.Claimed:
        async with self._talk():
            try:
                channel = self._channels.find(name)
            except NotSentError:
                # Claimed all the same: each row learns that its channel is gone, and falls back.
                channel = Channel(name, "", "")
            storm = None if name == LOG else self.storm
            return await claims.claim(self._db, channel, now, storm, self._link)

    async def _send(self, row: Row, at: Callable[[], datetime]) -> tuple[Sent, bool]:
        """Send one row and record it; return what came of it, and whether the channel takes more."""
        try:
            receipt = await self._channels.find(row.channel).send(row.message())
        except NotSentError as exc:
            return await self._failed(row, exc, at())
        inside = await self._record(row, receipt[:LONGEST_RECEIPT], at())
        self._trouble.pop(row.channel, None)
        counts.SENT.labels(channel=row.channel).inc(max(1, inside))
        counts.DELAY.observe(max(0.0, (at() - row.made_at).total_seconds()))
        return Sent(sent=1 + inside), True

    async def _record(self, row: Row, receipt: str, now: datetime) -> int:
        """Write that the channel took *row*; return how many notices were inside."""
        async with self._talk():
            mine = await self._db.execute("notice_sent", notice_id=row.notice_id, at=now, receipt=receipt)
            if not mine:
                _LOG.warning("notice was sent by another sender too", id=row.notice_id, channel=row.channel)
            if not row.is_digest:
                return 0
            inside = f"汇总 {row.notice_id}: {receipt}"[:LONGEST_RECEIPT]
            return await self._db.execute("notice_folded_sent", notice_id=row.notice_id, at=now, receipt=inside)

    async def _failed(self, row: Row, why: NotSentError, now: datetime) -> tuple[Sent, bool]:
        counts.FAILED.labels(channel=row.channel, reason="away" if why.retry else "refused").inc()
        refused = row.refused + (not why.retry)
        if why.retry:
            failures = self._trouble[row.channel].failures + 1 if row.channel in self._trouble else 0
            pause = timedelta(seconds=min(_LONGEST_PAUSE_S, 2 ** min(failures, 10)))
            self._trouble[row.channel] = _Trouble(failures, now + pause)
        is_old = now - row.made_at > timedelta(hours=self._patience.give_up_h)
        if is_old or refused >= self._patience.refusals:
            await self._give_up(row, why, now)
            return Sent(failed=1, given_up=1), not why.retry
        waits = self._patience.refused_waits_s
        wait_s = min(_LONGEST_WAIT_S, 2 ** min(row.attempts, 10)) if why.retry else waits[min(refused, len(waits)) - 1]
        _LOG.warning(
            "notice not sent, will be tried again",
            id=row.notice_id, channel=row.channel, error=str(why), wait_s=wait_s,
        )  # fmt: skip
        async with self._talk():
            await self._db.execute(
                "notice_retry", notice_id=row.notice_id, claim=row.claimed_until, at=now + timedelta(seconds=wait_s),
                receipt=str(why)[:LONGEST_RECEIPT], refused=refused,
            )  # fmt: skip
        # One message may be refused for what it says; the next need not be.
        return Sent(failed=1), not why.retry

    async def _give_up(self, row: Row, why: NotSentError, now: datetime) -> None:
        async with self._talk():
            await self._db.execute("notice_fall_back", notice_id=row.notice_id, at=now)
            await self._db.execute(
                "notice_give_up", notice_id=row.notice_id, at=now, receipt=str(why)[:LONGEST_RECEIPT]
            )
        _LOG.error(
            "NOTICE GIVEN UP, told through others 通知未能送达，已改由其他渠道",
            id=row.notice_id, incident=row.incident_id, channel=row.channel, recipient=row.recipient, error=str(why),
        )  # fmt: skip

    async def _release(self, rows: list[Row]) -> None:
        if rows:
            async with self._talk():
                notices = [row.notice_id for row in rows]
                await self._db.execute("notice_release", notices=notices, claim=rows[0].claimed_until)

    @asynccontextmanager
    async def _talk(self) -> AsyncIterator[None]:
        """Hold the connection for one transaction: all channels share it."""
        async with self._turn, self._db.transaction():
            yield


def _plus(one: Sent, other: Sent) -> Sent:
    return Sent(*(left + right for left, right in zip(one, other, strict=True)))


async def _first(
    stop: asyncio.Event, wake: asyncio.Event, tasks: Iterable[asyncio.Task[Sent]], timeout_s: float
) -> None:
    """Wait for *stop*, *wake*, the end of one of *tasks*, or *timeout_s*."""
    bells = [asyncio.create_task(bell.wait()) for bell in (stop, wake)]
    try:
        await asyncio.wait([*bells, *tasks], timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for bell in bells:
            bell.cancel()
