from __future__ import annotations

import pytest

from alerts.reports import markup
from alerts.reports.display import number_of, printable, second_line, text_of, with_mark
from alerts.reports.paper import Cell, Column, Table, Tone, number, words
from tests.unit.alerts.reports.made import paper


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        (number(1234.567, 1), "1,234.6"),
        (number(0.125, 2), "0.12"),
        (number(-0.001, 2), "0.00"),
        (number(None, 2), "—"),
        (number(float("nan"), 2), "—"),
        (number(3, 0, mark="D"), "3 D"),
        (words("停产"), "停产"),
        (words(""), "—"),
        (Cell(words="a\x00b"), "a\N{REPLACEMENT CHARACTER}b"),
    ],
    ids=[
        "thousands",
        "half to even (GB/T 8170)",
        "no minus before zero",
        "missing",
        "no number",
        "mark",
        "words",
        "nothing",
        "control",
    ],
)
def test_a_cell_reads_the_same_everywhere(cell: Cell, says: str) -> None:
    assert with_mark(cell) == says


def test_a_number_is_rounded_as_it_is_shown() -> None:
    assert number_of(number(31.256, 1)) == 31.3
    assert text_of(number(31.256, 1)) == "31.3"


def test_a_head_has_english_and_unit_below_where_there_are_any() -> None:
    assert [
        second_line(Column("氨氮", en, unit)) for en, unit in (("NH3-N", "mg/L"), ("", "mg/L"), ("NH3-N", ""), ("", ""))
    ] == [
        "NH3-N (mg/L)",
        "(mg/L)",
        "NH3-N",
        "",
    ]


def test_tables_carry_tone_side_and_mark_as_html() -> None:
    heads = (Column("一"), Column("二", is_number=True))
    found = markup.tables(paper(Table("表", heads, ((words("甲"), number(5, 1, mark="D", tone=Tone.OVER)),), ("注",))))
    assert '<td>甲</td><td class="over n">5.0<sup>D</sup></td>' in found
    assert '<th scope="col" class=n>二</th>' in found
    assert '<ul class="notes"><li>注</li></ul>' in found


def test_every_word_is_escaped() -> None:
    bad = "<script>alert('x')</script>"
    made = paper(Table(bad, (Column(bad, bad, bad),), ((words(bad),), (number(1, 0, mark=bad),)), (bad,)))
    found = markup.tables(made)
    assert "<script" not in found
    assert found.count("&lt;script&gt;") == 8


def test_an_empty_table_says_so_and_a_long_one_where_the_rest_is() -> None:
    heads = (Column("一"), Column("二"))
    assert 'colspan="2"' in markup.tables(paper(Table("空", heads, ())))
    found = markup.tables(paper(Table("长", heads, ((words("甲"), words("乙")),) * (markup.MOST_ROWS + 3))))
    assert found.count("<tr>") == markup.MOST_ROWS + 1
    assert "另有 3 行见 XLSX" in found


def test_line_ends_of_another_system_are_one_line_end() -> None:
    assert printable("a\r\nb") == "a\nb"
