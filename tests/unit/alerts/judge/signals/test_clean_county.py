"""The example county as the simulator plays it, calm and on its first morning: of plants that tamper with nothing, nothing is suspected."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from alerts.judge.rules import load
from alerts.judge.signals.registry import SIGNALS
from alerts.judge.subjects import subjects
from alerts.judge.suspects import suspects
from alerts.judge.suspicion import Suspicion
from ingest.derive.hours import sampling
from ingest.derive.means import HourOfDay, Value, day_mean, hour_mean
from ingest.derive.plan import plan
from schemas.records import Mean
from schemas.registry.derived import point_keys
from schemas.registry.document import load_checked
from schemas.registry.store import Registry
from schemas.times import DAY, HOUR, day_of, day_start, hour_of, to_us
from simulator import scenario
from simulator.example import example_path, scenario_path
from simulator.fleet import FIXED_UNTIL, dry_run

if TYPE_CHECKING:
    from collections.abc import Mapping

_COLUMNS = Mean.__struct_fields__
_DAYS = 9
_END = FIXED_UNTIL.astimezone(UTC)
_DOCUMENT = load_checked(example_path())
_REGISTRY = Registry(1, _DOCUMENT, {key: number for number, key in enumerate(point_keys(_DOCUMENT), 1)})
_SCENARIOS = {
    "calm": scenario.CALM,
    "first_morning": scenario.load(scenario_path("first_morning"), _DOCUMENT),
}


class _Derived:
    """Answers by the name of the query, as the database would; the simulator marks nothing, so that no readings are asked for."""

    def __init__(self, hours: Mapping[int, Mapping[datetime, Mean]]) -> None:
        self._held: dict[str, dict[int, dict[Any, Mean]]] = {
            "suspicion_hours": {point: dict(some) for point, some in hours.items()},
            "suspicion_days": {point: _days(point, some) for point, some in hours.items()},
        }

    async def fetch(
        self, name: str, *, points: list[int], sinces: list[Any], untils: list[Any], **_bounds: object
    ) -> list[tuple[Any, ...]]:
        return [
            (point, window, *[getattr(mean, column) for column in _COLUMNS])
            for point, since, until in zip(points, sinces, untils, strict=True)
            for window, mean in self._held[name].get(point, {}).items()
            if since <= window and (window < until or (window == until and name == "suspicion_days"))
        ]


def _days(point: int, hours: Mapping[datetime, Mean]) -> dict[date, Mean]:
    by_day: defaultdict[date, list[HourOfDay]] = defaultdict(list)
    for at, mean in hours.items():
        by_day[day_of(at)].append(HourOfDay(mean, None))
    return {day: day_mean(some, sampling(_PLAN.series[point]), weighted=False) for day, some in by_day.items()}


_PLAN = plan(_REGISTRY)


def _played(name: str, seed: int) -> _Derived:
    """Sewage plants and boilers; registers are derived from their neighbours in time, which tests of meters look at."""
    values: defaultdict[tuple[int, datetime], list[Value]] = defaultdict(list)
    for topic, payload in dry_run(_DOCUMENT, scenario=_SCENARIOS[name], seed=seed, days=_DAYS):
        site, device = topic.split("/")[2:4]
        for sample in json.loads(payload):
            at = hour_of(datetime.fromtimestamp(sample["ts"] / 1000, UTC))
            for factor, value in sample["values"].items():
                point = _REGISTRY.points[site, device, factor]
                if _PLAN.series[point].meter is None:
                    values[point, at].append(Value(sample["ts"] * 1000, value, "N", late=False))
    hours: defaultdict[int, dict[datetime, Mean]] = defaultdict(dict)
    for (point, at), some in values.items():
        hours[point][at] = hour_mean(some, to_us(at), sampling(_PLAN.series[point]))
    return _Derived(hours)


@pytest.mark.parametrize(("name", "seed"), [("calm", 1), ("calm", 2), ("first_morning", 1), ("first_morning", 3)])
async def test_of_plants_that_tamper_with_nothing_nothing_is_suspected(name: str, seed: int) -> None:
    suspicion = Suspicion(_played(name, seed))  # type: ignore[arg-type]  # answers what suspicion asks
    suspicion.learn(_REGISTRY)
    held = suspects(_REGISTRY, subjects(_REGISTRY, date(2026, 11, 1)))
    # The first days have nothing before them to be compared with.
    days = {day_start(day_of(_END)) - number * DAY for number in (1, 2)}
    verdicts = await suspicion.judge(load(), dict.fromkeys(held, days), _END + HOUR)
    assert len(verdicts) == 2 * len(held)
    assert {one.rule for one in verdicts} <= SIGNALS.keys()
    assert [(one.rule, one.subject, one.body["note"]) for one in verdicts if one.outcome == "exceeding"] == []
    assert sum(one.outcome == "compliant" for one in verdicts) > len(verdicts) / 2
