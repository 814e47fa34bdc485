"""How soon the standby judges when the evaluator that holds the lease is killed: two real ``monitor alerts`` processes."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from tests.bench import county
from tests.bench.figures import Figure, over_rounds
from tests.bench.filling import say
from tests.bench.stand import REPOSITORY, end_of

if TYPE_CHECKING:
    from tests.bench.filling import Cluster

_RUNS, _PLANTS = 3, 3
_JUDGES, _STANDS_BY = "this evaluator judges", "this one stands by"
_POLL_S, _WITHIN_S = 0.01, 60.0
#: From the holder's beginning to its end, each time another part of the two seconds after which it renews its lease.
_PAUSES_S = (2.1, 2.8, 3.5)
#: Sums of a worker that have not agreed for five minutes: an incident, as soon as somebody judges.
_TROUBLE = """
INSERT INTO self_check (worker, checked_at, wrong_since, body)
VALUES ('ingest-0', now(), now() - INTERVAL '5 minutes', '{"messages_astray": 3, "values_astray": 24, "tally_astray": []}')
"""
_JUDGED = "SELECT count(*) FROM incident WHERE rule = 'conservation'"


class _Evaluator:
    """``monitor alerts`` as a process of its own, with its log."""

    def __init__(self, url: str, folder: Path, name: str) -> None:
        self._log = folder / f"{name}.log"
        kept = {one: value for one, value in os.environ.items() if not one.startswith("MONITOR_")}
        with self._log.open("wb") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "monitor", "alerts"],
                stdout=out, stderr=out, stdin=subprocess.DEVNULL, cwd=REPOSITORY, env=kept | {"MONITOR_DATABASE_URL": url},
            )  # fmt: skip

    def await_words(self, words: str) -> None:
        """Wait until the log says *words*."""
        until = time.monotonic() + _WITHIN_S
        while words not in self._log.read_text(encoding="utf-8"):
            assert self._process.poll() is None and time.monotonic() < until, end_of(self._log)  # noqa: PT018 - one wait
            time.sleep(_POLL_S)

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
        self._process.wait()


def takeover(server: Cluster) -> list[Figure]:
    """Time from the holder's death until the other has judged what came after it."""
    seconds = [_one_takeover(server, pause_s) for pause_s in _PAUSES_S[:_RUNS]]
    return [over_rounds("duty_standby_takeover_s", seconds, "s", "< 10")]


def _one_takeover(server: Cluster, pause_s: float) -> float:
    with server.fresh("duty_standby") as url, ExitStack() as stack:
        # Without a registry there is nothing to judge by.
        asyncio.run(county.apply(url, county.document(_PLANTS, outlets=True)))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="monitor-bench-")))
        first = _Evaluator(url, folder, "first")
        stack.callback(first.kill)
        first.await_words(_JUDGES)
        held = time.monotonic()
        second = _Evaluator(url, folder, "second")
        stack.callback(second.kill)
        second.await_words(_STANDS_BY)
        phase = held + pause_s - time.monotonic()
        time.sleep(phase % 2)
        with psycopg.connect(url, autocommit=True) as db:
            began = time.monotonic()
            first.kill()
            db.execute(_TROUBLE)
            until = began + _WITHIN_S
            while db.execute(_JUDGED).fetchone() == (0,):
                assert time.monotonic() < until, "nobody judges"
                time.sleep(_POLL_S)
            took = time.monotonic() - began
    say(f"standby: {took:.2f} s")
    return took
