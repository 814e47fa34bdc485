"""What is derived from what, read off the registry once. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ingest.derive import boiler as boilers
from schemas.catalog.enums import Carrier, ElectricityBasis, PointKind
from schemas.registry.model import Boiler, Budget
from schemas.registry.store import EFFICIENCY, ENERGY_BALANCE, TCE

if TYPE_CHECKING:
    from datetime import date

    from schemas.registry.model import Device, Site
    from schemas.registry.store import Registry

FLOW = "w00000"
#: Concentrations in water whose day value is weighted with the outlet's flow; pH and temperature are not.
_UNWEIGHTED = {FLOW, "w01001", "w01010"}


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """A measured point and how its windows are computed."""

    point_id: int
    factor: str
    interval_s: int
    counter: bool
    register_max: float | None
    carrier: Carrier | None
    flow_id: int | None


class BoilerPlan(msgspec.Struct, frozen=True):
    """A boiler, the point its efficiency is stored under, and the points it is computed from."""

    boiler: Boiler
    point_id: int
    inputs: dict[int, str]


class EnergyPlan(msgspec.Struct, frozen=True):
    """A site's energy balance, the point its tce is stored under, and its meters."""

    point_id: int
    budgets: list[Budget]
    meters: list[Series]

    def basis_on(self, day: date) -> ElectricityBasis:
        """Return how electricity is counted on *day*: as the budget in force counts it."""
        held = [budget for budget in self.budgets if budget.valid_from <= day]
        return max(held, key=lambda budget: budget.valid_from).electricity if held else ElectricityBasis.CALORIFIC


class Plan(msgspec.Struct, frozen=True):
    """Everything the rounds need to know."""

    version: int
    series: dict[int, Series]
    boilers: list[BoilerPlan]
    energy: list[EnergyPlan]


def plan(registry: Registry) -> Plan:
    """Return what is derived under *registry*."""
    made = Plan(registry.version_id, {}, [], [])
    for site in registry.document.sites:
        for device in site.devices:
            for one in _series(registry, site, device):
                made.series[one.point_id] = one
        for boiler in site.boilers:
            ids = {registry.points[site.id, boiler.device, factor]: factor for factor in boilers.inputs(boiler)}
            made.boilers.append(BoilerPlan(boiler, registry.points[site.id, boiler.id, EFFICIENCY], ids))
        tce = registry.points.get((site.id, ENERGY_BALANCE, TCE))
        meters = [
            made.series[registry.points[site.id, device.id, point.factor]]
            for device in site.devices
            for point in device.points
            if point.carrier
        ]
        if tce is not None and meters:
            made.energy.append(EnergyPlan(tce, list(site.budgets), meters))
    return made


def _series(registry: Registry, site: Site, device: Device) -> list[Series]:
    flow_id = registry.points.get((site.id, device.id, FLOW))
    return [
        Series(
            point_id=registry.points[site.id, device.id, point.factor],
            factor=point.factor,
            interval_s=point.interval_s,
            counter=point.kind is PointKind.COUNTER,
            register_max=point.register_max,
            carrier=point.carrier,
            flow_id=flow_id if point.factor.startswith("w") and point.factor not in _UNWEIGHTED else None,
        )
        for point in device.points
    ]
