from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.desk.pages import chart
from alerts.desk.pages.chart import INVALID, NOTHING, VALID, Curve, Window
from schemas.times import DAY, HOUR, day_start

BEGAN = datetime(2026, 11, 20, 4, tzinfo=UTC)
GOOD: dict[str, Any] = {"stored": True, "valid": True, "n_valid": 6, "n_expected": 6, "n_received": 6, "marks": "N"}


def window(number: int = 0, **fields: Any) -> Window:
    start = BEGAN + number * HOUR
    return Window(start=start, end=start + HOUR, **fields)


def curve(*windows: Window, **fields: Any) -> Curve:
    usual: dict[str, Any] = {
        "name": "氨氮", "unit": "mg/L", "decimals": 2, "daily": False, "windows": windows, "began_at": BEGAN, "ended_at": None,
        "clause": "GB 18918-2002 表1",
    }  # fmt: skip
    return Curve(**(usual | fields))


@pytest.mark.parametrize(
    ("fields", "standing"),
    [
        (GOOD, VALID),
        ({"stored": True, "n_received": 2, "n_expected": 6, "marks": "D"}, INVALID),
        ({"stored": True, "n_received": 0, "n_expected": 6}, NOTHING),
        ({}, NOTHING),
    ],
)
def test_what_was_not_received_is_nothing_and_never_valid(fields: dict[str, Any], standing: str) -> None:
    assert window(**fields).standing == standing


def test_no_colour_of_the_strip_is_green() -> None:
    for tint in chart.TINTS.values():
        red, green, blue = (int(tint[place : place + 2], 16) for place in (1, 3, 5))
        assert green <= max(red, blue)


def test_a_window_says_value_validity_marks_and_what_came_late() -> None:
    shown = curve(window(value=6.2, **GOOD))
    assert chart.says(shown.windows[0], shown) == "11-20 12:00　6.20 mg/L　有效 6/6"
    late = window(value=6.2, **(GOOD | {"valid": False, "n_late": 3, "marks": "ND", "note": "故障"}))
    assert chart.says(late, curve(late)) == "11-20 12:00　6.20 mg/L　无效（有效 6/6）　标记 ND　迟到补传 3　故障"
    assert chart.says(window(), shown) == "11-20 12:00　无数据"


def test_a_limit_that_changes_is_a_line_of_steps_with_its_clause() -> None:
    shown = curve(window(0), window(1, high=5.0), window(2), window(3, high=8.0))
    options = chart.options(shown)
    [limit] = [one for one in options["series"] if one["name"] == "限值"]
    assert limit["data"] == [5.0, 5.0, 5.0, 8.0]
    assert limit["markPoint"]["data"][0]["value"] == "限值 8 mg/L　GB 18918-2002 表1"
    assert not [one for one in options["series"] if one["name"] == "下限"]


def test_the_breach_is_shaded_from_its_beginning_to_its_end() -> None:
    windows = [window(number) for number in range(-2, 4)]
    [area] = chart.options(curve(*windows, ended_at=BEGAN + 2 * HOUR))["series"][0]["markArea"]["data"]
    assert [corner["xAxis"] for corner in area] == [2, 3]
    [area] = chart.options(curve(*windows))["series"][0]["markArea"]["data"]
    assert [corner["xAxis"] for corner in area] == [2, 5]


def test_options_are_plain_words_without_functions_and_foreign_notes_are_escaped() -> None:
    options = chart.options(curve(window(value=1.0, **(GOOD | {"note": "<script>"}))))
    text = json.dumps(options, ensure_ascii=False)
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


def test_the_span_begins_three_days_before_and_ends_a_day_after_or_now() -> None:
    now = BEGAN + 10 * DAY
    assert chart.span(BEGAN, None, now) == (BEGAN - 3 * DAY, now)
    assert chart.span(BEGAN, BEGAN + DAY, now) == (BEGAN - 3 * DAY, BEGAN + 2 * DAY)
    assert chart.span(BEGAN, now - HOUR, now)[1] == now
    assert chart.span(BEGAN, None, BEGAN + 300 * DAY)[0] == BEGAN + 260 * DAY


@given(st.integers(0, 90), st.integers(1, 60 * 24 * 5), st.booleans())
def test_windows_follow_each_other_without_gap_and_cover_the_span(begin_min: int, length_min: int, daily: bool) -> None:  # noqa: FBT001
    since = BEGAN + timedelta(minutes=begin_min)
    until = since + timedelta(minutes=length_min)
    step = DAY if daily else HOUR
    found = chart.starts(since, until, daily=daily)
    assert found[0] <= since < found[0] + step
    assert found[-1] < until <= found[-1] + step
    assert all(after - before == step for before, after in pairwise(found))


def test_a_derived_day_begins_at_shanghais_midnight() -> None:
    assert chart.start_of(date(2026, 11, 20)) == day_start(date(2026, 11, 20)) == datetime(2026, 11, 19, 16, tzinfo=UTC)
