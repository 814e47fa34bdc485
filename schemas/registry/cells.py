"""What a cell of a sheet means for a field of the model: Excel turns ids into floats and dates into datetimes.

A cell whose meaning is unclear is handed on as it is; the model then refuses it with its place.
"""

from __future__ import annotations

import math
import re
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, get_args, get_origin

if TYPE_CHECKING:
    from collections.abc import Callable

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]0?0:00(?::00)?)?")
_SEPARATORS = re.compile(r"[;；,，、\s]+")
_EXACT = 1e15
Cell = str | int | float | bool | date | None
_WORDS = {"true": True, "yes": True, "1": True, "是": True, "false": False, "no": False, "0": False, "否": False}


def blank(cell: object) -> bool:
    """Return whether *cell* holds nothing."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def meant(annotation: Any, cell: object) -> object:
    """Return the value of *cell* in a field of type *annotation*, or *cell* itself where that is unclear."""
    if isinstance(cell, str):
        cell = cell.strip()
    for part in (annotation, *get_args(annotation)):
        if get_origin(part) is list:
            element = get_args(part)[0]
            items = _SEPARATORS.split(str(text(cell)).strip(";；,，、 "))
            return [meant(element, item) for item in items]
        for kind, meaning in _MEANINGS:
            if part is kind:
                return meaning(cell)
    return text(cell)


def text(cell: object) -> object:
    """Return *cell* as a text: 3.0 is the id "3", a datetime its day."""
    if isinstance(cell, bool):
        return cell
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, (int, float)):
        return str(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return cell.strip() if isinstance(cell, str) else cell


def written(value: object) -> Cell:
    """Return what a cell shows of a field's *value*."""
    if isinstance(value, list):
        return ";".join(str(item) for item in value)
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return int(value)  # 500, not 500.0: what a person would have written
    if isinstance(value, datetime):
        return value.isoformat()  # Excel knows no time zones
    assert value is None or isinstance(value, (str, int, float, date)), "the model holds nothing else"
    return value


def _number(cell: object) -> object:
    if isinstance(cell, str) and _NUMBER.fullmatch(cell):
        cell = float(cell)
    if isinstance(cell, float) and not math.isfinite(cell):
        return str(cell)  # as a text the model refuses it; as a number it would believe infinity
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    return cell


def _flag(cell: object) -> object:
    return cell if isinstance(cell, bool) else _WORDS.get(str(text(cell)).lower(), cell)


def _day(cell: object) -> object:
    if isinstance(cell, datetime):
        return cell.date() if cell == datetime.combine(cell.date(), datetime.min.time()) else cell
    if isinstance(cell, str) and (match := _DATE.fullmatch(cell)):
        try:
            return date(*(int(part) for part in match.groups()))
        except ValueError:
            return cell
    return cell


def _instant(cell: object) -> object:
    return cell.isoformat() if isinstance(cell, datetime) else text(cell)


_MEANINGS: tuple[tuple[type, Callable[[object], object]], ...] = (
    (bool, _flag),
    (int, _number),
    (float, _number),
    (date, _day),
    (datetime, _instant),
)
