"""The series we derive ourselves: their codes, whose they are, and what the registry says for computing them. Pure.

A derived series lives under the thing it is derived for: the boiler, the outlet or stack, or the site's energy balance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from schemas.catalog.enums import Medium, SiteKind
from schemas.catalog.factors import FACTORS
from schemas.catalog.limits import StackBoiler, tonnes_per_hour

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schemas.registry.model import Document, Site, Stack

ENERGY_BALANCE = "energy"
EFFICIENCY = "yx_b_efficiency"
INDIRECT = "yx_b_efficiency_indirect"
TCE = "yx_e_tce"

PointKey = tuple[str, str, str]
#: What of an outlet is judged by each single reading: pH, by GB 18918-2002 as amended (in force 2026-03-01), secondary source
#: (MEE 2026-01-07); of what it moves from daily to instantaneous, colour and coliforms have no automatic instrument here.
_EACH_READING = ("w01001",)


class Numbered(Protocol):
    """A registry with the numbers of its points, as `schemas.registry.store.Registry`."""

    @property
    def document(self) -> Document:
        """The county."""

    @property
    def points(self) -> Mapping[PointKey, int]:
        """Number by (site, device, factor)."""


def converted_factor(code: str) -> str:
    """Return the code under which *code*'s concentration at reference O2 is stored."""
    return f"yx_zs_{code}"


def load_factor(code: str) -> str:
    """Return the code under which *code*'s kilograms are stored."""
    return f"yx_l_{code}"


def _derived_of(code: str) -> tuple[str, str]:
    return converted_factor(code), load_factor(code)


def point_keys(document: Document) -> list[PointKey]:
    """Return the keys of all series of *document*: those devices send, then those we derive."""
    keys: list[PointKey] = []
    for site in document.sites:
        keys += [(site.id, device.id, point.factor) for device in site.devices for point in device.points]
        keys += [(site.id, boiler.id, series) for boiler in site.boilers for series in (EFFICIENCY, INDIRECT)]
        sent = {device.id: {point.factor for point in device.points} for device in site.devices}
        places = [(one.id, one.device) for one in site.outlets] + [(one.id, one.device) for one in site.stacks]
        for place, device_id in places:
            for code in sorted(sent.get(device_id, ())):
                keys += [(site.id, place, one) for one in _derived_of(code) if one in FACTORS]
        if site.kind is SiteKind.ENERGY_UNIT or site.budgets:
            keys.append((site.id, ENERGY_BALANCE, TCE))
    return keys


def stack_boilers(site: Site, stack: Stack) -> tuple[StackBoiler, ...]:
    """Return what GB 13271-2014 asks of each boiler on *stack*; without an EIA day the day of manufacture stands."""
    return tuple(
        StackBoiler(
            fuel=one.fuel,
            eia_approved=one.eia_approved or one.manufactured,
            rated_tph=tonnes_per_hour(one.rated, is_hot_water=one.medium is Medium.HOT_WATER),
            special=stack.special,
        )
        for one in site.boilers
        if one.id in stack.boilers
    )


def instant_points(registry: Numbered) -> frozenset[int]:
    """Return the numbers of the points whose every reading is judged by itself, when it comes."""
    keys = (
        (site.id, outlet.device, factor)
        for site in registry.document.sites
        for outlet in site.outlets
        for factor in _EACH_READING
    )
    return frozenset(registry.points[key] for key in keys if key in registry.points)
