"""What is derived from what, read off the registry once. Pure.

Each thing of the plan has a digest of all that enters its values: where that changes, its windows are derived again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ingest.derive import boiler as boilers
from ingest.derive.energy import Change, Meter
from schemas.catalog.enums import Balance, Carrier, ElectricityBasis, GasState, PointKind, Position
from schemas.catalog.limits import StackBoiler
from schemas.digest import digest
from schemas.registry.derived import (
    EFFICIENCY,
    ENERGY_BALANCE,
    INDIRECT,
    TCE,
    PointKey,
    converted_factor,
    load_factor,
    stack_boilers,
)
from schemas.registry.model import Analysis, Boiler, Budget
from schemas.times import to_us

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from schemas.registry.model import Device, Point, Site, Stack
    from schemas.registry.store import Registry

FLOW, GAS_FLOW, VELOCITY, OXYGEN = "w00000", "a00000", "a01011", "a19001"
#: Values in water whose day is not weighted with the outlet's flow.
_UNWEIGHTED = {FLOW, "w01001", "w01010"}
WATER_LOADS = ("w01018", "w21003", "w21001", "w21011")
CONVERTED = ("a34013", "a21026", "a21002", "a20057")
GAS_LOADS = ("a34013", "a21026", "a21002")


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """A measured point and how its windows are computed. *medium*: water, gas or other, by the factor's code."""

    point_id: int
    factor: str
    interval_s: int
    medium: str
    kind: PointKind
    meter: Meter | None = None
    carrier: Carrier | None = None
    balance: Balance = Balance.IN
    lhv_kj: float | None = None
    state: GasState = GasState.DRY_STANDARD
    flow_id: int | None = None


class BoilerPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A boiler, the points its efficiency is stored under (direct, indirect) and those it is computed from."""

    boiler: Boiler
    direct_id: int
    indirect_id: int
    inputs: dict[int, str]
    fuel_id: int
    position: Position | None
    analyses: list[Analysis]


class StackPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A stack: raw pollutant → its converted series and its load; *inputs* of the device by factor."""

    boilers: tuple[StackBoiler, ...]
    duct_area_m2: float | None
    inputs: dict[str, int]
    converted: dict[int, int]
    loads: dict[int, int]

    def converted_factors(self) -> list[tuple[str, int]]:
        """Return the factor as measured and the number of its converted series, for each pollutant."""
        names = {number: factor for factor, number in self.inputs.items()}
        return [(names[raw], number) for raw, number in self.converted.items()]


class OutletPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A sewage outlet: concentration → its load, and the flow."""

    flow_id: int
    loads: dict[int, int]


class EnergyPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A site's energy balance, the point its tce is stored under, and its meters."""

    point_id: int
    budgets: list[Budget]
    meters: list[Series]

    def basis_on(self, day: date) -> ElectricityBasis:
        """Return how electricity is counted on *day*: as the budget in force counts it."""
        held = [budget for budget in self.budgets if budget.valid_from <= day]
        return max(held, key=lambda budget: budget.valid_from).electricity if held else ElectricityBasis.CALORIFIC


class Plan(msgspec.Struct, frozen=True):
    """Everything the rounds need to know. *names*: point → site/device/factor, for people."""

    version: int
    series: dict[int, Series]
    boilers: list[BoilerPlan]
    stacks: list[StackPlan]
    outlets: list[OutletPlan]
    energy: list[EnergyPlan]
    names: dict[int, PointKey]

    def digests(self) -> dict[str, tuple[str, list[int]]]:
        """Return key → (digest, measured points whose hours to derive again when the digest is another)."""
        found: dict[str, tuple[str, list[int]]] = {}
        for one in self.series.values():
            found["/".join(self.names[one.point_id])] = digest(one), [one.point_id]
        for boiler in self.boilers:
            # Its name and its file say nothing of its efficiency.
            core = boiler.boiler.model_copy(update={"name": boiler.boiler.id, "checks": []})
            key = "/".join(self.names[boiler.direct_id])
            found[key] = digest(msgspec.structs.replace(boiler, boiler=core)), [boiler.fuel_id]
        for stack in self.stacks:
            key = "/".join(self.names[next(iter(stack.converted.values()))][:2])
            found[f"stack {key}"] = digest(stack), list(stack.converted)[:1]
        for outlet in self.outlets:
            found[f"outlet {'/'.join(self.names[outlet.flow_id][:2])}"] = digest(outlet), [outlet.flow_id]
        for site in self.energy:
            bare = [(budget.valid_from, budget.electricity) for budget in site.budgets]
            found["/".join(self.names[site.point_id])] = (
                digest((bare, site.meters)),
                [meter.point_id for meter in site.meters[:1]],
            )
        return found


def plan(registry: Registry) -> Plan:
    """Return what is derived under *registry*."""
    names = {number: key for key, number in registry.points.items()}
    made = Plan(registry.version_id, {}, [], [], [], [], names)
    for site in registry.document.sites:
        for device in site.devices:
            for one in _series(registry, site, device):
                made.series[one.point_id] = one
        made.boilers.extend(_boiler(registry, site, boiler) for boiler in site.boilers)
        made.stacks.extend(filter(None, (_stack(registry, site, stack) for stack in site.stacks)))
        made.outlets.extend(_outlets(registry, site))
        tce = registry.points.get((site.id, ENERGY_BALANCE, TCE))
        meters = [
            made.series[registry.points[site.id, device.id, point.factor]]
            for device in site.devices
            for point in device.points
            if point.carrier and point.balance is not Balance.NONE
        ]
        if tce is not None and meters:
            made.energy.append(EnergyPlan(point_id=tce, budgets=list(site.budgets), meters=meters))
    return made


def _series(registry: Registry, site: Site, device: Device) -> list[Series]:
    flow_id = registry.points.get((site.id, device.id, FLOW))
    found = []
    for point in device.points:
        factor = point.factor
        weighted = factor.startswith("w") and factor not in _UNWEIGHTED
        found.append(
            Series(
                point_id=registry.points[site.id, device.id, factor],
                factor=factor,
                interval_s=point.interval_s,
                medium={"w": "water", "a": "gas"}.get(factor[0], "other"),
                kind=point.kind,
                meter=None if point.kind is PointKind.GAUGE else _meter(site, device.id, point),
                carrier=point.carrier,
                balance=point.balance,
                lhv_kj=point.lhv_kj,
                state=point.gas_state,
                flow_id=flow_id if weighted else None,
            )
        )
    return found


def _meter(site: Site, device_id: str, point: Point) -> Meter:
    changes = [
        Change(to_us(one.at), one.closing, one.opening)
        for one in site.meter_changes
        if (one.device, one.factor) == (device_id, point.factor)
    ]
    return Meter(
        interval_s=point.interval_s, register_max=point.register_max, changes=tuple(sorted(changes)), kind=point.kind
    )


def _boiler(registry: Registry, site: Site, boiler: Boiler) -> BoilerPlan:
    device = next(device for device in site.devices if device.id == boiler.device)
    needed = boilers.inputs(boiler)
    held = {point.factor: registry.points[site.id, device.id, point.factor] for point in device.points}
    positions = {point.position for point in device.points if point.factor in {"a01012", OXYGEN}}
    return BoilerPlan(
        boiler=boiler,
        direct_id=registry.points[site.id, boiler.id, EFFICIENCY],
        indirect_id=registry.points[site.id, boiler.id, INDIRECT],
        inputs={held[factor]: factor for factor in (*needed, *boilers.optional(boiler)) if factor in held},
        fuel_id=held[needed[-1]],
        # Two instruments at two places: neither tells the loss.
        position=positions.pop() if len(positions) == 1 else None,
        analyses=[one for one in site.analyses if one.boiler == boiler.id],
    )


def _stack(registry: Registry, site: Site, stack: Stack) -> StackPlan | None:
    device = next(device for device in site.devices if device.id == stack.device)
    held = {point.factor: registry.points[site.id, device.id, point.factor] for point in device.points}
    converted = _pairs(registry, site.id, stack.id, held, CONVERTED, converted_factor)
    if not converted:
        return None
    return StackPlan(
        boilers=stack_boilers(site, stack),
        duct_area_m2=stack.duct_area_m2,
        inputs=held,
        converted=converted,
        loads=_pairs(registry, site.id, stack.id, held, GAS_LOADS, load_factor),
    )


def _outlets(registry: Registry, site: Site) -> Iterable[OutletPlan]:
    for outlet in site.outlets:
        flow_id = registry.points.get((site.id, outlet.device, FLOW))
        device = next(device for device in site.devices if device.id == outlet.device)
        held = {point.factor: registry.points[site.id, device.id, point.factor] for point in device.points}
        loads = _pairs(registry, site.id, outlet.id, held, WATER_LOADS, load_factor)
        if flow_id is not None and loads:
            yield OutletPlan(flow_id=flow_id, loads=loads)


def _pairs(
    registry: Registry, site_id: str, place: str, held: dict[str, int], factors: Iterable[str], name: Any
) -> dict[int, int]:
    return {held[f]: registry.points[site_id, place, name(f)] for f in factors if f in held}
