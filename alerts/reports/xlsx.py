"""A paper as an XLSX workbook: a sheet for each table, ready to print. The only importer of xlsxwriter.

The same paper gives the same bytes. Numbers stay numbers, in full; their format shows the decimals. Marks stand in a narrow column of
their own beside the value, so that both can be filtered. Whatever a county wrote is text, never a formula.
"""

from __future__ import annotations

import io
import math
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any

import xlsxwriter

from alerts.reports.display import NOTHING, printable, second_line, span_of
from alerts.reports.paper import Paper, Tone
from schemas.errors import UseError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from alerts.reports.paper import Cell, Table

_FONT = "宋体"
_A4 = 9
#: Excel's own bounds: characters in a cell, in a sheet's name (UTF-16), rows of a sheet.
_LONGEST, _LONGEST_NAME, _MOST_ROWS = 32_767, 31, 1_048_576
_TITLE_ROW, _LINE_ROW, _HEAD_ROW = 0, 1, 2
_FIRST_ROW = _HEAD_ROW + 1
_MARK_WIDTH = 5
_LINE_HEIGHT, _MOST_LINES = 14, 25
#: A worksheet's number format holds so many decimals.
_MOST_DECIMALS = 15
_TONES: dict[Tone, dict[str, Any]] = {
    Tone.PLAIN: {},
    Tone.OVER: {"font_color": "#C00000", "bold": True},
    Tone.MET: {"font_color": "#1B6E3C"},
    Tone.DOUBTFUL: {"font_color": "#7F7F7F", "italic": True},
    Tone.TOTAL: {"bold": True, "bg_color": "#EEF2F7"},
}


def workbook(paper: Paper) -> bytes:
    """Return *paper* as the bytes of an XLSX file, the same for the same paper.

    Raises:
        UseError: a table has more rows than a sheet can hold (1,048,576).

    """
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        # The day the paper is of, and not the moment: bytes must tell the same of the same paper.
        book.set_properties(
            {
                "title": _cut(paper.title),
                "subject": _cut(paper.period),
                "comments": paper.digest(),
                "created": datetime.combine(paper.last, time(), UTC),
            }
        )
        styles = _Styles(book)
        names = _sheet_names(paper)
        for table in paper.tables:
            _sheet(book.add_worksheet(next(names)), styles, paper, table)
        _about(book.add_worksheet(next(names)), styles, paper)
    return out.getvalue()


class _Styles:
    """The formats of one workbook, each made once."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, Any], ...], Format] = {}

    def __call__(self, **properties: Any) -> Format:
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format(
                {"font_name": _FONT, "font_size": 10, "valign": "vcenter", **properties}
            )
        return self._made[key]

    def title(self) -> Format:
        return self(bold=True, font_size=16, align="center")

    def head(self) -> Format:
        return self(bold=True, align="center", text_wrap=True, border=1, bg_color="#DDE6F0")

    def note(self) -> Format:
        return self(text_wrap=True, valign="top", font_color="#404040", font_size=9)

    def cell(self, cell: Cell, *, is_number: bool) -> Format:
        tone = _TONES[cell.tone]
        if cell.number is not None:
            return self(border=1, align="right", num_format=_number_format(cell.decimals), **tone)
        return self(border=1, align="center" if is_number else "left", text_wrap=True, **tone)


def _sheet(sheet: Worksheet, styles: _Styles, paper: Paper, table: Table) -> None:
    if _FIRST_ROW + len(table.rows) > _MOST_ROWS:
        raise UseError(
            f"表《{table.title}》有 {len(table.rows)} 行，一张工作表放不下 (more rows than a sheet holds).", "缩短时段"
        )
    marked = _marked(table)
    places = _places(table, marked)
    width = max(1, places[-1] + 1 + int(marked[-1])) if places else 1
    _across(sheet, _TITLE_ROW, width, f"{paper.title}  {table.title}", styles.title())
    sheet.set_row(_TITLE_ROW, 28)
    line = "　".join(part for part in (paper.scope_name, span_of(paper), paper.versions) if part)
    _across(sheet, _LINE_ROW, width, line, styles(align="center", font_color="#404040"))
    sheet.set_row(_HEAD_ROW, 34)
    for place, column, has_marks in zip(places, table.columns, marked, strict=True):
        head = "\n".join(part for part in (column.zh, second_line(column)) if part)
        _text(sheet, _HEAD_ROW, place, head, styles.head())
        # A Chinese character is as wide as two of those that Excel counts by.
        sheet.set_column(place, place, max(column.width, 2) * 2 + 1)
        if has_marks:
            _text(sheet, _HEAD_ROW, place + 1, "标记\nMark", styles.head())
            sheet.set_column(place + 1, place + 1, _MARK_WIDTH)
    _rows(sheet, styles, table, places, marked)
    _notes(sheet, styles, table, width)
    sheet.freeze_panes(_FIRST_ROW, 1 if width > 1 else 0)
    _for_print(sheet, paper)


def _rows(sheet: Worksheet, styles: _Styles, table: Table, places: list[int], marked: list[bool]) -> None:
    for at, row in enumerate(table.rows, _FIRST_ROW):
        for place, column, has_marks, cell in zip(places, table.columns, marked, row, strict=True):
            style = styles.cell(cell, is_number=column.is_number)
            if cell.number is not None and math.isfinite(cell.number):
                sheet.write_number(at, place, cell.number, style)
            else:
                _text(sheet, at, place, cell.words or NOTHING, style)
            if has_marks:
                _text(
                    sheet, at, place + 1, cell.mark, styles(border=1, align="center", font_size=9, **_TONES[cell.tone])
                )


def _notes(sheet: Worksheet, styles: _Styles, table: Table, width: int) -> None:
    first = _FIRST_ROW + len(table.rows) + 1
    # Excel does not find the height of merged cells by itself.
    line = max(20, sum(max(column.width, 2) * 2 + 1 for column in table.columns) + _MARK_WIDTH * sum(_marked(table)))
    for at, note in enumerate(table.notes, first):
        text = f"注：{note}" if at == first else note
        _across(sheet, at, width, text, styles.note())
        sheet.set_row(at, _LINE_HEIGHT * min(_MOST_LINES, sum(1 + 2 * len(one) // line for one in text.split("\n"))))


def _about(sheet: Worksheet, styles: _Styles, paper: Paper) -> None:
    """Fill the last sheet: what must be known to read the paper, and what it stands on."""
    sheet.set_column(0, 0, 14)
    sheet.set_column(1, 1, 96)
    _across(sheet, _TITLE_ROW, 2, f"{paper.title}  说明 Notes", styles.title())
    sheet.set_row(_TITLE_ROW, 28)
    known = [
        ("范围 Scope", paper.scope_name),
        ("时段 Period", span_of(paper)),
        ("依据版本 Versions", paper.versions or NOTHING),
        ("内容摘要 Digest", paper.digest()),
        *((f"说明 {at}", note) for at, note in enumerate(paper.notes, 1)),
    ]
    for at, (name, says) in enumerate(known, _LINE_ROW):
        _text(sheet, at, 0, name, styles(bold=True, valign="top"))
        _text(sheet, at, 1, says, styles(text_wrap=True, valign="top"))
    _for_print(sheet, paper, heads=False)


def _for_print(sheet: Worksheet, paper: Paper, *, heads: bool = True) -> None:
    sheet.set_paper(_A4)
    sheet.set_landscape()
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.center_horizontally()
    # "&" begins a command in a foot.
    sheet.set_footer(
        f"&L{_cut(paper.scope_name, 60).replace('&', '&&')} {paper.period}&C第 &P 页 / 共 &N 页&R{paper.digest()[:12]}"
    )
    if heads:
        sheet.repeat_rows(_TITLE_ROW, _HEAD_ROW)


def _marked(table: Table) -> list[bool]:
    """Return for each column whether a value of it carries a mark."""
    return [any(row[at].mark for row in table.rows) for at in range(len(table.columns))]


def _places(table: Table, marked: list[bool]) -> list[int]:
    """Return the sheet's column of each of *table*'s."""
    return [at + sum(marked[:at]) for at in range(len(table.columns))]


def _across(sheet: Worksheet, row: int, width: int, text: str, style: Format) -> None:
    if width > 1:
        sheet.merge_range(row, 0, row, width - 1, "", style)
    _text(sheet, row, 0, text, style)


def _text(sheet: Worksheet, row: int, column: int, text: str, style: Format) -> None:
    found = _cut(text)
    if found:
        sheet.write_string(row, column, found, style)
    else:
        sheet.write_blank(row, column, None, style)


def _cut(text: str, longest: int = _LONGEST) -> str:
    """Return *text* so that a cell can hold it: Excel counts in UTF-16, and calls a file broken that has more."""
    found = printable(text)
    return found if len(found) * 2 <= longest or _units(found) <= longest else found[: longest // 2 - 1] + "…"


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _number_format(decimals: int) -> str:
    shown = min(max(decimals, 0), _MOST_DECIMALS)
    return "#,##0" + ("." + "0" * shown if shown else "")


def _sheet_names(paper: Paper) -> Iterator[str]:
    """Return a name for each sheet: as Excel allows them, and none twice."""
    taken: set[str] = set()
    for title in (*(table.title for table in paper.tables), "说明"):
        plain = "".join(" " if one in "[]:*?/\\'" else one for one in printable(title)).strip() or "表"
        name, again = _shortened(plain, _LONGEST_NAME), 1
        # "History" is a name that Excel keeps for itself.
        while name.casefold() in taken or name.casefold() == "history":
            again += 1
            name = f"{_shortened(plain, _LONGEST_NAME - len(str(again)) - 1)} {again}"
        taken.add(name.casefold())
        yield name


def _shortened(text: str, most: int) -> str:
    while _units(text) > most:
        text = text[:-1]
    return text.strip()
