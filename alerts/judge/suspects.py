"""What the suspicion signals judge: places with all they measure, and which signal is asked of which point. Pure.

A place is an outlet, a stack, a boiler or a device with meters. Its subjects watch all of its points, since a signal holds one
against the others; whatever changes there, the day is judged again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from alerts.judge.signals.registry import EXPECT_A_LEVEL, NEEDS, PLACE_WIDE, SIGNALS
from alerts.judge.subjects import Subject
from schemas.catalog.enums import Fuel
from schemas.catalog.factors import FACTORS
from schemas.digest import digest
from schemas.registry.derived import converted_factor

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from alerts.judge.signals.more import Needs
    from schemas.registry.model import Device, Outlet, Site, Stack
    from schemas.registry.store import Registry

_TEMPERATURE = "w01010"
_CONVERTED = "yx_zs_"
#: Gas leaves nearly none of these, so that little and even of them is to be expected (house convention).
_NONE_OF_GAS = frozenset({"a34013", "a21026", "a20057"})
#: So many places before it is a place held against for twins: keeps a county of thousands within a day's work.
_TWINS_AT_MOST = 200
#: The rules whose limits bind a place's values.
_LIMITED = frozenset({"sewage_day", "air_hour"})


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """One series of a place: its point, where it comes from and what its instrument shows."""

    point_id: int
    device: str
    factor: str
    unit: str
    decimals: int
    interval_s: int
    low: float | None = None
    high: float | None = None


class Place(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """An outlet, stack, boiler or device: *key* "site/place". *own*: the factors its own device measures.

    *series*, *sent*: as in a scene. *limits*: the subjects whose limits bind here. *burns_gas*: nothing else is burned here.
    """

    key: str
    site: str
    device: str
    title: str
    own: tuple[str, ...]
    series: dict[str, Sent]
    sent: dict[str, Sent]
    limits: tuple[Subject, ...] = ()
    burns_gas: bool = False

    @property
    def watch(self) -> tuple[int, ...]:
        """All its points."""
        return tuple(sorted({one.point_id for one in (*self.series.values(), *self.sent.values())}))

    @property
    def water_temp_id(self) -> int | None:
        """The point of its water temperature, which the limit of NH3-N hangs on."""
        held = self.series.get(_TEMPERATURE)
        return held.point_id if held else None


class Asked(NamedTuple):
    """One signal asked of one point, or with the factor "" of a whole place. *before*: the places it is compared with."""

    rule: str
    key: str
    place: Place
    factor: str
    before: tuple[Place, ...] = ()


def suspects(registry: Registry, limited: Iterable[Subject]) -> list[Subject]:
    """Return the subjects of all signals under *registry*; *limited*: the subjects known so far, for the limits they carry.

    Basis "day": a day costs a county of 10,000 points seconds, each of its hours would cost nearly as much.
    """
    digests: dict[str, str] = {}
    return [_subject(one, digests) for one in asked(registry, limited)]


def asked(registry: Registry, limited: Iterable[Subject]) -> Iterator[Asked]:
    """Yield what is asked of whom, in the registry's order."""
    before: list[Place] = []
    seen: set[tuple[str, int]] = set()
    for place in places(registry, limited):
        for rule in SIGNALS:
            if rule in PLACE_WIDE:
                others = _comparable(place, before) if SIGNALS[rule].wants_others else ()
                if _fitting(place, NEEDS[rule]) and (others or not SIGNALS[rule].wants_others):
                    yield Asked(rule, place.key, place, "", others)
                continue
            for factor in _fitting(place, NEEDS[rule]):
                point = place.series[factor].point_id
                is_near_zero = place.burns_gas and factor in _NONE_OF_GAS and rule in EXPECT_A_LEVEL
                # A device may stand for several places; its point is asked once.
                if not is_near_zero and (rule, point) not in seen:
                    seen.add((rule, point))
                    yield Asked(rule, f"{place.key}/{factor}", place, factor)
        before.append(place)


def places(registry: Registry, limited: Iterable[Subject]) -> list[Place]:
    """Return the county's places: of each site its outlets, stacks, boilers, then the devices that are none of them."""
    by_place: dict[str, list[Subject]] = {}
    for one in limited:
        if one.rule in _LIMITED:
            by_place.setdefault(one.key.rpartition("/")[0], []).append(one)
    return [
        _of(registry, site, place, name, devices, by_place)
        for site in registry.document.sites
        for place, name, devices in _stations(site)
    ]


def _stations(site: Site) -> Iterator[tuple[str, str, Sequence[Device]]]:
    """Yield id and name of each place of *site*, with the devices that speak for it, its own first."""
    devices = {device.id: device for device in site.devices}
    for outlet in site.outlets:
        yield outlet.id, outlet.name, _beside_outlet(site, outlet, devices)
    for stack in site.stacks:
        yield stack.id, stack.name, _beside_stack(site, stack, devices)
    for boiler in site.boilers:
        yield boiler.id, boiler.name, [devices[boiler.device]]
    placed = {one.device for one in site.outlets} | {one.device for one in site.stacks}
    placed |= {one.device for one in site.boilers}
    for device in site.devices:
        if device.id not in placed:
            yield device.id, device.name, [device]


def _beside_outlet(site: Site, outlet: Outlet, devices: dict[str, Device]) -> list[Device]:
    own = devices[outlet.device]
    # With two outlets nobody knows whose the other meters are.
    return [own, *(one for one in site.devices if one is not own)] if len(site.outlets) == 1 else [own]


def _beside_stack(site: Site, stack: Stack, devices: dict[str, Device]) -> list[Device]:
    own = devices[stack.device]
    under = [devices[boiler.device] for boiler in site.boilers if boiler.id in stack.boilers]
    return [own, under[0]] if len(under) == 1 and under[0] is not own else [own]


def _of(
    registry: Registry, site: Site, place: str, name: str, devices: Sequence[Device], by_place: dict[str, list[Subject]]
) -> Place:
    key = f"{site.id}/{place}"
    series: dict[str, Sent] = {}
    sent: dict[str, Sent] = {}
    for device in devices:
        for one in _sent(registry, site, device):
            if one.factor.startswith(_CONVERTED):
                sent.setdefault(one.factor, one)
            else:
                series.setdefault(one.factor, one)
    own = tuple(factor for factor, one in series.items() if one.device == devices[0].id)
    for factor in own:
        converted = converted_factor(factor)
        number = registry.points.get((site.id, place, converted))
        if number is not None:
            raw = series[factor]
            series[converted] = Sent(
                point_id=number,
                device=place,
                factor=converted,
                unit=raw.unit,
                decimals=raw.decimals,
                interval_s=raw.interval_s,
            )
    limits = tuple(by_place.get(key, ()))
    fuels = {boiler.fuel for limit in limits for boiler in limit.stack}
    return Place(
        key=key, site=site.id, device=devices[0].id, title=f"{site.name} {name}", own=own, series=series, sent=sent, limits=limits,
        burns_gas=fuels == {Fuel.GAS},
    )  # fmt: skip


def _sent(registry: Registry, site: Site, device: Device) -> Iterator[Sent]:
    for point in device.points:
        number = registry.points.get((site.id, device.id, point.factor))
        factor = FACTORS.get(point.factor)
        if number is not None and factor is not None:
            yield Sent(
                point_id=number, device=device.id, factor=point.factor, unit=point.unit or factor.unit,
                decimals=factor.decimals, interval_s=point.interval_s, low=point.low, high=point.high,
            )  # fmt: skip


def _fitting(place: Place, needs: Needs) -> list[str]:
    """Return the factors of the place's own device that fit, where it has what they are to be held against."""
    if needs.beside and not any(factor.startswith(needs.beside) for factor in place.series):
        return []
    return [factor for factor in place.own if factor.startswith(needs.factors)]


def _comparable(place: Place, before: Sequence[Place]) -> tuple[Place, ...]:
    wanted = {factor for rule in PLACE_WIDE if SIGNALS[rule].wants_others for factor in _fitting(place, NEEDS[rule])}
    alike = [one for one in before if not wanted.isdisjoint(one.own) and one.watch != place.watch]
    return tuple(alike[-_TWINS_AT_MOST:])


def _subject(one: Asked, digests: dict[str, str]) -> Subject:
    place = one.place
    for each in (place, *one.before):
        if each.key not in digests:
            digests[each.key] = digest(each)
    # What enters its verdicts besides the facts: the places, and the signal's own figures.
    looked_at = (digests[place.key], [digests[each.key] for each in one.before], dict(SIGNALS[one.rule].numbers))
    watch = {point for each in (place, *one.before) for point in each.watch}
    point = place.series[one.factor].point_id if one.factor else place.series[place.own[0]].point_id
    name = f" {FACTORS[one.factor].zh}" if one.factor else ""
    return Subject(
        rule=one.rule, key=one.key, site_id=place.site, device=place.device, title=f"{place.title}{name}", point_id=point, basis="day",
        factor=one.factor, watch=tuple(sorted(watch)), scope=digest(looked_at),
    )  # fmt: skip
