"""How many messages a device may send. Pure.

The limit runs on the device's own time: a county that comes back after a week's outage brings a week of messages at
once, all honest; a firmware gone mad sends thousands for one and the same second. The first must pass, the second not.
"""

from __future__ import annotations

from schemas.times import US_PER_SECOND


class Limiter:
    """A bucket a device: *burst* messages at once, then *per_s* for each second its timestamps move on."""

    def __init__(self, per_s: float, burst: int) -> None:
        self._per_us = per_s / US_PER_SECOND
        self._burst = float(burst)
        self._buckets: dict[tuple[str, str], tuple[float, int]] = {}

    def admits(self, who: tuple[str, str], event_us: int) -> bool:
        """Say whether one more message of *who* (site, device), speaking of *event_us*, is within the limit.

        Time that runs backwards refills too: some devices send their backlog newest first.
        """
        left, last = self._buckets.get(who, (self._burst, event_us))
        left = min(self._burst, left + abs(event_us - last) * self._per_us)
        admitted = left >= 1
        self._buckets[who] = (left - 1 if admitted else left, event_us)
        return admitted
