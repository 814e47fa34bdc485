"""Proves the discharge permits 排污许可证 of a site against its outlets, its stacks and the standards they go before. Pure."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from schemas.catalog.limits import in_force, stack_limit
from schemas.registry.check_plants import codes, unknown
from schemas.registry.derived import converted_factor, stack_boilers
from schemas.registry.model import Outlet
from schemas.registry.places import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schemas.records import Limit
    from schemas.registry.model import Permit, Site, Stack
    from schemas.registry.places import Loc

# What each is judged over: GB 18918-2002 4.1.4.2 the day, GB 13271-2014 the hour; loads (总量) the year.
_WATER = ("day", "year")
_AIR = ("hour", "year")

_AMMONIA = "w21003"


def permits(site: Site, loc: Loc) -> Iterator[Fault]:
    """Yield what is wrong with the permits of *site*, which stands at *loc*."""
    spots: dict[str, Outlet | Stack] = {stack.id: stack for stack in site.stacks}
    spots |= {outlet.id: outlet for outlet in site.outlets}
    for index, permit in enumerate(site.permits):
        at = (*loc, "permits", index)
        yield from unknown((*at, "outlet"), "排放口 outlet or stack", permit.outlet, list(spots))
        if permit.valid_to is not None and permit.valid_to < permit.valid_from:
            said = f"截止日期 {permit.valid_to} 早于起始日期 {permit.valid_from} valid_to is before valid_from"
            yield Fault((*at, "valid_to"), said, "改正日期 (correct the dates)")
        spot = spots.get(permit.outlet)
        if spot is not None:
            yield from _measured(permit, spot, site, at)
            yield from _basis(permit, spot, at)
            yield from _cold(permit, at)
            yield from _looser(permit, _standard(permit, spot, site), at)
    yield from _overlaps(site.permits, (*loc, "permits"))


def _measured(permit: Permit, spot: Outlet | Stack, site: Site, at: Loc) -> Iterator[Fault]:
    device = next((device for device in site.devices if device.id == spot.device), None)
    if device is not None and permit.factor not in codes(device):
        said = f"{spot.id} 的设备 {device.id} 不监测此因子 its device does not measure: {permit.factor}"
        mend = "改成所测因子的代码（不写折算代码），或给设备加上监测点 (use the code as measured, or add the point)"
        yield Fault((*at, "factor"), said, mend)


def _basis(permit: Permit, spot: Outlet | Stack, at: Loc) -> Iterator[Fault]:
    kind, allowed = ("废水排放口 a water outlet", _WATER) if isinstance(spot, Outlet) else ("烟囱 a stack", _AIR)
    if permit.basis not in allowed:
        said = f"{kind} 不按 {permit.basis} 判定 is not judged by the {permit.basis}"
        yield Fault((*at, "basis"), said, f"改成 (use) {' 或 or '.join(allowed)}")


def _standard(permit: Permit, spot: Outlet | Stack, site: Site) -> Limit | None:
    """Return the standard's limit that *permit* goes before on its first day; a year's load has none."""
    day = permit.valid_from
    if isinstance(spot, Outlet):
        return in_force(spot.standard, permit.factor, permit.basis, day=day, built=spot.eia_approved)
    if permit.basis != "hour":
        return None
    return stack_limit(stack_boilers(site, spot), converted_factor(permit.factor), day)


def _cold(permit: Permit, at: Loc) -> Iterator[Fault]:
    if permit.high_cold is None:
        return
    if permit.factor != _AMMONIA or permit.basis != "day":
        said = "括号内数值只用于氨氮日均值 a second value is for the day mean of NH3-N only"
        yield Fault((*at, "high_cold"), said, "删去 (remove it)")
    elif permit.high_cold < permit.high:
        said = f"括号内数值 {permit.high_cold:g} 小于括号外 {permit.high:g} the value in brackets is below the other"
        yield Fault((*at, "high_cold"), said, "核对许可证 (check the permit)")


def _looser(permit: Permit, standard: Limit | None, at: Loc) -> Iterator[Fault]:
    if standard is not None and standard.high is not None and permit.high > standard.high:
        said = (
            f"许可限值比标准宽 looser than the standard: {permit.high:g} > {standard.high:g} {standard.unit}"
            f" ({standard.standard} {standard.clause})"
        )
        mend = "核对许可证；按标准执行的不必登记 (check the permit; where the standard itself binds, leave it out)"
        yield Fault((*at, "high"), said, mend)


def _overlaps(found: Sequence[Permit], loc: Loc) -> Iterator[Fault]:
    order = sorted(range(len(found)), key=lambda index: (found[index].valid_from, index))
    until: dict[tuple[str, str, str], date] = {}
    for index in order:
        permit = found[index]
        key = (permit.outlet, permit.factor, permit.basis)
        last = until.get(key)
        if last is not None and permit.valid_from <= last:
            shown = "长期 open" if last == date.max else str(last)
            said = f"同一排放口、因子、时段的许可限值重叠，前一条到 {shown} permits of one outlet, factor and basis overlap"
            mend = "给前一条写上 valid_to，或改正日期 (close the earlier one, or correct the dates)"
            yield Fault((*loc, index, "valid_from"), said, mend)
        until[key] = max(last or date.min, permit.valid_to or date.max)
