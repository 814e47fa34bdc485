"""Sheets as Excel and people leave them are understood; what is not is named by sheet and row."""

from __future__ import annotations

import io
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from schemas.errors import Problem, RegistryError
from schemas.registry.document import parse_yaml
from schemas.registry.places import build
from schemas.registry.sheets import csv_source, to_csv, to_tables, to_xlsx, xlsx_source

if TYPE_CHECKING:
    from schemas.registry.model import Document

TEXT = """\
county: {name: 永兴县, code: "431023"}
bureaus: [{id: "7", name: 县环保局, channels: [g1, g2]}]
people: [{id: a, name: =示一, bureau: "7"}, {id: b, name: 示二, bureau: "7"}]
duties: [{bureau: "7", people: [a, b]}]
rotas: [{bureau: "7", starts: 2026-01-05T08:30:00, turn_days: 7, people: [a, b], rest_days: [b, a, a]}]
sites:
  - id: h1
    name: 示例锅炉房
    kind: boiler_house
    town: 柏林镇
    lead_bureau: "7"
    devices: [{id: dcs, name: 控制系统, points: [{factor: a01012, low: 0, high: 400}]}]
    stacks: [{id: DA001, name: 烟囱, device: dcs, boilers: [B1, B2], special: true}]
    permits: [{outlet: DA001, factor: a21002, basis: hour, high: 150, number: P1, valid_from: 2024-01-01, valid_to: 2028-12-31}]
    analyses: [{boiler: B1, day: 2026-03-01, lhv: 35600}]
    meter_changes: [{device: dcs, factor: yx_e_kwh, at: 2026-04-01T08:30:00, closing: 91234.5, opening: 0}]
    boilers:
      - id: B1
        name: 一号炉
        device: dcs
        fuel: gas
        medium: hot_water
        rated: 7
        manufactured: 2021-08-08
        lhv: 35588
        condensing: true
        checks: [{kind: safety, done: 2025-08-18, result: passed, next_due: 2026-08-18}]
    budgets: [{valid_from: 2026-01-01, annual_tce: 9, electricity: calorific, shares: [0.5, 0.25, 0.25]}]
"""


@pytest.fixture
def document() -> Document:
    return parse_yaml(TEXT)


def workbook(document: Document) -> Any:
    return openpyxl.load_workbook(io.BytesIO(to_xlsx(document)))


def read_book(book: Any) -> Document:
    stream = io.BytesIO()
    book.save(stream)
    return build(xlsx_source(stream.getvalue()))


def problems_of_book(book: Any) -> list[Problem]:
    with pytest.raises(RegistryError) as caught:
        read_book(book)
    return list(caught.value.problems)


def test_excels_own_ways_are_understood(document: Document) -> None:
    book = workbook(document)
    for name, cell, value in (
        ("county", "A2", 431023.0),
        ("bureaus", "A2", 7.0),
        ("people", "C2", 7),
        ("sites", "B2", " 示例锅炉房  "),
        ("boilers", "H2", datetime(2021, 8, 8)),  # noqa: DTZ001 - Excel's dates know no zone
        ("boilers", "K2", "是"),
        ("points", "E2", " 0 "),
        ("checks", "D2", "2025年8月18日"),
        ("budgets", "B2", "2026/1/1"),
        ("bureaus", "D2", "g1，g2"),
        ("duties", "B2", "a、b；"),
        ("rotas", "A2", 7),
        ("rotas", "B2", datetime(2026, 1, 5, 8, 30)),  # noqa: DTZ001 - Beijing time, as people write it
        ("rotas", "C2", "7"),
        ("rotas", "E2", "b a；a"),
        ("stacks", "E2", "B1，B2"),
        ("stacks", "F2", "是"),
        ("permits", "H2", datetime(2024, 1, 1)),  # noqa: DTZ001 - Excel's dates know no zone
        ("permits", "I2", "2028年12月31日"),
        ("analyses", "C2", "2026/3/1"),
        ("meter_changes", "D2", datetime(2026, 4, 1, 8, 30)),  # noqa: DTZ001 - Beijing time, as people write it
    ):
        book[name][cell] = value
    book["sites"].insert_rows(2, 3)
    book["sites"]["A9"] = "   "
    book.create_sheet("Sheet1")

    assert read_book(book) == document


@pytest.mark.parametrize(
    ("sheet", "cell", "value", "place", "field"),
    [
        ("points", "F2", "很高", "工作表 points 第 2 行", "sites[h1].devices[dcs].points[a01012].high"),
        ("points", "F2", "1e999", "工作表 points 第 2 行", "sites[h1].devices[dcs].points[a01012].high"),
        ("points", "F2", True, "工作表 points 第 2 行", "sites[h1].devices[dcs].points[a01012].high"),
        ("points", "G2", 1.5, "工作表 points 第 2 行", "sites[h1].devices[dcs].points[a01012].interval_s"),
        ("points", "A2", "h2", "工作表 points 第 2 行", "points[#1].device"),
        ("points", "Z1", "备注", "工作表 points 第 1 行", "points.备注"),
        ("points", "Z2", "注", "工作表 points 第 2 行", "points[#1]"),
        ("points", "E1", "high", "工作表 points 第 1 行", "points.high"),
        ("boilers", "H2", "46023", "工作表 boilers 第 2 行", "sites[h1].boilers[B1].manufactured"),
        ("boilers", "H2", "2021-13-01", "工作表 boilers 第 2 行", "sites[h1].boilers[B1].manufactured"),
        ("boilers", "C2", "一\n号", "工作表 boilers 第 2 行", "sites[h1].boilers[B1].name"),
        ("boilers", "K2", "也许", "工作表 boilers 第 2 行", "sites[h1].boilers[B1].condensing"),
        ("checks", "B2", "B9", "工作表 checks 第 2 行", "checks[#1].boiler"),
        ("county", "A3", "431024", "工作表 county 第 3 行", "county"),
        ("sites", "D2", None, "工作表 sites 第 2 行", "sites[h1].town"),
        ("stacks", "F2", "也许", "工作表 stacks 第 2 行", "sites[h1].stacks[DA001].special"),
        ("permits", "E2", "高", "工作表 permits 第 2 行", "sites[h1].permits[#1].high"),
        ("permits", "H2", "2024-13-01", "工作表 permits 第 2 行", "sites[h1].permits[#1].valid_from"),
        ("permits", "A2", "h2", "工作表 permits 第 2 行", "permits[#1].site"),
        ("analyses", "C2", "三月", "工作表 analyses 第 2 行", "sites[h1].analyses[#1].day"),
        ("meter_changes", "D2", "昨天", "工作表 meter_changes 第 2 行", "sites[h1].meter_changes[#1].at"),
        ("rotas", "B2", "2026-01-05", "工作表 rotas 第 2 行", "rotas[7].starts"),
        ("rotas", "B2", 46027, "工作表 rotas 第 2 行", "rotas[7].starts"),
        ("rotas", "C2", 29, "工作表 rotas 第 2 行", "rotas[7].turn_days"),
        ("rotas", "D2", None, "工作表 rotas 第 2 行", "rotas[7].people"),
        ("rotas", "E2", "b;张 三", "工作表 rotas 第 2 行", "rotas[7].rest_days"),
        ("people", "F2", "boss", "工作表 people 第 2 行", "people[a].role"),
        ("budgets", "E2", "0.5;x", "工作表 budgets 第 2 行", "sites[h1].budgets[2026-01-01].shares[#2]"),
    ],
)
def test_a_fault_is_named_by_sheet_and_row(
    document: Document, sheet: str, cell: str, value: Any, place: str, field: str
) -> None:
    book = workbook(document)
    book[sheet][cell] = value

    found = problems_of_book(book)

    assert any(problem.place.startswith(place) and problem.field.startswith(field) for problem in found), found


def test_an_unknown_sheet_is_refused(document: Document) -> None:
    book = workbook(document)
    book["points"].title = "point"

    found = problems_of_book(book)

    assert any(problem.field == "point" and problem.mend.endswith("points") for problem in found), found


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"county"])
def test_what_is_no_workbook_is_refused(content: bytes) -> None:
    with pytest.raises(RegistryError, match="not a readable workbook"):
        xlsx_source(content)


def test_csv_in_gbk_or_with_excels_commas_is_read(document: Document) -> None:
    text = to_csv(document).decode("utf-8-sig")

    assert to_csv(document).startswith(b"\xef\xbb\xbf[county]")
    assert build(csv_source(text.encode("gbk"))) == document
    assert build(csv_source(text.encode())) == document
    assert build(csv_source(text.replace("[sites]", "[sites],,,,").replace("\r\n", "\n").encode())) == document


def test_a_fault_in_csv_is_named_by_table_and_line(document: Document) -> None:
    text = to_csv(document).decode("utf-8-sig").replace("a01012,,0,400", "a01012,,0,4OO")
    number = text.splitlines().index("[points]") + 3

    with pytest.raises(RegistryError) as caught:
        build(csv_source(text.encode()))

    assert [problem.place for problem in caught.value.problems] == [f"表 points 第 {number} 行 line {number}"]


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"id,name\n", "name must come first"), (b"\xff\xff", "neither UTF-8 nor GBK"), (b"[county]\n\xff", "neither")],
)
def test_what_is_no_registry_csv_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(RegistryError, match=said):
        csv_source(content)


def test_tables_have_a_header_and_blanks_for_defaults(document: Document) -> None:
    tables = to_tables(document)

    assert tables["county"] == [["code", "name", "energy_cap_tce"], ["431023", "永兴县", None]]
    assert tables["checks"][1] == ["h1", "B1", "safety", date(2025, 8, 18), "passed", date(2026, 8, 18), None]
    assert tables["duties"][1] == ["7", "a;b"]
    assert tables["bureaus"][1] == ["7", "县环保局", None, "g1;g2"]
    assert tables["people"][0] == ["id", "name", "bureau", "site", "phone", "role", "channels"]
    assert tables["rotas"][1] == ["7", "2026-01-05T08:30:00+08:00", 7, "a;b", "b;a;a"]
    assert tables["stacks"][1] == ["h1", "DA001", "烟囱", "dcs", "B1;B2", True, None]
    assert tables["permits"][1][-4:] == ["P1", date(2024, 1, 1), date(2028, 12, 31), None]
    assert tables["meter_changes"][1] == ["h1", "dcs", "yx_e_kwh", "2026-04-01T08:30:00+08:00", 91234.5, 0]
    assert tables["outlets"] == [["site", "id", "name", "device", "standard", "eia_approved"]]
