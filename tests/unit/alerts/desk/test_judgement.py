from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from alerts.desk.facts import DeviceView, PointView
from alerts.desk.judgement import breaks, colours, is_current, is_silent, month_crosses, site_state, suspects
from schemas.catalog.limits import in_force

NOW = datetime(2026, 6, 2, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("age_s", "interval_s", "silent"),
    [
        (None, 60, True),
        (60, 60, False),
        (125, 60, False),
        (125.001, 60, True),
        (24, 10, False),
        (26, 10, True),
        (7_205, 3_600, False),
        (7_206, 3_600, True),
    ],
)
def test_silence_is_known_two_intervals_after_the_last_reading(
    age_s: float | None,
    interval_s: int,
    silent: bool,  # noqa: FBT001
) -> None:
    newest = NOW - timedelta(seconds=age_s) if age_s is not None else None
    assert is_silent(newest, interval_s, NOW) is silent


def point(name: str, *, silent: bool) -> PointView:
    return PointView(
        point_id=1, site="s", device="d", factor="f", name=name, unit="", decimals=1, interval_s=60, counter=False,
        silent=silent,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("silent", "said"),
    [([False, False], ""), ([True, True], "采集器"), ([False, True], "采集器 氨氮")],
)
def test_one_silent_sensor_is_named_and_a_silent_device_as_a_whole(silent: list[bool], said: str) -> None:
    points = [point(name, silent=one) for name, one in zip(("流量", "氨氮"), silent, strict=True)]
    device = DeviceView(id="d", name="采集器", online=True, stale=all(silent), points=points)
    assert device.silence == said


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
        # A suspicion is no finding: it takes the green away, and gives no red.
        ({"incidents": 0, "stale": [], "outcomes": ["compliant"], "subjects": 1, "suspicions": 1}, "not_judgeable"),
        ({"incidents": 1, "stale": [], "outcomes": ["compliant"], "subjects": 1, "suspicions": 1}, "exceeding"),
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


@pytest.mark.parametrize(
    ("why", "through", "current"),
    [
        ("the sum of a month that lasts counts up to yesterday", "2026-06-01", True),
        ("two days may be missing", "2026-05-31", True),
        ("then it is what was, though its month lasts", "2026-05-30", False),
    ],
)
def test_a_sum_speaks_by_its_last_day_not_by_its_months_end(why: str, through: str, current: bool) -> None:  # noqa: FBT001
    verdict = {"rule": "energy_budget", "window_end": NOW + timedelta(days=20), "body": {"through": through}}
    assert is_current(verdict, NOW) is current, why


@pytest.mark.parametrize(
    ("why", "projected", "allowed", "through", "day"),
    [
        ("10 a day pass 155 on the 16th", 300.0, 155.0, 10, 16),
        ("what is allowed may be used up exactly", 300.0, 150.0, 10, 16),
        ("the last day of the month", 300.0, 299.0, 10, 30),
        ("days that are missing count by the mean: it is passed on paper, and expected next", 300.0, 95.0, 12, 13),
        ("within the budget", 300.0, 300.0, 10, None),
        ("the month is over", 300.0, 155.0, 30, None),
    ],
)
def test_a_month_is_passed_by_its_run_rate(
    why: str, projected: float, allowed: float, through: int, day: int | None
) -> None:
    found = month_crosses(date(2026, 6, 1), projected=projected, allowed=allowed, through=date(2026, 6, through))
    assert found == (day and date(2026, 6, day)), why


@pytest.mark.parametrize(
    ("rule", "level", "colour", "suspicion"),
    [
        ("sewage_day", "orange", True, False),
        ("sewage_instant", "orange", False, True),
        ("sewage_ph", "orange", False, True),
        ("boiler_efficiency", "yellow", False, True),
        ("boiler_efficiency", "orange", True, False),
        ("energy_year", "orange", False, False),
        ("energy_year", "red", True, False),
        ("offline", "orange", False, False),
    ],
)
def test_what_an_incident_does_to_its_site(rule: str, level: str, colour: bool, suspicion: bool) -> None:  # noqa: FBT001
    assert (colours(rule, level), suspects(rule, level)) == (colour, suspicion)
