"""How values, marks, limits and outcomes are written in a paper (house reference 8: display). Pure.

Missing is a dash, never 0; a value has its limit's decimals, rounded half to even (GB/T 8170); marks stand beside it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from alerts.judge.verdict import rounded
from alerts.reports.paper import Cell, Column, Tone, number, words
from schemas.catalog.enums import Outcome
from schemas.times import SHANGHAI

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.reports.known import Filed
    from schemas.records import Limit, Mean

DASH = Cell()
#: Marks of a normal value: nothing stands beside it.
_NORMAL = frozenset("Nn")
_NOTHING = "—"
OUTCOME_ZH = {Outcome.COMPLIANT: "达标", Outcome.EXCEEDING: "超标", Outcome.NOT_JUDGEABLE: "未判定"}
UNVERIFIED = "待核实"


def figure(value: float | None, decimals: int, *, mark: str = "", tone: Tone = Tone.PLAIN) -> Cell:
    """Return a number rounded half to even to *decimals*; the dash for None and for what is no number."""
    if value is None or not math.isfinite(value):
        return Cell(mark=mark, tone=tone) if mark else DASH
    # No minus before a zero.
    return number(rounded(value, decimals) + 0.0, decimals, mark=mark, tone=tone)


def share(value: float | None, *, tone: Tone = Tone.PLAIN) -> Cell:
    """Return a share as a percentage with two decimals."""
    return figure(None if value is None else value * 100, 2, tone=tone)


def text(said: str | None, *, tone: Tone = Tone.PLAIN) -> Cell:
    """Return words; the dash where there are none."""
    return words(said, tone=tone) if said else DASH


def count(value: int, *, tone: Tone = Tone.PLAIN) -> Cell:
    """Return a whole number."""
    return number(value, 0, tone=tone)


def marks_of(mean: Mean) -> str:
    """Return the marks that stand beside a value: all but those of normal ones."""
    return "".join(one for one in mean.marks if one not in _NORMAL)


def value_of(mean: Mean | None, decimals: int, tone: Tone = Tone.PLAIN) -> Cell:
    """Return a derived value with its marks; one that is not valid is doubtful, one that is not there a dash."""
    if mean is None:
        return DASH
    if not mean.valid and tone is Tone.PLAIN:
        tone = Tone.DOUBTFUL
    return figure(mean.value, decimals, mark=marks_of(mean), tone=tone)


def valid_of(mean: Mean | None, due: int, valid: int = 0) -> Cell:
    """Return how many parts were valid of those due, such as 23/24; without a value for the whole, *valid* of *due*."""
    if mean is None:
        return text(f"{valid}/{due}", tone=Tone.DOUBTFUL)
    return text(f"{mean.n_valid}/{mean.n_expected}", tone=Tone.PLAIN if mean.valid else Tone.DOUBTFUL)


def outcome_of(one: Filed | None) -> Cell:
    """Return a verdict in words: 达标, 超标0.32倍, 疑似超标…, 未判定."""
    if one is None:
        return text(OUTCOME_ZH[Outcome.NOT_JUDGEABLE], tone=Tone.DOUBTFUL)
    if one.outcome == Outcome.EXCEEDING:
        below = one.low is not None and one.value is not None and one.value < one.low
        said = f"{'低于限值' if below else '超标'}{multiple(one.multiple)}"
        return text(f"疑似{said}" if one.suspected else said, tone=Tone.DOUBTFUL if one.suspected else Tone.OVER)
    tone = Tone.MET if one.outcome == Outcome.COMPLIANT else Tone.DOUBTFUL
    return text(OUTCOME_ZH[Outcome(one.outcome)], tone=tone)


def multiple(times: float | None) -> str:
    """Return 超标倍数 with two decimals; below 0.005 with three, so that a breach never reads 0.00."""
    if times is None:
        return ""
    decimals = 2 if times == 0 or rounded(times, 2) > 0 else 3
    return f"{rounded(times, decimals):.{decimals}f}倍"


def allowed(limit: Limit | Filed | None) -> str:
    """Return what a limit allows: ≤ 50 mg/L, ≥ 80 %, 6–9."""
    if limit is None:
        return _NOTHING
    unit = "" if limit.unit == "pH" else f" {limit.unit}"
    if limit.low is not None and limit.high is not None:
        return f"{limit.low:g}–{limit.high:g}{unit}"
    if limit.high is not None:
        return f"≤{limit.high:g}{unit}"
    return f"≥{limit.low:g}{unit}" if limit.low is not None else _NOTHING


def clause(limit: Limit | Filed | None) -> str:
    """Return where a limit stands: standard, clause, edition; 待核实 where its text was not read."""
    if limit is None:
        return ""
    edition = f"（{limit.edition}）" if limit.edition else ""
    return f"{limit.standard} {limit.clause}{edition}{'' if limit.verified else f'，{UNVERIFIED}'}".strip()


def hour(at: datetime) -> str:
    """Return the Beijing hour that begins at *at*: 08:00."""
    return at.astimezone(SHANGHAI).strftime("%H:%M")


def minute(at: datetime | None) -> str:
    """Return Beijing's date, hour and minute; nothing for None."""
    return "" if at is None else at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def column(zh: str, unit: str = "", *, en: str = "", width: int = 6, is_number: bool = True) -> Column:
    """Return the head of a column of numbers."""
    return Column(zh=zh, en=en, unit=unit, width=width, is_number=is_number)


def words_column(zh: str, width: int = 8, *, en: str = "") -> Column:
    """Return the head of a column of words."""
    return Column(zh=zh, en=en, width=width)
