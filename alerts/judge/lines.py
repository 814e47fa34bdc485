"""TOML that people write, read into structs; what is wrong is told with its line, its place and a mend.

Python's reader keeps no lines of what it has read, and msgspec names no keys of tables and stops at the first error. Values are
quoted only where they are one of a closed list, so that an address with its secret never reaches a log.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from difflib import get_close_matches
from enum import Enum
from types import UnionType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar, Union, get_args, get_origin

import msgspec

from schemas.errors import UseError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

T = TypeVar("T")

_BLANK = re.compile(r"(?:\s|#[^\n]*)*")
_REST = re.compile(r"[^\n]*")
_KEY = re.compile(r'[ \t]*("(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|[A-Za-z0-9_-]+)[ \t]*')
_STRING = re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'', re.DOTALL)
_PLAIN = re.compile(r"[^,\]}\n#]*")
_AT_LINE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_TYPES = re.compile(r"Expected `([^`]*)`, got `([^`]*)`")
_TYPE_ZH = {
    "str": "文字 str", "int": "整数 int", "float": "数 float", "bool": "是非 bool", "array": "数组 array",
    "object": "表 table", "datetime": "时刻 datetime", "date": "日期 date", "time": "时间 time",
}  # fmt: skip
_TYPE_MEND = {
    "str": '写在引号内 put it in quotes: "…"',
    "int": "写整数，不加引号 write a whole number without quotes",
    "float": "写数字，不加引号 write a number without quotes",
    "bool": "写 true 或 false，不加引号 write true or false without quotes",
    "array": '写在方括号内 put it in brackets: ["…"]',
    "object": "写成一张表 write a table: [name] 或 { … }",
}


class TomlProblem(NamedTuple):
    """One thing wrong in a file: *line* from 1 (None: the whole file), *place* as ``table.key``, what is wrong, what mends it."""

    line: int | None
    place: str
    sentence: str
    mend: str

    def __str__(self) -> str:
        where = f"第 {self.line} 行 line {self.line}: " if self.line else ""
        place = f"{self.place}: " if self.place else ""
        return f"{where}{place}{self.sentence} → {self.mend}"


class TomlError(UseError):
    """The file is wrong and was not taken; every problem found is told."""

    def __init__(self, name: str, problems: Sequence[TomlProblem]) -> None:
        self.name, self.problems = name, tuple(problems)
        lines = "\n".join(f"  {problem}" for problem in problems)
        super().__init__(f"{name} 有 {len(problems)} 处错误，未采用 (refused, not taken):\n{lines}")


class Lines:
    """Where tables and keys stand in a TOML text. Places are ``table.key``; elements of arrays count from 0: ``steps.0.after``."""

    def __init__(self, text: str) -> None:
        self._text = text.removeprefix("\ufeff")
        self._at = 0
        self._ends = [found.end() for found in re.finditer("\n", self._text)]
        self._tables: dict[str, int] = {}
        self._found: dict[str, int] = {}
        self._read()

    def exact(self, place: str) -> int | None:
        """Return the line (from 1) on which *place* is first written, or None."""
        return self._found.get(place)

    def near(self, place: str) -> int | None:
        """Return the line of *place*, or of the nearest table that would hold it, or None."""
        while place and place not in self._found:
            place = place.rpartition(".")[0]
        return self._found.get(place)

    def _read(self) -> None:
        prefix: list[str] = []
        self._skip(_BLANK)
        while self._at < len(self._text):
            before = self._at
            if self._text[before] == "[":
                prefix = self._header()
            elif not self._pair(prefix):
                return
            self._skip(_REST)
            self._skip(_BLANK)
            if self._at == before:
                return

    def _header(self) -> list[str]:
        line = self._line()
        many = self._text.startswith("[[", self._at)
        self._at += 2 if many else 1
        path: list[str] = []
        parts = self._keys()
        for number, part in enumerate(parts, 1):
            path.append(part)
            name = ".".join(path)
            if many and number == len(parts):
                self._tables[name] = self._tables.get(name, -1) + 1
            if name in self._tables:
                path.append(str(self._tables[name]))
        self._note(path, line)
        return path

    def _pair(self, prefix: list[str]) -> bool:
        line = self._line()
        path = prefix + self._keys()
        if not self._text.startswith("=", self._at):
            return False
        self._at += 1
        self._note(path, line)
        self._value(path)
        return True

    def _value(self, path: list[str]) -> None:
        self._skip(_BLANK)
        opening = self._text[self._at : self._at + 1]
        if opening in {"[", "{"}:
            self._at += 1
            self._inside(path, "]" if opening == "[" else "}")
        elif not self._skip(_STRING):
            self._skip(_PLAIN)

    def _inside(self, path: list[str], closing: str) -> None:
        """Read an array or an inline table from behind its bracket up to behind *closing*."""
        number = 0
        self._skip(_BLANK)
        while self._at < len(self._text) and self._text[self._at] != closing:
            before = self._at
            if closing == "}":
                self._pair(path)
            else:
                self._note([*path, str(number)], self._line())
                self._value([*path, str(number)])
            number += 1
            self._skip(_BLANK)
            if self._text.startswith(",", self._at):
                self._at += 1
            self._skip(_BLANK)
            if self._at == before:
                return
        self._at += 1

    def _keys(self) -> list[str]:
        parts: list[str] = []
        while found := _KEY.match(self._text, self._at):
            self._at = found.end()
            parts.append(_key(found[1]))
            if not self._text.startswith(".", self._at):
                break
            self._at += 1
        return parts

    def _skip(self, pattern: re.Pattern[str]) -> bool:
        found = pattern.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return found is not None

    def _line(self) -> int:
        return bisect_right(self._ends, self._at) + 1

    def _note(self, path: list[str], line: int) -> None:
        for length in range(1, len(path) + 1):
            self._found.setdefault(".".join(path[:length]), line)


def _key(word: str) -> str:
    """Return the key that *word* spells; of one that is broken, something like it."""
    if word[0] != '"':
        return word.strip("'")
    try:
        return next(iter(tomllib.loads(f"{word} = 0")))
    except tomllib.TOMLDecodeError:
        return word.strip('"')


def problem(lines: Lines, place: str, sentence: str, mend: str) -> TomlProblem:
    """Return what is wrong at *place*, with its line or that of the table that should hold it."""
    return TomlProblem(lines.near(place), place, sentence, mend)


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a mend: what may be written, the nearest of *known* first where one is near."""
    known = [str(one) for one in known]
    near = get_close_matches(word, known, n=1)
    meant = f"是否想写 did you mean {near[0]}? " if near else ""
    return f"{meant}可写 one of: {', '.join(known)}"


def read_toml(text: str, kind: type[T]) -> T | list[TomlProblem]:
    """Return *text* as *kind* (a struct, or a dict of structs or plain values), or all that keeps it from being one."""
    try:
        plain = tomllib.loads(text.removeprefix("\ufeff"))
        found = list(_wrong(plain, kind, ""))
        if not found:
            return msgspec.convert(plain, kind)
        lines = Lines(text)
    except tomllib.TOMLDecodeError as exc:
        return [_syntax(str(exc), text)]
    except RecursionError:
        return [TomlProblem(None, "", "括号嵌套过深 (nested too deeply)", "删去多余的括号 take out surplus brackets")]
    return [problem(lines, *one) for one in found]


_Wrong = tuple[str, str, str]


def _wrong(value: Any, kind: Any, place: str) -> Iterable[_Wrong]:
    """Yield what keeps *value* from being a *kind*: place, sentence, mend."""
    kind = _without_none(kind)
    origin, args = get_origin(kind), get_args(kind)
    if isinstance(value, dict) and isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        found = list(_wrong_struct(value, kind, place))
        yield from found or _wrong_leaf(value, kind, place)
    elif isinstance(value, dict) and origin is dict:
        for key, one in value.items():
            yield from _wrong(one, args[1], _join(place, key))
    elif isinstance(value, list) and (origin in {list, set, frozenset} or (origin is tuple and ... in args)):
        for number, one in enumerate(value):
            yield from _wrong(one, args[0], _join(place, str(number)))
    else:
        yield from _wrong_leaf(value, kind, place)


def _wrong_struct(value: dict[str, Any], kind: type[msgspec.Struct], place: str) -> Iterable[_Wrong]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    for key, one in value.items():
        if key in fields:
            yield from _wrong(one, fields[key].type, _join(place, key))
        elif kind.__struct_config__.forbid_unknown_fields:
            yield _join(place, key), "没有这个字段 (unknown field)", nearest(key, fields)
    for key, field in fields.items():
        if field.required and key not in value:
            yield _join(place, key), "缺少必填字段 (missing field)", f"补上 add: {key} = …"


def _wrong_leaf(value: Any, kind: Any, place: str) -> Iterable[_Wrong]:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as exc:
        said = str(exc)
    else:
        return
    types = _TYPES.match(said)
    if types:
        want = types[1].split(" | ")[0]
        sentence = f"类型不对 (wrong type)：应为 {_TYPE_ZH.get(want, want)}，写的是 {_TYPE_ZH.get(types[2], types[2])}"
        yield place, sentence, _TYPE_MEND.get(want, f"写成 write: {types[1]}")
    elif said.startswith("Invalid enum value"):
        # Cut short: somebody may have put an address with its secret in the wrong place.
        yield place, f"没有这个取值 (unknown value): {str(value)[:24]}", nearest(str(value), _known(kind))
    else:
        yield place, f"取值不允许 (not allowed): {said.partition(' - at ')[0]}", "改成允许的值 write an allowed value"


def _known(kind: Any) -> Iterable[Any]:
    if isinstance(kind, type) and issubclass(kind, Enum):
        return [one.value for one in kind]
    return get_args(kind) if get_origin(kind) is Literal else ()


def _without_none(kind: Any) -> Any:
    """Return *kind* without its None: TOML has none."""
    if get_origin(kind) not in {Union, UnionType}:
        return kind
    others = [one for one in get_args(kind) if one is not type(None)]
    return others[0] if len(others) == 1 else kind


def _join(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key


def _syntax(said: str, text: str) -> TomlProblem:
    where = _AT_LINE.search(said)
    line = int(where[1]) if where and where[1] else len(text.rstrip("\n").split("\n"))
    sentence = f"TOML 语法错误 (syntax): {said[: where.start()] if where else said}"
    return TomlProblem(
        line, "", sentence, "改正这一行或它前面的引号、括号 mend this line, or the quotes and brackets before it"
    )
