"""How an explanation is written: numbers a person can check with a pocket calculator, tables, Beijing time. Pure."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING

from schemas.catalog.enums import Outcome
from schemas.times import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from schemas.records import Mean

NOTHING = "—"
OUTCOME_ZH = {
    Outcome.COMPLIANT: "达标 compliant",
    Outcome.EXCEEDING: "超标 exceeding",
    Outcome.NOT_JUDGEABLE: "无法判定 not judgeable",
}
#: Beyond this relative difference a stored number and the one computed anew are not the same number.
TOLERANCE = 1e-9


def figure(value: float | None, digits: int = 8) -> str:
    """Return *value* with up to *digits* significant digits, never with an exponent; a dash for None."""
    if value is None:
        return NOTHING
    if not math.isfinite(value):
        return str(value)
    text = f"{value:.{digits}g}"
    return format(Decimal(text), "f") if "e" in text else text


def minute(at: datetime) -> str:
    """Return Beijing's date, hour and minute."""
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def second(at: datetime) -> str:
    """Return Beijing's date and time to the second."""
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def hour(at: datetime) -> str:
    """Return Beijing's hour."""
    return at.astimezone(SHANGHAI).strftime("%H:00")


def outcome(name: str) -> str:
    """Return an outcome in Chinese and English."""
    return OUTCOME_ZH[Outcome(name)]


def share(mean: Mean | None) -> str:
    """Return valid/due of a mean, with what stands against it where it is not valid."""
    if mean is None:
        return NOTHING
    return f"{mean.n_valid}/{mean.n_expected}{'' if mean.valid else ' ✗'}"


def cell(text: str) -> str:
    """Return *text* so that it stays in its cell of a table."""
    return text.replace("|", "\\|").replace("\n", " ")


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table."""
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    return lines + [f"| {' | '.join(cell(one) or NOTHING for one in row)} |" for row in rows]


def same(first: float | None, second_one: float | None) -> bool:
    """Say whether two numbers are one number: equal but for rounding in the last places."""
    if first is None or second_one is None:
        return first is second_one
    return math.isclose(first, second_one, rel_tol=TOLERANCE, abs_tol=1e-12)


def agreement(computed: float | None, stored: float | None) -> str:
    """Return that the stored number is the one computed here, or, loudly, that it is not."""
    if same(computed, stored):
        return "存储值与此处重算一致 (the stored value is the one computed here)"
    return loud(f"存储值 stored {figure(stored, 15)}，此处重算 computed here {figure(computed, 15)}")


def loud(text: str) -> str:
    """Return a contradiction so that nobody reads past it."""
    return f"**‼ 不一致 MISMATCH：{text}**"
