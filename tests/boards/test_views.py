"""Views hand their filters down: to the points of one site, to the rooms of the time asked for, to the index of the readings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.boards.conftest import Filled

_POINT = "(SELECT point_id FROM screen.point WHERE site_id = 'bj-wwtp' AND factor = 'w01010' LIMIT 1)"
_NEXT_TO_NOTHING = 1000
_DAY, _LATEST = timedelta(days=1), timedelta(days=3)


@pytest.fixture(scope="module")
def owner(filled: Filled) -> Iterator[psycopg.Connection]:
    with psycopg.connect(filled.url, autocommit=True) as connection:
        yield connection


def _rooms(db: psycopg.Connection, last: timedelta | None = None) -> set[str]:
    """Rooms that may hold readings of the *last* so long."""
    since = datetime.now(UTC) - last if last else datetime.min.replace(tzinfo=UTC)
    rows = db.execute("SELECT room, until FROM rooms()").fetchall()
    return {room.rsplit(".", 1)[-1].strip('"') for room, until in rows if until > since}


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", ()):
        yield from _nodes(below)


def _reads(db: psycopg.Connection, query: str) -> list[dict[str, Any]]:
    """Where the plan of *query* came to readings."""
    (plan,) = db.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {query}".encode()).fetchone() or ([],)
    rooms = _rooms(db)
    return [one for one in _nodes(plan[0]["Plan"]) if one.get("Relation Name") in rooms and one["Actual Loops"]]


@pytest.mark.parametrize(
    ("query", "last"),
    [
        pytest.param("SELECT * FROM screen.latest", _LATEST, id="newest of all"),
        pytest.param("SELECT * FROM screen.latest WHERE town = '便江街道'", _LATEST, id="newest of a town"),
        pytest.param("SELECT * FROM screen.device", _LATEST, id="devices"),
        pytest.param(f"SELECT * FROM screen.reading WHERE point_id = {_POINT} AND time > now() - interval '1 day'", _DAY, id="a point's day"),
        pytest.param("SELECT * FROM screen.reading WHERE point_id IN (1, 2, 3) AND time >= now() - interval '1 day' AND time <= now()", _DAY, id="of some"),
    ],
)  # fmt: skip
def test_only_rooms_of_the_time_asked_for_are_come_to(owner: psycopg.Connection, query: str, last: timedelta) -> None:
    found = _reads(owner, query)
    assert found
    assert {one["Relation Name"] for one in found} <= _rooms(owner, last) < _rooms(owner)
    for one in found:
        # Shortly after midnight (UTC) the newest room holds next to nothing, and reading all of that is right.
        if one["Node Type"] == "Seq Scan" and one["Actual Rows"] + one["Rows Removed by Filter"] < _NEXT_TO_NOTHING:
            continue
        said = one.get("Index Cond", one.get("Recheck Cond", ""))
        assert "point_id" in said, one
        assert "ts" in said, one


@pytest.mark.parametrize("view", ["latest", "device"])
def test_a_site_asked_for_costs_its_own_points_alone(owner: psycopg.Connection, view: str) -> None:
    ((points,),) = owner.execute(
        "SELECT count(*) FROM screen.point WHERE site_id = 'th-paper' AND interval_s IS NOT NULL"
    ).fetchall()
    found = _reads(owner, f"SELECT * FROM screen.{view} WHERE site_id = 'th-paper'")
    assert max(one["Actual Loops"] for one in found) == points


@pytest.mark.parametrize("view", ["hour", "day", "month"])
def test_a_points_means_are_found_by_their_key(owner: psycopg.Connection, view: str) -> None:
    query = f"SELECT * FROM screen.{view} WHERE point_id = 7 AND time > now() - interval '1 day'"
    (plan,) = owner.execute(f"EXPLAIN (FORMAT JSON) {query}".encode()).fetchone() or ([],)
    assert [one["Node Type"] for one in _nodes(plan[0]["Plan"]) if "point_id" in one.get("Index Cond", "")]


def test_verdicts_of_a_subject_are_found_by_their_key(owner: psycopg.Connection) -> None:
    query = "SELECT * FROM screen.verdict WHERE rule = 'sewage_day' AND subject = 'bj-wwtp/DW001/w21003' ORDER BY time DESC LIMIT 1"
    (plan,) = owner.execute(f"EXPLAIN (FORMAT JSON) {query}".encode()).fetchone() or ([],)
    assert [one["Index Name"] for one in _nodes(plan[0]["Plan"]) if "Index Name" in one] == ["verdict_current"]
