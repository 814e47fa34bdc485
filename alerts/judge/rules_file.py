"""The file of the rules, watched: read again when it changes; what is broken changes nothing and is told once."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from alerts.judge.lines import TomlProblem
from alerts.judge.rules import RULES_VERSION, RulesError, load, shipped_text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from alerts.judge.rules import Rule

_DIGITS = 8


class _Seen(NamedTuple):
    """What shows that a file was written again; editors that put a new file in place change its number."""

    modified_ns: int
    size: int
    number: int


class RulesFile:
    """The rules in force, of *path* or (None) the shipped ones; *known_numbers* as in `alerts.judge.rules.load`.

    Raises:
        RulesError: at the start the file is broken or cannot be read; nothing begins with rules nobody meant.

    """

    def __init__(self, path: Path | None, known_numbers: Mapping[str, Collection[str]] | None = None) -> None:
        self._path = path
        self._numbers = known_numbers
        #: What keeps the file from being in force, or None.
        self.broken: str | None = None
        self._seen = _seen(path) if path else None
        self._rules, self._version = self._read()

    @property
    def current(self) -> dict[str, Rule]:
        """Name → rule, as in force."""
        return self._rules

    @property
    def version(self) -> str:
        """Version of what judging computes; of other rules than the shipped ones with the digest of their text."""
        return self._version

    def refresh(self) -> str | None:
        """Read the file again if it changed; return the sentence that it is broken, once for each change.

        While it is broken the rules go on as they were. Whether others are in force now is seen by `version`.
        """
        if self._path is None:
            return None
        seen = _seen(self._path)
        if seen == self._seen:
            return None
        self._seen = seen
        try:
            self._rules, self._version = self._read()
        except RulesError as exc:
            self.broken = f"规则仍按原来的执行 (the rules before stay in force)：{exc.sentence}"
            return self.broken
        self.broken = None
        return None

    def _read(self) -> tuple[dict[str, Rule], str]:
        if self._path is None:
            return load(known_numbers=self._numbers), RULES_VERSION
        try:
            text = self._path.read_text(encoding="utf-8-sig")
        except OSError as exc:
            raise _unreadable(self._path, exc.strerror or type(exc).__name__) from exc
        except UnicodeDecodeError as exc:
            raise _unreadable(self._path, "not UTF-8") from exc
        return load(text, self._path.name, known_numbers=self._numbers), version_of(text)


def version_of(text: str) -> str:
    """Return the version of judging by the rules *text*: that of the program alone where it is the shipped text."""
    if text == shipped_text():
        return RULES_VERSION
    return f"{RULES_VERSION}+{hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]}"


def _seen(path: Path) -> _Seen | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return _Seen(stat.st_mtime_ns, stat.st_size, stat.st_ino)


def _unreadable(path: Path, why: str) -> RulesError:
    mend = "检查路径和权限，存为 UTF-8 check path and permissions, save it as UTF-8"
    return RulesError(str(path), [TomlProblem(None, "", f"文件读不出 (cannot be read): {why}", mend)])
