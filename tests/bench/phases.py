"""One phase: empty tables, publish, wait until all is committed, and compare what was acknowledged with what is there."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg

from schemas.errors import MonitorError
from tests.bench.gauges import cpu_seconds
from tests.bench.packets import VALUES
from tests.bench.stand import REPOSITORY, end_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.bench.stand import Stand

_POLL_S = 0.02
_PATIENCE_S = 30.0
_SETTLE_S = 0.2
_TALLY = (
    "SELECT coalesce(sum(received), 0)::bigint, coalesce(sum(stored), 0)::bigint, coalesce(sum(duplicate), 0)::bigint,"
    " coalesce(sum(rejected), 0)::bigint FROM tally"
)
_AGES = """
WITH committed AS MATERIALIZED (SELECT batch_id, pg_xact_commit_timestamp(xmin) AS at FROM batch)
SELECT extract(epoch FROM committed.at - reading.ts)::float8 AS age
FROM reading JOIN committed USING (batch_id) ORDER BY age
"""


@contextmanager
def _load_generator(argv: list[str]) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY) as load:
        try:
            yield load
        except BaseException:
            load.kill()
            raise


def _expect(load: subprocess.Popen[str], beginning: str) -> str:
    assert load.stdout is not None
    line = load.stdout.readline()
    if not line.startswith(beginning):
        raise MonitorError("the load generator failed.", "See what it said above.")
    return line


@dataclass(frozen=True, kw_only=True)
class Phase:
    """What one phase did: counts are readings unless they say messages; CPU is in seconds by process."""

    name: str
    messages: int
    unacked_messages: int
    stored: int
    duplicate: int
    lost: int
    doubled: int
    tally_off: int
    seconds: float
    cpu: dict[str, float]
    late_s: float
    held: int

    @property
    def rate(self) -> float:
        """Readings a second, from the first send to the last commit."""
        return self.stored / self.seconds


class Desk:
    """Runs phases against a stand, on connections of its own."""

    def __init__(self, stand: Stand, db: psycopg.Connection, admin: psycopg.Connection) -> None:
        self._stand = stand
        self.db = db
        self._admin = admin
        self.checkpoints = True

    def empty(self) -> None:
        """Empty what ingest has written."""
        self.db.execute("TRUNCATE reading, batch, stale_window, rejection, tally")

    def checkpoint(self) -> None:
        """Have the server write its pages now, so that it does not do so in one of the timed parts only."""
        try:
            self._admin.execute("CHECKPOINT")
        except psycopg.errors.InsufficientPrivilege:
            self.checkpoints = False

    def publish(self, name: str, messages: int, options: Sequence[str]) -> Phase:
        """Let the load generator send *messages* as *options* say; return what became of them."""
        self.empty()
        stand = self._stand
        argv = [sys.executable, "-m", "tests.bench.load", "--hold", "--port", str(stand.mqtt_port)]
        argv += ["--credentials", str(stand.credentials), *options]
        with _load_generator(argv) as load:
            _expect(load, "ready")
            self.checkpoint()
            before = self._cpu()
            assert load.stdin is not None
            load.stdin.write("\n")
            load.stdin.flush()
            committed = self._await(load, messages * VALUES)
            told = json.loads(_expect(load, "{"))
        time.sleep(_SETTLE_S)
        cpu = {key: spent - before[key] for key, spent in self._cpu().items()} | {"load": told["cpu_seconds"]}
        return self._audit(name, told, committed - told["began"], cpu)

    def _await(self, load: subprocess.Popen[str], readings: int) -> float:
        """Return when *readings* were settled, or when nothing has moved for long after the sending ended."""
        seen, moved = -1, time.monotonic()
        while True:
            _, stored, duplicate, rejected = self._tally()
            now = time.monotonic()
            if stored + rejected >= readings:
                return now
            if not self._stand.ingest.is_running() or self._stand.ingest.status() == "zombie":
                raise MonitorError(f"ingest ended: {end_of(self._stand.logs / 'ingest.log')}", "See its log.")
            settled = stored + duplicate + rejected
            if settled != seen or load.poll() is None:
                seen, moved = settled, now
            if now - moved > _PATIENCE_S:
                return moved
            time.sleep(_POLL_S)

    def _tally(self) -> tuple[int, int, int, int]:
        received, stored, duplicate, rejected = self.db.execute(_TALLY).fetchone() or (0, 0, 0, 0)
        return received, stored, duplicate, rejected

    def _cpu(self) -> dict[str, float]:
        stand = self._stand
        processes = {"broker": stand.broker, "ingest": stand.ingest, "postgres": stand.postgres}
        return {name: cpu_seconds(process) for name, process in processes.items() if process is not None}

    def _audit(self, name: str, told: dict[str, float], seconds: float, cpu: dict[str, float]) -> Phase:
        (rows,) = self.db.execute("SELECT count(*) FROM reading").fetchone() or (0,)
        received, stored, duplicate, rejected = self._tally()
        return Phase(
            name=name,
            messages=int(told["acked"]),
            unacked_messages=int(told["sent"] - told["acked"]),
            stored=rows,
            duplicate=duplicate,
            lost=int(told["acked"]) * VALUES - rows,
            doubled=stored - rows,
            tally_off=received - stored - duplicate - rejected,
            seconds=seconds,
            cpu=cpu,
            late_s=told["late_s"],
            held=int(told["held"]),
        )

    def ages(self) -> list[float]:
        """Return how old each stored reading was when it was committed, in seconds, in ascending order."""
        return [age for (age,) in self.db.execute(_AGES)]
