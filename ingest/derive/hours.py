"""Hour values of many points at once: measured ones from readings, then what follows from them within the hour.

A boiler or stack one of whose instruments was touched is computed from the readings of all of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from ingest.derive import gas, loads, losses, steady
from ingest.derive.boiler import analysis_on, efficiency
from ingest.derive.energy import consumption
from ingest.derive.means import COUNTED, Period, Sampling, Value, hour_mean, overlay
from ingest.derive.plan import FLOW, GAS_FLOW, OXYGEN, VELOCITY, BoilerPlan, Plan, Series, StackPlan
from schemas.catalog.enums import MARK_LETTER, MarkKind, PointKind
from schemas.catalog.limits import reference_o2
from schemas.records import Mean, mean_of
from schemas.times import HOUR, day_of, to_us

if TYPE_CHECKING:
    from schemas.runtime.database import Database

#: How far around an hour a register's readings are looked for; a step longer than that belongs to no hour.
AROUND = timedelta(hours=2)
_POINTS_AT_ONCE = 2000
_SEA_LEVEL_KPA = 101.325
_AMBIENT = Mean(
    value=_SEA_LEVEL_KPA,
    low=None,
    high=None,
    n_valid=1,
    n_expected=1,
    valid=True,
    marks="",
    note="大气压取 101.325 kPa",
)

Row = tuple[int, datetime | date, Mean]
Values = Mapping[int, list[Value]]
Periods = Mapping[int, list[Period]]


async def periods_between(db: Database, points: Iterable[int], since: datetime, until: datetime) -> Periods:
    """Return point → the marks set by people that touch a span."""
    wanted = set(points)
    found: dict[int, list[Period]] = defaultdict(list)
    for ids, since_us, until_us, kind, made_us in await db.fetch(
        "mark_between", points=sorted(wanted), since=since, until=until
    ):
        for point in wanted.intersection(ids):
            found[point].append(Period(since_us, until_us, MARK_LETTER[MarkKind(kind)], made_us))
    return found


async def readings(db: Database, points: Iterable[int], since: datetime, until: datetime) -> Values:
    """Return point → its readings in the closed span, in time order, with the marks their devices gave them."""
    wanted = sorted(points)
    found: dict[int, list[Value]] = defaultdict(list)
    for begin in range(0, len(wanted), _POINTS_AT_ONCE):
        some = wanted[begin : begin + _POINTS_AT_ONCE]
        rows = await db.fetch("reading_between", points=some, since=since, until=until)
        for point, of_point in groupby(rows, key=lambda row: row[0]):
            found[point] = [Value(*row[1:]) for row in of_point]
    return found


class Hours:
    """Derives hours under one plan, on one connection."""

    def __init__(self, db: Database, plan: Plan) -> None:
        self._db = db
        self._plan = plan

    def with_kin(self, points: Iterable[int]) -> set[int]:
        """Return *points* with the other instruments of the boilers and stacks they belong to."""
        wanted = {point for point in points if point in self._plan.series}
        for boiler in self._plan.boilers:
            if not wanted.isdisjoint(boiler.inputs):
                wanted.update(boiler.inputs)
        for stack in self._plan.stacks:
            if not wanted.isdisjoint(stack.inputs.values()):
                wanted.update(stack.inputs.values())
        return wanted

    async def neighbours(self, touched: Mapping[datetime, set[int]]) -> dict[datetime, set[int]]:
        """Return hours that depend on the touched ones and are derived already.

        A register's step reaches into the hours around it; a boiler that stood keeps the hours after it from counting.
        """
        wanted: dict[datetime, set[int]] = defaultdict(set)
        for hour, points in touched.items():
            for point in points:
                one = self._plan.series.get(point)
                if one is not None and one.kind is PointKind.COUNTER:
                    for shift in (-2, -1, 1, 2):
                        wanted[hour + shift * HOUR].add(point)
            for boiler in self._plan.boilers:
                if boiler.fuel_id in points:
                    for later in range(1, steady.startup_hours(boiler.boiler) + 1):
                        wanted[hour + later * HOUR].add(boiler.fuel_id)
        pairs = [(point, hour) for hour, points in wanted.items() for point in points - touched.get(hour, set())]
        if not pairs:
            return {}
        rows = await self._db.fetch(
            "hourly_at", points=[point for point, _ in pairs], windows=[hour for _, hour in pairs]
        )
        found: dict[datetime, set[int]] = defaultdict(set)
        for point, hour, *_ in rows:
            found[hour].add(point)
        return found

    async def rows(self, hour: datetime, points: set[int]) -> list[Row]:
        """Return the values of *points* (measured ones, with their kin) and of all that follows from them."""
        if not points:
            return []
        counters = {point for point in points if self._plan.series[point].kind is PointKind.COUNTER}
        values = dict(await readings(self._db, points - counters, hour, hour + HOUR))
        if counters:
            values |= await readings(self._db, counters, hour - AROUND, hour + HOUR + AROUND)
        periods = await periods_between(self._db, points, hour - AROUND, hour + HOUR + AROUND)
        means = {
            point: _measured(self._plan.series[point], values.get(point, []), hour, periods.get(point, []))
            for point in sorted(points)
        }
        rows: list[Row] = [(point, hour, mean) for point, mean in means.items()]
        for stack in self._plan.stacks:
            if not means.keys().isdisjoint(stack.inputs.values()):
                rows += _stack(stack, self._plan.series, hour, means)
        return rows + await self._boilers(hour, means, values, periods)

    async def _boilers(self, hour: datetime, means: Mapping[int, Mean], values: Values, periods: Periods) -> list[Row]:
        wanted = [one for one in self._plan.boilers if not means.keys().isdisjoint(one.inputs)]
        if not wanted:
            return []
        longest = max(steady.startup_hours(one.boiler) for one in wanted)
        earlier: dict[int, list[tuple[datetime, float]]] = defaultdict(list)
        fuels = [one.fuel_id for one in wanted]
        for point, at, *columns in await self._db.fetch(
            "hourly_between", points=fuels, since=hour - longest * HOUR, until=hour
        ):
            low = mean_of(columns).low
            if low is not None:
                earlier[point].append((at, low))
        rows: list[Row] = []
        for one in wanted:
            since = hour - steady.startup_hours(one.boiler) * HOUR
            low = min((low for at, low in earlier[one.fuel_id] if at >= since), default=None)
            good = {
                factor: [v for v in overlay(values.get(point, []), periods.get(point, [])) if v.mark in COUNTED]
                for point, factor in one.inputs.items()
            }
            why = steady.unsteady(one.boiler, good, to_us(hour), earlier_fuel_low=low)
            rows += _boiler(one, hour, means, why)
        return rows


def _measured(one: Series, values: list[Value], hour: datetime, periods: list[Period]) -> Mean:
    start_us = to_us(hour)
    if one.meter is not None:
        return consumption(overlay(values, periods), start_us, to_us(hour + HOUR), one.meter)
    return hour_mean(values, start_us, sampling(one), periods)


def sampling(one: Series) -> Sampling:
    """Return how *one* is sampled."""
    return Sampling(one.interval_s, one.factor, one.medium)


def _boiler(one: BoilerPlan, hour: datetime, means: Mapping[int, Mean], why: str) -> list[Row]:
    day = day_of(hour)
    held = {factor: means[point] for point, factor in one.inputs.items() if point in means}
    findings = analysis_on(one.analyses, one.boiler.id, day)
    direct = efficiency(one.boiler, held, findings=findings, unsteady=why)
    other = losses.indirect(one.boiler, held, findings=findings, day=day, position=one.position, unsteady=why)
    return [(one.direct_id, hour, direct), (one.indirect_id, hour, other)]


def _stack(stack: StackPlan, series: Mapping[int, Series], hour: datetime, means: Mapping[int, Mean]) -> list[Row]:
    held = {factor: means[point] for factor, point in stack.inputs.items() if point in means}
    around = gas.Conditions(held.get("a01014"), held.get("a01012"), held.get("a01013"), held.get("a01006", _AMBIENT))
    reference = reference_o2(stack.boilers, day_of(hour))
    oxygen = held.get(OXYGEN)
    if oxygen is not None:
        oxygen = gas.oxygen_dry_hour(oxygen, series[stack.inputs[OXYGEN]].state, around.moisture)
    flow = _flow(stack, series, held, around)
    rows: list[Row] = []
    for raw, converted in stack.converted.items():
        dry = gas.standard_dry_hour(means[raw], series[raw].state, around)
        if reference is not None and reference.high is not None:
            rows.append((converted, hour, gas.converted_hour(dry, oxygen, reference.high)))
        if raw in stack.loads:
            rows.append((stack.loads[raw], hour, loads.gas_hour(dry, flow)))
    return rows


def _flow(
    stack: StackPlan, series: Mapping[int, Series], held: Mapping[str, Mean], around: gas.Conditions
) -> Mean | None:
    if GAS_FLOW in held:
        return gas.flow_hour(held[GAS_FLOW], series[stack.inputs[GAS_FLOW]].state, around)
    if VELOCITY in held and stack.duct_area_m2 is not None:
        state = series[stack.inputs[VELOCITY]].state
        return gas.flow_hour(held[VELOCITY], state, around, area_m2=stack.duct_area_m2)
    return None


__all__ = ["AROUND", "FLOW", "Hours", "Row", "periods_between", "readings", "sampling"]
