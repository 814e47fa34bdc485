"""The check of raw reads finds what it is there for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.boards.plans import raw_reads

if TYPE_CHECKING:
    import psycopg

#: A point that sends each minute, on each of four days.
_POINT = "(SELECT point_id FROM screen.point WHERE site_id = 'lyt-boiler' AND factor = 'a19001')"


@pytest.mark.parametrize(
    "query",
    [
        pytest.param(f"SELECT * FROM screen.reading WHERE point_id = {_POINT} AND time > now() - interval '1 day'", id="a day"),
        pytest.param("SELECT * FROM screen.latest", id="the newest of all"),
        pytest.param("SELECT count(*) FROM screen.hour", id="hours are no raw readings"),
        pytest.param(f"SELECT max(time) FROM screen.reading WHERE point_id = {_POINT} AND time > now() - interval '9 days'", id="a look-up"),
    ],
)  # fmt: skip
def test_a_day_is_let_through(grafana: psycopg.Connection, query: str) -> None:
    raw_reads(grafana, query).require_a_day()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        pytest.param(
            f"SELECT * FROM screen.reading WHERE point_id = {_POINT} AND time > now() - interval '3 days'", "readings for one answer",
            id="three days",
        ),
        pytest.param(f"SELECT * FROM screen.reading WHERE point_id = {_POINT}", "and by their time", id="no time"),
        pytest.param("SELECT * FROM screen.reading WHERE time > now() - interval '1 hour'", "by their point", id="no point"),
        pytest.param("SELECT count(*) FROM screen.reading", "by their point", id="all"),
        pytest.param(
            "SELECT p.point_id, avg(r.value) FROM screen.point p JOIN screen.reading r ON r.point_id = p.point_id"
            " AND r.time > now() - interval '4 days' GROUP BY 1", "readings", id="days of all points",
        ),
    ],
)  # fmt: skip
def test_more_is_not(grafana: psycopg.Connection, query: str, sentence: str) -> None:
    with pytest.raises(AssertionError, match=re.escape(sentence)):
        raw_reads(grafana, query).require_a_day()
