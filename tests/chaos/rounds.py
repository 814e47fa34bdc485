"""One round: load, faults within it, everything mended, quiet, and then the books must agree."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from collections import deque
from typing import TYPE_CHECKING

import msgspec
import psycopg

from schemas.catalog.enums import PointKind
from schemas.catalog.factors import FACTORS
from tests.chaos import books
from tests.chaos.books import Tally
from tests.chaos.devices import Device, Ledger, Script, Source
from tests.chaos.faults import FAULTS

if TYPE_CHECKING:
    from schemas.registry.model import Document
    from tests.chaos.books import Snapshot
    from tests.chaos.house import House

LOAD_S = 2.0
PER_DEVICE_S = 60.0
MAX_RSS_MB = 300.0
_QUIET_WITHIN_S = 25.0
_ACKED_WITHIN_S = 15.0
_DAY_MS = 86_400_000
_DAYS = 380


class Outcome(msgspec.Struct, kw_only=True):
    """What a round did, and what of it was wrong."""

    seed: int
    number: int
    bites: dict[str, int]
    acked: int
    settled: Tally
    quiet_s: float
    peak_mb: float
    happened: str
    wrong: list[str]

    def line(self) -> str:
        faults = " ".join(f"{kind}:{bites}" for kind, bites in self.bites.items())
        settled = self.settled
        return (
            f"{'FAIL' if self.wrong else 'ok  '} {self.seed}/{self.number:<3} {faults:<55} acked {self.acked:>5}"
            f"  +{settled.stored} stored +{settled.duplicate} dup +{settled.rejected} rej  quiet {self.quiet_s:4.1f} s"
            f"  peak {self.peak_mb:3.0f} MB  {self.happened}"
        )


def sources(county: Document, passwords: dict[str, str]) -> list[Source]:
    """Return every device of the county with its first gauge, or its first counter if it has none."""
    found = []
    for site in county.sites:
        for device in site.devices:
            point = min(device.points, key=lambda one: one.kind is not PointKind.GAUGE)
            factor = FACTORS[point.factor]
            low = factor.low if point.low is None else point.low
            high = factor.high if point.high is None else point.high
            name = f"{site.id}/{device.id}"
            found.append(Source(name, passwords[name], point.factor, low, high))
    return found


class Campaign:
    """Rounds on one stand. Each round has a day of its own, so each makes a partition and is compared by itself."""

    def __init__(self, house: House, seed: int) -> None:
        self._house = house
        self._seed = seed
        self._earlier: deque[Ledger] = deque(maxlen=3)
        passwords = json.loads(house.nats.credentials_file.read_text(encoding="utf-8"))
        self._sources = sources(house.county, passwords)
        self._today_ms = int(time.time() * 1000) // _DAY_MS * _DAY_MS

    async def play(self, number: int, kinds: list[str]) -> Outcome:
        house = self._house
        rng = random.Random(f"{self._seed}-{number}")
        begin_ms = self._today_ms - (_DAYS - number % _DAYS) * _DAY_MS + number // _DAYS * (_DAY_MS // 8)
        before = await self._look(begin_ms)
        after_rejection = (await house.order("SELECT coalesce(max(rejection_id), 0) FROM rejection"))[0][0]
        marks = _marks(house)
        house.peak_mb = 0.0
        ledger = Ledger()
        bites = await self._load(ledger, rng, begin_ms, kinds)
        began = time.monotonic()
        after = await self._quiet(ledger, begin_ms, after_rejection)
        quiet_s = time.monotonic() - began
        complaints = books.wrong(ledger, after, self._earlier) + await self._verify(number)
        self._earlier.append(ledger)
        if house.peak_mb > MAX_RSS_MB:
            complaints.append(f"MEMORY {house.peak_mb:.0f} MB")
        if not ledger.acked:
            complaints.append("NOTHING was acknowledged: the round proves nothing")
        return Outcome(
            seed=self._seed, number=number, bites=bites, acked=len(ledger.acked),
            settled=after.tally.since(before.tally),
            quiet_s=quiet_s, peak_mb=house.peak_mb, wrong=complaints,
            happened=_since(marks, _marks(house)) + f" reconnects {ledger.reconnects}",
        )  # fmt: skip

    async def _load(self, ledger: Ledger, rng: random.Random, begin_ms: int, kinds: list[str]) -> dict[str, int]:
        """Run devices and faults together; return how often each fault bit."""
        devices = []
        for source in self._sources:
            script = Script(source, begin_ms, random.Random(rng.random()))
            devices.append(Device(source, script, ledger, random.Random(rng.random()), PER_DEVICE_S))
        running = [asyncio.create_task(device.run(self._house.broker_port)) for device in devices]
        try:
            faults = [self._strike(kind, random.Random(rng.random()), rng.uniform(0.1, 1.0)) for kind in kinds]
            least = asyncio.create_task(asyncio.sleep(LOAD_S))
            done = await asyncio.gather(*faults)
            await least
            await self._house.mend()
            for device in devices:
                device.finish()
            await asyncio.wait(running, timeout=_ACKED_WITHIN_S)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
        return dict(zip(kinds, done, strict=True))

    async def _strike(self, kind: str, rng: random.Random, wait_s: float) -> int:
        await asyncio.sleep(wait_s)
        return await FAULTS[kind](self._house, rng)

    async def _quiet(self, ledger: Ledger, begin_ms: int, after_rejection: int) -> Snapshot:
        """Wait until nothing acknowledged is missing, within the bound; whoever is late then is lost."""
        until = time.monotonic() + _QUIET_WITHIN_S
        while True:
            snapshot = await self._look(begin_ms, after_rejection)
            if not books.lost(ledger, snapshot) or time.monotonic() > until:
                return snapshot
            await asyncio.sleep(0.3)

    async def _look(self, begin_ms: int, after_rejection: int = 0) -> Snapshot:
        until = time.monotonic() + _QUIET_WITHIN_S
        while True:
            # PostgreSQL may still be recovering from what we did to it.
            with contextlib.suppress(psycopg.Error, TimeoutError):
                async with asyncio.timeout(10):
                    return await books.look(self._house, begin_ms, begin_ms + _DAY_MS // 8, after_rejection)
            assert time.monotonic() < until, f"PostgreSQL stays away\n{self._house.postgres.tail()}"
            await asyncio.sleep(0.2)

    async def _verify(self, number: int) -> list[str]:
        # The walk is as long as all rounds before: in a long campaign not every round.
        return await books.verify(self._house) if number < 20 or number % 10 == 0 else []


async def settle_down(house: House) -> list[str]:
    """After the last round: wait for late repeats, then the sums of all rounds must still agree."""
    await asyncio.sleep(4)
    snapshot = await books.look(house, 0, 1, 1 << 60)
    return books.wrong(Ledger(), snapshot) + await books.verify(house)


def report(house: House, outcome: Outcome) -> str:
    """Return all that is needed to look into a round that failed."""
    tails = "\n".join(process.tail() for process in (house.ingest, house.postgres))
    complaints = "\n  ".join(outcome.wrong)
    return f"seed {outcome.seed}, round {outcome.number}, faults {outcome.bites}: {outcome.happened}\n  {complaints}\n{tails}"


def _marks(house: House) -> dict[str, int]:
    return {
        **{f"{process.name} starts": process.starts for process in house.processes},
        "db links": house.to_database.accepted,
        "broker links": house.to_broker.accepted,
        "db away": house.ingest.said("database away") + house.ingest.said("database refuses"),
    }


def _since(before: dict[str, int], after: dict[str, int]) -> str:
    return ", ".join(f"{what} {after[what] - before[what]}" for what in after if after[what] != before[what])
