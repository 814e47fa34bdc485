"""Scenes for the tests of suspicion signals: a simulated, well-run sewage plant, and what is done to its data."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from alerts.judge.signals.registry import SIGNALS
from alerts.judge.signals.scene import Answer, Found, Scene, Series
from schemas.catalog.factors import FACTORS
from schemas.catalog.limits import in_force
from schemas.records import Limit, Mean
from schemas.times import HOUR, day_start, to_us
from simulator.plants.sewage import sewage_plant, values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DAY = date(2026, 6, 2)
END = day_start(DAY + timedelta(days=1))
COD, AMMONIA, TN, TP, SS, FLOW, PH = "w01018", "w21003", "w21001", "w21011", "w01012", "w00000", "w01001"
WATER = (COD, AMMONIA, TN, TP, SS)
_HIGH = {COD: 500.0, AMMONIA: 100.0, TN: 150.0, TP: 20.0, SS: 300.0, FLOW: 1000.0, PH: 14.0}

Values = list[float | None]


def hour(value: float | None, *, mark: str = "N", low: float | None = None, high: float | None = None) -> Mean:
    """One reading an hour (or between *low* and *high*); without a value nothing valid, marked F: the source stood."""
    return Mean(
        value=value, low=value if low is None else low, high=value if high is None else high,
        n_valid=int(value is not None), n_expected=1, valid=value is not None, marks=mark, n_received=1,
        n_stopped=int(mark in "Ff"),
    )  # fmt: skip


def clean(seed: int = 1, *, hours: int = 48, day: date = DAY) -> dict[str, Values]:
    """What the outlet of a well-run plant shows hour by hour until the end of *day*."""
    plant = sewage_plant(seed, "plant", "out")
    end = to_us(day_start(day + timedelta(days=1))) // 1_000_000
    shown = [values(plant, end - number * 3600) for number in range(hours, 0, -1)]
    return {factor: [one[factor] for one in shown] for factor in (*WATER, FLOW, PH)}


def series(factor: str, held: Sequence[float | Mean | None], **fields: Any) -> Series:
    """A series of *held*: means, or plain values of one reading an hour; None: no hour at all."""
    means = tuple(one if one is None or isinstance(one, Mean) else hour(one) for one in held)
    own: dict[str, Any] = {
        "unit": FACTORS[factor].unit, "decimals": FACTORS[factor].decimals, "interval_s": 3600, "low": 0.0,
        "high": _HIGH.get(factor), "title": "示例厂 总排口",
    }  # fmt: skip
    return Series(site="plant", device="out", factor=factor, hours=means, **(own | fields))


def limits() -> dict[str, Limit]:
    found = {
        factor: in_force("GB18918-1A", factor, "day", day=DAY, built=date(2009, 1, 1), water_temp_c=20.0)
        for factor in (COD, AMMONIA, TN, TP, SS)
    }
    return {factor: limit for factor, limit in found.items() if limit is not None}


def scene(held: Mapping[str, Sequence[float | Mean | None]], **fields: Any) -> Scene:
    """The scene of one outlet; all series of *held* are of one length and end with the judged day."""
    length = len(next(iter(held.values())))
    shown = {factor: series(factor, some) for factor, some in held.items()}
    own: dict[str, Any] = {"limits": limits(), "series": shown}
    return Scene(day=DAY, since=END - length * HOUR, end=END, **(own | fields))


def ask(rule: str, at: Scene, factor: str = "", **numbers: float) -> Answer:
    declared = SIGNALS[rule]
    return declared.find(at, factor, {**declared.numbers, **numbers})


def sentence(answer: Answer) -> str:
    assert isinstance(answer, Found), answer
    assert "疑似" in answer.sentence
    assert all(isinstance(figure, int | float) for figure in answer.figures.values())
    return answer.sentence
