"""Reads and writes the registry document. YAML is handled here, CSV and XLSX in `sheets`.

What people write is not trusted: aliases, tags, size and depth are bounded, and every fault becomes a `Problem`
with its line, never a traceback.
"""

from __future__ import annotations

import math
import re
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Any

import yaml

from schemas.errors import Problem, RegistryError, UseError
from schemas.registry import sheets
from schemas.registry.check import check
from schemas.registry.places import CONTROL, MAX_BYTES, Fault, Loc, Places, Source, build, control_character

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.registry.model import Document

MAX_DEPTH = 32
_MAX_NUMBER = 1e15
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TAG = "tag:yaml.org,2002:"
_SCALARS = frozenset(_TAG + name for name in ("str", "int", "float", "bool", "null", "timestamp"))
_SUFFIXES = (".yaml", ".yml", ".csv", ".xlsx")


class _Dumper(yaml.SafeDumper):
    """Writes the same value twice rather than an alias, which the reader would refuse."""

    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True


def parse_yaml(text: str) -> Document:
    """Return the document of a YAML *text*; references are not proved. Raises RegistryError."""
    return build(_yaml_source(text))


def read(path: Path) -> Document:
    """Return the document in a .yaml, .yml, .csv or .xlsx file; references are not proved.

    Raises UseError for a missing file or another suffix, RegistryError for what is wrong inside.
    """
    return build(_source(path))


def load_checked(origin: Path | str) -> Document:
    """Return the document in the file *origin*, or in the YAML text *origin*, with its references proved.

    Raises UseError as `read` does, and RegistryError with all problems: those of form, or else those of reference.
    """
    source = _yaml_source(origin) if isinstance(origin, str) else _source(origin)
    document = build(source)
    problems = check(document, source.places)
    if problems:
        raise RegistryError(problems)
    return document


def to_yaml(document: Document) -> str:
    """Return *document* as YAML a person can edit; fields that have their default are left out."""
    body = _plain(document.model_dump(exclude_defaults=True))
    return yaml.dump(body, Dumper=_Dumper, allow_unicode=True, sort_keys=False, default_flow_style=None, width=1000)


def _source(path: Path) -> Source:
    suffix = path.suffix.lower()
    if suffix not in _SUFFIXES:
        raise UseError(
            f"不认识的注册表文件 unknown kind of registry file: {path.name}", f"请用 use one of {'、'.join(_SUFFIXES)}"
        )
    if not path.is_file():
        raise UseError(f"没有这个文件 no such file: {path}", "检查路径 (check the path)")
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= MAX_BYTES else b""
    except OSError as exc:
        raise UseError(f"文件无法读取 cannot read {path}: {exc.strerror}", "检查权限 (check permissions)") from exc
    _refuse_size(size)
    if suffix == ".xlsx":
        return sheets.xlsx_source(content)
    if suffix == ".csv":
        return sheets.csv_source(content)
    return _yaml_source(_decode(content))


def _decode(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = content.count(b"\n", 0, exc.start) + 1
        raise _refusal(line, "文件不是 UTF-8 编码 not UTF-8", "另存为 UTF-8 编码 (save it as UTF-8)") from exc


def _yaml_source(text: str) -> Source:
    _refuse_size(len(text))
    text = text.removeprefix("\ufeff")
    if bad := _UNPRINTABLE.search(text):
        line = text.count("\n", 0, bad.start()) + 1
        raise _refusal(line, f"有不可见字符 unprintable character U+{ord(bad.group()):04X}", "删去 (remove it)")
    loader = yaml.CSafeLoader(text)
    try:
        _bound(text)
        node = loader.get_single_node()
        if node is None:
            raise _refusal(1, "文件是空的 the document is empty", "从 county: 写起 (begin with county:)")
        walk = _Walk(loader)
        return Source(walk.value(node, ()), walk.places, walk.faults)
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        said = exc.problem or exc.context or "syntax"
        raise _refusal(
            mark.line + 1 if mark else 1, f"不是合格的 YAML 文本 not YAML: {said}", _syntax_mend(said)
        ) from exc
    except yaml.YAMLError as exc:
        raise _refusal(1, f"不是合格的 YAML 文本 not YAML: {exc}", _syntax_mend("")) from exc
    finally:
        loader.dispose()


def _bound(text: str) -> None:
    """Refuse what would grow or recurse when composed: aliases (billion laughs) and deep nesting."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            raise _refusal(line, "不支持别名 aliases (*name) are not supported", "写出全文 (write it out)")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise _refusal(
                line, f"嵌套超过 {MAX_DEPTH} 层 nested too deep", "检查缩进与括号 (check indents and brackets)"
            )


class _Walk:
    """Turns nodes into plain values, noting the line of each and what cannot be meant."""

    def __init__(self, loader: yaml.CSafeLoader) -> None:
        self.places: Places = {}
        self.faults: list[Fault] = []
        self._loader = loader

    def value(self, node: yaml.Node, loc: Loc) -> Any:
        """Return the plain value of *node*, which stands at *loc*."""
        self.places.setdefault(loc, _line(node.start_mark.line + 1))
        if isinstance(node, yaml.MappingNode) and node.tag == _TAG + "map":
            return self._mapping(node, loc)
        if isinstance(node, yaml.SequenceNode) and node.tag == _TAG + "seq":
            return [self.value(child, (*loc, index)) for index, child in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode) and node.tag in _SCALARS:
            return self._scalar(node, loc)
        return self._fault(loc, f"不支持的标签 tag not supported: {node.tag}", "删去标签 (remove it)")

    def _mapping(self, node: yaml.MappingNode, loc: Loc) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, child in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else "?"
            line = _line(key.start_mark.line + 1)
            if not isinstance(key, yaml.ScalarNode):
                self._fault(loc, f"字段名应为一个词 a field's name is one word ({line})", "改正字段名 (correct it)")
            elif name in result:
                # Named with both lines: which of the two was meant only the writer knows.
                said = f"字段重复 duplicate field: {self.places[(*loc, name)]} 与 and {line}"
                self._fault((*loc, name), said, "只留一处 (keep one)")
            else:
                self.places[(*loc, name)] = line
                result[name] = self.value(child, (*loc, name))
        return result

    def _scalar(self, node: yaml.ScalarNode, loc: Loc) -> Any:
        try:
            value = self._loader.construct_object(node)
        except (ValueError, LookupError, AttributeError, OverflowError, yaml.YAMLError) as exc:
            return self._fault(loc, f"看不懂的值 cannot be read: {node.value[:40]} ({exc})", "改正 (correct it)")
        if isinstance(value, (int, float)) and not (math.isfinite(value) and abs(value) < _MAX_NUMBER):
            said = f"不是可用的数值 not a usable number: {node.value[:40]}"
            return self._fault(loc, said, "改成有限数值；编号请加引号 (use a finite number; quote codes)")
        if isinstance(value, str) and control_character(value):
            return self._fault(loc, *CONTROL)
        return value

    def _fault(self, loc: Loc, sentence: str, mend: str) -> None:
        self.faults.append(Fault(loc, sentence, mend))


def _syntax_mend(said: str) -> str:
    if "\\t" in said or "tab" in said or "cannot start any token" in said:
        return "缩进用空格，不用制表符；含 @ ` % 的文字加引号 (indent with spaces, not tabs; quote texts that begin with @ ` %)"
    return "检查缩进、冒号后的空格与括号 (check indents, the blank after colons, and brackets)"


def _refuse_size(size: int) -> None:
    if size > MAX_BYTES:
        raise _refusal(1, f"文件太大 too large: {size} > {MAX_BYTES}", "拆分或精简 (make it smaller)")


def _refusal(line: int, sentence: str, mend: str) -> RegistryError:
    return RegistryError([Problem(_line(line), "-", sentence, mend)])


def _line(number: int) -> str:
    return f"第 {number} 行 line {number}"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, float) and value.is_integer() and abs(value) < _MAX_NUMBER:
        return int(value)  # 500, not 500.0: what a person would have written
    assert value is None or isinstance(value, (str, int, float, date)), "the model holds nothing else"
    return value
