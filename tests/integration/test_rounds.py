from __future__ import annotations

from datetime import UTC, datetime, timedelta

from schemas.runtime import database

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


async def test_a_round_takes_no_more_than_it_may_and_the_newest_first(url: str) -> None:
    """After a long stop every hour in between is marked for every point: one transaction must not take them all."""
    async with database.connect(url, "tests") as db:
        await db.execute("stale_span", points=list(range(10)), since=NOON, until=NOON + 5 * HOUR, whole=True)
        taken = await db.fetch("stale_take", at_most=1000, most=25)
        assert sorted(hour for hour, _, _ in taken) == [NOON + n * HOUR for n in (2, 3, 4)]
        assert all(points == list(range(10)) and whole for _, points, whole in taken)
        left = await db.fetch("stale_take", at_most=1, most=25)
        assert [hour for hour, _, _ in left] == [NOON + HOUR]
        # However many points an hour has, it is taken: else it would wait for ever.
        assert len(await db.fetch("stale_take", at_most=1000, most=1)) == 1
