"""Prints the wall once for all screens: an edition for each version of the county, its pages made when first asked for. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.desk import dials, wall_book
from alerts.desk.facts import EXCEEDING
from alerts.desk.wall_book import BOILERS, ENERGY, INCIDENTS, OVERVIEW, SEWAGE, SITES, Leaf
from alerts.desk.wallparts import boilers, energy, incidents, overview, sewage, sites, top
from alerts.desk.wallparts.pieces import Part, empty

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.desk.facts import Snapshot

#: Ages are told in minutes; printed this often they are right within it, and what did not change is not sent.
_REPRINT_S = 10


class Edition:
    """The wall at one instant. Everything is made once, however many screens show it."""

    def __init__(self, snapshot: Snapshot | None, away_since: datetime | None, now: datetime) -> None:
        self._snapshot = snapshot
        self._now = now
        self._parts: dict[Leaf, tuple[Part, ...]] = {}
        self._alone: dict[str, tuple[tuple[Leaf, ...], int]] = {}
        self.title = top.title(snapshot)
        self.counts = top.counts(snapshot)
        self.clock = top.clock(now)
        self.banner = top.banner(snapshot, away_since, now)
        self.rotation = wall_book.rotation(snapshot) if snapshot else (Leaf(OVERVIEW),)
        self.badges = _badges(snapshot, now) if snapshot else {}

    @property
    def is_old(self) -> bool:
        """Say whether nothing on the page is known of now."""
        return bool(self.banner)

    def alone(self, key: str) -> tuple[tuple[Leaf, ...], int]:
        """Return all pages of one kind and the place of the one asked for (see `wall_book.alone`)."""
        if self._snapshot is None:
            return (Leaf(key.partition("-")[0]),), 0
        if key not in self._alone:
            self._alone[key] = wall_book.alone(self._snapshot, key)
        return self._alone[key]

    def parts(self, leaf: Leaf) -> tuple[Part, ...]:
        """Return what stands on a page."""
        if leaf not in self._parts:
            self._parts[leaf] = _print(self._snapshot, leaf, self._now)
        return self._parts[leaf]


class Press:
    """Makes a new edition when the county changed, and now and then because time passed."""

    def __init__(self) -> None:
        self._stamp: tuple[int, int, bool] | None = None
        self._edition: Edition | None = None

    def edition(self, version: int, snapshot: Snapshot | None, away_since: datetime | None, now: datetime) -> Edition:
        """Return the edition of *version* at *now*; the same one again as long as nothing can have changed."""
        is_forgotten = snapshot is not None and now - snapshot.now > top.FRESH
        stamp = (version, int(now.timestamp()) // _REPRINT_S, is_forgotten)
        if self._edition is None or stamp != self._stamp:
            self._stamp, self._edition = stamp, Edition(snapshot, away_since, now)
        return self._edition


def _badges(snapshot: Snapshot, now: datetime) -> dict[str, int]:
    """Return how much is wrong behind each link."""
    cells = [[sewage.state(cell, now) for cell in outlet.cells] for outlet in snapshot.outlets]
    return {
        SEWAGE: sum(sewage.OVER in row for row in cells),
        BOILERS: sum(dials.state(boiler, now) == dials.BAD for boiler in snapshot.boilers),
        ENERGY: sum(energy.state(budget, now) in {energy.OVER, energy.PROJECTED} for budget in snapshot.budgets),
        SITES: sum(site.state == EXCEEDING for site in snapshot.sites),
        INCIDENTS: max(snapshot.incidents_total, len(snapshot.incidents)),
    }


def _print(snapshot: Snapshot | None, leaf: Leaf, now: datetime) -> tuple[Part, ...]:
    if snapshot is None:
        return (Part("panel a-all", "读取中", empty("正在读取数据…", "Loading")),)
    if leaf.kind == OVERVIEW:
        return overview.page(snapshot, now)
    if leaf.kind == ENERGY:
        return energy.page(snapshot, leaf, now)
    printed = {SEWAGE: sewage.page, BOILERS: boilers.page, SITES: sites.page, INCIDENTS: incidents.page}[leaf.kind]
    return (printed(snapshot, leaf, now),)
