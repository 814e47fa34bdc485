"""Hour, day and month values of one point, with validity. Pure.

Flue gas: minute means first, 45 valid minutes, 20 hours, 25 days (HJ 75-2017; HJ 212-2017 D.2.2). Water: 75 % of the data
due, weighted with the flow of the same outlet (HJ 356-2019). pH is averaged as hydrogen ions. The numbers stand in
schemas/catalog/validity.toml. Nothing is filled in: what is not known has no value. No result depends on the order of
what is handed over, nor on exact repeats of readings.
"""

from __future__ import annotations

import math
from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from ingest.derive.slots import (
    CHECKED,
    COUNTED,
    HOUR_S,
    STOPPED,
    Period,
    Sampling,
    Value,
    due_units,
    expected_in_hour,
    fine_gas,
    full_units,
    grid_offset,
    in_slots,
    marks_of_slots,
    overlay,
    stood_units,
)
from schemas.catalog.enums import Mark
from schemas.catalog.validity import WATER_COUNTED, number
from schemas.records import Mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = [
    "CHECKED", "COUNTED", "HOURS_A_DAY", "PH", "STOPPED", "HourOfDay", "Period", "Sampling", "Value", "day_mean",
    "enough", "hour_mean", "mean_of", "month_mean", "needed_in_hour", "overlay", "stood_in_hour",
]  # fmt: skip

HOURS_A_DAY = 24
PH = "w01001"
ABOVE_RANGE = "超量程(真值不低于量程上限)"
_US = 1_000_000
_MINUTE_S = 60
_NORMAL = {Mark.NORMAL.value}
#: Days from which a month is no February.
_LONG_MONTH = 30


class HourOfDay(NamedTuple):
    """A derived hour and the mean flow of its outlet in that hour, where known (any unit, the same all day)."""

    mean: Mean
    flow: float | None


def enough(n_expected: int) -> int:
    """Return how many of *n_expected* are 75 % of the data due (HJ 356-2019), rounded up."""
    return math.ceil(number("share_due") * n_expected / 100)


@lru_cache(maxsize=256)
def needed_in_hour(sampling: Sampling) -> int:
    """Return how many of an hour's n_expected make it valid: 45 minutes for gas (HJ 75-2017), else 75 % (HJ 356-2019)."""
    expected = expected_in_hour(sampling)
    if sampling.medium != "gas":
        return enough(expected)
    minutes = number("gas_hour_minutes")
    return math.ceil(minutes if fine_gas(sampling) else min(expected, minutes * _MINUTE_S / sampling.interval_s))


def hour_mean(values: Sequence[Value], start_us: int, sampling: Sampling, periods: Sequence[Period] = ()) -> Mean:
    """Return the mean of the hour that begins at *start_us* (microseconds UTC) of a gauge, in the point's unit.

    *values*: readings of the hour in any order, as sent; *periods*: persons' marks of the point, laid over them here.
    Counts are minutes for gas sampled faster than once a minute (HJ 212-2017 D.2.2), due slots for all others.
    A gauge above its range (T) has no value, but the note says that the true one is at least the range.
    """
    plain = None if periods else _plain(values, start_us, sampling)
    return plain or _marked(values, start_us, sampling, periods)


def _plain(values: Sequence[Value], start_us: int, sampling: Sampling) -> Mean | None:
    """Return the mean of an hour in which nothing is remarkable, in one pass; None where it must be looked at closely.

    Most hours are like this, and a county has many: a test holds this way to the other.
    """
    expected = expected_in_hour(sampling)
    values = [value for value in values if 0 <= value.ts_us - start_us < HOUR_S * _US]
    if not values or len(values) > expected or fine_gas(sampling) or {value.mark for value in values} != _NORMAL:
        return None
    interval_us = sampling.interval_s * _US
    slots = {(value.ts_us - start_us) // interval_us for value in values}
    if len(slots) != len(values) or max(slots) >= expected:
        return None
    every = [value.value for value in values]
    n_valid = len(values)
    return Mean(
        value=mean_of(every, sampling.factor),
        low=min(every),
        high=max(every),
        n_valid=n_valid,
        n_expected=expected,
        valid=n_valid >= needed_in_hour(sampling),
        marks=Mark.NORMAL.value,
        n_received=n_valid,
        n_late=sum(value.late for value in values),
    )


def _marked(values: Sequence[Value], start_us: int, sampling: Sampling, periods: Sequence[Period]) -> Mean:
    laid = overlay(values, periods)
    inside = sorted({value for value in laid if start_us <= value.ts_us < start_us + HOUR_S * _US})
    counted = [value for value in inside if value.mark in COUNTED]
    offset = grid_offset(counted or inside, start_us, sampling)
    held, good, prompt = (
        in_slots(some, start_us, sampling, offset)
        for some in (inside, counted, [value for value in counted if not value.late])
    )
    seen = marks_of_slots(held, start_us - offset, sampling, periods)
    valid = full_units(good, sampling)
    stood = stood_units(seen, sampling) - valid
    mean = _of_units(good, valid, sampling)
    marks = "".join(sorted(set().union(*seen.values())))
    notes = [] if mean is not None else ["无有效数据" if inside else "无数据"]
    notes += [ABOVE_RANGE] * (Mark.ABOVE_RANGE.value in marks) + ["停运"] * (len(stood) == expected_in_hour(sampling))
    return Mean(
        value=mean,
        low=None if mean is None else min(value.value for value in counted),
        high=None if mean is None else max(value.value for value in counted),
        n_valid=len(valid),
        n_expected=expected_in_hour(sampling),
        valid=len(valid) >= needed_in_hour(sampling),
        marks=marks,
        note="；".join(notes),
        n_received=len(full_units(held, sampling)),
        n_late=len(valid) - len(full_units(prompt, sampling)),
        n_stopped=len(stood),
        n_checked=len({due_units(sampling)[slot] for slot, mark in seen.items() if mark & CHECKED}),
    )


def _of_units(good: Mapping[int, list[Value]], valid: set[int], sampling: Sampling) -> float | None:
    if not fine_gas(sampling):
        every = [value.value for of_slot in good.values() for value in of_slot]
        return mean_of(every, sampling.factor) if every else None
    minutes: dict[int, list[float]] = defaultdict(list)
    for slot, of_slot in good.items():
        minutes[due_units(sampling)[slot]] += [value.value for value in of_slot]
    means = [mean_of(minutes[minute], sampling.factor) for minute in valid]
    return mean_of(means, sampling.factor) if means else None


def mean_of(values: Sequence[float], factor: str, weights: Sequence[float] | None = None) -> float:
    """Return the mean of at least one value, weighted where *weights* (> 0) are given; pH through hydrogen ions, unweighted.

    Never outside the range of the values: rounding in the last place may step over the edge, the true mean cannot.
    """
    if factor == PH:
        mean = -math.log10(math.fsum(10.0**-value for value in values) / len(values))
    elif weights is not None:
        pairs = zip(values, weights, strict=True)
        mean = math.fsum(value * weight for value, weight in pairs) / math.fsum(weights)
    else:
        mean = math.fsum(values) / len(values)
    return min(max(mean, min(values)), max(values))


def day_mean(hours: Sequence[HourOfDay], sampling: Sampling, *, weighted: bool) -> Mean:
    """Return the mean of one Shanghai day from at most 24 hours; *weighted* by flow for concentrations in water.

    Valid with 18 hours for water (HJ 356-2019), 20 for gas (HJ 75-2017), 75 % else. Counts are hours; hours not handed
    over count as nothing received. With flow 0 nothing is discharged: the concentration of that hour is invalid
    (HJ 356-2019), and the hour counts as stopped since nothing was due. pH and gas are never weighted.
    """
    by_flow, needed = _by_flow(sampling, weighted=weighted), needed_in_hour(sampling)
    means = [hour.mean for hour in hours]
    dry = [by_flow and hour.flow is not None and hour.flow <= 0 for hour in hours]
    stood = [no_flow or stood_in_hour(mean, needed) for mean, no_flow in zip(means, dry, strict=True)]
    checked = sum(m.n_checked > 0 and not m.valid and not off for m, off in zip(means, stood, strict=True))
    unknown = sum(by_flow and hour.flow is None and hour.mean.valid for hour in hours)
    notes = [("零流量 {} 小时", sum(dry)), ("流量未知 {} 小时", unknown)]
    notes += [("超量程 {} 小时", sum(Mark.ABOVE_RANGE.value in mean.marks for mean in means))]
    valid, value, low, high, note = _combined([(hour.mean, hour.flow) for hour in hours], sampling, by_flow=by_flow)
    return Mean(
        value=value,
        low=low,
        high=high,
        n_valid=valid,
        n_expected=HOURS_A_DAY,
        valid=valid >= number("gas_day_hours" if sampling.medium == "gas" else "water_day_hours"),
        marks=_marks(means),
        note="；".join([note] * bool(note) + [text.format(count) for text, count in notes if count]),
        n_received=sum(mean.n_received >= needed for mean in means),
        n_late=sum(_came_late(mean, needed) for mean in means),
        n_stopped=sum(stood),
        n_checked=min(int(number("check_hours")), checked) if sampling.factor in WATER_COUNTED else 0,
    )


def month_mean(
    days: Sequence[tuple[Mean, float | None]], days_in_month: int, sampling: Sampling, *, weighted: bool
) -> Mean:
    """Return the mean of a calendar month from its days, each with the m3 of that day where known.

    Valid with 25 days for gas (February 23, HJ 75-2017), else 75 % of *days_in_month* (HJ 356-2019). n_valid and
    n_expected are days; n_received, n_late, n_stopped and n_checked the sums of the days' hours.
    """
    by_flow, means = _by_flow(sampling, weighted=weighted), [mean for mean, _ in days]
    gas_needs = number("gas_month_days" if days_in_month >= _LONG_MONTH else "gas_february_days")
    valid, value, low, high, note = _combined(days, sampling, by_flow=by_flow)
    return Mean(
        value=value,
        low=low,
        high=high,
        n_valid=valid,
        n_expected=days_in_month,
        valid=valid >= (gas_needs if sampling.medium == "gas" else enough(days_in_month)),
        marks=_marks(means),
        note=note,
        n_received=sum(mean.n_received for mean in means),
        n_late=sum(mean.n_late for mean in means),
        n_stopped=sum(mean.n_stopped for mean in means),
        n_checked=sum(mean.n_checked for mean in means),
    )


def stood_in_hour(hour: Mean, needed: int) -> bool:
    """Return whether an hour is not valid because the source stood: what was left could not reach *needed*."""
    return not hour.valid and hour.n_expected - hour.n_stopped < needed


def _came_late(hour: Mean, needed: int) -> bool:
    """Return whether enough came, but only after the fact."""
    late = hour.n_received - hour.n_late < needed or (hour.valid and hour.n_valid - hour.n_late < needed)
    return hour.n_received >= needed and late


def _by_flow(sampling: Sampling, *, weighted: bool) -> bool:
    return weighted and sampling.factor != PH and sampling.medium != "gas"


def _combined(
    parts: Sequence[tuple[Mean, float | None]], sampling: Sampling, *, by_flow: bool
) -> tuple[int, float | None, float | None, float | None, str]:
    """Return how many parts can be used, their mean, low and high, and what is to be said of it."""
    known = [(mean.value, flow) for mean, flow in parts if mean.valid and mean.value is not None]
    if by_flow:
        known = [(value, flow) for value, flow in known if flow is not None and flow > 0]
    if not known:
        return 0, None, None, None, "无有效数据或流量" if by_flow else "无有效数据"
    values = [value for value, _ in known]
    weights = [flow for _, flow in known if flow is not None] if by_flow else None
    note = "流量加权" if by_flow else ""
    return len(values), mean_of(values, sampling.factor, weights), min(values), max(values), note


def _marks(means: Iterable[Mean]) -> str:
    return "".join(sorted({mark for mean in means for mark in mean.marks}))
