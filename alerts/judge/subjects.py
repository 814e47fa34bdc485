"""What is judged: which derived point belongs to which rule and subject, read off the registry once. Pure."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import msgspec

from schemas.catalog.enums import FUEL_ZH
from schemas.catalog.factors import FACTORS
from schemas.catalog.limits import in_force
from schemas.registry.model import Budget
from schemas.registry.store import EFFICIENCY, ENERGY_BALANCE, TCE

if TYPE_CHECKING:
    from schemas.registry.model import Site
    from schemas.registry.store import Registry

WATER_TEMPERATURE = "w01010"
_AMMONIA = "w21003"
SEWAGE_FACTORS = ("w01018", _AMMONIA, "w21001", "w21011", "w01012")


class Subject(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One thing one rule judges. *basis* is that of the facts it feeds on."""

    rule: str
    key: str
    site_id: str
    title: str
    point_id: int
    basis: str
    factor: str
    scope: str = ""
    built: date = date(1970, 1, 1)
    water_temp_id: int | None = None
    budgets: tuple[Budget, ...] = ()


def subjects(registry: Registry, today: date) -> list[Subject]:
    """Return all subjects under *registry*."""
    found: list[Subject] = []
    for site in registry.document.sites:
        found += _outlets(registry, site)
        found += _boilers(registry, site, today)
        tce = registry.points.get((site.id, ENERGY_BALANCE, TCE))
        if tce is not None and site.budgets:
            found.append(
                Subject(
                    rule="energy_budget",
                    key=f"{site.id}/budget",
                    site_id=site.id,
                    title=f"{site.name} 用能预算",
                    point_id=tce,
                    basis="day",
                    factor=TCE,
                    budgets=tuple(site.budgets),
                )
            )
    return found


def _outlets(registry: Registry, site: Site) -> list[Subject]:
    return [
        Subject(
            rule="sewage_day",
            key=f"{site.id}/{outlet.id}/{factor}",
            site_id=site.id,
            title=f"{site.name} {outlet.name} {FACTORS[factor].zh}",
            point_id=registry.points[site.id, outlet.device, factor],
            basis="day",
            factor=factor,
            scope=outlet.standard,
            built=outlet.eia_approved,
            water_temp_id=registry.points.get((site.id, outlet.device, WATER_TEMPERATURE))
            if factor == _AMMONIA
            else None,
        )
        for outlet in site.outlets
        for factor in SEWAGE_FACTORS
        if (site.id, outlet.device, factor) in registry.points
    ]


def _boilers(registry: Registry, site: Site, today: date) -> list[Subject]:
    return [
        Subject(
            rule="boiler_efficiency",
            key=f"{site.id}/{boiler.id}",
            site_id=site.id,
            title=f"{site.name} {boiler.name} {FUEL_ZH[boiler.fuel]}锅炉热效率",
            point_id=registry.points[site.id, boiler.id, EFFICIENCY],
            basis="hour",
            factor=EFFICIENCY,
            scope=f"boiler-{boiler.fuel}",
            built=boiler.manufactured,
        )
        for boiler in site.boilers
        # A boiler older than the rule is judged by its progress on the 2015 baseline, not by 80 / 92 (plan task 13).
        if in_force(f"boiler-{boiler.fuel}", EFFICIENCY, "hour", day=today, built=boiler.manufactured)
    ]
