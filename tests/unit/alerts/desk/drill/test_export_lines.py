from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.desk.drill import lines, spans
from alerts.desk.drill.lines import guarded, line
from schemas.catalog.enums import Basis
from tests.unit.alerts.desk.drill.point_parts import BINDING, SITE_NAME, limit_said, sheet_of, spot_of, window

MADE = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


@given(st.text())
def test_no_foreign_text_is_a_formula_and_none_is_lost(text: str) -> None:
    shown = guarded(text)
    assert not shown.strip(" \u3000\xa0").startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n"))
    assert shown in {text, f"'{text}"}


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "  =1", "　=1", "＝1+1", "\r=1", "%0A=1", "|x"]
)
def test_what_a_spreadsheet_would_reckon_with_stands_behind_an_apostrophe(text: str) -> None:
    assert guarded(text) == f"'{text}"
    assert read(line([text])) == [[f"'{text}"]]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=1, max_size=6))
def test_a_line_is_read_back_cell_by_cell(cells: list[str]) -> None:
    assert read(line(cells)) == [[guarded(one) for one in cells]]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_stands_in_full_and_is_never_quoted_away(value: float) -> None:
    [[shown]] = read(line([value]))
    assert float(shown) == value


def test_what_is_not_there_is_a_dash_and_yes_and_no_are_words() -> None:
    assert read(line([None, True, False, 0, 0.0])) == [["—", "是", "否", "0", "0.0"]]


def test_the_head_says_point_unit_span_limits_zone_and_when_it_was_made() -> None:
    span = spans.Span(Basis.HOUR, date(2026, 11, 20), date(2026, 11, 22))
    said = dict(lines.head(spot_of(), span, [BINDING], MADE))
    assert said["编号"] == "plant/out/w21003"
    assert said["单位"] == "mg/L"
    assert "2026-11-20 至 2026-11-22（北京时间" in said["时段"]
    assert said["生成时间"] == "2026-11-24 09:30:00（北京时间）"
    assert "≤ 5 mg/L（GB 18918-2002 表1" in said["适用限值"]
    assert "待核实" in said["适用限值"]


def test_a_window_without_data_has_dashes_and_never_zeros() -> None:
    sheet = sheet_of(window(0), window(1, value=6.2, valid=True, stored=True, n_valid=6, n_expected=6, marks="N"))
    empty, full = (
        dict(zip(lines.window_heads(sheet), lines.window_cells(sheet, place), strict=True)) for place in (0, 1)
    )
    assert {name for name, one in empty.items() if one is not None} == {"小时起（北京时间）"}
    assert (full["数值"], full["有效"], full["有效个数"]) == (6.2, True, 6)


def test_a_verdict_stands_beside_its_value_with_limit_and_clause() -> None:
    sheet = sheet_of(window(0, value=6.2, valid=True, stored=True), said=[(limit_said(),)])
    shown = dict(zip(lines.window_heads(sheet), lines.window_cells(sheet, 0), strict=True))
    assert (shown["判定"], shown["限值"]) == ("超标", "≤ 5 mg/L")
    assert shown["依据"] == "GB 18918-2002 表1 一级A 日均值（待核实）"


def test_a_paper_has_a_cell_for_every_column_and_its_digest_hangs_on_its_facts_alone() -> None:
    windows = [window(0), window(1, value=6.2, valid=False, stored=True, marks="D", note="=cmd")]
    paper = lines.paper(sheet_of(*windows), [BINDING], MADE)
    [table] = paper.tables
    assert {len(row) for row in table.rows} == {len(table.columns)}
    assert SITE_NAME in paper.title
    value = table.rows[1][1]
    assert (value.number, value.decimals, value.tone) == (6.2, 2, "doubtful")
    assert table.rows[0][1].empty


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        (
            (datetime(2026, 11, 24, 0, 0, 1, tzinfo=UTC), 1234567.25, "N", False, 7),
            "2026-11-24 08:00:01,1234567.25,N,否,7\r\n",
        ),
        (
            (datetime(2026, 11, 24, 0, 0, 1, 500, tzinfo=UTC), 0.1, "=", True, 7),
            "2026-11-24 08:00:01.000500,0.1,'=,是,7\r\n",
        ),
    ],
)
def test_a_reading_stands_in_beijing_time_with_its_batch(row: tuple[Any, ...], shown: str) -> None:
    assert line(lines.reading_cells(row)) == shown
