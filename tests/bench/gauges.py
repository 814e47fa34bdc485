"""What processes cost: CPU seconds before and after, and the highest memory seen."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Self

import psutil

if TYPE_CHECKING:
    from types import TracebackType

_EVERY_S = 0.05
_FAMILY_EVERY = 20


def cpu_seconds(process: psutil.Process | None) -> float:
    """Return the CPU time of *process* and all below it, the ended ones included; 0 for none."""
    if process is None:
        return 0.0
    spent = process.cpu_times()
    # A parent is charged what its ended children spent, so that sessions that closed in between are counted.
    total = spent.user + spent.system + spent.children_user + spent.children_system
    for child in process.children(recursive=True):
        try:
            times = child.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


class PeakMemory:
    """Watches the resident memory of a process and those below it, in a thread, while the block runs."""

    def __init__(self, process: psutil.Process) -> None:
        self.peak_bytes = 0
        self._process = process
        self._family = [process]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="peak-memory", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        turn = 0
        while not self._stop.wait(_EVERY_S):
            try:
                if turn % _FAMILY_EVERY == 0:
                    self._family = [self._process, *self._process.children(recursive=True)]
                self.peak_bytes = max(self.peak_bytes, sum(one.memory_info().rss for one in self._family))
            except psutil.NoSuchProcess:
                self._family = [self._process]
                time.sleep(_EVERY_S)
            turn += 1
