"""A file that people change while the program runs: read again when it changes; what is broken changes nothing and is told once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from alerts.judge.lines import TomlError, TomlProblem

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")


class _Seen(NamedTuple):
    """What shows that a file was written again; editors that put a new file in place change its number."""

    modified_ns: int
    size: int
    number: int


class Watched(Generic[T]):
    """What *parse* makes of the text of *path* (None: the shipped one, which *parse* knows), as last read without a fault.

    *parse* takes the text and the file's name for its complaints, and raises TomlError.

    Raises:
        TomlError: at the start the file is broken or cannot be read; nothing begins with what nobody meant.

    """

    def __init__(self, path: Path | None, parse: Callable[[str | None, str], T]) -> None:
        self._path = path
        self._parse = parse
        #: What keeps the file from being in force, or None.
        self.broken: str | None = None
        self._seen = _seen(path) if path else None
        self._current = self._read()

    @property
    def current(self) -> T:
        """What is in force."""
        return self._current

    def refresh(self) -> str | None:
        """Read the file again if it changed; return the sentence that it is broken, once for each change.

        While it is broken what was read before stays in force.
        """
        if self._path is None:
            return None
        seen = _seen(self._path)
        if seen == self._seen:
            return None
        self._seen = seen
        try:
            self._current = self._read()
        except TomlError as exc:
            self.broken = f"仍按原来的执行 (what was read before stays in force)：{exc.sentence}"
            return self.broken
        self.broken = None
        return None

    def _read(self) -> T:
        if self._path is None:
            return self._parse(None, "")
        try:
            text = self._path.read_text(encoding="utf-8-sig")
        except OSError as exc:
            raise _unreadable(self._path, exc.strerror or type(exc).__name__) from exc
        except UnicodeDecodeError as exc:
            raise _unreadable(self._path, "not UTF-8") from exc
        return self._parse(text, self._path.name)


def _seen(path: Path) -> _Seen | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return _Seen(stat.st_mtime_ns, stat.st_size, stat.st_ino)


def _unreadable(path: Path, why: str) -> TomlError:
    mend = "检查路径和权限，存为 UTF-8 check path and permissions, save it as UTF-8"
    return TomlError(str(path), [TomlProblem(None, "", f"文件读不出 (cannot be read): {why}", mend)])
