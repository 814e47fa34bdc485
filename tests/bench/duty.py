"""The duty desk's figures: from a reading to the notice, a round over 10,000 subjects, a storm of openings, and the standby."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from tests.bench.deriving import KINDS, on_each
from tests.bench.duty_notice import publish_to_notice
from tests.bench.duty_rounds import storm, subjects_round
from tests.bench.duty_standby import takeover
from tests.bench.figures import Figure, table
from tests.bench.filling import cluster, say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.bench.filling import Cluster

_NOTICE = "publish_to_notice"
_ON_A_SERVER: dict[str, Callable[[Cluster], list[Figure]]] = {
    "round": subjects_round,
    "storm": storm,
    "standby": takeover,
}
FIGURES = (_NOTICE, *_ON_A_SERVER)
#: Figures that are wrong, not slow, when they miss.
PROOFS = ("duty_publish_to_notice_missing", "duty_storm_notices", "duty_storm_forgotten")


def measure(kind: str, names: Sequence[str]) -> list[Figure]:
    """Measure the figures *names*, each on a server of its own or on a fresh database.

    Raises:
        RuntimeError: the server cannot be had on this machine.

    """
    # The incidents of an invented county are no news.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    found: list[Figure] = []
    if _NOTICE in names:
        found += publish_to_notice(kind)
        say(table(found))
    wanted = [name for name in _ON_A_SERVER if name in names]
    if wanted:
        with cluster(kind) as server:
            for name in wanted:
                found += _ON_A_SERVER[name](server)
                say(table(found))
    return found


def main() -> int:
    """Measure on each database, print, write; 1 if a reach is missed, 2 if there is nothing to say."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.duty", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=FIGURES, default=list(FIGURES), metavar="NAME")
    parser.add_argument("--databases", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--json", type=Path, default=Path("duty.json"), help="where the figures go")
    args = parser.parse_args()
    return on_each(args.databases, args.json, lambda kind: measure(kind, args.only))


if __name__ == "__main__":
    sys.exit(main())
