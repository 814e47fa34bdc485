from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.reports.amended import AT_MOST, changes
from alerts.reports.paper import Cell, Column, Table, Tone, number, words
from tests.unit.alerts.reports.made import paper, table

HEADS = (Column("单位"), Column("时间"), Column("值", is_number=True))


def ledger(*rows: tuple[str, str, float | None]) -> Table:
    return Table("台账", HEADS, tuple((words(who), words(at), number(value, 1)) for who, at, value in rows))


def test_equal_papers_have_no_changes() -> None:
    assert changes(paper(), paper()) == []


def test_a_value_is_named_by_table_row_and_column() -> None:
    before = paper(ledger(("甲", "01", 48.1), ("乙", "01", 3)))
    assert changes(before, paper(ledger(("甲", "01", 51.2), ("乙", "01", 3)))) == ["表《台账》行 甲 列 值：48.1 → 51.2"]


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (number(None, 1), number(3, 1), "— → 3.0"),
        (number(3, 1), number(3, 1, mark="D"), "3.0 → 3.0 D"),
        (number(3, 1), number(3, 1, tone=Tone.OVER), "3.0，无标示 → 超标"),
        (words("未解除"), words("已解除"), "未解除 → 已解除"),
    ],
)
def test_a_cell_says_what_a_reader_sees_otherwise(before: Cell, after: Cell, says: str) -> None:
    def of(cell: Cell) -> Table:
        return Table("表", (Column("行"), Column("列")), ((words("甲"), cell),))

    assert changes(paper(of(before)), paper(of(after))) == [f"表《表》行 甲 列 列：{says}"]


def test_what_differs_behind_the_decimals_shown_is_said_once() -> None:
    found = changes(paper(ledger(("甲", "01", 48.11))), paper(ledger(("甲", "01", 48.12))))
    assert found == ["版式、单位或数值的未显示位有调整，所示数值不变"]


def test_a_row_between_others_is_one_new_row_and_not_a_change_of_all_below_it() -> None:
    before = paper(ledger(("甲", "01", 1), ("甲", "05", 2), ("甲", "09", 3)))
    after = paper(ledger(("甲", "01", 1), ("甲", "03", 9), ("甲", "05", 2), ("甲", "09", 3)))
    assert changes(before, after) == ["表《台账》新增行 甲 / 03：甲，03，9.0"]
    assert changes(after, before) == ["表《台账》删去行 甲 / 03：甲，03，9.0"]


def test_rows_that_nothing_tells_apart_are_counted() -> None:
    before = paper(ledger(("甲", "01", 1), ("甲", "01", 1)))
    after = paper(ledger(("甲", "01", 1), ("甲", "01", 1), ("甲", "01", 1)))
    assert changes(before, after) == ["表《台账》新增行 甲 / 第 3 行：甲，01，1.0"]


def test_tables_columns_units_notes_and_heads_that_changed_are_said() -> None:
    before = paper(table(title="一"), Table("二", HEADS, (), ("旧注",)))
    heads = (Column("单位"), Column("时间"), Column("值", unit="kg"), Column("限值"))
    after = paper(Table("二", heads, (), ("新注",)), table(title="三"), versions="注册表 4", notes=("说明",))
    assert changes(before, after) == [
        "依据版本：注册表 3 → 注册表 4",
        "删去表《一》",
        "表《二》列 值 单位：— → kg",
        "表《二》新增列 限值",
        "表《二》注删去：旧注",
        "表《二》注新增：新注",
        "新增表《三》，3 行",
        "说明删去：未判定：无",
        "说明新增：说明",
    ]


def test_no_more_sentences_than_anybody_reads() -> None:
    before = paper(ledger(*((f"厂{n}", "01", n) for n in range(500))))
    after = paper(ledger(*((f"厂{n}", "01", n + 1) for n in range(500))))
    found = changes(before, after)
    assert len(found) == AT_MOST + 1
    assert found[-1] == "另有 300 处"


CELLS = st.builds(
    Cell,
    number=st.none() | st.floats(-1e6, 1e6),
    words=st.none() | st.sampled_from(["甲", "乙", ""]),
    decimals=st.integers(0, 4),
    mark=st.sampled_from(["", "D"]),
    tone=st.sampled_from(Tone),
)
COLUMNS = st.builds(
    Column, st.sampled_from(["一", "二", "三"]), unit=st.sampled_from(["", "mg/L"]), width=st.integers(1, 9)
)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    columns = tuple(draw(st.lists(COLUMNS, max_size=3)))
    row = st.tuples(*(CELLS for _ in columns))
    notes = tuple(draw(st.lists(st.sampled_from(["注", "又注"]), max_size=2)))
    return Table(draw(st.sampled_from(["表", "另表"])), columns, tuple(draw(st.lists(row, max_size=3))), notes)


PAPERS = st.lists(tables(), max_size=3).map(lambda found: msgspec.structs.replace(paper(), tables=tuple(found)))


@given(PAPERS, PAPERS)
def test_any_two_papers_that_differ_have_a_sentence_for_it(before: object, after: object) -> None:
    found = changes(before, after)  # type: ignore[arg-type]  # papers
    assert bool(found) == (before != after)
    assert all(found)


def test_another_span_is_said() -> None:
    later = paper().last + timedelta(days=1)
    assert changes(paper(), paper(last=later)) == ["时段：2026-11-20 至 2026-11-20 → 2026-11-20 至 2026-11-21"]
