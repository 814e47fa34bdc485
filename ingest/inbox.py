"""What was received and is not yet acknowledged: in order, bounded in bytes, counted."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from schemas.records import Message

#: Above this nobody reads from the broker, which keeps the rest; reading goes on at half of it.
MAX_HELD_BYTES = 48 * 1024 * 1024
#: What Python holds for a message beside its payload and what a batch makes of it (measured: 350-600 bytes).
_OVERHEAD_BYTES = 600


class Inbox:
    """Messages between the broker and the commit. *on_room* is called with False when it is full, True when not any more."""

    def __init__(self, on_room: Callable[[bool], None], max_held_bytes: int = MAX_HELD_BYTES) -> None:
        self._on_room = on_room
        self._max_held_bytes = max_held_bytes
        self._waiting: list[Message] = []
        self._arrived = asyncio.Event()
        self._held_bytes = 0
        self.has_room = asyncio.Event()
        self.has_room.set()
        self.received = 0
        self.settled = 0

    @property
    def in_flight(self) -> int:
        """Messages received and not yet settled, counted where they are."""
        return self.received - self.settled

    @property
    def waiting(self) -> int:
        """Messages that nobody has taken yet."""
        return len(self._waiting)

    def add(self, messages: Sequence[Message]) -> None:
        """Take in what has just come."""
        self._waiting += messages
        self.received += len(messages)
        self._held_bytes += sum([len(message.payload) for message in messages]) + _OVERHEAD_BYTES * len(messages)
        self._arrived.set()
        if self._held_bytes > self._max_held_bytes and self.has_room.is_set():
            self.has_room.clear()
            self._on_room(False)  # noqa: FBT003 - the callback's one argument

    async def take(self, at_most: int, at_most_bytes: int = 1 << 62) -> list[Message]:
        """Return waiting messages in the order received, bounded by number and by bytes after the first; wait for that."""
        while not self._waiting:
            self._arrived.clear()
            await self._arrived.wait()
        number = size = 0
        for message in self._waiting[:at_most]:
            size += len(message.payload)
            if number and size > at_most_bytes:
                break
            number += 1
        taken = self._waiting[:number]
        del self._waiting[:number]
        return taken

    def settle(self, messages: Iterable[Message]) -> None:
        """Forget *messages*: they are committed."""
        for message in messages:
            self._held_bytes -= len(message.payload) + _OVERHEAD_BYTES
            self.settled += 1
        if not self.has_room.is_set() and self._held_bytes < self._max_held_bytes // 2:
            self.has_room.set()
            self._on_room(True)  # noqa: FBT003 - the callback's one argument
