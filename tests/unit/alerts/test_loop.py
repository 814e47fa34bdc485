"""What the evaluator does without a database: it sees that the clock was set, and begins anew with what is reckoned from it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from alerts import loop
from alerts.judge.round import Round
from alerts.office import Office
from alerts.timetable import Timetable
from schemas.runtime.settings import AlertSettings, Settings


class Forgetful(Round):
    """A judge that counts how often it was told to listen anew."""

    def __init__(self) -> None:
        self.forgotten = 0

    def forget_hearing(self) -> None:
        self.forgotten += 1


NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Resettable(Timetable):
    """A timetable that counts how often it was reckoned anew."""

    resets = 0

    def reset(self) -> None:
        self.resets += 1


@pytest.mark.parametrize(
    ("passed", "resets"),
    [
        (timedelta(seconds=2), 0),
        (timedelta(hours=1), 1),
        (-timedelta(hours=1), 1),
    ],
)
async def test_a_clock_that_was_set_is_said_loudly_and_the_timetable_begins_anew(
    monkeypatch: pytest.MonkeyPatch, passed: timedelta, resets: int
) -> None:
    term = loop.Term(
        Settings(database_url="postgresql://nobody"), Office(AlertSettings()), asyncio.Event(), asyncio.Event()
    )
    timetables = [Resettable([]), Resettable([])]
    term._timetables = dict(zip(("duty", "reports"), timetables, strict=True))
    judge = Forgetful()
    with capture_logs() as said:
        monkeypatch.setattr(loop, "now", lambda: NOW)
        term._look_at_clock(judge, 1000.0)
        monkeypatch.setattr(loop, "now", lambda: NOW + passed)
        term._look_at_clock(judge, 1001.0)
    assert ([one.resets for one in timetables], judge.forgotten) == ([resets] * 2, resets)
    expected = {"event": "the clock was set", "log_level": "error", "wall_s": passed.total_seconds(), "truly_s": 1.0}
    assert said == [expected] * resets
