"""Proves a registry document: ids, references, units, ranges and what each kind of site needs. Pure.

The form of single fields is the model's business; here stands what only the whole document can show.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from schemas.catalog.enums import Balance, Carrier, GasState, PointKind
from schemas.catalog.factors import FACTORS
from schemas.registry.check_people import people
from schemas.registry.check_permits import permits
from schemas.registry.check_plants import codes, plants, repeated, unknown
from schemas.registry.derived import ENERGY_BALANCE
from schemas.registry.places import Fault, suggest, to_problems

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from schemas.catalog.factors import Factor
    from schemas.errors import Problem
    from schemas.registry.model import Budget, Device, Document, MeterChange, Point, Site
    from schemas.registry.places import Loc, Places

MONTHS = 12
SHARES_TOLERANCE = 0.001
CARRIER_UNITS = {
    Carrier.ELECTRICITY: "kWh",
    Carrier.RAW_COAL: "t",
    Carrier.CLEANED_COAL: "t",
    Carrier.COKE: "t",
    Carrier.FUEL_OIL: "t",
    Carrier.GASOLINE: "t",
    Carrier.DIESEL: "t",
    Carrier.LPG: "t",
    Carrier.LNG: "t",
    Carrier.STEAM: "t",
    Carrier.WATER: "t",
    Carrier.HEAT: "GJ",
    Carrier.NATURAL_GAS: "m3",
    Carrier.BIOGAS: "m3",
}
#: What reports and verdicts on the county's sums stand under.
_THE_COUNTY = "county"
_NO_FUELS = (Carrier.ELECTRICITY, Carrier.STEAM, Carrier.HEAT, Carrier.WATER)
# What else must be measured to bring a gas to the dry standard state (HJ 212-2017 app. D.2): moisture, and for the actual
# state temperature and static pressure; for the pressure of the air (a01006) the standard atmosphere can stand.
STATE_POINTS = {
    GasState.DRY_STANDARD: (),
    GasState.WET_STANDARD: ("a01014",),
    GasState.ACTUAL: ("a01014", "a01012", "a01013"),
}


def check(document: Document, places: Places | None = None) -> list[Problem]:
    """Return what is wrong with *document* as a whole, in its order; empty when nothing is.

    *places* tells where each part was written; without it problems name the field only.
    """
    faults = [*_duplicates(document), *people(document), *_references(document)]
    for index, site in enumerate(document.sites):
        faults += _site(site, ("sites", index))
    tree = document.model_dump(mode="json") if faults else {}
    return to_problems(faults, tree, places or {})


def _site(site: Site, loc: Loc) -> Iterator[Fault]:
    if site.id.lower() == _THE_COUNTY:
        said = f"编号 {site.id} 留给全县 (it stands for the whole county in reports and sums)"
        yield Fault((*loc, "id"), said, "换一个编号 (use another id)")
    for index, device in enumerate(site.devices):
        yield from _device(device, (*loc, "devices", index))
    yield from plants(site, loc)
    yield from permits(site, loc)
    yield from _meter_changes(site, (*loc, "meter_changes"))
    yield from _budgets(site, (*loc, "budgets"))


def _duplicates(document: Document) -> Iterator[Fault]:
    yield from repeated("编号 id", ((("bureaus", i, "id"), b.id) for i, b in enumerate(document.bureaus)))
    yield from repeated("编号 id", ((("sites", i, "id"), s.id) for i, s in enumerate(document.sites)))
    mns: list[tuple[Loc, str]] = []
    for i, site in enumerate(document.sites):
        loc: Loc = ("sites", i)
        yield from repeated("编号 id", (((*loc, "devices", j, "id"), d.id) for j, d in enumerate(site.devices)))
        yield from _ids(site, loc)
        for j, device in enumerate(site.devices):
            at = (*loc, "devices", j)
            mns += [((*at, "mn"), device.mn)] if device.mn else []
            yield from repeated(
                "因子 factor", (((*at, "points", k, "factor"), p.factor) for k, p in enumerate(device.points))
            )
    yield from repeated("设备唯一标识 MN", mns)


def _ids(site: Site, loc: Loc) -> Iterator[Fault]:
    # Permits name outlets and stacks alike, hence distinct among each other.
    spots: list[tuple[Loc, str]] = [((*loc, "outlets", i, "id"), outlet.id) for i, outlet in enumerate(site.outlets)]
    spots += [((*loc, "stacks", i, "id"), stack.id) for i, stack in enumerate(site.stacks)]
    boilers: list[tuple[Loc, str]] = [((*loc, "boilers", i, "id"), boiler.id) for i, boiler in enumerate(site.boilers)]
    yield from repeated("编号 id", spots)
    yield from repeated("编号 id", boilers)
    for spot, key in (*spots, *boilers):
        if key == ENERGY_BALANCE:
            yield Fault(
                spot, f"编号 {key} 已用于能源平衡 this id is the energy balance's", "改成别的编号 (use another)"
            )


def _references(document: Document) -> Iterator[Fault]:
    bureaus = [bureau.id for bureau in document.bureaus]
    for i, site in enumerate(document.sites):
        yield from unknown(("sites", i, "lead_bureau"), "单位 bureau", site.lead_bureau, bureaus)


def _device(device: Device, loc: Loc) -> Iterator[Fault]:
    sent = codes(device)
    for index, point in enumerate(device.points):
        yield from _point(point, (*loc, "points", index))
        yield from _gas_state(point, sent, (*loc, "points", index, "gas_state"))


def _point(point: Point, loc: Loc) -> Iterator[Fault]:
    yield from _register(point, loc)
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


def _register(point: Point, loc: Loc) -> Iterator[Fault]:
    if point.register_max is not None and point.kind is not PointKind.COUNTER:
        said = "register_max 只用于累计表 is for counters only"
        yield Fault((*loc, "register_max"), said, "写上 kind: counter，或删去 (or remove it)")
    if point.carrier is not None and point.kind is PointKind.GAUGE:
        said = "carrier 只用于累计表或时段用量 is for counters and interval values only"
        yield Fault((*loc, "carrier"), said, "写上 kind: counter 或 interval，或删去 (or remove it)")
    if point.carrier is None:
        for field, written in (("balance", point.balance is not Balance.IN), ("lhv_kj", point.lhv_kj is not None)):
            if written:
                said = f"{field} 只用于标明能源品种 carrier 的计量点 is for points with a carrier only"
                yield Fault((*loc, field), said, "写上 carrier，或删去 (add it, or remove this)")
    elif point.lhv_kj is not None and point.carrier in _NO_FUELS:
        said = f"{point.carrier} 不是燃料，没有低位发热量 is no fuel and has no heating value"
        yield Fault((*loc, "lhv_kj"), said, "删去 lhv_kj，或改正 carrier (remove it, or correct the carrier)")


def _gas_state(point: Point, sent: set[str], loc: Loc) -> Iterator[Fault]:
    if point.gas_state is not GasState.DRY_STANDARD and not point.factor.startswith("a"):
        said = f"gas_state 只用于烟气因子 is for flue gas only, not {point.factor}"
        yield Fault(loc, said, "删去 gas_state (remove it)")
        return
    lacking = "、".join(code for code in STATE_POINTS[point.gas_state] if code not in sent)
    if lacking:
        said = f"{point.gas_state} 换算为标态干基所缺的监测点 points lacking for the dry standard state: {lacking}"
        yield Fault(loc, said, f"给该设备加上，或改正 gas_state (add them, or correct it): {lacking}")


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


def _meter_changes(site: Site, loc: Loc) -> Iterator[Fault]:
    points = {device.id: {point.factor: point for point in device.points} for device in site.devices}
    for index, change in enumerate(site.meter_changes):
        yield from _meter_change(change, points, (*loc, index))
    moments = (
        ((*loc, index, "at"), f"{change.device}/{change.factor} {change.at.isoformat()}")
        for index, change in enumerate(site.meter_changes)
    )
    yield from repeated("换表 meter change", moments)


def _meter_change(change: MeterChange, points: dict[str, dict[str, Point]], loc: Loc) -> Iterator[Fault]:
    yield from unknown((*loc, "device"), "设备 device", change.device, list(points))
    if change.device not in points:
        return
    yield from unknown((*loc, "factor"), "监测点 point", change.factor, list(points[change.device]))
    point = points[change.device].get(change.factor)
    if point is None:
        return
    if point.kind is not PointKind.COUNTER:
        said = f"{change.factor} 不是累计表，没有换表之说 is no counter: nothing to replace"
        yield Fault((*loc, "factor"), said, "改正 factor，或删去此条 (correct factor, or remove the entry)")
    for field, shown in (("closing", change.closing), ("opening", change.opening)):
        if point.register_max is not None and shown > point.register_max:
            said = f"{field} {shown:.10g} 超过满度 above register_max {point.register_max:.10g}"
            yield Fault((*loc, field), said, "改正示数或 register_max (correct the figure or register_max)")


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
