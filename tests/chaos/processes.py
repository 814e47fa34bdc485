"""One process under our eyes: killed, frozen, started again when it has died. Only processes we started are touched."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
from typing import TYPE_CHECKING

import psutil

from schemas.runtime.supervise import _die_with_parent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_LOOK_EVERY_S = 0.05
# `monitor run` waits longer each time; here the next fault waits for us.
_START_AGAIN_AFTER_S = 0.2


class Minded:
    """A process with its children, started again whenever it ends."""

    def __init__(self, name: str, argv: Sequence[str], log: Path, env: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.log = log
        self.starts = 0
        self._argv = list(argv)
        self._env = dict(env or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._frozen: list[psutil.Process] = []
        self._dying: list[psutil.Process] = []
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start it and mind it from now on."""
        self._spawn()
        self._task = asyncio.create_task(self._mind(), name=f"mind-{self.name}")

    def _spawn(self) -> None:
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                self._argv,
                env={**os.environ, **self._env},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                # When this test run itself is killed, nothing of it must stay.
                preexec_fn=_die_with_parent(signal.SIGKILL),  # noqa: PLW1509 - prctl only
            )
        self.starts += 1

    async def _mind(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            if self.alive:
                continue
            # PostgreSQL does not start while a child of the old one still holds the shared memory.
            await asyncio.to_thread(psutil.wait_procs, self._dying, timeout=10)
            self._dying = []
            await asyncio.sleep(_START_AGAIN_AFTER_S)
            self._spawn()

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def family(self) -> list[psutil.Process]:
        """The process and all its children, as far as they live."""
        if not self.alive or self._process is None:
            return []
        try:
            head = psutil.Process(self._process.pid)
            return [head, *head.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def kill(self) -> int:
        """kill -9 of the process itself; say whether there was one."""
        family = self.family()
        if not family or self._process is None:
            return 0
        self._dying = family[1:]
        self._process.kill()
        return 1

    def freeze(self) -> int:
        """SIGSTOP the parent first, so that it makes no more children, then those it has."""
        for process in (*self.family()[:1], *self.family()[1:]):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.suspend()
                self._frozen.append(process)
        for process in self.family():
            if process not in self._frozen:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.suspend()
                    self._frozen.append(process)
        return int(bool(self._frozen))

    def thaw(self) -> None:
        """SIGCONT everything that was frozen, also orphans of a parent killed meanwhile."""
        for process in self._frozen:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()
        self._frozen = []

    def rss_mb(self) -> float:
        total = 0
        for process in self.family():
            with contextlib.suppress(psutil.NoSuchProcess):
                total += process.memory_info().rss
        return total / 2**20

    async def stop(self, sig: int) -> None:
        """End it for good."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self.thaw()
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(sig)
        try:
            await asyncio.to_thread(self._process.wait, 10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            await asyncio.to_thread(self._process.wait, 10)

    def tail(self, lines: int = 15) -> str:
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return "\n".join(f"    {self.name}| {line[:220]}" for line in text.splitlines()[-lines:])

    def said(self, words: str, since: int = 0) -> int:
        """How often *words* stand in the log after byte *since*."""
        with self.log.open("rb") as handle:
            handle.seek(since)
            return handle.read().count(words.encode())

    def log_size(self) -> int:
        return self.log.stat().st_size if self.log.exists() else 0
