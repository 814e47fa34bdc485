from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from alerts.reports import schedule, store
from alerts.reports.paper import DAILY, Column, Kind, Paper, Table, number, words
from alerts.reports.schedule import Reports
from schemas.runtime import clock, database
from schemas.times import DAY, day_of
from tests.unit.alerts.reports.made import paper

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection
    from datetime import date

    from schemas.runtime.database import Database

#: Whose reports are due whatever the hour is.
DAYS = [day_of(clock.now()) - back * DAY for back in range(2, 8)]


class Facts:
    """Composes papers of what it is told to say, and notes for which days it was asked."""

    def __init__(self) -> None:
        self.says: dict[str, float] = {}
        self.asked: list[str] = []
        self.fails: set[str] = set()

    async def __call__(
        self, db: Database, kind: Kind, period: str, *, scopes: Collection[str] | None = None
    ) -> list[Paper]:
        assert scopes is None
        await db.fetch("line_check")
        self.asked.append(period)
        if period in self.fails:
            raise RuntimeError(f"no paper of {period}")
        if kind not in DAILY:
            return []
        heads = (Column("站点"), Column("值", is_number=True))
        body = Table("表", heads, ((words("甲"), number(self.says.get(period, 1.0), 1)),))
        day = next(
            day for day in (*DAYS, DAYS[0] + DAY, *(DAYS[-1] - n * DAY for n in range(40))) if day.isoformat() == period
        )
        return [paper(body, scope=scope, period=period, first=day, last=day) for scope in ("county", "bj-wwtp")]


@pytest.fixture
def facts() -> Facts:
    return Facts()


@pytest.fixture
async def db(url: str) -> AsyncIterator[Database]:
    # The registry of the example was applied just now: as if long ago, or all would be made anew for it.
    _change(url, "UPDATE registry_version SET valid_from = valid_from - interval '1 year'")
    async with database.connect(url, "tests") as found:
        yield found


def _change(url: str, text: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(text.encode())


def derived(url: str, day: date, value: float = 1.0) -> None:
    """Derive a day value of point 1, now."""
    _change(
        url,
        "INSERT INTO daily (point_id, day, value, n_valid, n_expected, valid, marks, note, rule_version)"
        f" VALUES (1, '{day}', {value}, 24, 24, true, '', '', 'x')"
        " ON CONFLICT (point_id, day) DO UPDATE SET value = excluded.value, derived_at = now()",
    )


async def versions(db: Database) -> dict[str, int]:
    found = await store.listed(db, since=DAYS[-1] - 40 * DAY, until=DAYS[0] + 2 * DAY, kind=Kind.DAY, scopes=["county"])
    return {one.period: one.version for one in found}


async def test_the_first_run_makes_what_there_are_values_of_and_the_next_has_nothing_to_do(
    url: str, db: Database, facts: Facts
) -> None:
    derived(url, DAYS[2])
    reports = Reports(db, compose=facts)
    before = schedule.MADE.labels(kind="day")._value.get()
    filed = await reports.run()
    assert {DAYS[n].isoformat() for n in (0, 1, 2)} <= set(await versions(db))
    assert DAYS[3].isoformat() not in await versions(db)
    assert filed == 2 * len(await versions(db)) == schedule.MADE.labels(kind="day")._value.get() - before
    facts.asked.clear()
    assert await reports.run() == 0
    assert facts.asked == []


async def test_a_late_value_makes_a_new_version_that_says_what_changed(url: str, db: Database, facts: Facts) -> None:
    derived(url, DAYS[2])
    reports = Reports(db, compose=facts)
    await reports.run()
    facts.asked.clear()
    derived(url, DAYS[1], 2.0)
    facts.says[DAYS[1].isoformat()] = 2.0
    assert await reports.run() == 2
    assert facts.asked == [DAYS[1].isoformat()]
    [newest, _] = await store.history(db, Kind.DAY, "county", DAYS[1].isoformat())
    assert (newest.version, newest.made_by, newest.changes) == (2, "schedule", ("表《表》行 甲 列 值：1.0 → 2.0",))


async def test_facts_that_change_nothing_in_the_paper_make_no_version(url: str, db: Database, facts: Facts) -> None:
    derived(url, DAYS[2])
    reports = Reports(db, compose=facts)
    await reports.run()
    derived(url, DAYS[1], 2.0)
    assert await reports.run() == 0
    assert facts.asked.count(DAYS[1].isoformat()) == 2
    assert set((await versions(db)).values()) == {1}


async def test_a_verdict_that_came_late_has_its_day_looked_at_again(url: str, db: Database, facts: Facts) -> None:
    derived(url, DAYS[2])
    reports = Reports(db, compose=facts)
    await reports.run()
    facts.asked.clear()
    _change(
        url,
        "INSERT INTO verdict (rule, subject, point_id, window_start, window_end, outcome, limit_id, body)"
        f" SELECT 'r', 's', 1, at, at + interval '1 hour', 'compliant', 'x', '{{}}'"
        f" FROM (SELECT '{DAYS[1]} 05:00+08'::timestamptz AS at) t",
    )
    await reports.run()
    assert facts.asked == [DAYS[1].isoformat()]


async def test_another_registry_has_all_looked_at_again(url: str, db: Database, facts: Facts) -> None:
    derived(url, DAYS[2])
    reports = Reports(db, compose=facts)
    await reports.run()
    asked = set(facts.asked)
    facts.asked.clear()
    _change(url, "UPDATE registry_version SET valid_from = now()")
    await reports.run()
    assert set(facts.asked) == asked


async def test_a_new_process_knows_what_was_made_and_what_changed_since(url: str, db: Database, facts: Facts) -> None:
    derived(url, DAYS[2])
    await Reports(db, compose=facts).run()
    facts.asked.clear()
    derived(url, DAYS[0])
    await Reports(db, compose=facts).run()
    assert [period for period in facts.asked if period in {day.isoformat() for day in DAYS}] == [DAYS[0].isoformat()]


async def test_a_report_that_fails_is_counted_and_does_not_hold_up_the_others(
    url: str, db: Database, facts: Facts
) -> None:
    derived(url, DAYS[2])
    bad = DAYS[1].isoformat()
    facts.fails.add(bad)
    reports = Reports(db, compose=facts)
    before = schedule.FAILURES.labels(kind="day")._value.get()
    with pytest.raises(RuntimeError, match=bad):
        await reports.run()
    assert {DAYS[0].isoformat(), DAYS[2].isoformat()} <= set(await versions(db))
    await reports.run()
    assert schedule.FAILURES.labels(kind="day")._value.get() == before + 1
    assert bad not in await versions(db)


async def test_of_what_is_no_longer_looked_back_at_nothing_is_kept(url: str, db: Database, facts: Facts) -> None:
    derived(url, DAYS[2])
    reports = Reports(db, compose=facts)
    reports._looked[Kind.DAY, "2020-01-01"] = clock.now()
    await reports.run()
    assert (Kind.DAY, "2020-01-01") not in reports._looked


async def test_a_run_without_time_makes_one_report_and_the_next_goes_on(url: str, db: Database, facts: Facts) -> None:
    derived(url, DAYS[2])
    reports = Reports(db, compose=facts)
    for _ in range(12):
        before = len(facts.asked)
        await reports.run(at_most_s=0)
        assert len(facts.asked) - before <= 1
    assert {DAYS[n].isoformat() for n in (0, 1, 2)} <= set(await versions(db))


async def test_whoever_lost_the_lease_makes_no_more_reports(url: str, db: Database, facts: Facts) -> None:
    derived(url, DAYS[2])
    assert await Reports(db, compose=facts, may_run=lambda: len(facts.asked) < 1).run() == 2
    assert len(facts.asked) == 1


async def test_never_two_runs_at_once(url: str, db: Database) -> None:
    derived(url, DAYS[0])
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(*_: Any, **__: Any) -> list[Paper]:
        begun.set()
        await go_on.wait()
        return []

    reports = Reports(db, compose=slow)
    first = asyncio.create_task(reports.run())
    await begun.wait()
    assert await reports.run() == 0
    go_on.set()
    await first


def test_its_jobs_keep_the_times_of_the_house() -> None:
    jobs = {job.name: job for job in Reports(None, compose=Facts()).jobs()}  # type: ignore[arg-type]  # nothing is asked
    assert (jobs["reports_day"].daily, jobs["reports_month"].daily) == ((1, 30), (2, 0))
    assert timedelta(seconds=jobs["reports_look_back"].every_s) <= timedelta(hours=1)


async def test_the_look_back_leaves_a_new_process_time_to_derive_and_judge_what_waited(
    url: str, db: Database, facts: Facts
) -> None:
    derived(url, DAYS[0])
    reports = Reports(db, compose=facts)
    assert await reports.look_back() == 0
    assert facts.asked == []
    assert await reports.look_back() > 0
