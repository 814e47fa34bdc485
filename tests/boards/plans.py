"""How much of the raw readings a query reads, from its plan: rooms are partitions or chunks, whichever database it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

#: Rooms by their names: our partitions, TimescaleDB's chunks.
_ROOM = re.compile(r"reading_\d{8}|_hyper_\d+_\d+_chunk")
#: A point sends a reading a minute at most in the example county; its devices all together so many a day.
_DAY_OF_ONE, _DAY_OF_ALL = 24 * 60 + 1, 60_000
_LOOKUP = 2


class Read(NamedTuple):
    """Readings that one part of the plan fetched each time it ran; *of_one*: of a single point each time."""

    rows: float
    of_one: bool
    condition: str


class Reads(NamedTuple):
    """What a query read of the raw readings."""

    found: list[Read]

    def require_a_day(self) -> None:
        """Fail where more than a day's readings were read, or all readings were looked through for them."""
        for one in self.found:
            assert "point_id" in one.condition, "readings are looked for by their point"
            assert re.search(r"\b(ts|time)\b", one.condition), "and by their time"
            assert one.rows <= (_DAY_OF_ONE if one.of_one else _DAY_OF_ALL), f"{one.rows:,.0f} readings for one answer"


def raw_reads(db: psycopg.Connection, query: str) -> Reads:
    """Run *query* for its plan; return what it read of raw readings."""
    (plan,) = db.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {query}".encode()).fetchone() or ([],)
    return Reads(list(_reads(plan[0]["Plan"])))


def _reads(node: dict[str, Any]) -> Iterator[Read]:
    below = node.get("Plans", [])
    rooms = [one for one in below if _is_room(one)]
    if rooms and not _is_room(node):
        yield _together(rooms, node.get("Actual Loops") or 1)
    elif _is_room(node):
        # A single room has nothing above it that gathers.
        yield _together([node], node.get("Actual Loops") or 1)
        return
    for one in below:
        if not _is_room(one):
            yield from _reads(one)


def _is_room(node: dict[str, Any]) -> bool:
    return bool(_ROOM.fullmatch(node.get("Relation Name", "")))


def _together(rooms: list[dict[str, Any]], times: float) -> Read:
    """Add up what rooms gave each time the part above them ran, with what was looked at in vain."""
    touched = [one for one in rooms if one.get("Actual Loops")]
    rows = sum((one["Actual Rows"] + one.get("Rows Removed by Filter", 0)) * one["Actual Loops"] for one in touched)
    said = [one.get("Index Cond") or one.get("Recheck Cond") or one.get("Filter") or "" for one in rooms]
    least = min(said, key=len) if touched else "point_id, ts: nothing was read"
    return Read(rows / times, "ANY" not in least and "point_id = " in least, least)
