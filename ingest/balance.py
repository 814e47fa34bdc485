"""The sums that must agree: received = stored + duplicate + rejected + in hand. Pure.

Counted at both ends by different hands: what is received where it comes in, what is settled where it was committed.
"""

from __future__ import annotations

import msgspec


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """Where the messages and values of one process are, at one instant."""

    messages_received: int
    messages_settled: int
    messages_in_hand: int
    values_received: int
    values_stored: int
    values_duplicate: int
    values_rejected: int
    values_in_hand: int

    @property
    def messages_astray(self) -> int:
        """Messages that nobody can account for; negative: settled twice."""
        return self.messages_received - self.messages_settled - self.messages_in_hand

    @property
    def values_astray(self) -> int:
        """Values that nobody can account for; negative: settled twice."""
        settled = self.values_stored + self.values_duplicate + self.values_rejected
        return self.values_received - settled - self.values_in_hand

    @property
    def agrees(self) -> bool:
        """Say whether all sums agree."""
        return not self.messages_astray and not self.values_astray
