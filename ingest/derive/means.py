"""Hour and day values of one point, with validity. Pure.

Valid hour mean: at least 75 % of the values due carry mark N (45 of 60 minutes for gas, HJ 75-2017 and
HJ 212-2017 D.2.2; 75 % of data due for water, HJ 356-2019). Valid day mean of water: at least 75 % of 24 hours = 18.
Concentrations are weighted with the flow of the same outlet (HJ 356-2019); pH is averaged as hydrogen ions.
Nothing is filled in: what is not known has no value.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from schemas.catalog.enums import Mark
from schemas.records import STAMPED_ON_RECEIPT, Mean

if TYPE_CHECKING:
    from collections.abc import Sequence

SHARE_NEEDED = 0.75
HOURS_A_DAY = 24
PH = "w01001"
#: Marks of values that count.
COUNTED = frozenset({Mark.NORMAL.value, STAMPED_ON_RECEIPT})


class Value(NamedTuple):
    """One reading inside a window."""

    ts_us: int
    value: float
    mark: str


class HourOfDay(NamedTuple):
    """A derived hour and the mean flow of its outlet in that hour, where known."""

    mean: Mean
    flow: float | None


def hour_mean(values: Sequence[Value], interval_s: int, factor: str) -> Mean:
    """Return the mean of one hour of a gauge sampled every *interval_s* seconds, in the point's unit."""
    expected = max(1, 3600 // interval_s)
    good = [value.value for value in values if value.mark in COUNTED]
    marks = "".join(sorted({value.mark for value in values}))
    if not good:
        note = "无数据" if not values else "无有效数据"
        return Mean(
            value=None, low=None, high=None, n_valid=0, n_expected=expected, valid=False, marks=marks, note=note
        )
    return Mean(
        value=_mean(good, factor),
        low=min(good),
        high=max(good),
        n_valid=len(good),
        n_expected=expected,
        valid=len(good) >= SHARE_NEEDED * expected,
        marks=marks,
    )


def day_mean(hours: Sequence[HourOfDay], factor: str, *, weighted: bool) -> Mean:
    """Return the mean of one Shanghai day from its hours; *weighted* by flow for concentrations in water.

    An hour with flow 0 discharges nothing: its concentration is invalid (HJ 356-2019) and it drops out.
    """
    marks = "".join(sorted({mark for hour in hours for mark in hour.mean.marks}))
    valid = [(hour.mean.value, hour.flow) for hour in hours if hour.mean.valid and hour.mean.value is not None]
    note = ""
    if weighted:
        valid = [(value, flow) for value, flow in valid if flow is not None and flow > 0]
        note = "流量加权"
    if not valid:
        return Mean(
            value=None, low=None, high=None, n_valid=0, n_expected=HOURS_A_DAY, valid=False, marks=marks,
            note="无有效小时" if not weighted else "无有效小时或流量",
        )  # fmt: skip
    values = [value for value, _ in valid]
    if weighted:
        total = math.fsum(flow for _, flow in valid if flow is not None)
        mean = math.fsum(value * flow for value, flow in valid if flow is not None) / total
    else:
        mean = _mean(values, factor)
    return Mean(
        value=mean,
        low=min(values),
        high=max(values),
        n_valid=len(values),
        n_expected=HOURS_A_DAY,
        valid=len(values) >= SHARE_NEEDED * HOURS_A_DAY,
        marks=marks,
        note=note,
    )


def _mean(values: Sequence[float], factor: str) -> float:
    if factor == PH:
        return -math.log10(math.fsum(10.0**-value for value in values) / len(values))
    return math.fsum(values) / len(values)
