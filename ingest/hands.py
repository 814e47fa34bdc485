"""What one session has in its hands: messages by their numbers, also over a reconnect. Pure.

A number is only good on its own connection. What we hold when a connection breaks is committed all the same, and the
broker sends it again under another number. Such a repeat is recognised by its bytes: its number is acknowledged when the
message we held is committed, and nothing is read, stored or counted twice.

Only bytes that hold their own time are recognised, and only in messages marked as repeats (MQTT 3.1.1, 3.3.1.1): a bare
value may truly come twice. What is not recognised is read again and ends as duplicate.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_HELD, _STORED = 0, -1
#: The broker's window is smaller; beyond this something is odd, and forgetting costs duplicates only.
_MOST_ORPHANS = 200_000


class Hands:
    """Numbers of the present connection, and orphans: messages whose connection broke while we held them."""

    def __init__(self) -> None:
        self._held: dict[int, tuple[bytes, bytes]] = {}
        self._acknowledged: dict[int, int] = {}
        # Digest → _HELD, _STORED, or the number under which the broker has sent it again.
        self._orphans: dict[bytes, int] = {}

    def __len__(self) -> int:
        return len(self._held)

    def is_repeat(self, topic: bytes, payload: bytes, mid: int, *, is_marked: bool) -> tuple[bool, int]:
        """Say whether this message is one we have or had, and which number to acknowledge at once (0: none).

        What is none is held from now on.
        """
        if mid in self._held:
            return True, 0
        if is_marked and b'"ts"' in payload:
            if self._acknowledged.get(mid) == hash(payload):
                # It was under way when we acknowledged it. Its number may name another message by now.
                return True, 0
            if self._orphans:
                known = _digest(topic, payload)
                state = self._orphans.get(known)
                if state == _STORED:
                    del self._orphans[known]
                    return True, mid
                if state == _HELD:
                    self._orphans[known] = mid
                    self._held[mid] = (topic, payload)
                    return True, 0
        if mid:
            self._held[mid] = (topic, payload)
        return False, 0

    def settle(self, mids: Iterable[int]) -> None:
        """Forget messages of the present connection: they are committed and acknowledged."""
        for mid in mids:
            held = self._held.pop(mid, None)
            if held is not None:
                self._acknowledged[mid] = hash(held[1])

    def settle_orphan(self, topic: bytes, payload: bytes) -> int:
        """Note that a message of a broken connection is committed; return the number to acknowledge now (0: none yet)."""
        known = _digest(topic, payload)
        state = self._orphans.get(known)
        if state is None or state == _STORED:
            return 0
        if state == _HELD:
            self._orphans[known] = _STORED
            return 0
        del self._orphans[known]
        self._held.pop(state, None)
        return state

    def lose_connection(self) -> None:
        """Make orphans of what is held: its numbers are good no more."""
        for topic, payload in self._held.values():
            if b'"ts"' in payload:
                self._orphans[_digest(topic, payload)] = _HELD
        self._held.clear()
        self._acknowledged.clear()
        if len(self._orphans) > _MOST_ORPHANS:
            self._orphans.clear()

    def lose_session(self) -> None:
        """Forget the orphans: the broker has forgotten us, and nothing of before will come again."""
        self._orphans.clear()


def _digest(topic: bytes, payload: bytes) -> bytes:
    return hashlib.blake2b(topic + b"\0" + payload, digest_size=16).digest()
