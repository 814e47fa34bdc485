"""Pollutants discharged by outlet 排放量: of a span of months against the permit and the county's caps. Pure.

Serves papers and the Markdown table alike: sums of month values that were derived, in t; *low* of a month is its measured part, the
rest was substituted 替代 (HJ 356-2019, HJ 75-2017 12).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from alerts.judge.subjects import RATED_GAS, RATED_WATER
from schemas.registry.derived import load_factor
from schemas.registry.model import Permit, Site

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from schemas.records import Mean
    from schemas.registry.store import Registry

KG_PER_T = 1000.0


class Load(NamedTuple):
    """Tonnes of one factor from one outlet or stack; None: nothing is known. *permit*: the one in force, where there is one."""

    site: Site
    place: str
    place_name: str
    factor: str
    tonnes: float | None
    measured: float | None
    permit: Permit | None
    note: str


def places(site: Site) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    """Yield id, name, device and counted factors of a site's outlets and stacks."""
    yield from ((one.id, one.name, one.device, RATED_WATER) for one in site.outlets)
    yield from ((one.id, one.name, one.device, RATED_GAS) for one in site.stacks)


def numbers(registry: Registry, sites: Sequence[Site]) -> list[int]:
    """Return the numbers of the load series of *sites*."""
    found = (
        registry.points.get((site.id, place, load_factor(factor)))
        for site in sites
        for place, _, _, factors in places(site)
        for factor in factors
    )
    return sorted(number for number in found if number is not None)


def loads_of(
    registry: Registry, site: Site, months: Mapping[int, Mapping[date, Mean]], first: date, last: date
) -> Iterator[Load]:
    """Yield what each outlet and stack of *site* discharged in the months that begin in *first* to *last*."""
    for place, name, _, factors in places(site):
        for factor in factors:
            number = registry.points.get((site.id, place, load_factor(factor)))
            if number is None:
                continue
            held = [mean for month, mean in sorted(months.get(number, {}).items()) if first <= month <= last]
            notes = "；".join(dict.fromkeys(mean.note for mean in held if mean.note))
            permit = permit_on(site, place, factor, last)
            yield Load(
                site, place, name, factor, _tonnes([mean.value for mean in held]), _tonnes([mean.low for mean in held]),
                permit, notes,
            )  # fmt: skip


def permit_on(site: Site, place: str, factor: str, day: date) -> Permit | None:
    """Return the permitted yearly amount in force on *day*, the latest where several are."""
    held = [
        one
        for one in site.permits
        if (one.outlet, one.factor, one.basis) == (place, factor, "year")
        and one.valid_from <= day
        and (one.valid_to is None or day <= one.valid_to)
    ]
    return max(held, key=lambda one: one.valid_from, default=None)


def _tonnes(kilograms: Sequence[float | None]) -> float | None:
    known = [one for one in kilograms if one is not None]
    return math.fsum(known) / KG_PER_T if known else None
