"""Figures: their spread over the rounds, whether they reach what was promised, a table and a file of them."""

from __future__ import annotations

import json
import math
import statistics
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One measured number. *reach* is what it has to reach, such as ``>= 0.50``; *spread* its least and most."""

    name: str
    value: float
    unit: str
    reach: str | None = None
    spread: tuple[float, float] | None = None

    @property
    def ok(self) -> bool | None:
        """Whether the figure reaches what it has to; None where nothing was promised."""
        return None if self.reach is None else reaches(self.value, self.reach)


def reaches(value: float, reach: str) -> bool:
    """Say whether *value* fulfils *reach*: one of ``>= > <= < =`` and a number."""
    relation, _, number = reach.partition(" ")
    limit = float(number.replace(",", ""))
    match relation:
        case ">=":
            return value >= limit
        case ">":
            return value > limit
        case "<=":
            return value <= limit
        case "<":
            return value < limit
        case "=":
            return value == limit
        case _:
            raise ValueError(f"not a reach: {reach}")


def over_rounds(name: str, values: Sequence[float], unit: str, reach: str | None = None) -> Figure:
    """Return the median of *values*, with their least and most."""
    return Figure(name, statistics.median(values), unit, reach, (min(values), max(values)))


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the smallest of the *ordered* values that at least *share* (0–1) of them do not exceed."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def as_text(value: float) -> str:
    """Return *value* with as many digits as a reader needs."""
    if value == int(value) or abs(value) >= 1_000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3f}"


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as lines for people, one below the other."""
    verdicts = {None: "", True: "ok", False: "MISSED"}
    rows = [("figure", "median", "min – max", "unit", "reach", "")]
    for figure in figures:
        spread = " – ".join(as_text(end) for end in figure.spread) if figure.spread else ""
        reach = figure.reach or ""
        rows.append((figure.name, as_text(figure.value), spread, figure.unit, reach, verdicts[figure.ok]))
    widths = [max(_width(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(_line(row, widths) for row in rows)


def _line(row: tuple[str, ...], widths: Sequence[int]) -> str:
    cells = []
    for column, (cell, width) in enumerate(zip(row, widths, strict=True)):
        blanks = " " * (width - _width(cell))
        cells.append(blanks + cell if column in (1, 2) else cell + blanks)
    return "  ".join(cells).rstrip()


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def write_json(figures: Sequence[Figure], path: Path) -> None:
    """Write the figures for programs; least and most of the rounds stand as figures of their own."""
    rows: list[dict[str, object]] = []
    for figure in figures:
        rows.append(_row(figure.name, figure.value, figure.unit, figure.reach, ok=figure.ok))
        if figure.spread is not None:
            rows.append(_row(f"{figure.name}_min", figure.spread[0], figure.unit, None, ok=None))
            rows.append(_row(f"{figure.name}_max", figure.spread[1], figure.unit, None, ok=None))
    path.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _row(name: str, value: float, unit: str, reach: str | None, *, ok: bool | None) -> dict[str, object]:
    return {"name": name, "value": value, "unit": unit, "reach": reach, "ok": ok}
