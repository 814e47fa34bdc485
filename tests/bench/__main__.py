"""The benchmark: readings published over MQTT until committed, beside what the same server does with COPY alone.

Then deriving and judging, see `tests.bench.deriving`, and the duty desk, see `tests.bench.duty`.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from schemas.errors import MonitorError
from tests.bench import copying, deriving, duty
from tests.bench.figures import Figure, over_rounds, percentile, table, write_json
from tests.bench.gauges import PeakMemory
from tests.bench.packets import VALUES
from tests.bench.phases import Desk, Phase
from tests.bench.stand import Stand, Wanted, stand

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_PERCENTILES = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))
_WATCHED_RATE = 20_000
_BACK_MS = 3_600_000
#: Figures that are wrong, not slow, when they miss.
_PROOFS = ("lost", "doubled", *deriving.PROOFS, *duty.PROOFS)


@dataclass
class Results:
    """What the rounds have shown so far."""

    phases: list[Phase] = field(default_factory=list)
    copy_rates: list[float] = field(default_factory=list)
    staging_rates: list[float] = field(default_factory=list)
    latency: list[Figure] = field(default_factory=list)
    peak_bytes: int = 0

    @property
    def floods(self) -> list[Phase]:
        """The phases that ran as fast as they could."""
        return [phase for phase in self.phases if phase.name.startswith("round")]


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--messages", type=int, default=150_000, help="of one round, 8 readings each")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--devices", type=int, default=300)
    parser.add_argument("--window", type=int, default=32, help="un-acknowledged messages of one connection, at most")
    parser.add_argument("--chunk", type=int, default=40_000, help="rows committed at once in the ceilings")
    parser.add_argument("--rates", type=int, nargs="*", default=[1_000, 5_000, 20_000], help="readings/s for latency")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long at each rate")
    parser.add_argument("--database-url", help="an EMPTY database to use instead of the embedded one")
    parser.add_argument(
        "--databases", nargs="+", choices=["embedded", "timescaledb"], default=["embedded", "timescaledb"]
    )
    parser.add_argument("--set", action="append", default=[], metavar="MONITOR_X=Y", help="a setting of ingest")
    parser.add_argument("--keep", action="store_true", help="leave the folder with the logs")
    parser.add_argument("--json", type=Path, default=Path("bench.json"), help="where the figures go")
    parser.add_argument(
        "--deriving", nargs="*", choices=list(deriving.FIGURES), default=list(deriving.FIGURES), metavar="NAME",
        help="figures of deriving and judging, not for a --database-url; --deriving alone: none",
    )  # fmt: skip
    parser.add_argument(
        "--duty", nargs="*", choices=duty.FIGURES, default=list(duty.FIGURES), metavar="NAME",
        help="figures of the duty desk, not for a --database-url; --duty alone: none",
    )  # fmt: skip
    parser.add_argument(
        "--rows", nargs="+", type=deriving.rows_of, default=list(deriving.ROWS), help="readings stored, such as 1e8"
    )
    return parser.parse_args()


def measure_round(desk: Desk, results: Results, number: int, args: argparse.Namespace) -> None:
    """End to end, then both ceilings with the very rows that the first has stored."""
    start_ms = time.time_ns() // 1_000_000 - _BACK_MS
    options = ["--messages", str(args.messages), "--window", str(args.window), "--start-ms", str(start_ms)]
    results.phases.append(desk.publish(f"round {number}", args.messages, options))
    stored = results.phases[-1].stored
    rows = copying.Rows(desk.db, args.chunk)
    for rates, way in ((results.copy_rates, copying.straight), (results.staging_rates, copying.staged)):
        desk.empty()
        desk.checkpoint()
        rates.append(stored / way(desk.db, rows))
        (back,) = desk.db.execute("SELECT count(*) FROM reading").fetchone() or (0,)
        assert back == stored, "a ceiling has stored other rows than the run"
    say(
        f"round {number}: {results.phases[-1].rate:,.0f} readings/s end to end, "
        f"{results.copy_rates[-1]:,.0f} COPY, {results.staging_rates[-1]:,.0f} staging"
    )


def measure_latency(desk: Desk, results: Results, readings_s: int, args: argparse.Namespace) -> None:
    """Publish evenly; how old is each reading when its commit is done."""
    rate = readings_s / VALUES
    # The window is wide: a device does not wait for its last message's PUBACK before it sends the next.
    options = ["--rate", str(rate), "--seconds", str(args.seconds), "--window", "1000"]
    phase = desk.publish(f"at {readings_s:,}/s", int(rate * args.seconds), options)
    results.phases.append(phase)
    ages = desk.ages()
    if not ages:
        say(f"{phase.name}: nothing was stored, so there is no latency")
        return
    name = f"latency_{readings_s}"
    for word, share in _PERCENTILES:
        reach = "< 0.5" if (readings_s, word) == (_WATCHED_RATE, "p99") else None
        results.latency.append(Figure(f"{name}_{word}", percentile(ages, share), "s", reach))
    results.latency.append(Figure(f"{name}_generator_late", phase.late_s, "s"))
    results.latency.append(Figure(f"{name}_generator_held", phase.held, "messages"))
    say(f"{phase.name}: p99 {percentile(ages, 0.99):.3f} s")


def figures_of(results: Results) -> list[Figure]:
    """Return all figures, those with a reach first."""
    floods = results.floods
    rates = [phase.rate for phase in floods]
    found = [
        over_rounds("e2e_over_copy", _ratios(rates, results.copy_rates), "", ">= 0.50"),
        over_rounds("e2e", rates, "readings/s", ">= 100000"),
        Figure("ingest_peak_rss", results.peak_bytes / 1e6, "MB", "< 300"),
        Figure("lost", sum(abs(phase.lost) for phase in results.phases), "readings", "= 0"),
        Figure("doubled", sum(abs(phase.doubled) for phase in results.phases), "readings", "= 0"),
        Figure("tally_off", sum(abs(phase.tally_off) for phase in results.phases), "readings"),
        Figure("unacked", sum(phase.unacked_messages for phase in results.phases), "messages"),
        Figure("duplicate", sum(phase.duplicate for phase in results.phases), "readings"),
        over_rounds("copy_ceiling", results.copy_rates, "readings/s"),
        over_rounds("staging_ceiling", results.staging_rates, "readings/s"),
        over_rounds("e2e_over_staging", _ratios(rates, results.staging_rates), ""),
    ]
    found += [
        over_rounds(f"cpu_{name}", [_us(phase, phase.cpu[name]) for phase in floods], "µs/message")
        for name in ("load", "broker", "ingest", "postgres")
        if all(name in phase.cpu for phase in floods)
    ]
    found.append(over_rounds("cpu_sum", [_us(phase, sum(phase.cpu.values())) for phase in floods], "µs/message"))
    busy = [sum(phase.cpu.values()) / phase.seconds for phase in floods]
    found.append(over_rounds("cpu_busy", busy, "cores"))
    return found + results.latency


def _ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    return [one / other if other else 0.0 for one, other in zip(above, below, strict=True)]


def _us(phase: Phase, seconds: float) -> float:
    return seconds / max(phase.messages, 1) * 1e6


def say(sentence: str) -> None:
    """Tell people at once."""
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()


@contextmanager
def desk_of(place: Stand) -> Iterator[Desk]:
    """Connect to the stand's database, as its owner and as its administrator."""
    with psycopg.connect(place.url, autocommit=True) as db, psycopg.connect(place.admin_url, autocommit=True) as admin:
        db.execute("SET TIME ZONE 'UTC'")
        desk = Desk(place, db, admin)
        try:
            yield desk
        finally:
            desk.empty()


def measure(place: Stand, args: argparse.Namespace) -> Results:
    """Run all rounds, then all rates."""
    results = Results()
    with desk_of(place) as desk, PeakMemory(place.ingest) as memory:
        for number in range(1, args.rounds + 1):
            measure_round(desk, results, number, args)
        if not place.commit_times:
            say("latency is not measured: this server has track_commit_timestamp off")
        for readings_s in args.rates if place.commit_times else []:
            measure_latency(desk, results, readings_s, args)
        if not desk.checkpoints:
            say("no CHECKPOINT before the timed parts: this role may not")
    results.peak_bytes = memory.peak_bytes
    return results


def main() -> int:
    """Measure, print, write; 1 if anything was lost, doubled or changed by a replay, 2 if there is nothing to say."""
    args = arguments()
    # Ended from outside, the stand must still end what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    kinds = ["given"] if args.database_url else args.databases
    figures: list[Figure] = []
    for kind in kinds:
        try:
            found = measure_on(kind, args)
        except (MonitorError, psycopg.Error) as exc:
            sys.stderr.write(f"{exc}\n")
            return 2
        except RuntimeError as exc:
            say(f"{kind}: not measured here, {exc}")
            continue
        say(table(found))
        missed = [figure.name for figure in found if figure.ok is False]
        say(f"{kind}, missed: {', '.join(missed)}" if missed else f"{kind}: every reach is reached")
        figures += deriving.of_kind(kind, kinds[0], found)
    write_json(figures, args.json)
    return 1 if any(figure.ok is False for figure in figures if figure.name.endswith(_PROOFS)) else 0


def measure_on(kind: str, args: argparse.Namespace) -> list[Figure]:
    """Measure on one database.

    Raises:
        RuntimeError: it cannot be had on this machine.

    """
    wanted = Wanted(devices=args.devices, kind=kind, database_url=args.database_url, settings=args.set, keep=args.keep)
    with stand(wanted) as place:
        say(f"{place.server}, {args.devices} devices, {args.messages:,} messages of {VALUES} readings a round")
        if args.keep:
            say(f"logs stay in {place.logs}")
        found = figures_of(measure(place, args))
    if kind != "given" and args.deriving:
        # On a server of its own: what runs here would take its share of the processor.
        found += deriving.measure(kind, args.deriving, deriving.Sizes(args.rows))
    if kind != "given" and args.duty:
        found += duty.measure(kind, args.duty)
    return found


if __name__ == "__main__":
    sys.exit(main())
