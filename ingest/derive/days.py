"""Day values of many points at once: from stored hours, for registers from their readings, then loads and standard coal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING

from ingest.derive import loads
from ingest.derive.boiler import day_efficiency
from ingest.derive.energy import ESTIMATED, Part, consumption, standard_coal
from ingest.derive.hours import Row, periods_between, readings, sampling
from ingest.derive.means import COUNTED, HourOfDay, Sampling, Value, day_mean, overlay
from schemas.catalog.energy import tce_per_unit
from schemas.catalog.enums import Balance, PointKind
from schemas.catalog.factors import FACTORS
from schemas.records import Mean, mean_of
from schemas.times import DAY, HOUR, day_of, day_start, from_us, to_us

if TYPE_CHECKING:
    from ingest.derive.plan import EnergyPlan, Plan
    from schemas.runtime.database import Database

_US = 1_000_000
#: A step of a register longer than this many intervals is a gap, shared out over the days it spans (see energy).
_STEP_INTERVALS = 2
_CONVERTED_INTERVAL_S = 3600

HoursOf = Mapping[int, Mapping[datetime, Mean]]


class Days:
    """Derives days under one plan, on one connection."""

    def __init__(self, db: Database, plan: Plan) -> None:
        self._db = db
        self._plan = plan
        self._counters = {n for n, one in plan.series.items() if one.kind is PointKind.COUNTER}
        self._meters = {n for n, one in plan.series.items() if one.meter is not None}

    async def spread(self, touched: Mapping[date, set[int]]) -> dict[date, set[int]]:
        """Return *touched* with the days that a gap of a register binds to them: its gain is shared out among them all."""
        found: dict[date, set[int]] = defaultdict(set)
        for day, points in sorted(touched.items()):
            found[day] |= points
            counters = sorted(points & self._counters)
            for point, other in await self._bound(day, counters) if counters else ():
                for n in range(abs((other - day).days) + 1):
                    found[min(day, other) + n * DAY].add(point)
        return found

    async def _bound(self, day: date, counters: list[int]) -> list[tuple[int, date]]:
        """Return register and day for each gap over an edge of *day*: those there are, and those that have just closed."""
        start, end = day_start(day), day_start(day) + DAY
        periods = await periods_between(self._db, counters, start, end + HOUR)
        inside = {
            point: [one.ts_us for one in overlay(values, periods.get(point, [])) if one.mark in COUNTED]
            for point, values in (await readings(self._db, counters, start, end)).items()
        }
        bound: list[tuple[int, date]] = []
        near: list[tuple[int, date]] = []
        for edge, query in ((min, "reading_before"), (max, "reading_after")):
            for point, ts_us, *_ in await self._db.fetch(query, points=counters, at=start if edge is min else end):
                gap_us = _STEP_INTERVALS * self._plan.series[point].interval_s * _US
                mine = inside.get(point)
                joined = mine and abs(edge(mine) - ts_us) <= gap_us
                (near if joined else bound).append((point, day_of(from_us(ts_us))))
        near = [(point, other) for point, other in near if other != day]
        if near:
            points, days = [point for point, _ in near], [other for _, other in near]
            rows = await self._db.fetch("daily_at", points=points, windows=days)
            bound += [(point, other) for point, other, *columns in rows if ESTIMATED in mean_of(columns).marks]
        return bound

    async def rows(self, day: date, points: set[int]) -> list[Row]:
        """Return the day values of *points* and of all that follows from them."""
        plan = self._plan
        gauges = {point for point in points if point in plan.series} - self._meters
        # The outlet's flow weighs its concentrations: a changed flow changes their day too.
        gauges |= {one.point_id for one in plan.series.values() if one.flow_id in points}
        stacks = [one for one in plan.stacks if not points.isdisjoint(one.inputs.values())]
        boilers = [one for one in plan.boilers if not points.isdisjoint(one.inputs)]
        outlets = [one for one in plan.outlets if not points.isdisjoint({one.flow_id, *one.loads})]
        wanted = set(gauges) | {one.flow_id for n in gauges if (one := plan.series[n]).flow_id is not None}
        wanted |= {n for one in stacks for n in (*one.converted.values(), *one.loads.values())}
        wanted |= {n for one in boilers for n in (one.direct_id, one.indirect_id, one.fuel_id)}
        wanted |= {n for one in outlets for n in (one.flow_id, *one.loads)}
        hours = await self._hours(wanted, day)
        means = {point: self._gauge(point, hours) for point in sorted(gauges)}
        rows: list[Row] = [(point, day, mean) for point, mean in means.items()]
        for stack in stacks:
            rows += [
                (number, day, day_mean(_of_day(hours, number), _converted(factor), weighted=False))
                for factor, number in stack.converted_factors()
            ]
            rows += [(number, day, loads.gas_day(list(hours[number].values()))) for number in stack.loads.values()]
        for boiler in boilers:
            fuel = hours[boiler.fuel_id]
            for number in (boiler.direct_id, boiler.indirect_id):
                pairs = [(mean, _known(fuel.get(hour))) for hour, mean in hours[number].items()]
                rows.append((number, day, day_efficiency(pairs)))
        for outlet in outlets:
            volume, is_valid = loads.volume_day(list(hours[outlet.flow_id].values()))
            rows += [
                (load, day, loads.water_day(means.get(raw) or self._gauge(raw, hours), volume, volume_valid=is_valid))
                for raw, load in outlet.loads.items()
            ]
        return rows + await self._energy(day, points & self._meters)

    def _gauge(self, point: int, hours: HoursOf) -> Mean:
        one = self._plan.series[point]
        flow = hours[one.flow_id] if one.flow_id is not None else {}
        of_day = [HourOfDay(mean, _known(flow.get(hour))) for hour, mean in hours[point].items()]
        return day_mean(of_day, sampling(one), weighted=one.flow_id is not None)

    async def _hours(self, points: set[int], day: date) -> HoursOf:
        found: dict[int, dict[datetime, Mean]] = defaultdict(dict)
        if points:
            start = day_start(day)
            rows = await self._db.fetch("hourly_between", points=sorted(points), since=start, until=start + DAY)
            for point, hour, *columns in rows:
                found[point][hour] = mean_of(columns)
        return found

    async def _energy(self, day: date, meters: set[int]) -> list[Row]:
        sites = [one for one in self._plan.energy if any(meter.point_id in meters for meter in one.meters)]
        wanted = meters | {meter.point_id for one in sites for meter in one.meters}
        if not wanted:
            return []
        counted = await self._consumption(day, wanted)
        rows: list[Row] = [(point, day, mean) for point, mean in counted.items()]
        return rows + [(one.point_id, day, _coal(one, counted, day)) for one in sites]

    async def _consumption(self, day: date, points: set[int]) -> dict[int, Mean]:
        start, end = day_start(day), day_start(day) + DAY
        numbers = sorted(points)
        values: dict[int, list[Value]] = defaultdict(list)
        for point, inside in (await readings(self._db, numbers, start, end)).items():
            values[point] += inside
        for query, at in (("reading_before", start), ("reading_after", end)):
            for point, *reading in await self._db.fetch(query, points=numbers, at=at):
                values[point].append(Value._make(reading))
        periods = await periods_between(self._db, numbers, start - 400 * DAY, end + 400 * DAY)
        found = {}
        for point in numbers:
            meter = self._plan.series[point].meter
            assert meter is not None, "only registers are handed over"
            laid = overlay(values[point], periods.get(point, []))
            found[point] = consumption(laid, to_us(start), to_us(end), meter)
        return found


def _known(mean: Mean | None) -> float | None:
    return mean.value if mean is not None and mean.valid else None


def _of_day(hours: HoursOf, point: int) -> list[HourOfDay]:
    return [HourOfDay(mean, None) for mean in hours[point].values()]


def _converted(factor: str) -> Sampling:
    return Sampling(_CONVERTED_INTERVAL_S, factor, "gas")


def _coal(site: EnergyPlan, counted: Mapping[int, Mean], day: date) -> Mean:
    basis = site.basis_on(day)
    parts = {}
    for meter in site.meters:
        if meter.carrier is not None:
            factor = tce_per_unit(meter.carrier, basis, day, lhv_kj=meter.lhv_kj)
            sign = -1 if meter.balance is Balance.OUT else 1
            name = FACTORS[meter.factor].zh
            parts[name if name not in parts else f"{name} ({meter.point_id})"] = Part(
                counted[meter.point_id], factor, sign
            )
    return standard_coal(parts)
