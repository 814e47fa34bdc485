from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from alerts.reports.cells import (
    DASH,
    allowed,
    clause,
    figure,
    hour,
    marks_of,
    minute,
    multiple,
    outcome_of,
    share,
    valid_of,
    value_of,
)
from alerts.reports.paper import Tone
from schemas.catalog.limits import LIMITS
from schemas.records import Mean
from schemas.times import day_start
from tests.unit.alerts.reports.facts_made import DAY_1, filed

if TYPE_CHECKING:
    from alerts.reports.known import Filed


def mean(value: float | None, *, valid: bool = True, marks: str = "N", n_valid: int = 24) -> Mean:
    return Mean(value=value, low=None, high=None, n_valid=n_valid, n_expected=24, valid=valid, marks=marks)


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [(50.5, 0, 50.0), (51.5, 0, 52.0), (0.45, 1, 0.4), (0.55, 1, 0.6), (1.005, 2, 1.0), (-0.001, 2, 0.0)],
)
def test_numbers_are_rounded_half_to_even_as_written(value: float, decimals: int, shown: float) -> None:
    """GB/T 8170 四舍六入五成双; a zero has no minus."""
    cell = figure(value, decimals)
    assert (cell.number, cell.decimals) == (shown, decimals)
    assert cell.number is not None
    assert math.copysign(1, cell.number) == math.copysign(1, shown)


@pytest.mark.parametrize("value", [None, math.nan, math.inf])
def test_what_is_missing_is_a_dash_never_a_zero(value: float | None) -> None:
    assert figure(value, 2) == DASH
    assert DASH.empty
    assert share(None) == DASH
    assert value_of(None, 2) == DASH


def test_a_mark_stands_beside_a_value_and_where_there_is_none() -> None:
    assert value_of(mean(31.2, marks="MNn"), 1).mark == "M"
    gone = value_of(mean(None, valid=False, marks="m"), 1)
    assert (gone.number, gone.mark, gone.tone) == (None, "m", Tone.DOUBTFUL)
    assert marks_of(mean(1.0, marks="Nn")) == ""


def test_a_value_that_is_not_valid_is_doubtful() -> None:
    assert value_of(mean(31.2, valid=False), 1).tone is Tone.DOUBTFUL
    assert value_of(mean(31.2), 1).tone is Tone.PLAIN


def test_valid_hours_are_told_of_those_due() -> None:
    assert valid_of(mean(1.0, n_valid=22), 24).words == "22/24"
    assert valid_of(None, 24).words == "0/24"


@pytest.mark.parametrize(
    ("one", "words", "tone"),
    [
        (filed("exceeding", 66.0, multiple=0.32), "超标0.32倍", Tone.OVER),
        (filed("exceeding", 80.0, multiple=0.6, suspected=True), "疑似超标0.60倍", Tone.DOUBTFUL),
        (filed("exceeding", 78.2, multiple=0.022, low=80.0, high=None), "低于限值0.02倍", Tone.OVER),
        (filed("compliant", 30.0), "达标", Tone.MET),
        (filed("not_judgeable", None), "未判定", Tone.DOUBTFUL),
        (None, "未判定", Tone.DOUBTFUL),
    ],
)
def test_a_verdict_in_words(one: Filed | None, words: str, tone: Tone) -> None:
    cell = outcome_of(one)
    assert (cell.words, cell.tone) == (words, tone)


@pytest.mark.parametrize(
    ("times", "shown"), [(0.32, "0.32倍"), (0.004, "0.004倍"), (1.0, "1.00倍"), (None, ""), (0.0, "0.00倍")]
)
def test_a_breach_never_reads_as_none(times: float | None, shown: str) -> None:
    assert multiple(times) == shown


def test_a_limit_says_what_it_allows_where_it_stands_and_whether_its_text_was_read() -> None:
    of = {one.id: one for one in LIMITS}
    cod = of["GB18918-2002.1A.w01018.day"]
    assert allowed(cod) == "≤50 mg/L"
    assert clause(cod) == "GB 18918-2002 表1 一级A 日均值（2002）"
    assert clause(of["GB18918-2002.1A.w21011.day.old"]).endswith("，待核实")
    assert allowed(of["plan2018.13.coal"]) == "≥80 %"
    assert allowed(of["GB18918-2002.1A.w01001.day"]) == "6–9"
    assert allowed(None) == "—"


def test_instants_are_told_in_beijing_time() -> None:
    assert hour(day_start(DAY_1)) == "00:00"
    assert minute(day_start(DAY_1)) == "2026-11-20 00:00"
    assert minute(None) == ""
