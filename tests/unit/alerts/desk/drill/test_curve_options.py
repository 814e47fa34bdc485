from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.desk.drill import covered, curve
from alerts.desk.drill.reads import Line, Marked
from schemas.catalog.enums import Basis, Level
from schemas.times import HOUR
from tests.unit.alerts.desk.drill.point_parts import START, incident, limit_said, sheet_of, spot_of, window

GOOD: dict[str, Any] = {"stored": True, "valid": True, "n_valid": 6, "n_expected": 6, "n_received": 6, "marks": "N"}


def series(options: dict[str, Any], name: str) -> dict[str, Any]:
    [found] = [one for one in options["series"] if one["name"] == name]
    return dict(found)


def test_every_series_has_a_place_for_every_window_or_names_its_places() -> None:
    windows = [window(n, value=n * 0.5, **GOOD) for n in range(48)]
    line = Line("sewage_day", "日均限值", False, (None,) * 48, (5.0,) * 48)  # noqa: FBT003 - no reference
    options = curve.options(sheet_of(*windows, lines=[line]), "x")
    for one in options["series"]:
        places = (
            [row["value"][0] if isinstance(row, dict) else row[0] for row in one["data"]]
            if one["type"] == "scatter"
            else []
        )
        assert all(0 <= place < 48 for place in places)
        assert one["type"] == "scatter" or len(one["data"]) == 48
    assert [len(axis["data"]) for axis in options["xAxis"]] == [48, 48]


def test_a_limit_is_drawn_in_steps_with_a_name_at_each_and_breaks_where_none_binds() -> None:
    line = Line("sewage_day", "日均限值", False, (None,) * 5, (5.0, 5.0, None, 8.0, 8.0))  # noqa: FBT003 - no reference
    shown = series(curve.options(sheet_of(*(window(n) for n in range(5)), lines=[line]), "x"), "日均限值")
    assert shown["data"] == [5.0, 5.0, None, 8.0, 8.0]
    assert shown["step"] == "middle"
    assert [one["value"] for one in shown["markPoint"]["data"]] == ["日均限值 5 mg/L", "日均限值 8 mg/L"]


def test_two_bounds_are_two_lines_and_the_same_limit_of_two_rules_is_drawn_once() -> None:
    both = Line("sewage_instant", "瞬时限值", True, (6.0, 6.0), (9.0, 9.0))  # noqa: FBT003 - a reference
    again = Line("sewage_ph", "瞬时限值", True, (6.0, 6.0), (9.0, 9.0))  # noqa: FBT003 - a reference
    options = curve.options(sheet_of(window(0), window(1), lines=[both, again]), "x")
    assert [one["name"] for one in options["series"] if "限值" in one["name"]] == ["瞬时限值", "瞬时限值（下限）"]


def test_an_incident_shades_its_windows_a_single_one_too_and_the_graver_covers_the_lesser() -> None:
    windows = [window(n, value=1.0, **GOOD) for n in range(6)]
    held = [incident(START + 2 * HOUR, START + 3 * HOUR, "yellow"), incident(START + 4 * HOUR, None, "blue"),
            incident(START + 5 * HOUR, None, "red"), incident(START, None, "red", withdrawn=True)]  # fmt: skip
    options = curve.options(sheet_of(*windows, incidents=held), "x")
    assert series(options, "黄色事件")["data"] == [None, None, 1, None, None, None]
    assert series(options, "蓝色事件")["data"] == [None, None, None, None, 1, None]
    assert series(options, "红色事件")["data"] == [None, None, None, None, None, 1]


@given(st.integers(-300, 300), st.integers(1, 400), st.integers(1, 10))
def test_a_span_covers_just_the_windows_it_touches(begin: int, length: int, count: int) -> None:
    windows = [window(n) for n in range(count)]
    since = START + begin * HOUR / 60
    until = since + length * HOUR / 60
    touched = [n for n, one in enumerate(windows) if one.end > since and one.start < until]
    assert list(covered.places(windows, since, until)) == touched


def test_levels_and_marks_of_no_span_cover_nothing() -> None:
    windows = [window(n) for n in range(3)]
    assert covered.levels(windows, []) == (None, None, None)
    assert covered.levels(windows, [incident(START - HOUR, START)]) == (None, None, None)
    assert covered.levels(windows, [incident(START - HOUR, START + HOUR / 2)]) == (Level.ORANGE, None, None)


@pytest.mark.parametrize(
    ("said", "tint"),
    [
        ((), None),
        ((limit_said("compliant"),), None),
        ((limit_said(),), "#ff5c5e"),
        ((limit_said(is_warning=True),), "#f0a03a"),
        ((limit_said(), limit_said(is_warning=True)), "#ff5c5e"),
    ],
)
def test_the_colour_of_a_value_comes_from_its_verdict(said: tuple[Any, ...], tint: str | None) -> None:
    [point] = series(curve.options(sheet_of(window(value=6.2, **GOOD), said=[said]), "x"), "氨氮")["data"]
    assert point.get("itemStyle", {}).get("color") == tint


def test_no_exceedance_is_hidden_in_a_long_span() -> None:
    windows = [window(n, value=6.0, **GOOD) for n in range(300)]
    said = [(limit_said(),) if n == 137 else () for n in range(300)]
    assert series(curve.options(sheet_of(*windows, said=said), "x"), "超标")["data"] == [[137, 6.0]]


def test_marks_of_the_device_and_of_people_stand_on_the_strip_and_in_words() -> None:
    mark = Marked("calibration", START + HOUR, START + 2 * HOUR, "例行", "chen")
    sheet = sheet_of(
        window(0, value=1.0, **(GOOD | {"marks": "NC"})), window(1), window(2, value=1.0, **GOOD), marks=[mark]
    )
    shown = series(curve.options(sheet, "x"), "标记")["data"]
    assert [(one["value"][0], one["name"]) for one in shown] == [(0, "C"), (1, "c")]
    assert "人工标记 校准" in curve.says(sheet, 1)


def test_a_window_says_value_validity_verdict_marks_and_incident() -> None:
    late = window(0, value=6.2, **(GOOD | {"valid": False, "n_late": 3, "marks": "ND", "note": "故障"}))
    sheet = sheet_of(late, said=[(limit_said(),)], incidents=[incident(START, None)])
    assert curve.says(sheet, 0) == "11-20 00:00　6.20 mg/L　无效（有效 6/6）　超标　标记 ND　迟到补传 3　故障　橙色事件"
    assert curve.says(sheet_of(window(0)), 0) == "11-20 00:00　无数据"


@pytest.mark.parametrize(
    ("basis", "shown"), [(Basis.HOUR, "11-20 00:00"), (Basis.DAY, "2026-11-20"), (Basis.MONTH, "2026-11")]
)
def test_windows_are_named_in_beijing_time(basis: Basis, shown: str) -> None:
    assert curve.label(window(0), basis) == shown


def test_options_are_plain_words_without_functions_and_foreign_words_are_escaped() -> None:
    sheet = sheet_of(window(value=1.0, **(GOOD | {"note": "<script>"})), spot=spot_of(place_name="<img src=x>"))
    options = curve.options(sheet, "x")
    # The title alone is drawn and never read as HTML.
    assert options.pop("title")["text"] == "示例污水厂 <img src=x> 氨氮（mg/L）"
    text = json.dumps(options, ensure_ascii=False)
    assert "<script>" not in text
    assert "<img" not in text
    assert "=>" not in text
    assert "function" not in text


def test_the_chart_saves_its_own_picture_under_the_points_name() -> None:
    feature = curve.options(sheet_of(window(0)), "plant_out_w21003")["toolbox"]["feature"]["saveAsImage"]
    assert (feature["name"], feature["type"]) == ("plant_out_w21003", "png")


def test_a_chart_without_windows_stands() -> None:
    empty = sheet_of(window(0), windows=(), said=(), levels=(), kinds=())
    assert series(curve.options(empty, "x"), "氨氮")["data"] == []
