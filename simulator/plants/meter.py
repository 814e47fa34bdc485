"""Energy meters of one unit: registers that only rise, at the rate its budget allows, and roll over at their end."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from typing import TYPE_CHECKING

import msgspec

from schemas.catalog.enums import Carrier, ElectricityBasis
from schemas.catalog.factors import FACTORS
from schemas.times import DAY, US_PER_SECOND, day_start, next_month, to_us
from simulator.plants.effects import Effect, EffectKind
from simulator.plants.figures import FIGURES
from simulator.signals import YEAR_S, Week, between, ripple_s, stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.registry.model import Budget, Device, Point, Site

CARRIER_OF = {
    "yx_e_kwh": Carrier.ELECTRICITY,
    "yx_e_coal_t": Carrier.RAW_COAL,
    "yx_e_gas_m3": Carrier.NATURAL_GAS,
    "yx_e_steam_t": Carrier.STEAM,
}
# Kilns, smelters and paper machines run round the clock; day shift and weekdays are only a little stronger, so that
# no first week of a month looks like overspending.
_DAY_WEIGHTS = (0.92,) * 8 + (1.08,) * 10 + (1.0,) * 4 + (0.92,) * 2
_WEEK = Week.of(_DAY_WEIGHTS, (1.02, 1.02, 1.02, 1.02, 1.02, 0.98, 0.92))
_ORIGIN = date(2020, 1, 1)
_LAST = date(2045, 1, 1)
_RIPPLE_STEP_S = 900
_KG_PER_T = 1000.0
_UNSAID_TCE = 5000.0


class Month(msgspec.Struct, frozen=True):
    """From when a month's pace holds, and what had been consumed by then, in seconds of mean consumption."""

    from_s: float
    pace: float
    before_s: float


class Meter(msgspec.Struct, frozen=True):
    """One register: units a second on average, what it showed at the origin, and where it rolls over (0: nowhere)."""

    factor: str
    key: bytes
    per_s: float
    start: float
    register_max: float
    decimals: int


class MeterPlant(msgspec.Struct, frozen=True):
    """The meters of one device and the pace of their site's months."""

    meters: tuple[Meter, ...]
    months: tuple[Month, ...]
    month_starts: tuple[float, ...]


def meter_plant(site: Site, device: Device, seed: int) -> MeterPlant:
    """Return the meters of *device*, at the rate the latest budget of *site* allows."""
    everywhere = [point for each in site.devices for point in each.points if point.factor in CARRIER_OF]
    budget = max(site.budgets, key=lambda each: each.valid_from, default=None)
    months = _months(budget.shares if budget else None)
    meters = tuple(
        _meter(point, everywhere, budget, stream(seed, site.id, device.id, point.factor))
        for point in device.points
        if point.factor in CARRIER_OF
    )
    return MeterPlant(meters, months, tuple(month.from_s for month in months))


def values(plant: MeterPlant, at_s: int, effects: Sequence[Effect] = ()) -> dict[str, float]:
    """Return what the registers show at *at_s*: factor → kWh, t or m3, rounded as shown, below their register_max."""
    shown = {}
    for meter in plant.meters:
        reading = round(meter.start + consumed(plant, meter, at_s, effects), meter.decimals)
        shown[meter.factor] = round(reading % meter.register_max, meter.decimals) if meter.register_max else reading
    return shown


def consumed(plant: MeterPlant, meter: Meter, at_s: float, effects: Sequence[Effect] = ()) -> float:
    """Return what *meter* counted from 2020 until *at_s*, in its unit, overspending included. Never falls."""
    total = _clean(plant, meter, at_s)
    for effect in effects:
        if effect.kind is EffectKind.OVERSPEND and at_s > effect.from_s:
            # The extra is a share of what the clean meter counted meanwhile, so the register has no jump at either end.
            during = _clean(plant, meter, min(at_s, effect.to_s)) - _clean(plant, meter, effect.from_s)
            total += (effect.multiplier - 1.0) * during
    return total


def _clean(plant: MeterPlant, meter: Meter, at_s: float) -> float:
    month = plant.months[max(0, bisect_right(plant.month_starts, at_s) - 1)]
    whole_s = month.before_s + month.pace * (_WEEK.integral_s(at_s) - _WEEK.integral_s(month.from_s))
    lowest_pace = min(1.0, *(each.pace for each in plant.months[:12])) if len(plant.months) > 1 else 1.0
    return meter.per_s * (whole_s + lowest_pace * ripple_s(_WEEK, meter.key, at_s, _RIPPLE_STEP_S))


def _months(shares: list[float] | None) -> tuple[Month, ...]:
    """Return the pace of each month: even over calendar days where the budget names no shares."""
    from_s = _start_s(_ORIGIN)
    if shares is None:
        return (Month(from_s, 1.0, 0.0),)
    months = []
    day, before_s = _ORIGIN, 0.0
    while day < _LAST:
        after = next_month(day)
        to_s = _start_s(after)
        pace = shares[day.month - 1] * YEAR_S / ((after - day) / DAY * 86400.0)
        months.append(Month(from_s, pace, before_s))
        before_s += pace * (_WEEK.integral_s(to_s) - _WEEK.integral_s(from_s))
        day, from_s = after, to_s
    return tuple(months)


def _start_s(day: date) -> float:
    return to_us(day_start(day)) / US_PER_SECOND


def _meter(point: Point, everywhere: Sequence[Point], budget: Budget | None, key: bytes) -> Meter:
    figures = FIGURES.meter
    annual_tce = (budget.annual_tce if budget else _UNSAID_TCE) * figures.share_of_budget
    weights = {carrier: float(getattr(figures.split, carrier)) for carrier in set(map(_carrier, everywhere))}
    carrier = _carrier(point)
    fellows = sum(1 for each in everywhere if _carrier(each) is carrier)
    tce = annual_tce * weights[carrier] / sum(weights[each] for each in sorted(weights)) / fellows
    annual = tce * _KG_PER_T / _kgce_per_unit(carrier, budget)
    register_max = point.register_max or 0.0
    # A meter that has counted for some years: anywhere below its end, so that some roll over while one watches.
    start = between(key, 0.0, register_max or 10.0 * annual)
    return Meter(point.factor, key, annual / YEAR_S, start, register_max, FACTORS[point.factor].decimals)


def _carrier(point: Point) -> Carrier:
    return point.carrier or CARRIER_OF[point.factor]


def _kgce_per_unit(carrier: Carrier, budget: Budget | None) -> float:
    """Return kgce for one unit of a register: kWh, t of coal, m3 of gas, t of steam."""
    kgce = FIGURES.kgce
    if carrier is Carrier.ELECTRICITY:
        equivalent = budget is not None and budget.electricity is ElectricityBasis.EQUIVALENT
        return kgce.electricity_equivalent if equivalent else kgce.electricity
    if carrier is Carrier.NATURAL_GAS:
        return kgce.natural_gas
    return (kgce.raw_coal if carrier is Carrier.RAW_COAL else kgce.steam) * _KG_PER_T
