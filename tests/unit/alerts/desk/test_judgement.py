from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from alerts.desk.judgement import breaks, is_current, is_stale, site_state
from schemas.catalog.limits import in_force

NOW = datetime(2026, 6, 2, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("age", "intervals", "stale"),
    [
        (None, [60], True),
        (timedelta(minutes=3), [10], False),
        (timedelta(minutes=3, seconds=1), [10], True),
        (timedelta(minutes=30), [60, 600], False),
        (timedelta(minutes=31), [60, 600], True),
        (timedelta(hours=3), [600, 3600], False),
    ],
)
def test_a_device_is_stale_after_three_of_its_largest_intervals(
    age: timedelta | None,
    intervals: list[int],
    stale: bool,  # noqa: FBT001
) -> None:
    assert is_stale(NOW - age if age is not None else None, intervals, NOW) is stale


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ({"incidents": 1, "stale": ["采集器"], "outcomes": ["compliant"], "subjects": 1}, "exceeding"),
        ({"incidents": 0, "stale": ["采集器"], "outcomes": ["compliant"], "subjects": 1}, "stale"),
        ({"incidents": 0, "stale": [], "outcomes": [], "subjects": 1}, "not_judgeable"),
        ({"incidents": 0, "stale": [], "outcomes": [], "subjects": 0}, "not_judgeable"),
        ({"incidents": 0, "stale": [], "outcomes": ["not_judgeable"], "subjects": 1}, "not_judgeable"),
        ({"incidents": 0, "stale": [], "outcomes": ["compliant", "not_judgeable"], "subjects": 2}, "compliant"),
        ({"incidents": 0, "stale": [], "outcomes": ["compliant", "exceeding"], "subjects": 2}, "exceeding"),
    ],
)
def test_silence_is_never_compliant(facts: dict[str, Any], state: str) -> None:
    assert site_state(**facts)[0] == state


@pytest.mark.parametrize(
    ("rule", "ended", "current"),
    [
        ("boiler_efficiency", timedelta(hours=2), True),
        ("boiler_efficiency", timedelta(hours=4), False),
        ("sewage_day", timedelta(hours=40), True),
        ("sewage_day", timedelta(days=3), False),
        ("energy_budget", timedelta(days=-20), True),
    ],
)
def test_an_old_verdict_says_nothing_of_now(rule: str, ended: timedelta, current: bool) -> None:  # noqa: FBT001
    assert is_current({"rule": rule, "window_end": NOW - ended}, NOW) is current


@pytest.mark.parametrize(("value", "broken"), [(None, False), (50.0, False), (50.4, False), (50.6, True)])
def test_a_value_is_compared_as_its_limit_is_written(value: float | None, broken: bool) -> None:  # noqa: FBT001
    limit = in_force("GB18918-1A", "w01018", "day", day=date(2026, 6, 1), built=date(2010, 1, 1))
    assert breaks(value, limit) is broken
    assert breaks(value, None) is False
