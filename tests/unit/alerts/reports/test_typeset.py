from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from alerts.reports.paper import Column, Table, Tone, number, words
from alerts.reports.typeset import MOST_ROWS, sheet, words_of
from tests.unit.alerts.reports.made import paper, wide

if TYPE_CHECKING:
    from alerts.reports.paper import Paper

AT = datetime(2026, 11, 20, 17, 30, tzinfo=UTC)


def of(made: Paper, version: int = 1, changes: tuple[str, ...] = ()) -> dict[str, Any]:
    return sheet(made, version=version, made_at=AT, changes=changes, fonts=["Noto Serif CJK SC"])


def test_a_first_version_says_when_it_was_made_in_beijing_and_amends_nothing() -> None:
    found = of(paper())
    assert (found["version"], found["made"], found["amends"]) == ("第 1 版", "2026-11-21 01:30 生成", 0)


def test_a_second_version_is_marked_as_revision_and_names_the_one_it_replaces() -> None:
    found = of(paper(), 2, ("表《小时均值》行 01 列 化学需氧量：48.1 → 51.2",))
    assert (found["version"], found["amends"], found["few"]) == ("第 2 版 修订", 1, True)
    assert not of(paper(), 2, ("一",) * 7)["few"]


@pytest.mark.parametrize(("columns", "flipped"), [(4, False), (9, False), (12, True), (40, True)])
def test_wide_tables_turn_the_sheet_and_very_wide_ones_are_set_smaller(columns: int, flipped: bool) -> None:  # noqa: FBT001
    heads = tuple(Column(f"列{n}", width=5) for n in range(columns))
    found = of(paper(Table("表", heads, ())))
    assert found["flipped"] is flipped
    assert 5.0 <= found["tables"][0]["size"] <= 9.5
    # What would be smaller than anybody reads is set in the smallest size, and its words break.
    room = 757 if flipped else 496
    assert found["tables"][0]["size"] * sum(found["tables"][0]["widths"]) <= room or found["tables"][0]["size"] == 5.0


def test_a_day_of_eight_factors_stands_upright() -> None:
    assert not of(wide())["flipped"]


def test_cells_carry_words_mark_tone_and_side() -> None:
    heads = (Column("一"), Column("二", is_number=True), Column("三", is_number=True))
    row = (words("甲"), number(1234.5, 1, mark="D", tone=Tone.OVER), number(None, 1))
    [cells] = of(paper(Table("表", heads, (row,))))["tables"][0]["rows"]
    assert cells == [
        {"text": "甲", "tone": "", "align": "left"},
        {"text": "1,234.5", "tone": "over", "mark": "D", "align": "right"},
        {"text": "—", "tone": "", "align": "center"},
    ]


def test_a_long_run_without_spaces_may_be_broken_and_a_short_one_is_left_alone() -> None:
    assert words_of("abcdefghijklm").replace("\u200b", "") == "abcdefghijklm"
    assert words_of("abcdefghijklm").count("\u200b") == 2
    assert words_of("2026-11-20 NH3-N") == "2026-11-20 NH3-N"


def test_a_table_too_long_for_paper_says_where_the_rest_is() -> None:
    heads = (Column("一"),)
    found = of(paper(Table("台账", heads, ((words("行"),),) * (MOST_ROWS + 5), ("注",))))["tables"][0]
    assert len(found["rows"]) == MOST_ROWS
    assert "另有 5 行见 XLSX" in found["notes"][0]
    assert found["notes"][1] == "注"
