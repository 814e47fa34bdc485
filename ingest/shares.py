"""Which worker serves which site. Pure.

The sites are dealt into a fixed number of shares; each share is one persistent session on the broker. A worker that
takes over a share goes on with that very session, so nothing is lost or subscribed anew when workers come and go.
Shares go to workers by highest random weight, so that one worker more or less moves only its own part.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def share_of(site: str, shares: int) -> int:
    """Return the share that *site* belongs to."""
    return _weight(site) % shares


def owner_of(share: int, workers: Iterable[str]) -> str | None:
    """Return which of *workers* serves *share*; None when there is none."""
    return max(workers, key=lambda worker: (_weight(f"{share}/{worker}"), worker), default=None)


def filters_of(share: int, shares: int, root: str, sites: Iterable[str]) -> tuple[str, ...]:
    """Return what the session of *share* subscribes to. With one share that is everything, known to us or not."""
    if shares == 1:
        return (f"{root}/#",)
    return tuple(f"{root}/{site}/#" for site in sorted(sites) if share_of(site, shares) == share)


def client_id_of(share: int, shares: int, stem: str) -> str:
    """Return the client id by which the broker keeps the session of *share*."""
    return stem if shares == 1 else f"{stem}-{share}of{shares}"


def _weight(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
