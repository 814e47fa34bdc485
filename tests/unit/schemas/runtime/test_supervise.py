from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import TYPE_CHECKING

import psutil
import pytest

from schemas.errors import StartError
from schemas.runtime.supervise import Program, Supervisor, sweep

if TYPE_CHECKING:
    from pathlib import Path


class Said(list[str]):
    """Remembers what was said."""

    def __call__(self, sentence: str) -> None:
        self.append(sentence)


SLEEP = "import time; print('up', flush=True); time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"


def program(tmp: Path, code: str, name: str = "one") -> Program:
    async def ready() -> bool:
        log = tmp / f"{name}.log"
        return log.exists() and "up" in log.read_text()

    return Program(name=name, argv=(sys.executable, "-c", code), ready=ready, ready_within_s=10)


async def test_what_falls_is_started_again(tmp_path: Path) -> None:
    said = Said()
    supervisor = Supervisor(tmp_path, said)
    await supervisor.start(program(tmp_path, SLEEP))
    first = supervisor.pids()["one"]
    stop = asyncio.Event()
    watching = asyncio.create_task(supervisor.watch(stop))
    await asyncio.sleep(0.1)
    os.kill(first, signal.SIGKILL)
    async with asyncio.timeout(10):
        while supervisor.pids()["one"] == first:  # noqa: ASYNC110 - another process is waited for
            await asyncio.sleep(0.05)
    stop.set()
    await watching
    second = supervisor.pids()["one"]
    await supervisor.stop()
    assert not psutil.pid_exists(second)
    assert any("restarting" in line for line in said)


async def test_what_ends_before_it_is_ready_is_named_with_its_last_words(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path, Said())
    with pytest.raises(StartError, match="no such tide"):
        await supervisor.start(program(tmp_path, "raise SystemExit('no such tide')"))
    await supervisor.stop()


async def test_who_does_not_stop_is_killed_in_time(tmp_path: Path) -> None:
    said = Said()
    supervisor = Supervisor(tmp_path, said)
    await supervisor.start(program(tmp_path, STUBBORN))
    pid = supervisor.pids()["one"]
    async with asyncio.timeout(10):
        await supervisor.stop()
    assert not psutil.pid_exists(pid)
    assert any("killed" in line for line in said)


async def test_the_sweep_ends_only_what_is_ours(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path, Said())
    await supervisor.start(program(tmp_path, SLEEP))
    pid = supervisor.pids()["one"]
    sweep([pid, os.getpid(), "junk", 999_999_999], "no-such-folder", Said(), patience_s=1)
    assert psutil.pid_exists(pid)
    await asyncio.to_thread(sweep, [pid], SLEEP, Said(), patience_s=1)
    await supervisor.stop()
    assert not psutil.pid_exists(pid)
