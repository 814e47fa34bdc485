"""How far each device has sent, kept in one small JSON file so that a restart continues there.

The anchor of the scenario is kept beside it: relative times count from the first start, so history stays as it was told.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from schemas.errors import StartError

if TYPE_CHECKING:
    from pathlib import Path


class _State(msgspec.Struct, forbid_unknown_fields=True):
    anchor: datetime
    sent_ms: dict[str, int] = {}


class Progress:
    """Anchor and, for each site/device, the instant (ms since 1970) up to which the broker has acknowledged all."""

    def __init__(self, path: Path | None, anchor: datetime, sent_ms: dict[str, int]) -> None:
        self.anchor = anchor
        self._path = path
        self._sent_ms = sent_ms
        self._changed = True

    def sent_ms(self, name: str) -> int | None:
        """Return how far the device *name* has come, None before its first message."""
        return self._sent_ms.get(name)

    def advance(self, name: str, sent_ms: int) -> None:
        """Note that all of the device *name* up to *sent_ms* is acknowledged."""
        if sent_ms > self._sent_ms.get(name, 0):
            self._sent_ms[name] = sent_ms
            self._changed = True

    def save(self) -> None:
        """Write the file where there is one and something changed; a reader sees the old or the new, never half.

        Raises:
            StartError: the file cannot be written.

        """
        if self._path is None or not self._changed:
            return
        self._changed = False
        fresh = self._path.with_suffix(self._path.suffix + ".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_bytes(msgspec.json.encode(_State(self.anchor, dict(self._sent_ms))))
            fresh.replace(self._path)
        except OSError as exc:
            self._changed = True
            raise StartError(f"The simulator's state {self._path} cannot be written ({exc}).", "Free it.") from exc


def load(path: Path | None, now: datetime) -> Progress:
    """Return the progress kept at *path*, or a fresh one anchored at *now*.

    Raises:
        StartError: the file is there and cannot be read.

    """
    if path is None or not path.exists():
        return Progress(path, now, {})
    try:
        state = msgspec.json.decode(path.read_bytes(), type=_State)
    except (OSError, msgspec.DecodeError) as exc:
        raise StartError(f"The simulator's state {path} cannot be read ({exc}).", "Delete it to start afresh.") from exc
    if state.anchor.tzinfo is None:
        raise StartError(f"The anchor in {path} has no offset.", "Delete the file to start afresh.")
    return Progress(path, state.anchor, state.sent_ms)
