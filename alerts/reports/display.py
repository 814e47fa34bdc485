"""How a paper's cells and heads read as words, the same on page, PDF and in the list of changes. Pure."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from alerts.judge.verdict import rounded

if TYPE_CHECKING:
    from alerts.reports.paper import Cell, Column, Paper

NOTHING = "—"
#: What no XML, PDF or terminal can carry: controls but tab and line feed, lone surrogates, non-characters.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def printable(text: str) -> str:
    """Return *text* with a replacement character for each one that cannot be printed."""
    return _UNPRINTABLE.sub(_REPLACEMENT, text.replace("\r\n", "\n"))


def number_of(cell: Cell) -> float | None:
    """Return the number a cell shows, rounded as it is shown (GB/T 8170); None where it has none that is finite."""
    if cell.number is None or not math.isfinite(cell.number):
        return None
    # No minus before a zero: -0.001 with two decimals is 0.00.
    return rounded(cell.number, cell.decimals) + 0.0


def text_of(cell: Cell) -> str:
    """Return what a cell says, without its mark: number, else words, else a dash."""
    value = number_of(cell)
    if value is not None:
        return f"{value:,.{max(cell.decimals, 0)}f}"
    return printable(cell.words) if cell.words else NOTHING


def with_mark(cell: Cell) -> str:
    """Return what a cell says with its mark."""
    return f"{text_of(cell)} {printable(cell.mark)}" if cell.mark else text_of(cell)


def second_line(column: Column) -> str:
    """Return the small line of a head: English and unit."""
    parts = [column.en, f"({column.unit})" if column.unit else ""]
    return printable(" ".join(part for part in parts if part))


def span_of(paper: Paper) -> str:
    """Return the days a paper is of."""
    return f"{paper.first}" if paper.first == paper.last else f"{paper.first} 至 {paper.last}"
