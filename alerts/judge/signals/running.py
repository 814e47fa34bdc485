"""The hours that a signal may go by: valid, and the source runs. Pure.

Nothing is suspected of a plant that stands: marks F and f, flow 0 (HJ 356: nothing is discharged) and O2 as in air (停炉) say so.
"""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from alerts.judge.signals.correlation import FIRE, STOPS, timed
from schemas.catalog.validity import number
from schemas.times import DAY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alerts.judge.signals.scene import Scene, Series
    from schemas.records import Mean

OXYGEN = "a19001"
WATER_LOAD = "w00000"
GAS_LOADS = (*FIRE, "a00000", "a01011")
PH = "w01001"
#: As the concentrations of sewage that a day mean is judged of, and of flue gas.
WATER = ("w01018", "w21003", "w21001", "w21011", "w01012")
GAS = ("a34013", "a21026", "a21002", "a20057")


class Hour(NamedTuple):
    """One valid hour of a running source; *at* is its start (UTC), *load* the place's flow or steam where it is known."""

    at: datetime
    value: float
    low: float
    high: float
    load: float | None


def load_series(scene: Scene, factor: str) -> Series | None:
    """Return what shows how much the source of *factor* does; None where nothing does, or where it is *factor* itself."""
    loads = (WATER_LOAD,) if factor.startswith("w") else GAS_LOADS
    found = next((scene.series[one] for one in loads if one in scene.series), None)
    return None if found is None or found.factor == factor else found


def running(scene: Scene, factor: str, series: Series | None = None) -> list[Hour]:
    """Return the valid hours of *factor* (or of *series* in its place) in which the source ran, oldest first.

    Where it is not known whether it ran, it is believed to have.
    """
    series = series or scene.series.get(factor)
    if series is None:
        return []
    load, oxygen = load_series(scene, factor), scene.series.get(OXYGEN)
    loads = load.hours if load is not None else (None,) * len(series.hours)
    air = oxygen.hours if oxygen is not None and factor in GAS else (None,) * len(series.hours)
    guard = number("o2_guard")
    found = []
    for (at, mean), by, o2 in zip(timed(scene, series), loads, air, strict=True):
        if mean is None or mean.value is None or not mean.valid or mean.n_stopped or STOPS & set(mean.marks):
            continue
        amount, oxygen_pct = _known(by), _known(o2)
        if (amount is not None and amount <= 0) or (oxygen_pct is not None and oxygen_pct >= guard):
            continue
        low, high = (mean.value if one is None else one for one in (mean.low, mean.high))
        found.append(Hour(at, mean.value, low, high, amount))
    return found


def of_day(scene: Scene, hours: Iterable[Hour]) -> list[Hour]:
    """Return those of *hours* that lie in the judged day."""
    return [hour for hour in hours if scene.end - DAY <= hour.at < scene.end]


def bound(scene: Scene, factor: str) -> tuple[Series, float] | None:
    """Return the series a limit binds (at reference O2 where that is what counts) and its upper value; None where none does."""
    for code in (f"yx_zs_{factor}", factor):
        limit, series = scene.limits.get(code), scene.series.get(code)
        if limit is not None and limit.high is not None and series is not None:
            return series, limit.high
    return None


def resolution(series: Series, hours: Iterable[Hour]) -> float:
    """Return the step in which *series* shows its values, judged by those it has shown: 1, 0.1 … down to its decimals."""
    seen = [value for hour in hours for value in (hour.low, hour.high)]
    for digits in range(series.decimals):
        if all(math.isclose(value, round(value, digits), rel_tol=0, abs_tol=1e-9) for value in seen):
            return float(10.0**-digits)
    return float(10.0**-series.decimals)


def _known(mean: Mean | None) -> float | None:
    return mean.value if mean is not None and mean.valid else None
