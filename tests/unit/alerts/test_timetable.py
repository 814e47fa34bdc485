"""Jobs run by the clock, one after the other, and a clock that was set is seen."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from alerts.timetable import ClockWatch, Job, Jump, Timetable
from schemas.errors import DatabaseUnavailableError, DataRefusedError
from schemas.times import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SHORT_S = 0.02


class Counted:
    """Work that counts its runs, and can be waited for."""

    def __init__(self, error: Exception | None = None) -> None:
        self.runs = 0
        self._error = error
        self._ran = asyncio.Condition()

    async def __call__(self) -> None:
        async with self._ran:
            self.runs += 1
            self._ran.notify_all()
        if self._error is not None:
            raise self._error

    async def ran(self, times: int) -> None:
        async with asyncio.timeout(10), self._ran:
            await self._ran.wait_for(lambda: self.runs >= times)


@contextlib.asynccontextmanager
async def keeping(timetable: Timetable) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(timetable.keep())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def job(work: Callable[[], object], name: str = "one", every_s: float = SHORT_S) -> Job:
    return Job(name=name, every_s=every_s, work=work)  # type: ignore[arg-type]  # a callable object


async def test_a_job_runs_at_once_and_again_in_its_time() -> None:
    work = Counted()
    async with keeping(Timetable([job(work)])):
        await work.ran(3)


async def test_a_job_with_a_long_period_runs_at_once_too() -> None:
    work = Counted()
    async with keeping(Timetable([job(work, every_s=86_400)])):
        await work.ran(1)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-11-23T08:29:59+08:00", "2026-11-23T08:30:00+08:00"),
        ("2026-11-23T08:30:01+08:00", "2026-11-24T08:30:00+08:00"),
        ("2026-12-31T23:59:00+08:00", "2027-01-01T08:30:00+08:00"),
    ],
)
def test_a_daily_job_is_due_by_the_clock_of_the_county(now: str, due: str) -> None:
    trigger = Job(name="morning", daily=(8, 30), work=Counted()).trigger()
    found = trigger.get_next_fire_time(None, datetime.fromisoformat(now).astimezone(UTC))
    assert found == datetime.fromisoformat(due)
    assert found.utcoffset() == SHANGHAI.utcoffset(None)


@pytest.mark.parametrize("when", [{}, {"every_s": 5.0, "daily": (8, 30)}])
def test_a_job_has_one_kind_of_time(when: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="every_s or daily"):
        Job(name="one", work=Counted(), **when)  # type: ignore[arg-type]


async def test_jobs_that_share_a_connection_never_run_at_the_same_time() -> None:
    inside, most = 0, 0

    async def work() -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        for _ in range(5):
            await asyncio.sleep(0)
        inside -= 1

    counted = Counted()
    async with keeping(Timetable([job(work, "a"), job(work, "b"), job(work, "c"), job(counted, "d")])):
        await counted.ran(5)
    assert most == 1


async def test_a_job_that_takes_longer_than_its_period_does_not_pile_up() -> None:
    gate, waiting = asyncio.Event(), 0

    async def slow() -> None:
        nonlocal waiting
        waiting += 1
        await gate.wait()

    timetable = Timetable([job(slow)])
    async with keeping(timetable):
        await asyncio.sleep(SHORT_S * 10)
        assert waiting == 1


@pytest.mark.parametrize("error", [ValueError("broken"), DataRefusedError("23502"), DatabaseUnavailableError("40001")])
async def test_a_job_that_fails_is_counted_and_the_others_go_on(error: Exception) -> None:
    failed: list[str] = []
    bad, good = Counted(error), Counted()
    async with keeping(Timetable([job(bad, "bad"), job(good, "good")], on_failure=failed.append)) as task:
        await bad.ran(2)
        await good.ran(2)
        assert not task.done()
    assert set(failed) == {"bad"}
    assert len(failed) >= 2


async def test_a_job_that_goes_on_failing_does_not_bury_the_log() -> None:
    bad, worse = Counted(ValueError("broken")), Counted(ValueError("broken too"))
    with capture_logs() as said:
        async with keeping(Timetable([job(bad, "bad"), job(worse, "worse")])):
            await bad.ran(4)
            await worse.ran(4)
    assert sorted(one["job"] for one in said) == ["bad", "worse"], "once each; again after a minute"


async def test_a_connection_that_is_gone_ends_the_timetable() -> None:
    bad = Counted(DatabaseUnavailableError("08006"))
    with pytest.raises(DatabaseUnavailableError):
        await asyncio.wait_for(Timetable([job(bad)], is_lost=lambda: True).keep(), 10)
    assert bad.runs == 1


async def test_nothing_runs_while_it_may_not() -> None:
    asked = Counted()
    work = Counted()

    def may_run() -> bool:
        asked.runs += 1
        return asked.runs > 3

    async with keeping(Timetable([job(work)], may_run=may_run)):
        await work.ran(1)
    assert asked.runs > 3


async def test_no_job_runs_on_when_the_timetable_has_ended() -> None:
    began, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with keeping(Timetable([job(work)])):
        await began.wait()
    assert ended.is_set()


async def test_after_a_reset_all_times_are_reckoned_from_now() -> None:
    work = Counted()
    timetable = Timetable([job(work, every_s=86_400)])
    async with keeping(timetable):
        await work.ran(1)
        timetable.reset()
        await work.ran(2)


@pytest.mark.parametrize(
    ("wall_s", "truly_s", "jumped"),
    [
        (1, 1, False),
        (59, 1, False),  # a step of the time server
        (3601, 1, True),  # set an hour ahead, or the machine slept
        (-3599, 1, True),  # set back
        (600, 600, False),  # a long round is no jump
        (600, 700, True),  # set back within a long round
    ],
)
def test_a_clock_that_was_set_is_told_from_time_that_passed(wall_s: int, truly_s: int, *, jumped: bool) -> None:
    watch = ClockWatch()
    assert watch.look(NOW, 1000.0) is None
    found = watch.look(NOW + timedelta(seconds=wall_s), 1000.0 + truly_s)
    assert found == (Jump(timedelta(seconds=wall_s), timedelta(seconds=truly_s)) if jumped else None)
    assert watch.look(NOW + timedelta(seconds=wall_s + 1), 1001.0 + truly_s) is None, "each jump is told once"
