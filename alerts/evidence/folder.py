"""Where a bundle is written: a folder or a .zip, under another name until it is whole; each file is counted and hashed."""

from __future__ import annotations

import csv
import errno
import hashlib
import json
import shutil
import tempfile
import zipfile
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple, Protocol

from schemas.errors import MonitorError, UseError
from schemas.times import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

#: A spreadsheet would read a text that begins so as a formula.
_FORMULA = tuple("=+-@\t\r")


class Written(NamedTuple):
    """What a file holds: its digest and size."""

    sha256: str
    bytes: int


class File:
    """One file while it is written."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self._digest = hashlib.sha256()
        self.size = 0

    def write(self, text: str) -> None:
        """Append *text* as UTF-8."""
        self.bytes(text.encode())

    def bytes(self, content: bytes) -> None:
        """Append *content*."""
        self._raw.write(content)
        self._digest.update(content)
        self.size += len(content)

    @property
    def sha256(self) -> str:
        """The digest of all written so far."""
        return self._digest.hexdigest()


class _Place(Protocol):
    def open(self, name: str) -> IO[bytes]:
        """Begin the file *name*."""


class _Folder:
    def __init__(self, root: Path) -> None:
        self._root = root

    def open(self, name: str) -> IO[bytes]:
        path = self._root / name
        path.parent.mkdir(exist_ok=True)
        return path.open("xb")


class _Zip:
    def __init__(self, archive: zipfile.ZipFile, prefix: str, when: datetime) -> None:
        self._archive, self._prefix, self._when = archive, prefix, when.astimezone(SHANGHAI)

    def open(self, name: str) -> IO[bytes]:
        entry = zipfile.ZipInfo(f"{self._prefix}/{name}", self._when.timetuple()[:6])
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = (0o700 if name == "check.py" else 0o600) << 16
        return self._archive.open(entry, "w", force_zip64=True)


class Bundle:
    """The files written so far, by name: digest and size. One file is open at a time."""

    def __init__(self, place: _Place) -> None:
        self._place = place
        self.files: dict[str, Written] = {}

    @contextmanager
    def file(self, name: str) -> Iterator[File]:
        """Give the new file *name* to write."""
        with self._place.open(name) as raw:
            file = File(raw)
            yield file
        self.files[name] = Written(file.sha256, file.size)

    @contextmanager
    def table(self, name: str, columns: Sequence[str]) -> Iterator[Callable[[Sequence[object]], None]]:
        """Give a function that appends one row to the new CSV *name* (UTF-8 with mark, so that spreadsheets read it)."""
        with self.file(name) as file:
            file.write("\ufeff")
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(columns)
            yield lambda row: rows.writerow([_cell(one) for one in row])

    def text(self, name: str, content: str) -> None:
        """Write the whole file *name*."""
        with self.file(name) as file:
            file.write(content)

    def json(self, name: str, content: object) -> None:
        """Write *content* as JSON; instants as RFC 3339."""
        self.text(name, json.dumps(content, ensure_ascii=False, indent=1, default=_plain) + "\n")


@contextmanager
def bundle(out: Path, when: datetime) -> Iterator[Bundle]:
    """Give an empty bundle that stands at *out* when the block ends well; else nothing is left behind.

    Raises:
        UseError: something stands at *out*, or the folder it should stand in is missing.
        MonitorError: the disk is full, or cannot be written.

    """
    _prove_free(out)
    # Beside it, so that the last step is a renaming on one disk; readable by its maker alone.
    with _disk_errors(out):
        part = Path(tempfile.mkdtemp(prefix=f".{out.name}.part-", dir=out.parent))
    try:
        with _disk_errors(out):
            if out.suffix.lower() == ".zip":
                whole = part / out.name
                with _archive(whole) as archive:
                    yield Bundle(_Zip(archive, out.stem, when))
            else:
                whole = part / "whole"
                whole.mkdir(mode=0o700)
                yield Bundle(_Folder(whole))
            _prove_free(out)
            whole.replace(out)
    finally:
        shutil.rmtree(part, ignore_errors=True)


@contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    path.touch(mode=0o600, exist_ok=False)
    archive = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
    try:
        yield archive
    except BaseException:
        # A zip that is given up must not fail once more over its table of contents.
        with suppress(OSError, ValueError):
            archive.close()
        raise
    archive.close()


@contextmanager
def _disk_errors(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        full = exc.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
        why = "磁盘空间不足 the disk is full" if full else f"无法写入 cannot be written: {exc.strerror}"
        raise MonitorError(
            f"证据包 {out} 未生成：{why}.", "Nothing was left behind; name another place with --out."
        ) from exc


def _prove_free(out: Path) -> None:
    if not out.parent.is_dir():
        raise UseError(f"没有文件夹 no such folder: {out.parent}.", "Make it first, or name another place with --out.")
    is_zip = out.suffix.lower() == ".zip"
    if out.is_symlink() or (out.exists() and (is_zip or not out.is_dir() or any(out.iterdir()))):
        raise UseError(
            f"{out} 已存在，不覆盖 it exists and is not overwritten.", "Name another place with --out, or remove it."
        )


def _cell(one: object) -> object:
    if isinstance(one, str):
        return f"'{one}" if one.startswith(_FORMULA) else one
    if one is None or isinstance(one, bool):
        return "" if one is None else int(one)
    if isinstance(one, datetime):
        return one.isoformat(timespec="microseconds")
    if isinstance(one, dict | list):
        return json.dumps(one, ensure_ascii=False, default=_plain)
    return _plain(one) if isinstance(one, bytes | memoryview) else one


def _plain(one: Any) -> str:
    if isinstance(one, bytes | memoryview):
        return bytes(one).hex()
    return str(one.isoformat()) if hasattr(one, "isoformat") else str(one)


def beijing(at: datetime | None) -> str:
    """Return *at* as Beijing time with microseconds and offset."""
    return "" if at is None else at.astimezone(SHANGHAI).isoformat(timespec="microseconds")


def just_before(at: datetime) -> datetime:
    """Return the microsecond before *at*."""
    return at - timedelta(microseconds=1)
