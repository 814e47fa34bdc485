"""Proves what plants stand on a site: outlets, boilers, stacks, and what a laboratory found of their fuel. Pure."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from schemas.catalog.enums import Firing, Fuel, Medium
from schemas.catalog.limits import OXYGEN, reference_o2
from schemas.registry.derived import stack_boilers
from schemas.registry.places import Fault, suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from schemas.registry.model import Analysis, Boiler, Device, Outlet, Site, Stack
    from schemas.registry.places import Loc

COD = "w01018"
VELOCITY = "a01011"
STACK_POLLUTANTS = ("a34013", "a21026", "a21002")
# What the direct method 正平衡 of GB/T 10180-2017 cannot do without.
MEDIUM_POINTS = {
    Medium.SATURATED_STEAM: ("yx_b_steam_flow", "yx_b_steam_pressure", "yx_b_feed_temp"),
    Medium.SUPERHEATED_STEAM: ("yx_b_steam_flow", "yx_b_steam_pressure", "yx_b_steam_temp", "yx_b_feed_temp"),
    Medium.HOT_WATER: ("yx_b_water_flow", "yx_b_water_pressure", "yx_b_supply_temp", "yx_b_return_temp"),
}
FUEL_POINTS = {
    Fuel.COAL: "yx_b_coal_flow",
    Fuel.GAS: "yx_b_gas_flow",
    Fuel.OIL: "yx_b_oil_flow",
    Fuel.BIOMASS: "yx_b_biomass_flow",
}
_CHAMBER_FUELS = (Fuel.GAS, Fuel.OIL)
_FINDINGS = ("lhv", "q4_pct", "q6_pct")


def plants(site: Site, loc: Loc) -> Iterator[Fault]:
    """Yield what is wrong with the outlets, boilers, stacks and analyses of *site*, which stands at *loc*."""
    devices = {device.id: device for device in site.devices}
    for index, outlet in enumerate(site.outlets):
        yield from _outlet(outlet, devices, (*loc, "outlets", index))
    for index, boiler in enumerate(site.boilers):
        yield from _boiler(boiler, devices, (*loc, "boilers", index))
    for index, stack in enumerate(site.stacks):
        yield from _stack(stack, site, (*loc, "stacks", index))
    yield from _analyses(site.analyses, [boiler.id for boiler in site.boilers], (*loc, "analyses"))


def unknown(loc: Loc, what: str, key: str, known: list[str]) -> Iterator[Fault]:
    """Yield the fault that *key* is none of *known*."""
    if key not in known:
        yield Fault(
            loc, f"没有这个{what} unknown: {key}", f"改成已有的编号，或先登记 (use a known id): {suggest(key, known)}"
        )


def repeated(what: str, entries: Iterable[tuple[Loc, str]]) -> Iterator[Fault]:
    """Yield a fault for every entry whose key an earlier one has."""
    seen: set[str] = set()
    for loc, key in entries:
        if key in seen:
            yield Fault(loc, f"{what} 重复 duplicate: {key}", "改成不同的，或删去一处 (change or remove one)")
        seen.add(key)


def codes(device: Device) -> set[str]:
    """Return the factors that *device* sends."""
    return {point.factor for point in device.points}


def _outlet(outlet: Outlet, devices: dict[str, Device], loc: Loc) -> Iterator[Fault]:
    yield from unknown((*loc, "device"), "设备 device", outlet.device, list(devices))
    device = devices.get(outlet.device)
    if device is not None and COD not in codes(device):
        said = f"设备 {device.id} 没有化学需氧量 {COD}，排放口无法判定 device lacks COD"
        yield Fault((*loc, "device"), said, f"给该设备加上监测点 {COD} (add the point)")


def _boiler(boiler: Boiler, devices: dict[str, Device], loc: Loc) -> Iterator[Fault]:
    yield from unknown((*loc, "device"), "设备 device", boiler.device, list(devices))
    device = devices.get(boiler.device)
    if device is not None:
        needed = (*MEDIUM_POINTS[boiler.medium], FUEL_POINTS[boiler.fuel])
        lacking = "、".join(code for code in needed if code not in codes(device))
        if lacking:
            said = f"设备 {device.id} 缺少正平衡效率所需的监测点 device lacks points for the efficiency: {lacking}"
            yield Fault((*loc, "device"), said, f"给该设备加上 (add): {lacking}")
    if boiler.condensing and boiler.fuel is not Fuel.GAS:
        said = f"只有燃气锅炉可为冷凝式，此炉燃料为 {boiler.fuel} only gas boilers condense"
        yield Fault((*loc, "condensing"), said, "改正 fuel 或删去 condensing (correct fuel or remove condensing)")
    if boiler.firing is not None and (boiler.firing is Firing.CHAMBER) != (boiler.fuel in _CHAMBER_FUELS):
        said = f"燃烧方式 {boiler.firing} 与燃料 {boiler.fuel} 不符 this firing does not burn this fuel"
        mend = "煤、生物质用 grate、fluidised_bed 或 pulverised，气、油用 chamber (correct firing or fuel)"
        yield Fault((*loc, "firing"), said, mend)
    for index, page in enumerate(boiler.checks):
        if page.next_due < page.done:
            said = f"下次日期 {page.next_due} 早于检验日期 {page.done} next_due is before done"
            yield Fault((*loc, "checks", index, "next_due"), said, "改正日期 (correct the dates)")


def _stack(stack: Stack, site: Site, loc: Loc) -> Iterator[Fault]:
    devices = {device.id: device for device in site.devices}
    boilers = [boiler.id for boiler in site.boilers]
    yield from unknown((*loc, "device"), "设备 device", stack.device, list(devices))
    for index, key in enumerate(stack.boilers):
        yield from unknown((*loc, "boilers", index), "锅炉 boiler", key, boilers)
    yield from repeated("锅炉 boiler", (((*loc, "boilers", index), key) for index, key in enumerate(stack.boilers)))
    found = stack_boilers(site, stack)
    # Of the latest edition: whether these fuels can share a stack is no question of a day.
    if found and reference_o2(found, date.max) is None:
        said = (
            "不同基准氧含量的锅炉共用一个烟囱，无法折算 boilers of different reference O2 share a stack: no conversion"
        )
        yield Fault(
            (*loc, "boilers"), said, "改正所列锅炉或其 fuel，或分开登记烟囱 (correct boilers or fuel, or split)"
        )
    device = devices.get(stack.device)
    if device is not None:
        yield from _stack_points(stack, device, loc)


def _stack_points(stack: Stack, device: Device, loc: Loc) -> Iterator[Fault]:
    sent = codes(device)
    if OXYGEN not in sent:
        said = f"设备 {device.id} 没有氧含量 {OXYGEN}，无法折算 device lacks O2: no conversion"
        yield Fault((*loc, "device"), said, f"给该设备加上监测点 {OXYGEN} (add the point)")
    lacking = "、".join(code for code in STACK_POLLUTANTS if code not in sent)
    if lacking:
        said = f"设备 {device.id} 缺少废气排放口应测的因子 device lacks pollutants of a stack: {lacking}"
        yield Fault((*loc, "device"), said, f"给该设备加上 (add): {lacking}")
    if stack.duct_area_m2 is not None and VELOCITY not in sent:
        said = f"有烟道截面积 duct_area_m2 而设备 {device.id} 没有流速 {VELOCITY} a duct area, but no velocity"
        yield Fault((*loc, "duct_area_m2"), said, f"给该设备加上 {VELOCITY}，或删去截面积 (add it, or remove the area)")


def _analyses(analyses: list[Analysis], boilers: list[str], loc: Loc) -> Iterator[Fault]:
    for index, analysis in enumerate(analyses):
        yield from unknown((*loc, index, "boiler"), "锅炉 boiler", analysis.boiler, boilers)
        if all(getattr(analysis, field) is None for field in _FINDINGS):
            said = "化验没有任何结果 an analysis without any value"
            yield Fault((*loc, index), said, f"填上 {'、'.join(_FINDINGS)} 之一，或删去 (fill one in, or remove it)")
    days = (((*loc, index, "day"), f"{found.boiler} {found.day}") for index, found in enumerate(analyses))
    yield from repeated("化验 analysis", days)
