"""What is judged: which derived points belong to which rule and subject, read off the registry once. Pure."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from schemas.catalog.enums import FUEL_ZH, CoalClass, Firing, Fuel, Medium
from schemas.catalog.factors import FACTORS
from schemas.catalog.limits import StackBoiler, boiler_scope, in_force, permit_limit, tonnes_per_hour
from schemas.digest import digest
from schemas.records import Limit
from schemas.registry.derived import (
    EFFICIENCY,
    ENERGY_BALANCE,
    INDIRECT,
    TCE,
    converted_factor,
    load_factor,
    stack_boilers,
)
from schemas.registry.model import Budget, Stack

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from schemas.registry.model import Boiler, Outlet, Permit, Site
    from schemas.registry.store import Registry

WATER_TEMPERATURE = "w01010"
PH = "w01001"
_AMMONIA = "w21003"
#: At this water temperature or below the value in brackets binds (GB 18918-2002 table 1 note 2).
COLD_WATER_C = 12.0
#: Judged by day mean; pH by its instant since 2026-03-01.
DAY_FACTORS = ("w01018", _AMMONIA, "w21001", "w21011", "w01012")
SEWAGE_FACTORS = (*DAY_FACTORS, PH)
#: Factors whose transmission counts (house reference 7.2, part II 6).
RATED_WATER = ("w01018", _AMMONIA, "w21011", "w21001")
RATED_GAS = ("a34013", "a21026", "a21002")
STACK_FACTORS = ("a34013", "a21026", "a21002", "a20057")
CAPPED_LOADS = ("w01018", _AMMONIA, "a21026", "a21002")
COUNTY = "county"


class Make(NamedTuple):
    """What GB 24500-2020 asks of a boiler to name its grade."""

    fuel: Fuel
    firing: Firing | None
    condensing: bool
    coal_class: CoalClass


class Subject(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One thing one rule judges. *basis* is that of the facts it feeds on; *watch*: the points whose facts concern it.

    *point_id* is the first of them; *built* the day its limits ask for; *rated* t/h of steam; *amount* a boiler's baseline in %
    or the county's cap in tce.
    """

    rule: str
    key: str
    site_id: str
    #: The device whose values are judged, where it is one: what is silenced or muted with it.
    device: str = ""
    title: str
    point_id: int
    basis: str
    factor: str
    watch: tuple[int, ...] = ()
    scope: str = ""
    built: date = date(1970, 1, 1)
    rated: float | None = None
    water_temp_id: int | None = None
    flow_id: int | None = None
    indirect_id: int | None = None
    make: Make | None = None
    permits: tuple[Limit, ...] = ()
    stack: tuple[StackBoiler, ...] = ()
    budgets: tuple[Budget, ...] = ()
    amount: float | None = None

    def digest(self) -> str:
        """Return a digest of all that enters its verdicts besides the facts."""
        return digest(self)


def subjects(registry: Registry, today: date) -> list[Subject]:
    """Return all subjects under *registry*; *today* decides which boilers the plan's efficiency binds."""
    found: list[Subject] = []
    for site in registry.document.sites:
        for outlet in site.outlets:
            found += _outlet(registry, site, outlet)
        for stack in site.stacks:
            found += _stack(registry, site, stack)
        for boiler in site.boilers:
            found += _boiler(registry, site, boiler, today)
        found += _energy(registry, site)
    found += _county(registry)
    return found


def _outlet(registry: Registry, site: Site, outlet: Outlet) -> Iterator[Subject]:
    held = {f: registry.points.get((site.id, outlet.device, f)) for f in (*SEWAGE_FACTORS, WATER_TEMPERATURE)}
    for factor in SEWAGE_FACTORS:
        point = held[factor]
        if point is None:
            continue
        temperature = held[WATER_TEMPERATURE] if factor == _AMMONIA else None
        common: dict[str, Any] = {
            "key": f"{site.id}/{outlet.id}/{factor}",
            "site_id": site.id,
            "device": outlet.device,
            "title": f"{site.name} {outlet.name} {FACTORS[factor].zh}",
            "point_id": point,
            "factor": factor,
            "scope": outlet.standard,
            "built": outlet.eia_approved,
            "water_temp_id": temperature,
            "flow_id": registry.points.get((site.id, outlet.device, "w00000")),
            "watch": tuple(filter(None, (point, temperature))),
            "permits": _permits(site, outlet.id, factor, ("day",), "mg/L", 26),
        }
        yield Subject(rule="sewage_day", basis="day", **common)
        # An hour's flow says whether its concentration counts; the day value has it within.
        common["watch"] = tuple(filter(None, (point, temperature, common["flow_id"])))
        yield Subject(rule="sewage_instant", basis="hour", **common)
        # A pH near 6 or 9 says nothing of tomorrow.
        if factor != PH:
            yield Subject(rule="sewage_hour", basis="hour", **common)
        else:
            yield Subject(rule="sewage_ph", basis="instant", **(common | {"watch": (point,)}))
        yield Subject(rule="above_range", basis="hour", **(common | {"watch": (point,)}))
    yield from _loads(registry, site, outlet.id, outlet.name, RATED_WATER)
    yield from _rates(site, outlet, f"{site.name} {outlet.name}", _sent(registry, site, outlet, RATED_WATER))


def _stack(registry: Registry, site: Site, stack: Stack) -> Iterator[Subject]:
    boilers = stack_boilers(site, stack)
    for factor in STACK_FACTORS:
        raw = registry.points.get((site.id, stack.device, factor))
        converted = registry.points.get((site.id, stack.id, converted_factor(factor)))
        if raw is None or converted is None:
            continue
        common: dict[str, Any] = {
            "key": f"{site.id}/{stack.id}/{factor}",
            "site_id": site.id,
            "device": stack.device,
            "title": f"{site.name} {stack.name} {FACTORS[factor].zh}",
            "basis": "hour",
        }
        yield Subject(
            rule="air_hour",
            point_id=converted,
            watch=(converted,),
            factor=converted_factor(factor),
            stack=boilers,
            permits=_permits(site, stack.id, factor, ("hour",), "mg/m3", 13),
            **common,
        )
        yield Subject(rule="above_range", point_id=raw, watch=(raw,), factor=factor, **common)
    yield from _loads(registry, site, stack.id, stack.name, RATED_GAS)
    yield from _rates(site, stack, f"{site.name} {stack.name}", _sent(registry, site, stack, RATED_GAS))


def _permits(site: Site, place: str, factor: str, bases: tuple[str, ...], unit: str, task: int) -> tuple[Limit, ...]:
    return tuple(
        limit
        for permit in site.permits
        if permit.outlet == place and permit.factor == factor and permit.basis in bases
        for limit in _as_limits(permit, unit, task)
    )


def _as_limits(permit: Permit, unit: str, task: int) -> list[Limit]:
    limit = permit_limit(
        number=permit.number, outlet=permit.outlet, factor=permit.factor, basis=permit.basis, high=permit.high,
        decimals=permit.decimals, valid_from=permit.valid_from, valid_to=permit.valid_to, unit=unit, task=task,
    )  # fmt: skip
    if permit.high_cold is None:
        return [limit]
    cold = {"id": f"{limit.id}.cold", "high": permit.high_cold, "water_temp_up_to_c": COLD_WATER_C}
    return [
        msgspec.structs.replace(limit, id=f"{limit.id}.warm", water_temp_above_c=COLD_WATER_C),
        msgspec.structs.replace(limit, **cold),
    ]


def _loads(registry: Registry, site: Site, place: str, name: str, factors: Iterable[str]) -> Iterator[Subject]:
    for factor in factors:
        point = registry.points.get((site.id, place, load_factor(factor)))
        permits = _permits(site, place, factor, ("year",), "t", 26)
        if point is not None and permits:
            yield Subject(
                rule="load_permit", key=f"{site.id}/{place}/{factor}", site_id=site.id, basis="month",
                title=f"{site.name} {name} {FACTORS[factor].zh}年排放量", point_id=point, watch=(point,),
                factor=load_factor(factor), permits=permits,
            )  # fmt: skip


def _sent(registry: Registry, site: Site, place: Outlet | Stack, factors: Iterable[str]) -> tuple[int, ...]:
    return tuple(
        registry.points[site.id, place.device, factor]
        for factor in factors
        if (site.id, place.device, factor) in registry.points
    )


def _rates(site: Site, place: Outlet | Stack, title: str, points: tuple[int, ...]) -> Iterator[Subject]:
    if points:
        common: dict[str, Any] = {
            "site_id": site.id,
            "device": place.device,
            "title": f"{title} 数据传输有效率",
            "point_id": points[0],
        }
        for rule in ("data_rate", "data_rate_quarter"):
            yield Subject(rule=rule, key=f"{site.id}/{place.id}", basis="day", watch=points, factor="", **common)


def _boiler(registry: Registry, site: Site, boiler: Boiler, today: date) -> Iterator[Subject]:
    make = Make(boiler.fuel, boiler.firing, boiler.condensing, boiler.coal_class)
    scope = boiler_scope(make.fuel, make.firing, condensing=make.condensing, coal_class=make.coal_class)
    rated = tonnes_per_hour(boiler.rated, is_hot_water=boiler.medium is Medium.HOT_WATER)
    point = registry.points[site.id, boiler.id, EFFICIENCY]
    common: dict[str, Any] = {
        "key": f"{site.id}/{boiler.id}", "site_id": site.id, "device": boiler.device, "point_id": point, "watch": (point,), "factor": EFFICIENCY,
        "built": boiler.manufactured, "rated": rated,
    }  # fmt: skip
    title = f"{site.name} {boiler.name} {FUEL_ZH[boiler.fuel]}锅炉热效率"
    # A boiler older than the rule is judged by its progress on the 2015 baseline, not by 80 / 92 (plan task 13).
    if in_force(scope, EFFICIENCY, "hour", day=today, built=boiler.manufactured, rated=rated):
        indirect = registry.points[site.id, boiler.id, INDIRECT]
        common["watch"] = (point, indirect)
        yield Subject(
            rule="boiler_efficiency", title=title, basis="hour", scope=scope, indirect_id=indirect, make=make, **common
        )
    elif boiler.fuel is Fuel.COAL and boiler.baseline_efficiency_pct is not None:
        yield Subject(
            rule="boiler_progress", title=title, basis="month", scope="boiler-coal-inservice",
            amount=boiler.baseline_efficiency_pct, **common,
        )  # fmt: skip


def _energy(registry: Registry, site: Site) -> Iterator[Subject]:
    tce = registry.points.get((site.id, ENERGY_BALANCE, TCE))
    if tce is None or not site.budgets:
        return
    common: dict[str, Any] = {
        "site_id": site.id, "point_id": tce, "watch": (tce,), "basis": "day", "factor": TCE,
        "budgets": tuple(site.budgets),
    }  # fmt: skip
    yield Subject(rule="energy_budget", key=f"{site.id}/budget", title=f"{site.name} 用能预算", **common)
    yield Subject(rule="energy_year", key=f"{site.id}/budget", title=f"{site.name} 年度用能预算", **common)


def _county(registry: Registry) -> Iterator[Subject]:
    county = registry.document.county
    tce = tuple(sorted(n for (_, place, f), n in registry.points.items() if (place, f) == (ENERGY_BALANCE, TCE)))
    living = {site.id for site in registry.document.sites}
    tce = tuple(n for n in tce if any(registry.points.get((s, ENERGY_BALANCE, TCE)) == n for s in living))
    if tce and county.energy_cap_tce is not None:
        yield Subject(
            rule="energy_cap", key=f"{COUNTY}/{TCE}", site_id="", title=f"{county.name} 能源消费总量", point_id=tce[0],
            watch=tce, basis="day", factor=TCE, scope=COUNTY, amount=county.energy_cap_tce,
        )  # fmt: skip
    for factor in CAPPED_LOADS:
        loads = tuple(
            sorted(
                number
                for site in registry.document.sites
                for place in [*(one.id for one in site.outlets), *(one.id for one in site.stacks)]
                if (number := registry.points.get((site.id, place, load_factor(factor)))) is not None
            )
        )
        if loads:
            yield Subject(
                rule="load_cap", key=f"{COUNTY}/{factor}", site_id="", title=f"{county.name} {FACTORS[factor].zh}排放总量",
                point_id=loads[0], watch=loads, basis="month", factor=load_factor(factor), scope=COUNTY,
            )  # fmt: skip
