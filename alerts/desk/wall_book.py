"""Which pages the wall has, in their order: a page without content is left out, what does not fit goes to a next one. Pure.

House conventions, all numbers here: how much a page holds so that it is read from four metres, and twelve pages at most, so
that a rotation of twenty seconds a page is through in four minutes.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from alerts.desk.facts import Snapshot

OVERVIEW, SEWAGE, BOILERS, ENERGY, SITES, INCIDENTS = "overview", "sewage", "boilers", "energy", "sites", "incidents"
#: Kinds in the order of the rotation.
KIND_ZH = {
    OVERVIEW: ("总览", "Overview"),
    SEWAGE: ("污水", "Sewage"),
    BOILERS: ("锅炉", "Boilers"),
    ENERGY: ("能耗", "Energy"),
    SITES: ("站点", "Sites"),
    INCIDENTS: ("预警", "Incidents"),
}
#: So much fits on one page of each kind.
HOLDS = {OVERVIEW: 1, SEWAGE: 6, BOILERS: 8, ENERGY: 8, SITES: 24, INCIDENTS: 12}
MOST_PAGES = 12
_DIGITS = 6
#: Who gets the pages that are left, while there are any: what is wrong first.
_FIRST_SERVED = (INCIDENTS, SITES, SEWAGE, BOILERS, ENERGY)


class Leaf(msgspec.Struct, frozen=True):
    """One page: the *number*-th (from 1) of *of* pages of its *kind*; *cut*: there would be more, the last counts the rest."""

    kind: str
    number: int = 1
    of: int = 1
    cut: bool = False

    @property
    def key(self) -> str:
        """Name the page in an address: ``sites``, ``sites-2``."""
        return self.kind if self.number == 1 else f"{self.kind}-{self.number}"

    @property
    def first(self) -> int:
        """Return the place of the first thing on this page among all of its kind, from 0."""
        return (self.number - 1) * HOLDS[self.kind]

    @property
    def is_rest(self) -> bool:
        """Say whether this is the last page of a kind that has more than fits."""
        return self.cut and self.number == self.of


def amounts(snapshot: Snapshot) -> dict[str, int]:
    """Return how many things there are of each kind."""
    return {
        OVERVIEW: 1,
        SEWAGE: len(snapshot.outlets),
        BOILERS: len(snapshot.boilers),
        ENERGY: max(len(snapshot.budgets), int(bool(snapshot.caps or (snapshot.energy and snapshot.energy.cap)))),
        SITES: len(snapshot.sites),
        INCIDENTS: len(snapshot.incidents),
    }


def rotation(snapshot: Snapshot, most: int = MOST_PAGES) -> tuple[Leaf, ...]:
    """Return the pages that take turns, *most* at most; each kind with content has one at least."""
    wanted = {kind: ceil(amount / HOLDS[kind]) for kind, amount in amounts(snapshot).items() if amount}
    given = dict.fromkeys(wanted, 1)
    while sum(given.values()) < most:
        hungry = [kind for kind in _FIRST_SERVED if kind in wanted and given[kind] < wanted[kind]]
        if not hungry:
            break
        for kind in hungry[: most - sum(given.values())]:
            given[kind] += 1
    return tuple(
        Leaf(kind, number, of, cut=of < wanted[kind]) for kind, of in given.items() for number in range(1, of + 1)
    )


def alone(snapshot: Snapshot, key: str) -> tuple[tuple[Leaf, ...], int]:
    """Return all pages of the kind that *key* names, however many, and which of them it names (from 0).

    Raises:
        KeyError: there is no such kind.

    """
    kind, _, number = key.partition("-")
    of = max(1, ceil(amounts(snapshot)[kind] / HOLDS[kind]))
    # Python refuses to read a number of thousands of digits.
    asked = int(number[:_DIGITS]) if number.isascii() and number.isdigit() else 1
    return tuple(Leaf(kind, at, of) for at in range(1, of + 1)), min(max(asked, 1), of) - 1
