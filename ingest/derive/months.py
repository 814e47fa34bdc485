"""Month values: registers, standard coal, efficiency and loads as their days go by, gauges once the month is over.

A load's month holds what is substituted 替代 where data are missing; that depends on earlier months, so the later ones that
are stored already are derived again with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING

from ingest.derive import energy, loads
from ingest.derive.boiler import month_efficiency
from ingest.derive.hours import sampling
from ingest.derive.means import HOURS_A_DAY, month_mean
from schemas.records import Mean, mean_of
from schemas.times import DAY, day_of, day_start, next_month

if TYPE_CHECKING:
    from ingest.derive.hours import Row
    from ingest.derive.plan import Plan
    from schemas.runtime.database import Database

#: How far back substitution looks: 30 valid days (water) or 2160 valid hours (gas) may lie this many days back, and the quarter.
_LOOK_BACK = 200 * DAY
_L_PER_S_DAY_M3 = 86.4

DaysOf = Mapping[int, Mapping[date, Mean]]


class Months:
    """Derives months under one plan, on one connection, as they stand on the morning of *today*."""

    def __init__(self, db: Database, plan: Plan, today: date) -> None:
        self._db = db
        self._plan = plan
        self._today = today
        self._tce = {one.point_id for one in plan.energy}
        self._meters = {number for number, one in plan.series.items() if one.meter is not None}
        self._loads_water = {load for one in plan.outlets for load in one.loads.values()}
        self._loads_gas = {load for one in plan.stacks for load in one.loads.values()}
        self._boilers = {n: one.fuel_id for one in plan.boilers for n in (one.direct_id, one.indirect_id)}

    async def spread(self, touched: Mapping[date, set[int]]) -> dict[date, set[int]]:
        """Return months with what is to be derived in them, the later months of touched loads included."""
        found: dict[date, set[int]] = defaultdict(set)
        for month, points in touched.items():
            if month <= self._today:
                found[month] |= points
        substituted = self._loads_water | self._loads_gas
        for month, points in touched.items():
            some = sorted(points & substituted)
            if some and next_month(month) <= self._today:
                rows = await self._db.fetch("monthly_between", points=some, since=next_month(month), until=self._today)
                for point, later, *_ in rows:
                    found[later].add(point)
        return found

    async def rows(self, month: date, points: set[int]) -> list[Row]:
        """Return the values of *month* for *points*; of gauges only when it is over."""
        until = min(next_month(month), self._today) - DAY
        if until < month:
            return []
        is_over = next_month(month) <= self._today
        # While the month lasts, of the days it has had: a row says how things stand.
        n_days = (until - month).days + 1
        gauges = {n for n in points if n in self._plan.series and n not in self._meters} if is_over else set()
        flows = {one.flow_id for n in gauges if (one := self._plan.series[n]).flow_id is not None}
        fuels = {self._boilers[n] for n in points & self._boilers.keys()}
        summed = points & (self._tce | self._meters)
        days = await self._days(gauges | flows | fuels | summed | (points & self._boilers.keys()), month, until)
        rows: list[Row] = []
        rows += [(point, month, energy.month(list(days[point].values()), n_days)) for point in sorted(summed)]
        for point in sorted(points & self._boilers.keys()):
            fuel = days[self._boilers[point]]
            pairs = [(mean, _known(fuel.get(day))) for day, mean in days[point].items()]
            rows.append((point, month, month_efficiency(pairs, n_days)))
        rows += [(point, month, self._gauge(point, days, n_days)) for point in sorted(gauges)]
        return rows + await self._loads(month, until, points)

    def _gauge(self, point: int, days: DaysOf, n_days: int) -> Mean:
        one = self._plan.series[point]
        flow = days[one.flow_id] if one.flow_id is not None else {}
        of_month = []
        for day, mean in days[point].items():
            litres = _known(flow.get(day))
            of_month.append((mean, None if litres is None else litres * _L_PER_S_DAY_M3))
        return month_mean(of_month, n_days, sampling(one), weighted=one.flow_id is not None)

    async def _days(self, points: set[int], since: date, until: date) -> DaysOf:
        found: dict[int, dict[date, Mean]] = defaultdict(dict)
        if points:
            rows = await self._db.fetch("daily_between", points=sorted(points), since=since, until=until)
            for point, day, *columns in rows:
                found[point][day] = mean_of(columns)
        return found

    async def _loads(self, month: date, until: date, points: set[int]) -> list[Row]:
        rows: list[Row] = []
        water, gas = points & self._loads_water, points & self._loads_gas
        if water:
            days = await self._days(water, month, until)
            # Only where something is missing does it matter what was before.
            lacking = {point for point in water if _known_count(days[point]) <= (until - month).days}
            before = await self._days(lacking, month - _LOOK_BACK, month - DAY)
            rows += [
                (point, month, loads.water_month({**before[point], **days[point]}, month, until))
                for point in sorted(water)
            ]
        if gas:
            hours = await self._hours(gas, month, until)
            lacking = {point for point in gas if _known_count(hours[point]) < ((until - month).days + 1) * HOURS_A_DAY}
            earlier = await self._hours(lacking, month - _LOOK_BACK, month - DAY)
            for point in sorted(gas):
                held = {**earlier[point], **hours[point]}
                first = min(held, default=None)
                since = None if first is None else day_of(first)
                rows.append((point, month, loads.gas_month(held, month, until, since=since)))
        return rows

    async def _hours(self, points: set[int], since: date, until: date) -> Mapping[int, Mapping[datetime, Mean]]:
        found: dict[int, dict[datetime, Mean]] = defaultdict(dict)
        if points:
            span = {"since": day_start(since), "until": day_start(until + DAY)}
            for point, hour, *columns in await self._db.fetch("hourly_between", points=sorted(points), **span):
                found[point][hour] = mean_of(columns)
        return found


def _known_count(loads_of: Mapping[date, Mean] | Mapping[datetime, Mean]) -> int:
    return sum(load.valid and load.value is not None for load in loads_of.values())


def _known(mean: Mean | None) -> float | None:
    return mean.value if mean is not None and mean.valid else None
