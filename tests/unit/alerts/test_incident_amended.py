from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from alerts.incident import Told, amended, walk
from alerts.judge.rules import Rule
from schemas.catalog.enums import Basis, Level, Outcome
from schemas.records import Incident, Verdict

#: 08:00 in Shanghai.
START = datetime(2026, 6, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
OUTCOMES = {"C": Outcome.COMPLIANT, "E": Outcome.EXCEEDING, "N": Outcome.NOT_JUDGEABLE}


def rule(close_after: int = 1, level_repeated: Level | None = None, repeated_after: int = 0) -> Rule:
    return Rule(
        zh="规则",
        task=1,
        basis=Basis.HOUR,
        lead_bureau="epb",
        level=Level.ORANGE,
        open_after=1,
        close_after=close_after,
        source="test",
        level_repeated=level_repeated,
        repeated_after=repeated_after,
    )


def verdict(number: int, outcome: str, value: float | None, **body: object) -> Verdict:
    return Verdict(
        rule="r",
        subject="s",
        point_id=1,
        window_start=START + number * HOUR,
        window_end=START + (number + 1) * HOUR,
        outcome=OUTCOMES[outcome],
        value=value,
        limit_value=80.0,
        limit_id="l",
        body=body,
    )


def told(letters: str, by: Rule, values: dict[int, float] | None = None) -> tuple[Told, Incident]:
    """Return what is told of the one incident of *letters*, and the incident."""
    (incident,) = walk(measured(letters, values or {}), by)
    return Told(
        began_at=incident.began_at,
        ended_at=incident.ended_at,
        last_window=incident.last_window,
        level=incident.level,
        worst=incident.worst.value,
        worst_at=incident.worst.window_start,
    ), incident


def measured(letters: str, values: dict[int, float]) -> list[Verdict]:
    """Return verdicts whose exceeding values are 90, or as *values* say."""
    found = []
    for number, letter in enumerate(letters):
        value = values.get(number, 90.0) if letter == "E" else 60.0
        found.append(verdict(number, letter, value, multiple=value / 80.0 - 1))
    return found


@pytest.mark.parametrize(
    ("sentence", "before", "after", "parts"),
    [
        ("it goes on", ("CE", {}), ("CEEE", {}), []),
        ("it goes on without data", ("CE", {}), ("CENN", {}), []),
        ("it ends", ("CEE", {}), ("CEECC", {}), []),
        ("a worse value in a new window is news", ("CE", {}), ("CEE", {2: 120.0}), []),
        ("nothing at all", ("CEECC", {}), ("CEECC", {}), []),
        ("late data put the start earlier", ("NCEE", {}), ("EEEE", {}),
         ["开始时间由 2026-06-01 10:00 更正为 2026-06-01 08:00"]),
        ("corrected data put it later", ("EEE", {1: 95.0}), ("CEE", {1: 95.0}),
         ["开始时间由 2026-06-01 08:00 更正为 2026-06-01 09:00"]),
        ("the end is taken back", ("EECC", {}), ("EECE", {}), ["恢复时间 2026-06-01 11:00 撤回，事件未恢复"]),
        ("the end moves", ("EECC", {}), ("EEECC", {}), ["恢复时间由 2026-06-01 11:00 更正为 2026-06-01 12:00"]),
        ("the last breach was none", ("EEEE", {}), ("EECC", {}), ["超标持续至 2026-06-01 12:00 更正为 2026-06-01 10:00"]),
        ("the worst value was another", ("EEE", {1: 120.0}), ("EEE", {1: 130.0}),
         ["2026-06-01 09:00 时段的最重值由 120 更正为 130"]),
        ("the worst value was nothing special", ("EEE", {1: 120.0}), ("EEE", {}),
         ["最重值由 120（2026-06-01 09:00）更正为 90（2026-06-01 08:00）"]),
        ("a gap that was filled was the worst", ("ENE", {}), ("EEE", {1: 120.0}),
         ["最重值由 90（2026-06-01 08:00）更正为 120（2026-06-01 09:00）"]),
        ("two things at once", ("NEECC", {}), ("EEECCC", {0: 95.0}), ["开始时间由", "最重值由 90"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_was_told_is_corrected_and_nothing_else(
    sentence: str, before: tuple[str, dict[int, float]], after: tuple[str, dict[int, float]], parts: list[str]
) -> None:
    by = rule(2)
    was, _ = told(before[0], by, before[1])
    _, incident = told(after[0], by, after[1])
    said = amended(was, incident)
    assert (said is None) == (not parts), sentence
    assert said is None or said.count("；") == len(parts) - 1
    for part in parts:
        assert part in str(said), sentence


def test_a_correction_says_the_level_it_brings() -> None:
    by = rule(2, level_repeated=Level.RED, repeated_after=3)
    was, _ = told("CEE", by)
    _, incident = told("EEE", by)
    assert "级别相应由橙色变为红色" in str(amended(was, incident))


def test_a_level_that_rises_because_it_goes_on_is_no_correction() -> None:
    by = rule(2, level_repeated=Level.RED, repeated_after=3)
    was, _ = told("CEE", by)
    _, incident = told("CEEE", by)
    assert incident.level is Level.RED
    assert amended(was, incident) is None


@pytest.mark.parametrize(
    ("before", "after", "is_told"),
    [("2026-06-10", "2026-06-11", False), ("2026-06-11", "2026-06-11", True), (None, "2026-06-11", False)],
)
def test_an_account_that_grows_with_its_days_is_not_corrected(before: str | None, after: str, *, is_told: bool) -> None:
    was, _ = told("E", rule(), {0: 90.0})
    was = msgspec.structs.replace(was, worst_through=before)
    (incident,) = walk([verdict(0, "E", 95.0, through=after)], rule())
    assert (amended(was, incident) is not None) is is_told


def test_without_a_value_nothing_is_made_up() -> None:
    was, _ = told("E", rule())
    (incident,) = walk([verdict(0, "E", None)], rule())
    assert "由 90 更正为 无数值" in str(amended(was, incident))
    assert amended(msgspec.structs.replace(was, worst_at=None), incident) is None
