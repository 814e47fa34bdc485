"""The overview: incidents, sites by town, and beside them outlets, boilers and budgets. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.desk.wallparts import boilers, energy, incidents, sewage, sites
from alerts.desk.wallparts.pieces import Part

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.desk.facts import Snapshot


def page(snapshot: Snapshot, now: datetime) -> tuple[Part, ...]:
    """Return the overview's parts; without sewage, boilers and budgets there is no third column."""
    right = sewage.overview(snapshot, now) + boilers.overview(snapshot, now) + energy.overview(snapshot, now)
    parts = (incidents.overview(snapshot, now), sites.overview(snapshot, now))
    return (*parts, Part("stack a-right", "污水、锅炉、能耗", right)) if right else parts
