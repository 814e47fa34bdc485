"""`python -m tests.chaos --rounds 500 --seed S`: as many rounds as one has patience for; exit 1 when one fails."""

from __future__ import annotations

import argparse
import asyncio
import random
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.chaos.faults import FAULTS, deal
from tests.chaos.house import may_mount, open_house
from tests.chaos.rounds import Campaign, report, settle_down

if TYPE_CHECKING:
    from tests.chaos.rounds import Outcome

_GIVE_UP_AFTER = 5
_Round = tuple[int, list[str]]


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


async def _play(seed: int, rounds: list[_Round], outcomes: list[Outcome], kind: str) -> int:
    """Play *rounds*, which are used up, on one stand until one fails; return how many things were wrong."""
    # A round leaves about a megabyte behind.
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        async with open_house(Path(folder), disk_mb=500 + 2 * len(rounds), kind=kind) as house:
            campaign = Campaign(house, seed)
            while rounds:
                outcome = await campaign.play(*rounds.pop(0))
                outcomes.append(outcome)
                _say(outcome.line())
                if outcome.wrong:
                    _say(report(house, outcome))
                    return 1
            late = await settle_down(house)
    for complaint in late:
        _say(f"FAIL after the last round: {complaint}")
    return len(late)


async def _run(options: argparse.Namespace) -> int:
    began = time.monotonic()
    own_disk = may_mount()
    if not own_disk:
        _say("no tmpfs can be mounted here: the full-disk fault is left out")
    rounds = list(enumerate(deal(random.Random(options.seed), options.rounds, own_disk=own_disk)))
    if options.only is not None:
        rounds = rounds[options.only : options.only + 1]
    if options.faults:
        rounds = [(number, options.faults.split(",")) for number, _ in rounds]
    outcomes: list[Outcome] = []
    failed = 0
    while rounds and failed < _GIVE_UP_AFTER:
        # A round that failed leaves its mess behind: the rest is played on a new stand.
        failed += await _play(options.seed, rounds, outcomes, options.database)
    slowest = max((outcome.quiet_s for outcome in outcomes), default=0)
    peak = max((outcome.peak_mb for outcome in outcomes), default=0)
    _say(
        f"{len(outcomes)} rounds, {failed} failed, {sum(outcome.acked for outcome in outcomes)} messages acknowledged,"
        f" slowest to quiet {slowest:.1f} s, ingest peak {peak:.0f} MB, {time.monotonic() - began:.0f} s"
    )
    return 1 if failed else 0


def main() -> int:
    """Run the campaign the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="play only the round of this number")
    parser.add_argument("--database", choices=["embedded", "timescaledb"], default="embedded")
    parser.add_argument("--faults", help=f"the same faults every round, by comma: {', '.join(FAULTS)}")
    # Ended by `timeout` or a CI runner, we still have a disk to give back.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    return asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
