"""One supervisor for all processes of the service: starts them in order, starts the fallen again, stops all within 10 s.

Each child runs in its own session, so Ctrl-C reaches the supervisor alone and it decides the order. Each child asks
the kernel for a signal when the supervisor dies, so that kill -9 leaves no orphan.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Protocol

import msgspec
import psutil

from schemas.errors import StartError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_PR_SET_PDEATHSIG = 1
_STOP_WITHIN_S = 8.0
_ROTATE_AT_BYTES = 20 * 1024 * 1024
_TAIL_LINES = 6


class Say(Protocol):
    """Tells the person at the terminal how far we are."""

    def __call__(self, sentence: str) -> None:
        """Print one line."""


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """One process to keep alive."""

    name: str
    argv: tuple[str, ...]
    ready: Callable[[], Awaitable[bool]]
    env: Mapping[str, str] = msgspec.field(default_factory=dict)
    stop_signal: int = signal.SIGTERM
    ready_within_s: float = 30.0


class Supervisor:
    """Runs programs; `start` in order, `watch` until `stop`. *ended* is called with the pid of each that has ended."""

    def __init__(self, logs: Path, say: Say, ended: Callable[[int], None] = lambda _: None) -> None:
        self._logs = logs
        self._say = say
        self._ended = ended
        self._running: dict[str, tuple[Program, asyncio.subprocess.Process]] = {}
        self._order: list[str] = []
        self._stopping = False

    def pids(self) -> dict[str, int]:
        """Return name → pid of what runs now."""
        return {name: process.pid for name, (_, process) in self._running.items()}

    async def start(self, program: Program) -> None:
        """Start *program* and wait until it is ready.

        Raises:
            StartError: it ended or was not ready in time; its last log lines are in the sentence.

        """
        await self._spawn(program)
        until = time.monotonic() + program.ready_within_s
        while not await program.ready():
            _, process = self._running[program.name]
            if process.returncode is not None or time.monotonic() > until:
                what = "没有按时就绪 (not ready in time)" if process.returncode is None else "启动后退出 (ended)"
                raise StartError(
                    f"{program.name} {what}:\n{self._tail(program.name)}", f"See {self._log(program.name)}."
                )
            await asyncio.sleep(0.05)

    async def _spawn(self, program: Program) -> None:
        log = self._log(program.name)
        if log.exists() and log.stat().st_size > _ROTATE_AT_BYTES:
            log.replace(log.with_suffix(".log.1"))
        with log.open("ab") as out:
            process = await asyncio.create_subprocess_exec(
                *program.argv,
                env={**os.environ, **program.env},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                preexec_fn=_die_with_parent(program.stop_signal),
            )
        self._running[program.name] = (program, process)
        if program.name not in self._order:
            self._order.append(program.name)

    async def watch(self, stop: asyncio.Event) -> None:
        """Start again whatever ends by itself, a little later each time, until *stop* is set."""
        falls: dict[str, int] = {}
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._keep(name, falls, stop), name=f"keep-{name}") for name in self._order]
            await stop.wait()
            for task in tasks:
                task.cancel()

    async def _keep(self, name: str, falls: dict[str, int], stop: asyncio.Event) -> None:
        while not stop.is_set():
            program, process = self._running[name]
            began = time.monotonic()
            code = await process.wait()
            self._ended(process.pid)
            if stop.is_set():
                return
            falls[name] = 0 if time.monotonic() - began > 60 else falls.get(name, 0) + 1  # noqa: PLR2004 - a minute up is well
            self._say(f"! {name} 退出 (ended, code {code})，重新启动 restarting …\n{self._tail(name)}")
            await asyncio.sleep(min(10.0, 0.2 * 2 ** falls[name]))
            await self._spawn(program)

    async def stop(self) -> None:
        """Stop all, last started first; whoever does not stop within 8 s altogether is killed."""
        deadline = time.monotonic() + _STOP_WITHIN_S
        for name in reversed(self._order):
            program, process = self._running[name]
            if process.returncode is not None:
                continue
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(program.stop_signal)
            try:
                await asyncio.wait_for(process.wait(), max(0.5, min(4.0, deadline - time.monotonic())))
            except TimeoutError:
                self._say(f"! {name} 未按时停止，强制结束 (killed)")
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
            self._ended(process.pid)

    def _log(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    def _tail(self, name: str) -> str:
        try:
            lines = self._log(name).read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return ""
        return "\n".join(f"    {line}" for line in lines[-_TAIL_LINES:])


def _die_with_parent(sig: int) -> Callable[[], None] | None:
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)

    def ask() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, sig, 0, 0, 0)

    return ask


def sweep(left: Iterable[object], needle: str, say: Say, *, patience_s: float = 10.0) -> None:
    """End processes of an earlier run that outlived their supervisor: only pids in *left* whose command names *needle*."""
    found = []
    for pid in left:
        try:
            process = psutil.Process(int(str(pid)))
            if any(needle in word for word in [*process.cmdline(), process.environ().get("MONITOR_DATA", "")]):
                found.append(process)
        except (psutil.Error, ValueError):
            continue
    if not found:
        return
    say(f"· 等待上次运行的 {len(found)} 个进程结束 (waiting for processes of the last run) …")
    _, alive = psutil.wait_procs(found, timeout=patience_s / 2)
    for process in alive:
        with contextlib.suppress(psutil.Error):
            process.terminate()
    _, alive = psutil.wait_procs(alive, timeout=patience_s / 2)
    for process in alive:
        with contextlib.suppress(psutil.Error):
            process.kill()
