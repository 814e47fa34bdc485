from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.reports.display import printable
from alerts.reports.paper import Column, Table, Tone, number, words
from alerts.reports.xlsx import workbook
from tests.unit.alerts.reports.made import paper, table, wide

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

    from alerts.reports.paper import Paper


def read(made: Paper) -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(workbook(made)))


def test_a_sheet_per_table_and_one_that_says_what_it_stands_on() -> None:
    found = read(paper(table(title="小时均值"), table(title="日均值")))
    assert found.sheetnames == ["小时均值", "日均值", "说明"]
    said = [cell.value for row in found["说明"] for cell in row]
    assert paper(table(title="小时均值"), table(title="日均值")).digest() in said
    assert "注册表 3" in said
    assert "未判定：无" in said


def test_values_stay_numbers_with_their_decimals_and_marks_stand_beside_them() -> None:
    sheet = read(paper())["小时均值"]
    assert sheet["A1"].value == "监测日报  小时均值"
    assert "A1:D1" in {str(one) for one in sheet.merged_cells.ranges}
    assert [cell.value for cell in sheet[3]] == [
        "时刻\nHour",
        "化学需氧量\nCOD (mg/L)",
        "标记\nMark",
        "氨氮\nNH3-N (mg/L)",
    ]
    assert [cell.value for cell in sheet[4]] == ["00", 31.256, None, 1.2345]
    assert [sheet["B4"].number_format, sheet["D4"].number_format] == ["#,##0.0", "#,##0.00"]
    assert [cell.value for cell in sheet[5]] == ["01", 61.2, "D", "—"]
    assert sheet["B5"].font.color.rgb == "FFC00000"
    assert sheet["B6"].font.b
    assert sheet["A8"].value == "注：限值：COD 50 mg/L"


def test_it_is_ready_to_print() -> None:
    sheet = read(wide())["小时均值 24×8"]
    assert sheet.freeze_panes == "B4"
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.page_setup.paperSize == 9
    assert sheet.page_setup.fitToHeight == 0
    assert sheet.sheet_properties.pageSetUpPr is not None
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.print_title_rows == "$1:$3"
    assert sheet.oddFooter is not None
    assert sheet.oddFooter.center.text == "第 &P 页 / 共 &N 页"


def test_the_same_paper_gives_the_same_bytes() -> None:
    assert workbook(wide()) == workbook(wide())


@pytest.mark.parametrize(
    "said", ["=1+1", "=cmd|'/c calc'!A1", "+86", "@x", "http://example.invalid", "{=1}", "_x0041_"]
)
def test_what_a_county_wrote_is_text_and_never_a_formula_or_link(said: str) -> None:
    made = paper(Table(said, (Column(said),), ((words(said),),), (said,)), title=said, scope_name=said, notes=(said,))
    cell = read(made).worksheets[0]["A4"]
    assert (cell.value, cell.data_type, cell.hyperlink) == (said, "s", None)


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=80))
def test_any_text_is_written_and_read_back(said: str) -> None:
    made = paper(
        Table(said, (Column(said), Column("二")), ((words(said), number(1, 0, mark=said)),), (said,)), title=said
    )
    sheet = read(made).worksheets[0]
    assert sheet["A4"].value == printable(said)
    assert sheet["C4"].value == printable(said)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, None])
def test_no_number_is_a_dash(value: float | None) -> None:
    made = paper(Table("表", (Column("一"),), ((number(value, 2),),)))
    assert read(made)["表"]["A4"].value == "—"


def test_sheets_of_one_name_or_none_or_one_too_long_all_get_their_own() -> None:
    names = read(
        paper(*(table(title=title) for title in ("甲" * 40, "甲" * 40, "", "History", "说明", "a/b", "A:B")))
    ).sheetnames
    assert len(names) == len({name.casefold() for name in names}) == 8
    assert all(len(name) <= 31 for name in names)
    assert names[-1] == "说明 2"


def test_a_table_without_rows_or_columns_is_a_sheet_all_the_same() -> None:
    found = read(paper(Table("空", (Column("一"), Column("二")), ()), Table("无", (), ())))
    assert found["空"]["A3"].value == "一"
    assert found["无"]["A1"].value == "监测日报  无"


def test_totals_and_doubt_look_different() -> None:
    heads = (Column("一"),)
    sheet = read(paper(Table("表", heads, ((number(1, 0, tone=Tone.TOTAL),), (number(1, 0, tone=Tone.DOUBTFUL),)))))[
        "表"
    ]
    assert sheet["A4"].font.b
    assert sheet["A5"].font.i
