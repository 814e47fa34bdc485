"""What differs between two versions of a paper, in sentences people read. Pure.

Rows are matched by what stands at their beginning: by as many cells as it takes to tell all rows of both versions apart.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from alerts.reports.display import printable, text_of, with_mark
from alerts.reports.paper import Tone

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alerts.reports.paper import Cell, Column, Paper, Table

    Row = Sequence[Cell]
    Key = tuple[str, ...]

#: House convention: more than anybody reads one by one.
AT_MOST = 200
_LONGEST = 60
_TONE_ZH = {Tone.PLAIN: "无标示", Tone.OVER: "超标", Tone.MET: "达标", Tone.DOUBTFUL: "存疑", Tone.TOTAL: "合计"}
_NOT_SHOWN = "版式、单位或数值的未显示位有调整，所示数值不变"


def changes(before: Paper, after: Paper, *, at_most: int = AT_MOST) -> list[str]:
    """Return what *after* says otherwise than *before*, *at_most* sentences and one that counts the others; [] for equal papers."""
    if before == after:
        return []
    found = [*_heads(before, after), *_tables(before, after), *_notes("说明", before.notes, after.notes)]
    if not found:
        return [_NOT_SHOWN]
    rest = len(found) - at_most
    return [*found[:at_most], f"另有 {rest} 处"] if rest > 0 else found


def _heads(before: Paper, after: Paper) -> Iterator[str]:
    for name, old, new in (
        ("标题", before.title, after.title),
        ("范围", before.scope_name, after.scope_name),
        ("依据版本", before.versions, after.versions),
        ("时段", f"{before.first} 至 {before.last}", f"{after.first} 至 {after.last}"),
    ):
        if old != new:
            yield f"{name}：{_short(old)} → {_short(new)}"


def _tables(before: Paper, after: Paper) -> Iterator[str]:
    old, new = _numbered(before.tables), _numbered(after.tables)
    for key in old:
        if key not in new:
            yield f"删去表《{_short(key[0])}》"
    for key, table in new.items():
        if key not in old:
            yield f"新增表《{_short(key[0])}》，{len(table.rows)} 行"
        elif old[key] != table:
            yield from _table(old[key], table)


def _numbered(tables: Sequence[Table]) -> dict[tuple[str, int], Table]:
    """Return *tables* by title; of one title, by their order."""
    seen: Counter[str] = Counter()
    found = {}
    for table in tables:
        found[table.title, seen[table.title]] = table
        seen[table.title] += 1
    return found


def _table(before: Table, after: Table) -> Iterator[str]:
    name = f"表《{_short(after.title)}》"
    old_heads, new_heads = _places(before.columns), _places(after.columns)
    for key in old_heads:
        if key not in new_heads:
            yield f"{name}删去列 {_short(key[0])}"
    for key, place in new_heads.items():
        if key not in old_heads:
            yield f"{name}新增列 {_short(key[0])}"
        elif before.columns[old_heads[key]].unit != after.columns[place].unit:
            units = (before.columns[old_heads[key]].unit, after.columns[place].unit)
            yield f"{name}列 {_short(key[0])} 单位：{_short(units[0])} → {_short(units[1])}"
    shared = [(old_heads[key], place, key[0]) for key, place in new_heads.items() if key in old_heads]
    yield from _rows(name, before.rows, after.rows, shared)
    yield from _notes(f"{name}注", before.notes, after.notes)


def _rows(
    name: str, before: Sequence[Row], after: Sequence[Row], shared: Sequence[tuple[int, int, str]]
) -> Iterator[str]:
    width = _telling(before, after)
    old, new = _by_key(before, width), _by_key(after, width)
    for key, row in old.items():
        if key not in new:
            yield f"{name}删去行 {_label(key)}：{_said(row)}"
    for key, row in new.items():
        if key not in old:
            yield f"{name}新增行 {_label(key)}：{_said(row)}"
            continue
        was = old[key]
        for left, right, head in shared:
            if was[left] != row[right] and (told := _cell(was[left], row[right])):
                yield f"{name}行 {_label(key)} 列 {_short(head)}：{told}"


def _cell(old: Cell, new: Cell) -> str:
    """Return how a cell changed; nothing where no reader would see it."""
    was, now = with_mark(old), with_mark(new)
    if was != now:
        return f"{_short(was)} → {_short(now)}"
    if old.tone != new.tone:
        return f"{_short(now)}，{_TONE_ZH[old.tone]} → {_TONE_ZH[new.tone]}"
    return ""


def _telling(before: Sequence[Row], after: Sequence[Row]) -> int:
    """Return how many cells from the left tell the rows apart in both; one where none do, they are counted then."""
    most = max((len(row) for row in (*before, *after)), default=1)
    for width in range(1, most + 1):
        if all(len({_start(row, width) for row in rows}) == len(rows) for rows in (before, after)):
            return width
    return 1


def _by_key(rows: Sequence[Row], width: int) -> dict[Key, Row]:
    seen: Counter[Key] = Counter()
    found = {}
    for row in rows:
        key = _start(row, width)
        seen[key] += 1
        found[key if seen[key] == 1 else (*key, f"第 {seen[key]} 行")] = row
    return found


def _start(row: Row, width: int) -> Key:
    return tuple(text_of(cell) for cell in row[:width])


def _places(columns: Sequence[Column]) -> dict[tuple[str, int], int]:
    seen: Counter[str] = Counter()
    found = {}
    for place, column in enumerate(columns):
        found[column.zh, seen[column.zh]] = place
        seen[column.zh] += 1
    return found


def _notes(name: str, before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    for note in before:
        if note not in after:
            yield f"{name}删去：{_short(note)}"
    for note in after:
        if note not in before:
            yield f"{name}新增：{_short(note)}"


def _label(key: Key) -> str:
    return _short(" / ".join(part for part in key if part))


def _said(row: Row) -> str:
    return _short("，".join(with_mark(cell) for cell in row))


def _short(text: str) -> str:
    found = " ".join(printable(text).split()) or "—"
    return found if len(found) <= _LONGEST else found[: _LONGEST - 1] + "…"
