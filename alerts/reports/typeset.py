"""A paper as what the template ``paper.typ`` sets: words, widths and sizes, all decided here. Pure.

The template is fixed and gets its words as JSON: nothing that a county wrote is ever read as markup.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from alerts.reports.display import number_of, printable, second_line, span_of, text_of
from alerts.reports.paper import KIND_ZH
from schemas.times import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.reports.paper import Cell, Column, Paper, Table

#: A4 without margins, in points.
_UPRIGHT_PT, _ACROSS_PT = 496.0, 757.0
_LARGEST_PT, _SMALLEST_PT = 9.5, 5.0
#: A sheet is turned only when words would have to be smaller than this upright: 24 hours of eight factors stand on one page so.
_UPRIGHT_SMALLEST_PT = 8.0
#: What stands left and right of the words of a cell, in their own size.
_PADDING_EM = 1.0
#: Of one table: about forty pages; the workbook has all rows. House convention (more takes seconds and a gigabyte to set).
MOST_ROWS = 1000
#: So many changes stand under the title; more of them stand at the end.
_FEW_CHANGES = 6
#: A run of so many letters without a space may be broken anywhere, or it would run out of its cell.
_LONG_RUN = re.compile(r"[!-~]{13,}")
_PIECE = 6
_BREAK = "\N{ZERO WIDTH SPACE}"


def sheet(
    paper: Paper, *, version: int, made_at: datetime, changes: Sequence[str], fonts: Sequence[str]
) -> dict[str, Any]:
    """Return what the template sets of *paper*: words only, and sizes in points. *fonts*: families, the first that has a sign is used."""
    widest = max((_ems(table.columns) for table in paper.tables), default=0.0)
    flipped = widest * _UPRIGHT_SMALLEST_PT > _UPRIGHT_PT
    room = _ACROSS_PT if flipped else _UPRIGHT_PT
    return {
        "fonts": list(fonts),
        "flipped": flipped,
        "title": words_of(paper.title or KIND_ZH[paper.kind]),
        "scope": words_of(paper.scope_name or paper.scope),
        "period": span_of(paper),
        "version": _version(version),
        "made": f"{made_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M} 生成",
        "digest": paper.digest(),
        "versions": words_of(paper.versions),
        "changes": [words_of(change) for change in changes],
        "few": len(changes) <= _FEW_CHANGES,
        "amends": version - 1,
        "notes": [words_of(note) for note in paper.notes],
        "tables": [_table(table, room) for table in paper.tables],
    }


def words_of(text: str) -> str:
    """Return *text* printable, with places to break in what has none."""
    return _LONG_RUN.sub(_broken, printable(text))


def stamp(made_at: datetime) -> datetime:
    """Return *made_at* as the document carries it: whole seconds, UTC."""
    return made_at.astimezone(UTC).replace(microsecond=0)


def _version(version: int) -> str:
    return f"第 {version} 版" if version <= 1 else f"第 {version} 版 修订"


def _table(table: Table, room: float) -> dict[str, Any]:
    ems = _ems(table.columns)
    size = min(_LARGEST_PT, max(_SMALLEST_PT, room / ems)) if ems else _LARGEST_PT
    cut = len(table.rows) - MOST_ROWS
    more = [f"此处仅列前 {MOST_ROWS} 行，另有 {cut} 行见 XLSX 工作簿 (the workbook has all rows)。"] if cut > 0 else []
    return {
        "title": words_of(table.title),
        # Downwards: rounded up, the last column would not fit.
        "size": math.floor(size * 100) / 100,
        "widths": [_em(column) for column in table.columns],
        "heads": [
            {"zh": words_of(column.zh), "en": words_of(second_line(column)), "right": column.is_number}
            for column in table.columns
        ],
        "rows": [
            [_cell(cell, column) for cell, column in zip(row, table.columns, strict=True)]
            for row in table.rows[:MOST_ROWS]
        ],
        "notes": [*more, *(words_of(note) for note in table.notes)],
    }


def _cell(cell: Cell, column: Column) -> dict[str, Any]:
    found = {"text": text_of(cell) if number_of(cell) is not None else words_of(text_of(cell)), "tone": cell.tone.value}
    if cell.mark:
        found["mark"] = words_of(cell.mark)
    found["align"] = "right" if number_of(cell) is not None else "center" if column.is_number or cell.empty else "left"
    return found


def _ems(columns: Sequence[Column]) -> float:
    return sum(_em(column) for column in columns)


def _em(column: Column) -> float:
    return max(column.width, 2) + _PADDING_EM


def _broken(run: re.Match[str]) -> str:
    text = run.group()
    return _BREAK.join(text[at : at + _PIECE] for at in range(0, len(text), _PIECE))
