"""What can go wrong. Each fault lasts a moment, undoes itself, and says how often it bit: one that bit nobody proves nothing."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import psycopg

from tests.chaos.proxy import Mode

if TYPE_CHECKING:
    import random

    from tests.chaos.house import House
    from tests.chaos.processes import Minded
    from tests.chaos.proxy import Proxy

Fault = Callable[["House", "random.Random"], Awaitable[int]]
_WRITES_WITHIN_S = 1.5


async def _last(rng: random.Random) -> None:
    await asyncio.sleep(rng.uniform(0.2, 1.5))


def _kill(who: Callable[[House], Minded]) -> Fault:
    async def fault(house: House, rng: random.Random) -> int:
        killed = 0
        # More than once: also while it starts again.
        for _ in range(rng.choice((1, 1, 3))):
            killed += who(house).kill()
            await asyncio.sleep(rng.uniform(0.2, 1.0))
        return killed

    return fault


def _freeze(who: Callable[[House], Minded]) -> Fault:
    async def fault(house: House, rng: random.Random) -> int:
        frozen = who(house).freeze()
        try:
            await _last(rng)
        finally:
            who(house).thaw()
        return frozen

    return fault


def _network(which: Callable[[House], Proxy], mode: Mode) -> Fault:
    async def fault(house: House, rng: random.Random) -> int:
        proxy = which(house)
        before = proxy.touched
        proxy.delay_s = rng.uniform(0.02, 0.2)
        await proxy.switch(mode)
        try:
            await _last(rng)
        finally:
            await proxy.switch(Mode.PASS)
        return proxy.touched - before

    return fault


async def _kill_all(house: House, rng: random.Random) -> int:
    """The power fails, but for the disk's own memory."""
    killed = [process.kill() for process in rng.sample(house.processes, 3)]
    await _last(rng)
    return sum(killed)


def _forget(which: Callable[[House], Proxy]) -> Fault:
    """The connection goes dead without a word, for good: only a timeout of ingest's own can tell."""

    async def fault(house: House, rng: random.Random) -> int:
        forgotten = which(house).forget()
        await _last(rng)
        return forgotten

    return fault


async def _make_read_only(house: House, rng: random.Random) -> int:
    since = house.postgres.log_size()
    await house.read_only(on=True)
    try:
        await _last(rng)
    finally:
        await house.read_only(on=False)
    return house.postgres.said("read-only transaction", since)


async def _fill_disk(house: House, rng: random.Random) -> int:
    since = house.postgres.log_size()
    house.fill()
    try:
        await asyncio.sleep(rng.uniform(0.8, 1.5))
    finally:
        house.unfill()
    return house.postgres.said("No space left", since)


async def _terminate(house: House, rng: random.Random) -> int:
    ended = 0
    for _ in range(rng.randrange(2, 6)):
        ended += await house.terminate_backends()
        await asyncio.sleep(rng.uniform(0.05, 0.3))
    return ended


async def _mid_write(house: House, act: Callable[[], Awaitable[int]]) -> int:
    """Hold the table until ingest stands in the middle of a write, then *act*; 0 if it never came to that."""
    bitten = 0
    # Another fault, or *act* itself, may end our session; then the lock is gone, which is what its end means.
    with contextlib.suppress(psycopg.Error, TimeoutError):
        async with asyncio.timeout(5), await house.connect() as connection, connection.transaction():
            await connection.execute("SET LOCAL lock_timeout = '2s'")
            await connection.execute("LOCK TABLE reading IN ACCESS EXCLUSIVE MODE")
            until = time.monotonic() + _WRITES_WITHIN_S
            while not (waiting := await _waiting(connection)) and time.monotonic() < until:  # noqa: ASYNC110 - another process waits
                await asyncio.sleep(0.02)
            bitten = min(waiting, await act())
    return bitten


async def _waiting(connection: psycopg.AsyncConnection[tuple[int]]) -> int:
    cursor = await connection.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
    row = await cursor.fetchone()
    return row[0] if row else 0


async def _lock(house: House, rng: random.Random) -> int:
    """A slow database: everybody waits for the table."""

    async def hold() -> int:
        await _last(rng)
        return 1

    return await _mid_write(house, hold)


def _kill_writing(who: Callable[[House], Minded]) -> Fault:
    """kill -9 in the middle of a commit: what is acknowledged before it is lost here, every time."""

    async def fault(house: House, _rng: random.Random) -> int:
        async def kill() -> int:
            killed = who(house).kill()
            await asyncio.sleep(0.2)
            return killed

        return await _mid_write(house, kill)

    return fault


async def _cut_database_writing(house: House, rng: random.Random) -> int:
    """The old session does not know yet that its client is gone, and goes on beside the new one."""

    async def cut() -> int:
        links = house.to_database.reset_all()
        await _last(rng)
        return links

    return await _mid_write(house, cut)


async def _forget_database_writing(house: House, rng: random.Random) -> int:
    """The connection goes dead before the data of a COPY: no timeout of the server ends that wait, and it holds the chain."""

    async def forget() -> int:
        forgotten = house.to_database.forget()
        await _last(rng)
        return forgotten

    return await _mid_write(house, forget)


async def _renumber(house: House, _rng: random.Random) -> int:
    """Ingest commits on a new broker connection what came on the old one, then dies in the midst of the next commit.

    A broker may count its message numbers anew: an old number acknowledged now would name a message not yet stored.
    """
    tasks: list[asyncio.Task[int]] = []

    async def kill() -> int:
        return house.ingest.kill()

    async def reconnect() -> int:
        links = house.to_broker.reset_all()
        await asyncio.sleep(1)
        # Waits for the table behind the commit that is held, and before the next one.
        tasks.append(asyncio.create_task(_mid_write(house, kill)))
        await asyncio.sleep(0.3)
        return links

    reset = await _mid_write(house, reconnect)
    return min(reset, *[await task for task in tasks]) if tasks else 0


async def _kill_ingest_unheard(house: House, rng: random.Random) -> int:
    """Ingest commits, its acknowledgements do not arrive, it dies: the broker sends everything again."""
    await house.to_broker.switch(Mode.BLACKHOLE)
    try:
        await asyncio.sleep(rng.uniform(0.2, 0.5))
        killed = house.ingest.kill()
        # What it has sent and we hold must never arrive.
        return min(killed, house.to_broker.reset_all())
    finally:
        await house.to_broker.switch(Mode.PASS)


async def _deadlock(house: House, _rng: random.Random) -> int:
    """We hold what ingest needs next and want what it has; PostgreSQL ends ingest's transaction, not ours.

    Which of the two tables ingest takes first is its own affair: both orders are tried.
    """
    since = house.postgres.log_size()
    tally, reading = "SELECT FROM tally FOR UPDATE", "LOCK TABLE reading IN ACCESS EXCLUSIVE MODE"
    for first, second in ((tally, reading), (reading, tally)):
        with contextlib.suppress(psycopg.Error, TimeoutError):
            async with asyncio.timeout(5), await house.connect() as connection, connection.transaction():
                await connection.execute("SET LOCAL deadlock_timeout = '10s'")
                await connection.execute("SET LOCAL lock_timeout = '2s'")
                await connection.execute(first)
                await asyncio.sleep(0.3)
                await connection.execute(second)
    return house.postgres.said("deadlock detected", since)


FAULTS: dict[str, Fault] = {
    "kill-ingest": _kill(lambda house: house.ingest),
    "kill-database": _kill(lambda house: house.postgres),
    "kill-broker": _kill(lambda house: house.broker),
    "kill-all": _kill_all,
    "kill-ingest-writing": _kill_writing(lambda house: house.ingest),
    "kill-ingest-unheard": _kill_ingest_unheard,
    "renumber": _renumber,
    "kill-database-writing": _kill_writing(lambda house: house.postgres),
    "cut-database-writing": _cut_database_writing,
    "freeze-ingest": _freeze(lambda house: house.ingest),
    "freeze-database": _freeze(lambda house: house.postgres),
    "freeze-broker": _freeze(lambda house: house.broker),
    "forget-broker": _forget(lambda house: house.to_broker),
    # The proxy's kernel goes on answering TCP keepalives, as a pooler or load balancer before PostgreSQL would.
    "forget-database": _forget(lambda house: house.to_database),
    "forget-database-writing": _forget_database_writing,
    "read-only": _make_read_only,
    "full-disk": _fill_disk,
    "terminate": _terminate,
    "lock": _lock,
    "deadlock": _deadlock,
}
for _mode in (Mode.CUT, Mode.BLACKHOLE, Mode.DELAY, Mode.HALVE):
    FAULTS[f"{_mode}-broker"] = _network(lambda house: house.to_broker, _mode)
    FAULTS[f"{_mode}-database"] = _network(lambda house: house.to_database, _mode)


def deal(rng: random.Random, rounds: int, *, own_disk: bool) -> list[list[str]]:
    """Return the faults of each round, 1 to 3, like cards: all kinds occur before one comes again."""
    kinds = [kind for kind in FAULTS if own_disk or kind != "full-disk"]
    deck: list[str] = []
    dealt = []
    for _ in range(rounds):
        hand: list[str] = []
        for _ in range(rng.choice((1, 2, 2, 3))):
            if not deck:
                deck = rng.sample(kinds, len(kinds))
            if deck[-1] not in hand:
                hand.append(deck.pop())
        dealt.append(hand)
    return dealt
