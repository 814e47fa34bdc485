"""How many wrong passwords are too many: the lock of a name, and the measure of an address. Pure: time comes in."""

from __future__ import annotations

from collections import OrderedDict, deque
from datetime import datetime, timedelta

#: House convention (the issue of the duty desk): so many wrong tries, then a lock that doubles with each further one.
FREE_TRIES = 5
FIRST_LOCK, LONGEST_LOCK = timedelta(minutes=1), timedelta(hours=1)
#: And from one client address at most so many wrong tries in so long, whatever the names.
ADDRESS_TRIES, ADDRESS_SPAN = 30, timedelta(minutes=10)
_MOST_KEPT = 4096


def lock_for(failed: int) -> timedelta:
    """Return for how long a name is locked after *failed* wrong tries in a row; zero while tries are free."""
    beyond = failed - FREE_TRIES
    if beyond < 0:
        return timedelta(0)
    # Beyond a few doublings the longest holds anyway: no huge power.
    return min(LONGEST_LOCK, FIRST_LOCK * (1 << min(beyond, 10)))


class Addresses:
    """Wrong tries by client address; the address heard of longest ago is forgotten first."""

    def __init__(self, most: int = _MOST_KEPT) -> None:
        self._most = most
        self._tries: OrderedDict[str, deque[datetime]] = OrderedDict()

    def wait(self, address: str, now: datetime) -> timedelta:
        """Return how long *address* must wait before its next try; zero: it need not."""
        tries = self._tries.get(address, deque())
        while tries and tries[0] <= now - ADDRESS_SPAN:
            tries.popleft()
        return timedelta(0) if len(tries) < ADDRESS_TRIES else tries[0] + ADDRESS_SPAN - now

    def count(self, address: str, now: datetime) -> None:
        """Count a try of *address*, before it is known whether it is right."""
        self._tries.setdefault(address, deque(maxlen=ADDRESS_TRIES)).append(now)
        self._tries.move_to_end(address)
        while len(self._tries) > self._most:
            self._tries.popitem(last=False)

    def forgive(self, address: str) -> None:
        """Take back the newest try of *address*: it was right."""
        if tries := self._tries.get(address):
            tries.pop()


class Strangers:
    """Names without an account are locked as accounts are: an answer must not betray which names there are."""

    def __init__(self, most: int = _MOST_KEPT) -> None:
        self._most = most
        self._failed: OrderedDict[str, tuple[int, datetime]] = OrderedDict()

    def wait(self, name: str, now: datetime) -> timedelta:
        """Return for how long *name* is still locked."""
        failed, until = self._failed.get(name, (0, now))
        # Of many at once, one may have come a moment before the last that was counted: that is no lock.
        return max(timedelta(0), until - now) if lock_for(failed) else timedelta(0)

    def count(self, name: str, now: datetime) -> timedelta:
        """Count a wrong try with *name*; return for how long that locks it."""
        failed = self._failed.pop(name, (0, now))[0] + 1
        lock = lock_for(failed)
        self._failed[name] = (failed, now + lock)
        while len(self._failed) > self._most:
            self._failed.popitem(last=False)
        return lock
