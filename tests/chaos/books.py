"""Compares what the devices' ledger says with what the database holds, in one snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ingest import evidence
from schemas.runtime import database

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from tests.chaos.devices import Ledger, Sent
    from tests.chaos.house import House

_SHOWN, _SHOWN_CHARACTERS = 5, 150
_READINGS = """
SELECT p.site_id || '/' || p.device_id, (extract(epoch FROM r.ts) * 1000)::bigint, r.value
FROM reading r JOIN point p USING (point_id)
WHERE r.ts >= to_timestamp(%s / 1000.0) AND r.ts < to_timestamp(%s / 1000.0)
"""
_TALLY = "SELECT sum(received)::bigint, sum(stored)::bigint, sum(duplicate)::bigint, sum(rejected)::bigint FROM tally"
_BATCH = "SELECT sum(messages)::bigint, sum(stored)::bigint, sum(duplicate)::bigint, sum(rejected)::bigint FROM batch"


class Tally(NamedTuple):
    """The sums as ingest keeps them."""

    received: int
    stored: int
    duplicate: int
    rejected: int

    def since(self, before: Tally) -> Tally:
        return Tally(*(now - then for now, then in zip(self, before, strict=True)))


class Snapshot(NamedTuple):
    """The database at one instant; readings and rejections of one round only, sums of all time."""

    readings: list[tuple[str, int, float]]
    rejections: dict[tuple[str, bytes], str]
    tally: Tally
    rows: int
    batched: Tally


async def look(house: House, begin_ms: int, end_ms: int, after_rejection: int) -> Snapshot:
    """Read everything in one transaction, so that a batch committed meanwhile does not disturb the sums."""
    async with await house.connect() as connection:
        await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

        async def fetch(statement: str, *parameters: object) -> list[Any]:
            cursor = await connection.execute(statement, parameters or None)
            return list(await cursor.fetchall())

        readings = await fetch(_READINGS, begin_ms, end_ms)
        refused = await fetch("SELECT topic, payload, reason FROM rejection WHERE rejection_id > %s", after_rejection)
        tally = Tally(*(number or 0 for number in (await fetch(_TALLY))[0]))
        batched = Tally(*(number or 0 for number in (await fetch(_BATCH))[0]))
        rows = (await fetch("SELECT count(*) FROM reading"))[0][0]
        return Snapshot(readings, {(t, bytes(p)): reason for t, p, reason in refused}, tally, rows, batched)


def lost(ledger: Ledger, snapshot: Snapshot) -> list[Sent]:
    """Return the acknowledged messages that are neither stored nor kept as refused.

    Of two values for one instant either may be the first; the other must then be refused as a conflict.
    """
    stored = {(device, ts_ms): value for device, ts_ms, value in snapshot.readings}
    missing = []
    for sent in ledger.acked:
        if sent.value is not None and stored.get((sent.device, sent.ts_ms)) == sent.value:
            continue
        reason = snapshot.rejections.get((sent.topic, sent.payload))
        kept = reason is not None if sent.value is None else reason == "conflict"
        if not kept or (sent.value is not None and (sent.device, sent.ts_ms) not in stored):
            missing.append(sent)
    return missing


def wrong(ledger: Ledger, snapshot: Snapshot, earlier: Collection[Ledger] = ()) -> list[str]:
    """Return what does not agree; empty when all is well.

    What the broker sends again late may be refused again: such a rejection belongs to one of the *earlier* ledgers.
    """
    complaints = []
    missing = lost(ledger, snapshot)
    if missing:
        complaints.append(f"LOST {len(missing)} acknowledged messages: {_some(missing)}")
    said = {(sent.device, sent.ts_ms, sent.value) for sent in ledger.attempted}
    alien = [row for row in snapshot.readings if row not in said]
    if alien:
        complaints.append(f"ALIEN {len(alien)} rows nobody sent: {_some(alien)}")
    keys = {(sent.topic, sent.payload) for one in (ledger, *earlier) for sent in one.attempted}
    strange = [key for key in snapshot.rejections if key not in keys]
    if strange:
        complaints.append(f"ALIEN {len(strange)} rejections nobody sent: {_some(strange)}")
    unjust = [
        (sent, snapshot.rejections[sent.topic, sent.payload])
        for sent in ledger.attempted
        if sent.value is not None and snapshot.rejections.get((sent.topic, sent.payload), "conflict") != "conflict"
    ]
    if unjust:
        complaints.append(f"REFUSED {len(unjust)} good readings: {_some(unjust)}")
    return complaints + _sums(snapshot)


def _some(rows: Sequence[object]) -> str:
    return "".join(f"\n    {str(row)[:_SHOWN_CHARACTERS]}" for row in rows[:_SHOWN])


def _sums(snapshot: Snapshot) -> list[str]:
    tally, batched = snapshot.tally, snapshot.batched
    complaints = []
    if tally.stored != snapshot.rows:
        complaints.append(f"DOUBLED {tally.stored - snapshot.rows}: tally.stored {tally.stored}, rows {snapshot.rows}")
    if tally.received != tally.stored + tally.duplicate + tally.rejected:
        complaints.append(f"SUMS {tally}")
    if tally[1:] != batched[1:]:
        complaints.append(f"BATCHES {batched} against {tally}")
    return complaints


async def verify(house: House) -> list[str]:
    """Walk the chain of digests as `monitor verify` does."""
    async with database.connect(house.cluster.url, "chaos-verify") as db:
        held, broken = await evidence.verify(db)
    return [] if broken is None else [f"CHAIN {broken} after {held} batches"]
