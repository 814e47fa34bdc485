"""A long database stop under steady load: ``python -m tests.chaos.outage --minutes 10 --rate 1000``.

Devices publish on while PostgreSQL is away; afterwards everything must be there, and ingest must not have grown.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
import psycopg

from tests.bench.county import document
from tests.chaos.house import House

_BEFORE_S = 20
_AFTER_S = 60
_VALUES = 8
_CATCH_UP_WITHIN_S = 600
_CAUGHT_UP_S = 2.0


def say(sentence: str) -> None:
    """Tell people at once."""
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {sentence}\n")
    sys.stdout.flush()


def stored(house: House) -> int:
    """Readings in the database."""
    with psycopg.connect(house.cluster.url) as db:
        return int((db.execute("SELECT coalesce(sum(stored), 0) FROM tally").fetchone() or (0,))[0])


def sums(house: House) -> tuple[Any, ...]:
    """Rows, then what the tally says: received, stored, duplicate, rejected."""
    with psycopg.connect(house.cluster.url) as db:
        rows = db.execute("SELECT count(*) FROM reading").fetchone() or (0,)
        tally = db.execute("SELECT sum(received), sum(stored), sum(duplicate), sum(rejected) FROM tally").fetchone()
    return rows + tuple(int(part) for part in tally or ())


async def load(house: House, seconds: float, rate: float) -> asyncio.subprocess.Process:
    """Start the load generator."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.load", "--port", str(house.broker_port),
        "--credentials", str(house.nats.credentials_file), "--rate", str(rate), "--seconds", str(seconds),
        "--window", "1000", stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def stop_database(house: House, seconds: float) -> None:
    """Shut PostgreSQL down in order, and start it again *seconds* later."""
    ingest = psutil.Process(house.ingest.family()[0].pid)
    before = ingest.cpu_times()
    await house.postgres.stop(signal.SIGINT)
    say(f"database stopped; ingest {house.ingest.rss_mb():.0f} MB")
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        await asyncio.sleep(min(60, left))
        say(f"  ingest {house.ingest.rss_mb():.0f} MB, broker {house.broker.rss_mb():.0f} MB")
    after = ingest.cpu_times()
    busy = (after.user + after.system - before.user - before.system) / seconds
    say(f"ingest has used {busy:.1%} of a core meanwhile")
    house.postgres.start()


def newest(house: House) -> float:
    """Age in seconds of the newest reading of one point: its time is when the device sent it."""
    with psycopg.connect(house.cluster.url) as db:
        found = db.execute("SELECT extract(epoch FROM now() - max(ts)) FROM reading WHERE point_id = 1").fetchone()
    return float((found or (1e9,))[0])


async def catch_up(house: House) -> None:
    """Wait until what is stored is what devices send now."""
    back = time.monotonic()
    while time.monotonic() - back < _CATCH_UP_WITHIN_S:
        with contextlib.suppress(psycopg.OperationalError):
            if newest(house) < _CAUGHT_UP_S:
                say(f"caught up {time.monotonic() - back:.1f} s after the database was started again")
                return
        await asyncio.sleep(0.2)
    say("not caught up")


async def play(root: Path, minutes: float, rate: float) -> int:
    """Play it; return 1 if anything is lost, doubled or grown."""
    house = House(root, document(100), own_disk=False)
    memory = asyncio.create_task(house.watch_memory())
    try:
        await house.start()
        generator = await load(house, _BEFORE_S + minutes * 60 + _AFTER_S, rate)
        await asyncio.sleep(_BEFORE_S)
        await stop_database(house, minutes * 60)
        await catch_up(house)
        out, _ = await generator.communicate()
        sent = json.loads(out)
        say(f"published {sent}")
        expected = int(sent["acked"]) * _VALUES
        until = time.monotonic() + _CATCH_UP_WITHIN_S
        while stored(house) < expected and time.monotonic() < until:  # noqa: ASYNC110 - filled by other processes
            await asyncio.sleep(0.2)
        await asyncio.sleep(5)
        rows, received, kept, duplicate, rejected = sums(house)
        say(f"expected {expected:,} rows, found {rows:,}; received {received:,} = stored {kept:,}")
        say(f"  + duplicate {duplicate:,} + rejected {rejected:,}; peak memory of ingest {house.peak_mb:.0f} MB")
        right = rows == expected == kept and received == kept + duplicate + rejected and house.peak_mb < 300
        say("nothing lost, nothing doubled" if right else "WRONG")
        return 0 if right else 1
    finally:
        memory.cancel()
        await asyncio.gather(memory, return_exceptions=True)
        await house.stop()


def main() -> int:
    """Read the command line and play."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.outage", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--rate", type=float, default=1000.0, help="messages a second, 8 values each")
    args = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="monitor-outage-"))
    try:
        return asyncio.run(play(root, args.minutes, args.rate))
    finally:
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
