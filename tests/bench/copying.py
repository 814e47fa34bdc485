"""The ceilings: the rows of a run, as the server gives them in binary COPY, sent straight back.

The rows are split without knowing the table: a header, then tuples of length-prefixed fields, then -1.
"""

from __future__ import annotations

import struct
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

_SIGNATURE = b"PGCOPY\n\xff\r\n\x00"
_HEAD = struct.Struct("!ii")
_FIELDS = struct.Struct("!h")
_LENGTH = struct.Struct("!i")
_END = _FIELDS.pack(-1)
_EXPORT = "COPY (SELECT * FROM reading ORDER BY batch_id, ctid) TO STDOUT (FORMAT BINARY)"
_DAYS = "SELECT coalesce(array_agg(DISTINCT (ts AT TIME ZONE 'UTC')::date), '{}') FROM reading"


def split(stream: bytes, rows: int) -> Iterator[bytes]:
    """Yield complete binary COPY streams that hold at most *rows* of the rows of *stream* each.

    Raises:
        ValueError: *stream* is no binary COPY stream, or was cut off.

    """
    if not stream.startswith(_SIGNATURE):
        raise ValueError("not a binary COPY stream")
    _, extension = _HEAD.unpack_from(stream, len(_SIGNATURE))
    begin = at = len(_SIGNATURE) + _HEAD.size + extension
    head = stream[:begin]
    try:
        while stream[begin : begin + 2] != _END:
            for _ in range(rows):
                at = _after_row(stream, at)
                if stream[at : at + 2] == _END:
                    break
            yield head + stream[begin:at] + _END
            begin = at
    except struct.error as exc:
        raise ValueError("the binary COPY stream was cut off") from exc


def _after_row(stream: bytes, at: int) -> int:
    length_of = _LENGTH.unpack_from
    (fields,) = _FIELDS.unpack_from(stream, at)
    at += 2
    for _ in range(fields):
        length = length_of(stream, at)[0]
        at += 4 + max(length, 0)  # -1 says NULL
    return at


class Rows:
    """The rows of one run and the days they touch."""

    def __init__(self, db: psycopg.Connection, chunk: int) -> None:
        with db.cursor() as cursor, cursor.copy(_EXPORT) as copy:
            stream = b"".join(bytes(part) for part in copy)
        self.chunks = list(split(stream, chunk))
        (self.days,) = db.execute(_DAYS).fetchone() or ([],)


def straight(db: psycopg.Connection, rows: Rows) -> float:
    """COPY *rows* into the table itself, one commit a chunk; return the seconds."""
    db.execute("SELECT make_room(%s::date[])", [rows.days])
    began = time.monotonic()
    for chunk in rows.chunks:
        with db.transaction():
            _copy(db, "COPY reading FROM STDIN (FORMAT BINARY)", chunk)
    return time.monotonic() - began


def staged(db: psycopg.Connection, rows: Rows) -> float:
    """COPY *rows* into a temporary table and insert from there what is new; return the seconds."""
    db.execute("SELECT make_room(%s::date[])", [rows.days])
    db.execute("CREATE TEMP TABLE IF NOT EXISTS bench_staging (LIKE reading) ON COMMIT DELETE ROWS")
    began = time.monotonic()
    for chunk in rows.chunks:
        with db.transaction():
            _copy(db, "COPY bench_staging FROM STDIN (FORMAT BINARY)", chunk)
            db.execute("INSERT INTO reading SELECT * FROM bench_staging ON CONFLICT DO NOTHING")
    return time.monotonic() - began


def _copy(db: psycopg.Connection, statement: str, payload: bytes) -> None:
    with db.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        copy.write(payload)
