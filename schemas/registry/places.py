"""Where a fault stands in what a person wrote: a line of YAML or a row of a sheet, and the field by its ids.

YAML and sheets both end in a `Source`; from there on reading, proving and complaining are the same for all formats.
"""

from __future__ import annotations

import json
import re
import unicodedata
from datetime import date, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, get_args

from pydantic import BaseModel, ValidationError

from schemas.errors import Problem, RegistryError
from schemas.registry import model

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pydantic_core import ErrorDetails

Loc = tuple[str | int, ...]
Places = dict[Loc, str]

#: Lists whose entries are named by their number: shares are no names, and a channel may be an address pasted by mistake.
_NUMBERED = ("shares", "channels")
_NO_CHANNEL = (
    "应为通知渠道的名称，不是地址 a channel's name is expected, not its address",
    "填渠道文件里的名称，地址和密钥只写在渠道文件里 (name one of the channels file; addresses belong there alone)",
)
_NONCHARACTERS = "\ufffe\uffff"
NOWHERE = "注册表 registry"
MAX_BYTES = 5_000_000
CONTROL = ("文字里有换行或控制字符 line break or control character", "写成一行 (write one line)")
ENTRY_KEYS = {"duties": "bureau", "rotas": "bureau", "points": "factor", "checks": "kind", "budgets": "valid_from"}
_ENTRIES: dict[str, type[model.Entry]] = {
    "county": model.County,
    "bureaus": model.Bureau,
    "people": model.Person,
    "duties": model.Duty,
    "rotas": model.Rota,
    "sites": model.Site,
    "devices": model.Device,
    "points": model.Point,
    "outlets": model.Outlet,
    "boilers": model.Boiler,
    "checks": model.Check,
    "budgets": model.Budget,
    "stacks": model.Stack,
    "permits": model.Permit,
    "analyses": model.Analysis,
    "meter_changes": model.MeterChange,
}


def _fields_of(kind: type) -> frozenset[str]:
    return frozenset(
        name
        for entry in _ENTRIES.values()
        for name, field in entry.model_fields.items()
        if kind in (field.annotation, *get_args(field.annotation))
    )


_DATE_FIELDS = _fields_of(date)
_INSTANT_FIELDS = _fields_of(datetime)
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_ISO_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?")
_QUOTE = '若是编号或文字，请加引号，如 "00123" (quote codes and texts)'
# pydantic's error type → what is wrong, what mends it; {…} are filled from the error's own context.
_SENTENCES: dict[str, tuple[str, str]] = {
    "missing": ("缺少必填字段 required field missing", "补上这个字段 (add it)"),
    "string_type": ("应为文字 a text is expected, not {input}", _QUOTE),
    "string_pattern_mismatch": ("{input} 不合格式 does not match {pattern}", "改成该格式 (use the form shown)"),
    "string_too_short": ("不能为空 must not be empty", "填上内容 (fill it in)"),
    "string_too_long": ("太长，最多 {max_length} 字 at most {max_length} characters", "缩短 (shorten it)"),
    "greater_than": ("{input} 应大于 {gt} must be above {gt}", "改成大于 {gt} 的数 (raise it)"),
    "greater_than_equal": ("{input} 不能小于 {ge} must not be below {ge}", "改成 {ge} 或以上 (raise it)"),
    "less_than_equal": ("{input} 不能大于 {le} must not be above {le}", "改成 {le} 或以下 (lower it)"),
    "enum": ("{input} 不在可选值内 is not one of the values known", "改成 one of: {expected}"),
    "literal_error": ("{input} 不在可选值内 is not one of the values known", "改成 one of: {expected}"),
    "float_type": ("应为数值 a number is expected, not {input}", "填数字，不加引号和单位 (write a bare number)"),
    "int_type": ("应为整数 a whole number is expected, not {input}", "填整数 (write a whole number)"),
    "int_from_float": ("应为整数 a whole number is expected, not {input}", "填整数 (write a whole number)"),
    "bool_type": ("应为是或否 true or false is expected, not {input}", "填 true 或 false (write one of them)"),
    "list_type": ("应为列表 a list is expected", "每项一行，以“- ”开头 (one entry a line, each begun with '- ')"),
    "too_short": ("至少要有 {min_length} 项 at least {min_length} entry is needed", "补上 (add one)"),
    "model_type": ("应为若干“字段: 值” fields with values are expected", "改成“字段: 值”的形式 (write field: value)"),
}
_DATE = ("{input} 不是日期 is not a date", "写成 2026-01-31 的形式 (write year-month-day)")
_INSTANT = (
    "{input} 不是日期加时刻 is not a day and a time of day",
    "写成 2026-01-31T08:30:00 的形式，北京时间 (write year-month-dayThour:minute:second, Beijing time)",
)


class Fault(NamedTuple):
    """Something wrong at a spot of the document, before it is said where that spot is."""

    loc: Loc
    sentence: str
    mend: str


class Source(NamedTuple):
    """What was written, as plain values, with the place of every part and what reading already found wrong."""

    tree: Any
    places: Places
    faults: list[Fault]


def build(source: Source) -> model.Document:
    """Return the document that *source* spells. Raises RegistryError with every fault, in document order."""
    faults = [*source.faults, *_dates(source.tree, ())]
    try:
        # Strict JSON takes words for enums and dates, but neither texts for numbers nor truth values for either.
        document = model.Document.model_validate_json(json.dumps(source.tree, default=str), strict=True)
    except ValidationError as exc:
        known = {fault.loc for fault in faults}
        found = (_fault(error) for error in exc.errors(include_url=False))
        faults += [fault for fault in found if fault.loc not in known]
        refuse(faults, source.tree, source.places)
    if faults:
        refuse(faults, source.tree, source.places)
    return document


def refuse(faults: Iterable[Fault], tree: Any, places: Places) -> NoReturn:
    """Raise RegistryError for *faults*."""
    raise RegistryError(to_problems(faults, tree, places))


def to_problems(faults: Iterable[Fault], tree: Any, places: Places) -> list[Problem]:
    """Return *faults* as problems with place and field, in the order of the document."""
    order = {loc: index for index, loc in enumerate(places)}
    located = [(_nearest(fault.loc, places), fault) for fault in faults]
    located.sort(key=lambda pair: order.get(pair[0], -1))
    return [
        Problem(places.get(spot, NOWHERE), field_name(tree, fault.loc), fault.sentence, fault.mend)
        for spot, fault in located
    ]


def field_name(tree: Any, loc: Loc) -> str:
    """Return *loc* as a person reads it: ``sites[bj-wwtp].devices[outlet].points[w01018].low``."""
    text = ""
    parent = ""
    for step in loc:
        tree = _child(tree, step)
        if isinstance(step, int):
            name = tree.get(ENTRY_KEYS.get(parent, "id")) if isinstance(tree, dict) else tree
            named = isinstance(name, (str, date)) and name != "" and parent not in _NUMBERED
            text += f"[{name}]" if named else f"[#{step + 1}]"
        else:
            parent = step
            text += f".{step}" if text else step
    return text or "-"


def suggest(word: object, known: Iterable[str]) -> str:
    """Return the known word nearest to *word*, or the whole list when none is near."""
    words = list(known)
    near = get_close_matches(str(word), words, n=1)
    return near[0] if near else "、".join(words) or "无 none"


def control_character(text: str) -> bool:
    """Return whether *text* holds what no name holds, and PostgreSQL or XLSX refuse: NUL, line breaks, half surrogates."""
    return any(unicodedata.category(letter) in ("Cc", "Cs") or letter in _NONCHARACTERS for letter in text)


def _dates(tree: Any, loc: Loc) -> Iterator[Fault]:
    """Find what stands where a day or an instant is meant and is none: pydantic would take 2026 for seconds since 1970."""
    if isinstance(tree, list):
        for index, item in enumerate(tree):
            yield from _dates(item, (*loc, index))
    elif isinstance(tree, dict):
        for key, item in tree.items():
            if key in _DATE_FIELDS and item is not None and not _ISO_DAY.fullmatch(str(item)):
                yield Fault((*loc, key), _DATE[0].format(input=_shown(item)), _DATE[1])
            elif key in _INSTANT_FIELDS and item is not None and not _ISO_INSTANT.fullmatch(str(item)):
                yield Fault((*loc, key), _INSTANT[0].format(input=_shown(item)), _INSTANT[1])
            else:
                yield from _dates(item, (*loc, key))


def _child(tree: Any, step: str | int) -> Any:
    if isinstance(tree, dict):
        return tree.get(step)
    if isinstance(tree, list) and isinstance(step, int) and step < len(tree):
        return tree[step]
    return None


def _nearest(loc: Loc, places: Places) -> Loc:
    while loc and loc not in places:
        loc = loc[:-1]
    return loc


def _fault(error: ErrorDetails) -> Fault:
    loc, kind = error["loc"], error["type"]
    if kind == "string_pattern_mismatch" and "channels" in loc:
        return Fault(loc, *_NO_CHANNEL)
    if kind == "extra_forbidden":
        known = _known_fields(loc[:-1])
        return Fault(
            loc, "没有这个字段 unknown field", f"改正或删去，应为 (correct or remove it): {suggest(loc[-1], known)}"
        )
    sentence, mend = _sentence(kind) or (error["msg"], "改正 (correct it)")
    words: Mapping[str, Any] = {**error.get("ctx", {}), "input": _shown(error["input"])}
    if _sentence(kind) is None:
        return Fault(loc, sentence, mend)
    if kind == "missing":
        return Fault(loc, sentence, f"补上 (add) {loc[-1]}")
    return Fault(loc, sentence.format_map(words), mend.format_map(words))


def _sentence(kind: str) -> tuple[str, str] | None:
    if kind.startswith("datetime"):
        return _INSTANT
    return _DATE if kind.startswith("date") else _SENTENCES.get(kind)


def _known_fields(loc: Loc) -> list[str]:
    names = [step for step in loc if isinstance(step, str)]
    entry: type[BaseModel] = _ENTRIES.get(names[-1], model.Document) if names else model.Document
    return list(entry.model_fields)


def _shown(value: object) -> str:
    text = "空值" if value is None else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 40 else text[:39] + "…"  # noqa: PLR2004 - as much of it as a line can bear
