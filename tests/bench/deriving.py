"""Deriving and judging: what an hour of all points costs, how soon a late value shows, a replay, and growing tables."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import psycopg
import structlog

from schemas.errors import MonitorError
from tests.bench.figures import Figure, table, write_json
from tests.bench.filling import cluster, say
from tests.bench.late import late_value
from tests.bench.replaying import replay_days
from tests.bench.windows import derive_judge_hour, window_costs

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.bench.filling import Cluster

KINDS = ("embedded", "timescaledb")
ROWS = (1_000_000, 10_000_000)


class Sizes(NamedTuple):
    """How much: readings stored for the windows' cost, plants of the hour, days of the replay."""

    rows: Sequence[int] = ROWS
    sites: int = 1250
    days: int = 35


FIGURES: dict[str, Callable[[Cluster, Sizes], list[Figure]]] = {
    "derive_judge_hour": lambda server, sizes: derive_judge_hour(server, sizes.sites),
    "late_value": lambda server, _: late_value(server),
    "replay_35_days": lambda server, sizes: replay_days(server, sizes.days),
    "window_cost": lambda server, sizes: window_costs(server, list(sizes.rows)),
}
#: Figures that are wrong, not slow, when they miss: whoever measures must be told by the exit code.
PROOFS = ("replay_35_days_changes",)


def rows_of(text: str) -> int:
    """Return a count written as people write large ones, such as 1e8.

    Raises:
        ArgumentTypeError: it is no count.

    """
    try:
        count = int(float(text))
    except (ValueError, OverflowError):
        count = 0
    if count < 1:
        raise argparse.ArgumentTypeError(f"{text} is no count of rows")
    return count


def measure(kind: str, names: Sequence[str], sizes: Sizes) -> list[Figure]:
    """Measure the figures *names* on a server of its own.

    Raises:
        RuntimeError: it cannot be had on this machine.

    """
    # The incidents of an invented county are no news.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with cluster(kind) as server:
        found: list[Figure] = []
        for name in names:
            found += FIGURES[name](server, sizes)
            say(table(found))
        return found


def of_kind(kind: str, first: str, figures: Sequence[Figure]) -> list[Figure]:
    """Return *figures* under names that say the database, unless it is the *first*."""
    return [replace(figure, name=("" if kind == first else f"{kind}_") + figure.name) for figure in figures]


def on_each(kinds: Sequence[str], path: Path, measure_on: Callable[[str], list[Figure]]) -> int:
    """Measure on each of the databases *kinds*, print, write to *path*; 1 if a reach is missed, 2 if there is nothing to say."""
    # Ended from outside, it must still end what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    figures: list[Figure] = []
    try:
        for kind in kinds:
            try:
                found = measure_on(kind)
            except RuntimeError as exc:
                say(f"{kind}: not measured here, {exc}")
                continue
            figures += of_kind(kind, kinds[0], found)
    except (MonitorError, psycopg.Error) as exc:
        sys.stderr.write(f"{exc}\n")
        return 2
    write_json(figures, path)
    say(table(figures))
    return 1 if any(figure.ok is False for figure in figures) else 0


def main() -> int:
    """Measure on each database, print, write; 1 if a reach is missed, 2 if there is nothing to say."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.deriving", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=list(FIGURES), default=list(FIGURES), metavar="NAME")
    parser.add_argument("--rows", nargs="+", type=rows_of, default=list(ROWS), help="readings stored, such as 1e8")
    parser.add_argument("--sites", type=int, default=Sizes().sites, help="of 8 points each, for the hour")
    parser.add_argument("--days", type=int, default=Sizes().days, help="of the example county, for the replay")
    parser.add_argument("--databases", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--json", type=Path, default=Path("deriving.json"), help="where the figures go")
    args = parser.parse_args()
    sizes = Sizes(args.rows, args.sites, args.days)
    return on_each(args.databases, args.json, lambda kind: measure(kind, args.only, sizes))


if __name__ == "__main__":
    sys.exit(main())
