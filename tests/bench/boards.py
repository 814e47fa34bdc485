"""What Grafana's boards cost at a hundred million readings: every query of every panel, as the board opens, as its own login."""

from __future__ import annotations

import argparse
import asyncio
import logging
import statistics
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import psycopg
import structlog

from schemas.runtime import database, reader
from schemas.times import DAY
from tests.bench.deriving import KINDS, on_each, rows_of
from tests.bench.figures import Figure
from tests.bench.filling import cluster, require_space, say
from tests.boards.expand import Span, expand
from tests.boards.large import fill_large
from tests.boards.panels import ask, boards, chosen, panels, query_of, span_of, sql_of, variables

if TYPE_CHECKING:
    from collections.abc import Iterator

_WARM_UPS, _RUNS, _SHOWN = 1, 5, 5
_REACH_S = 0.1
_PASSWORD = "only-for-the-bench"
#: What every board stands on, each as a board would ask for it.
_VIEWS = {
    "screen.latest of all": "SELECT * FROM screen.latest",
    "screen.latest of a site": "SELECT * FROM screen.latest WHERE site_id = 'plant-007'",
    "screen.device": "SELECT * FROM screen.device",
    "screen.reading, a point's day": "SELECT * FROM screen.reading WHERE point_id = (SELECT point_id FROM screen.point"
    " WHERE site_id = 'plant-007' AND factor = 'w21003' LIMIT 1) AND time > now() - interval '1 day' ORDER BY time",
    "screen.incident over a year, counted": "SELECT level, count(*) FROM screen.incident"
    " WHERE began_at > now() - interval '1 year' GROUP BY level",
    "screen.incident, those that last": "SELECT * FROM screen.incident WHERE state IN ('open', 'unknown', 'recovering')",
}


class Timed(NamedTuple):
    """What was asked, how long the answer took (median, s) and how many rows it had."""

    name: str
    seconds: float
    rows: int


def measure(kind: str, rows: int, sites: int) -> list[Figure]:
    """Fill a server of its own, ask everything, tell the slowest."""
    require_space(rows)
    # The incidents of an invented county are no news.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with cluster(kind) as server:
        began = time.monotonic()
        fill_large(server.url, rows, sites)
        say(f"filled in {time.monotonic() - began:.0f} s")
        asyncio.run(_admit(server.admin_url, server.url))
        return measure_on(reader.reader_url(server.url, _PASSWORD))


async def _admit(admin_url: str, url: str) -> None:
    async with database.connect(admin_url, "bench") as admin:
        await admin.ensure_reader(_PASSWORD)
    async with database.connect(url, "bench") as db:
        await reader.grant(db)


def measure_on(url: str) -> list[Figure]:
    """Ask every query of every board on the database at *url*, as Grafana's login."""
    with psycopg.connect(url, autocommit=True) as db:
        found = [_timed(db, name, query) for name, query in [*_VIEWS.items(), *_asked(db)]]
    found.sort(key=lambda one: -one.seconds)
    for one in found[:_SHOWN]:
        say(f"{one.seconds * 1000:8.1f} ms  {one.rows:6} rows  {one.name}")
    over = [one for one in found if one.seconds >= _REACH_S]
    return [
        Figure("boards_queries", len(found), "queries"),
        Figure("boards_query_median", statistics.median(one.seconds for one in found), "s"),
        Figure("boards_query_slowest", found[0].seconds, "s", f"< {_REACH_S}"),
        Figure("boards_queries_over_100_ms", len(over), "queries", "= 0"),
        *(Figure(f"boards: {one.name}", one.seconds, "s", f"< {_REACH_S}") for one in found),
    ]


def _asked(db: psycopg.Connection) -> Iterator[tuple[str, str]]:
    """Yield (name, SQL) of all variables and panels, as the boards open now."""
    now = datetime.now(UTC)
    by_board = {board["uid"]: chosen(db, board, now, timescaledb=False) for board in boards()}
    for board in boards():
        for one in variables(board):
            if one["type"] == "query":
                said = expand(query_of(one), by_board[board["uid"]], Span(now - DAY, now, timedelta(minutes=1)))
                yield f"{board['uid']} · ${one['name']}", said
    for panel in panels():
        for query in panel.queries:
            span = span_of(panel, now)
            yield f"{panel.name} {query.ref}", sql_of(query, by_board[panel.board["uid"]], span, timescaledb=False)


def _timed(db: psycopg.Connection, name: str, query: str) -> Timed:
    seconds, rows = [], 0
    for number in range(_WARM_UPS + _RUNS):
        began = time.monotonic()
        rows = len(ask(db, query).rows)
        if number >= _WARM_UPS:
            seconds.append(time.monotonic() - began)
    return Timed(name, statistics.median(seconds), rows)


def main() -> int:
    """Measure, print, write; 1 if a reach is missed, 2 if there is nothing to say."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.boards", description=__doc__)
    parser.add_argument("--rows", type=rows_of, default=100_000_000, help="readings stored, such as 1e8")
    parser.add_argument("--sites", type=int, default=300, help="plants of 8 points each, a reading a minute")
    parser.add_argument("--databases", nargs="+", choices=KINDS, default=["timescaledb"])
    parser.add_argument("--at", metavar="URL", help="only ask, a database filled before, as the login of this address")
    parser.add_argument("--json", type=Path, default=Path("boards.json"), help="where the figures go")
    args = parser.parse_args()
    if args.at:
        return on_each([KINDS[0]], args.json, lambda _: measure_on(args.at))
    return on_each(args.databases, args.json, lambda kind: measure(kind, args.rows, args.sites))


if __name__ == "__main__":
    sys.exit(main())
