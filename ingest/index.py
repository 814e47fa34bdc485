"""What the registry says of each device's points, laid out for the receiving path. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.validate import Known
from schemas.catalog.enums import PointKind
from schemas.catalog.factors import FACTORS

if TYPE_CHECKING:
    from ingest.context import Index
    from schemas.registry.store import Registry


def index_of(registry: Registry) -> tuple[Index, frozenset[int]]:
    """Return (site, device) → factor → what is known of the point, and the numbers of the counters."""
    index: Index = {}
    counters = set()
    for site in registry.document.sites:
        for device in site.devices:
            known = index.setdefault((site.id, device.id), {})
            for point in device.points:
                number = registry.points[site.id, device.id, point.factor]
                factor = FACTORS[point.factor]
                low = factor.low if point.low is None else point.low
                high = factor.high if point.high is None else point.high
                known[point.factor] = Known(number, low, high)
                if point.kind is PointKind.COUNTER:
                    counters.add(number)
    return index, frozenset(counters)
