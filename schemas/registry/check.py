"""Proves a registry document: ids, references, units, ranges and what each kind of site needs. Pure.

The form of single fields is the model's business; here stands what only the whole document can show.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from schemas.catalog.enums import Carrier, Fuel, Medium, PointKind
from schemas.catalog.factors import FACTORS
from schemas.registry.places import Fault, suggest, to_problems

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from schemas.catalog.factors import Factor
    from schemas.errors import Problem
    from schemas.registry.model import Boiler, Budget, Device, Document, Outlet, Point, Site
    from schemas.registry.places import Loc, Places

COD = "w01018"
MONTHS = 12
SHARES_TOLERANCE = 0.001
# What the direct method 正平衡 of GB/T 10180-2017 cannot do without.
MEDIUM_POINTS = {
    Medium.SATURATED_STEAM: ("yx_b_steam_flow", "yx_b_steam_pressure", "yx_b_feed_temp"),
    Medium.HOT_WATER: ("yx_b_water_flow", "yx_b_water_pressure", "yx_b_supply_temp", "yx_b_return_temp"),
}
FUEL_POINTS = {Fuel.COAL: "yx_b_coal_flow", Fuel.GAS: "yx_b_gas_flow"}
CARRIER_UNITS = {Carrier.ELECTRICITY: "kWh", Carrier.RAW_COAL: "t", Carrier.NATURAL_GAS: "m3", Carrier.STEAM: "t"}


def check(document: Document, places: Places | None = None) -> list[Problem]:
    """Return what is wrong with *document* as a whole, in its order; empty when nothing is.

    *places* tells where each part was written; without it problems name the field only.
    """
    faults = [*_duplicates(document), *_references(document)]
    for index, site in enumerate(document.sites):
        faults += _site(site, ("sites", index))
    tree = document.model_dump(mode="json") if faults else {}
    return to_problems(faults, tree, places or {})


def _site(site: Site, loc: Loc) -> Iterator[Fault]:
    devices = {device.id: device for device in site.devices}
    for index, device in enumerate(site.devices):
        yield from _device(device, (*loc, "devices", index))
    for index, outlet in enumerate(site.outlets):
        yield from _outlet(outlet, devices, (*loc, "outlets", index))
    for index, boiler in enumerate(site.boilers):
        yield from _boiler(boiler, devices, (*loc, "boilers", index))
    yield from _budgets(site, (*loc, "budgets"))


def _duplicates(document: Document) -> Iterator[Fault]:
    yield from _repeated("编号 id", ((("bureaus", i, "id"), b.id) for i, b in enumerate(document.bureaus)))
    yield from _repeated("编号 id", ((("people", i, "id"), p.id) for i, p in enumerate(document.people)))
    yield from _repeated("单位 bureau", ((("duties", i, "bureau"), d.bureau) for i, d in enumerate(document.duties)))
    yield from _repeated("编号 id", ((("sites", i, "id"), s.id) for i, s in enumerate(document.sites)))
    mns: list[tuple[Loc, str]] = []
    for i, site in enumerate(document.sites):
        loc: Loc = ("sites", i)
        yield from _repeated("编号 id", (((*loc, "devices", j, "id"), d.id) for j, d in enumerate(site.devices)))
        yield from _repeated("编号 id", (((*loc, "outlets", j, "id"), o.id) for j, o in enumerate(site.outlets)))
        yield from _repeated("编号 id", (((*loc, "boilers", j, "id"), b.id) for j, b in enumerate(site.boilers)))
        for j, device in enumerate(site.devices):
            at = (*loc, "devices", j)
            mns += [((*at, "mn"), device.mn)] if device.mn else []
            yield from _repeated(
                "因子 factor", (((*at, "points", k, "factor"), p.factor) for k, p in enumerate(device.points))
            )
    yield from _repeated("设备唯一标识 MN", mns)


def _repeated(what: str, entries: Iterable[tuple[Loc, str]]) -> Iterator[Fault]:
    seen: set[str] = set()
    for loc, key in entries:
        if key in seen:
            yield Fault(loc, f"{what} 重复 duplicate: {key}", "改成不同的，或删去一处 (change or remove one)")
        seen.add(key)


def _references(document: Document) -> Iterator[Fault]:
    bureaus = [bureau.id for bureau in document.bureaus]
    people = [person.id for person in document.people]
    for i, person in enumerate(document.people):
        yield from _unknown(("people", i, "bureau"), "单位 bureau", person.bureau, bureaus)
    for i, duty in enumerate(document.duties):
        yield from _unknown(("duties", i, "bureau"), "单位 bureau", duty.bureau, bureaus)
        for j, person_id in enumerate(duty.people):
            yield from _unknown(("duties", i, "people", j), "人员 person", person_id, people)
    for i, site in enumerate(document.sites):
        yield from _unknown(("sites", i, "lead_bureau"), "单位 bureau", site.lead_bureau, bureaus)


def _unknown(loc: Loc, what: str, key: str, known: list[str]) -> Iterator[Fault]:
    if key not in known:
        yield Fault(
            loc, f"没有这个{what} unknown: {key}", f"改成已有的编号，或先登记 (use a known id): {suggest(key, known)}"
        )


def _device(device: Device, loc: Loc) -> Iterator[Fault]:
    for index, point in enumerate(device.points):
        yield from _point(point, (*loc, "points", index))


def _point(point: Point, loc: Loc) -> Iterator[Fault]:
    if point.kind is not PointKind.COUNTER:
        for field in ("carrier", "register_max"):
            if getattr(point, field) is not None:
                yield Fault(
                    (*loc, field),
                    f"{field} 只用于累计表 is for counters only",
                    "写上 kind: counter，或删去 (or remove it)",
                )
    factor = FACTORS.get(point.factor)
    if factor is None:
        said = f"因子库里没有 not in the catalogue: {point.factor}"
        yield Fault((*loc, "factor"), said, f"改成库内代码 (use a known code): {suggest(point.factor, FACTORS)}")
        return
    if point.unit is not None and point.unit != factor.unit:
        said = f"单位 {point.unit} 与因子的单位 {factor.unit} 不同，尚不支持换算 no unit conversion exists yet"
        yield Fault((*loc, "unit"), said, f"让设备以 {factor.unit} 上传并删去 unit (send {factor.unit}, remove unit)")
    if point.carrier is not None and factor.unit != CARRIER_UNITS[point.carrier]:
        unit = CARRIER_UNITS[point.carrier]
        said = f"{point.carrier} 以 {unit} 计，而此因子为 {factor.unit} is counted in {unit}, not {factor.unit}"
        yield Fault((*loc, "carrier"), said, "改正 carrier 或 factor (correct carrier or factor)")
    yield from _range(point, factor, loc)


def _range(point: Point, factor: Factor, loc: Loc) -> Iterator[Fault]:
    mend = f"取 {factor.low:g} 至 {factor.high:g} {factor.unit} 之内 (stay within the factor's range)"
    inside = True
    for field in ("low", "high"):
        value: float | None = getattr(point, field)
        if value is not None and not factor.low <= value <= factor.high:
            inside = False
            yield Fault((*loc, field), f"{value:g} 超出因子的范围 outside the factor's range", mend)
    low = factor.low if point.low is None else point.low
    high = factor.high if point.high is None else point.high
    if inside and low >= high:
        field = "low" if point.low is not None else "high"
        said = f"下限 {low:g} 不小于上限 {high:g} low is not below high"
        yield Fault((*loc, field), said, "使 low < high (make low smaller than high)")


def _outlet(outlet: Outlet, devices: dict[str, Device], loc: Loc) -> Iterator[Fault]:
    yield from _unknown((*loc, "device"), "设备 device", outlet.device, list(devices))
    device = devices.get(outlet.device)
    if device is not None and COD not in _factors(device):
        said = f"设备 {device.id} 没有化学需氧量 {COD}，排放口无法判定 device lacks COD"
        yield Fault((*loc, "device"), said, f"给该设备加上监测点 {COD} (add the point)")


def _boiler(boiler: Boiler, devices: dict[str, Device], loc: Loc) -> Iterator[Fault]:
    yield from _unknown((*loc, "device"), "设备 device", boiler.device, list(devices))
    device = devices.get(boiler.device)
    if device is not None:
        needed = (*MEDIUM_POINTS[boiler.medium], FUEL_POINTS[boiler.fuel])
        lacking = "、".join(code for code in needed if code not in _factors(device))
        if lacking:
            said = f"设备 {device.id} 缺少正平衡效率所需的监测点 device lacks points for the efficiency: {lacking}"
            yield Fault((*loc, "device"), said, f"给该设备加上 (add): {lacking}")
    for index, page in enumerate(boiler.checks):
        if page.next_due < page.done:
            said = f"下次日期 {page.next_due} 早于检验日期 {page.done} next_due is before done"
            yield Fault((*loc, "checks", index, "next_due"), said, "改正日期 (correct the dates)")


def _budgets(site: Site, loc: Loc) -> Iterator[Fault]:
    seen: set[date] = set()
    for index, budget in enumerate(site.budgets):
        if budget.valid_from in seen:
            said = f"同一天起用两个预算 two budgets in force from {budget.valid_from}"
            yield Fault((*loc, index, "valid_from"), said, "改正日期或删去一个 (correct the date or remove one)")
        seen.add(budget.valid_from)
        yield from _shares(budget, (*loc, index, "shares"))
    points = (point for device in site.devices for point in device.points)
    if site.budgets and not any(point.carrier is not None for point in points):
        said = "有预算而没有标明能源品种的累计表，无法核算 a budget, but no counter with a carrier"
        yield Fault(loc, said, "给计量点写上 kind: counter 与 carrier，或删去预算 (add them, or remove the budget)")


def _shares(budget: Budget, loc: Loc) -> Iterator[Fault]:
    if budget.shares is None:
        return
    total = math.fsum(budget.shares)
    if len(budget.shares) != MONTHS:
        said = f"应有 12 个月的比例，现有 {len(budget.shares)} 个 twelve shares are needed"
        yield Fault(loc, said, "补齐或删去 shares (complete or remove them)")
    elif min(budget.shares) < 0:
        yield Fault(loc, "比例不能为负 a share is negative", "改成 0 或以上 (raise it)")
    elif not abs(total - 1) <= SHARES_TOLERANCE + 1e-9:
        said = f"十二个月比例合计 {total:.4f}，应为 1 the shares sum to {total:.4f}, not 1"
        yield Fault(loc, said, "调整比例 (adjust them)")


def _factors(device: Device) -> set[str]:
    return {point.factor for point in device.points}
