"""A paper's tables as HTML, the same on the desk and for the public. Every word is escaped. Pure."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from alerts.reports.display import number_of, printable, second_line, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alerts.reports.paper import Cell, Column, Paper, Table

#: Of one table: a page must open at once; the workbook has all rows. House convention.
MOST_ROWS = 2000


def safe(text: object) -> str:
    """Return *text* so that it can stand in HTML, as words or in quotes."""
    return escape(printable(str(text)), quote=True)


def tables(paper: Paper) -> str:
    """Return all tables of *paper*, each with its title and notes."""
    return "".join(_table(table) for table in paper.tables)


def notes(lines: Iterable[str], classes: str = "notes") -> str:
    """Return *lines* as a list, nothing for none."""
    found = "".join(f"<li>{safe(line)}</li>" for line in lines)
    return f'<ul class="{classes}">{found}</ul>' if found else ""


def _table(table: Table) -> str:
    heads = "".join(_head(column) for column in table.columns)
    rows = "".join(_row(row, table.columns) for row in table.rows[:MOST_ROWS])
    if not rows:
        rows = f'<tr><td colspan="{max(1, len(table.columns))}" class="none">无记录 <span class="en">no entries</span></td></tr>'
    rest = len(table.rows) - MOST_ROWS
    more = [f"此处仅列前 {MOST_ROWS} 行，另有 {rest} 行见 XLSX (the workbook has all rows)"] if rest > 0 else []
    return (
        f'<section class="sheet-table"><h2>{safe(table.title)}</h2><div class="scroll" tabindex="0" role="region" '
        f'aria-label="{safe(table.title)}"><table class="paper"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'
        f"{notes([*more, *table.notes])}</section>"
    )


def _head(column: Column) -> str:
    second = second_line(column)
    small = f'<span class="en">{safe(second)}</span>' if second else ""
    return f'<th scope="col"{" class=n" if column.is_number else ""}>{safe(column.zh)}{small}</th>'


def _row(row: Iterable[Cell], columns: Iterable[Column]) -> str:
    return f"<tr>{''.join(_cell(cell, column) for cell, column in zip(row, columns, strict=True))}</tr>"


def _cell(cell: Cell, column: Column) -> str:
    classes = " ".join(
        part for part in (cell.tone.value, "n" if number_of(cell) is not None or column.is_number else "") if part
    )
    mark = f"<sup>{safe(cell.mark)}</sup>" if cell.mark else ""
    opened = f'<td class="{classes}">' if classes else "<td>"
    return f"{opened}{safe(text_of(cell))}{mark}</td>"
