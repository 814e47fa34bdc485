"""What an export of one point says, line by line and as a paper: the head that explains it, then its windows or readings. Pure."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from alerts.desk import words
from alerts.desk.drill import curve, tables
from alerts.desk.drill.spans import BASIS_ZH
from alerts.desk.words import NOTHING
from alerts.reports.paper import Cell, Column, Kind, Paper, Table, Tone
from alerts.reports.paper import words as text_cell
from schemas.catalog.enums import Basis
from schemas.times import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from alerts.desk.drill.reads import Said, Sheet
    from alerts.desk.drill.spans import Span
    from alerts.desk.drill.spot import Binding, Spot

#: Excel in China takes a CSV for GBK unless it begins so.
BOM = "\ufeff"
#: What a spreadsheet begins to reckon with, the full-width signs of Chinese input included; a tab or line break hides one.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n", "|", "%")
_READINGS = ("时间（北京时间）", "数值", "标记", "迟到", "批次")
_WINDOWS = (
    "数值",
    "有效",
    "有效个数",
    "应有个数",
    "收到个数",
    "迟到个数",
    "标记",
    "判定",
    "限值",
    "依据",
    "事件",
    "说明",
)


def guarded(text: object) -> str:
    """Return foreign *text* so that no spreadsheet takes it for a formula: behind an apostrophe where it looks like one."""
    plain = str(text)
    return f"'{plain}" if plain.lstrip(" \u3000\xa0").startswith(_FORMULA) else plain


def line(cells: Iterable[object]) -> str:
    """Return one line of CSV; numbers stand as they are, words are `guarded`, None is a dash."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([_cell(one) for one in cells])
    return out.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "是" if value else "否"
    return repr(value) if isinstance(value, int | float) else guarded(value)


def head(
    spot: Spot, span: Span, held: Sequence[Binding], made_at: datetime, *, is_raw: bool = False
) -> list[tuple[str, str]]:
    """Return the lines above the table: name of the line, what it says."""
    limits = [
        f"{one.value}（{one.limit.standard} {one.limit.clause}，{one.limit.edition} 版，{one.limit.valid_from} 起"
        f"{'，至 ' + one.limit.valid_to if one.limit.valid_to else ''}{'' if one.limit.verified else '，待核实'}）"
        for one in held
    ]
    return [
        ("测点", spot.title),
        ("编号", "/".join(spot.key)),
        ("单位", spot.unit or NOTHING),
        ("数据", "原始读数" if is_raw else BASIS_ZH[span.basis]),
        ("时段", f"{span.first} 至 {span.last}（北京时间，含首尾两日）"),
        *[("适用限值", one) for one in limits or [NOTHING]],
        ("生成时间", f"{words.clock(made_at)}（北京时间）"),
        ("说明", f"“{NOTHING}”表示没有数据或未判定；标记见 HJ 212-2017 表8，小写字母为人工标记"),
    ]


def window_heads(sheet: Sheet) -> tuple[str, ...]:
    """Return the names of the columns of windows."""
    first = {Basis.HOUR: "小时起（北京时间）", Basis.DAY: "日", Basis.MONTH: "月"}[sheet.span.basis]
    return (first, *_WINDOWS)


def window_cells(sheet: Sheet, place: int) -> list[Any]:
    """Return one window as cells: numbers, words, None for what there is not."""
    window, said = sheet.windows[place], [one for one in sheet.said[place] if tables.speaks(one)]
    level = sheet.levels[place]
    return [
        _start(window.start, sheet.span.basis),
        window.value,
        window.valid if window.stored else None,
        *(
            (window.n_valid, window.n_expected, window.n_received, window.n_late)
            if window.stored
            else (None, None, None, None)
        ),
        curve.letters(sheet, place) or window.marks or None,
        _joined(tables.verdict_words(one) for one in said),
        _joined(tables.limit_words(one, sheet.spot.unit) for one in said),
        _joined(_clause(one) for one in said),
        None if level is None else level.value,
        tables.why(window, said) or None,
    ]


def _start(start: datetime, basis: Basis) -> str:
    return start.astimezone(SHANGHAI).strftime(
        {Basis.HOUR: "%Y-%m-%d %H:00", Basis.DAY: "%Y-%m-%d"}.get(basis, "%Y-%m")
    )


def _clause(said: Said) -> str:
    limit = said.limit
    return "" if limit is None else f"{limit.standard} {limit.clause}{'' if limit.verified else '（待核实）'}"


def _joined(parts: Iterable[str]) -> str | None:
    return "；".join(dict.fromkeys(one for one in parts if one and one != NOTHING)) or None


def reading_heads() -> tuple[str, ...]:
    """Return the names of the columns of readings."""
    return _READINGS


def reading_cells(row: Sequence[Any]) -> list[Any]:
    """Return one reading (ts, value, mark, late, batch) as cells; the time to the microsecond where it has them."""
    ts, value, mark, late, batch = row
    local = ts.astimezone(SHANGHAI)
    shown = local.strftime("%Y-%m-%d %H:%M:%S") + (f".{local.microsecond:06d}" if local.microsecond else "")
    return [shown, value, mark, late, batch]


def paper(sheet: Sheet, held: Sequence[Binding], made_at: datetime) -> Paper:
    """Return the windows of *sheet* as a paper, for XLSX."""
    spot, span = sheet.spot, sheet.span
    heads = window_heads(sheet)
    numbers = {"数值", "有效个数", "应有个数", "收到个数", "迟到个数"}
    columns = tuple(
        Column(zh=one, unit=spot.unit if one == "数值" else "", width=_WIDTHS.get(one, 8), is_number=one in numbers)
        for one in heads
    )
    rows = tuple(
        tuple(
            _paper_cell(sheet, place, name, value)
            for name, value in zip(heads, window_cells(sheet, place), strict=True)
        )
        for place in range(len(sheet.windows))
    )
    notes = tuple(f"{name}：{said}" for name, said in head(spot, span, held, made_at))
    title = f"{spot.title} {BASIS_ZH[span.basis]}"
    return Paper(
        kind=Kind.DAY, scope=spot.key[0], scope_name=spot.site.name if spot.site else spot.key[0],
        period=f"{span.first} 至 {span.last}", first=span.first, last=span.last, title=title,
        tables=(Table(title=BASIS_ZH[span.basis], columns=columns, rows=rows, notes=notes),), notes=notes,
    )  # fmt: skip


_WIDTHS = {"小时起（北京时间）": 10, "依据": 20, "说明": 20, "限值": 10}


def _paper_cell(sheet: Sheet, place: int, name: str, value: Any) -> Cell:
    if isinstance(value, bool):
        return text_cell("是" if value else "否")
    if isinstance(value, int | float):
        over = name == "数值" and any(one.is_finding for one in sheet.said[place])
        doubtful = name == "数值" and not sheet.windows[place].valid
        tone = Tone.OVER if over else Tone.DOUBTFUL if doubtful else Tone.PLAIN
        return Cell(number=float(value), decimals=sheet.spot.decimals if name == "数值" else 0, tone=tone)
    return Cell() if value is None else text_cell(value)
