"""Amounts discharged, in kg: of an hour or day as measured, of a month with substitution 替代. Pure.

Concentration x volume (HJ 212-2017 D.1, D.2). Negative concentrations within the zero drift discharge nothing. What is
missing is substituted in the month's amount only, never in a concentration, and is said to be estimated (mark e):
HJ 75-2017 12 for gas, HJ 356-2019 for water; the table stands in schemas/catalog/validity.toml. A month depends on
nothing that came after it.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from ingest.derive.means import HOURS_A_DAY, enough, stood_in_hour
from schemas.catalog.validity import number, substitution
from schemas.records import Mean
from schemas.times import DAY, HOUR, day_start, month_start, next_month

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date, datetime

#: Mark of an amount that is partly estimated 估算.
ESTIMATED = "e"
_M3_PER_L = 1e-3
_KG_PER_G = 1e-3
_KG_PER_MG = 1e-6
_S_PER_H = 3600
_FULL_PCT = 100.0


def volume_day(flow_hours: Sequence[Mean]) -> tuple[float | None, bool]:
    """Return m3 of a day from hour means in L/s, and whether it is valid: at least 18 of 24 hours (HJ 356-2019).

    Missing hours are not invented; backward flow within the zero drift is no discharge. None: no hour is known.
    """
    known = [max(0.0, hour.value) for hour in flow_hours if hour.valid and hour.value is not None]
    volume = math.fsum(known) * _S_PER_H * _M3_PER_L if known else None
    return volume, len(known) >= number("water_day_hours")


def water_day(concentration: Mean, volume_m3: float | None, *, volume_valid: bool = True) -> Mean:
    """Return kg of a day: valid day mean (mg/L) x m3 x 1e-3 (HJ 212-2017 D.1). Counts are those of the concentration.

    A day on which nothing flowed has load 0, whatever the concentration says (with flow 0 it is invalid, HJ 356-2019).
    """
    if volume_m3 is None or not volume_valid:
        return _load(concentration, None, "水量不全，不计排放量")
    if volume_m3 <= 0:
        return _load(concentration, 0.0, "全天零流量")
    if not concentration.valid or concentration.value is None:
        return _load(concentration, None, "浓度日均值无效，不计排放量")
    return _load(concentration, max(0.0, concentration.value) * volume_m3 * _KG_PER_G, "")


def gas_hour(concentration: Mean, flow_m3h: Mean | None) -> Mean:
    """Return kg of an hour: C x Q x 1e-6 (HJ 212-2017 D.2). C: dry standard mg/m3, *not* converted; Q: dry standard m3/h."""
    if not concentration.valid or concentration.value is None:
        return _load(concentration, None, "浓度无效，不计排放量")
    if flow_m3h is None or not flow_m3h.valid or flow_m3h.value is None:
        return _load(concentration, None, "流量无效，不计排放量")
    return _load(concentration, max(0.0, concentration.value) * max(0.0, flow_m3h.value) * _KG_PER_MG, "")


def _load(of: Mean, kg: float | None, why: str) -> Mean:
    # The note of a concentration (how it was weighted) says nothing of an amount, unless it is why there is none.
    note = "；".join(part for part in (of.note if kg is None else "", why) if part)
    return replace(of, value=kg, low=kg, high=kg, valid=kg is not None, note=note)


def gas_day(hours: Sequence[Mean]) -> Mean:
    """Return kg of a day, the sum of its valid hours; valid with at least 20 of them (HJ 75-2017). Counts are hours."""
    known = [hour.value for hour in hours if hour.valid and hour.value is not None]
    kg = math.fsum(known) if known else None
    stood = sum(_stood(hour) for hour in hours)
    return Mean(
        value=kg,
        low=kg,
        high=kg,
        n_valid=len(known),
        n_expected=HOURS_A_DAY,
        valid=len(known) >= number("gas_day_hours"),
        marks="".join(sorted({mark for hour in hours for mark in hour.marks})),
        note=(f"停运 {stood} 小时" if stood else "") if known else "无有效小时",
        n_received=sum(hour.n_received >= enough(hour.n_expected) for hour in hours),
        n_stopped=stood,
    )


def _stood(hour: Mean) -> bool:
    return stood_in_hour(hour, enough(hour.n_expected))


class _Part(NamedTuple):
    """What is known of one day or hour of a month: measured kg, substituted kg, or neither."""

    measured: float | None = None
    substituted: float | None = None
    stood: bool = False


def water_month(days: Mapping[date, Mean], month: date, through: date) -> Mean:
    """Return kg of the month of *month* up to and with the day *through*, from daily loads (Shanghai days).

    A day without valid load counts the largest of the last 30 valid daily loads before it (HJ 356-2019, part of
    *days*), a day on which the source stood counts 0. Counts are days; low is the measured part.
    """
    first, end = month_start(month), min(through + DAY, next_month(month))
    valid = [day for day in sorted(days) if _measured(days[day]) is not None]
    parts = []
    for day in (first + DAY * index for index in range((end - first).days)):
        load = days.get(day)
        kg = _measured(load)
        stood = kg is None and load is not None and load.n_stopped >= HOURS_A_DAY
        row = substitution("water", _FULL_PCT, 1)
        before = valid[: bisect_left(valid, day)][-row.last :] if row and kg is None and not stood else []
        parts.append(_Part(kg, max((days[one].value or 0.0 for one in before), default=None), stood))
    return _month(parts, _marks(days, lambda day: first <= day < end), "天", "")


def gas_month(hours: Mapping[datetime, Mean], month: date, through: date, *, since: date | None = None) -> Mean:
    """Return kg of the month of *month* up to and with the day *through*, from hourly loads (keys: UTC hour starts).

    Capture rate of the quarter so far = (hours - stopped - invalid)/(hours - stopped); a gap of invalid hours counts the
    largest of the last 180, 720 or 2160 valid hours before it, by rate and length; below 75 % nothing is substituted
    (HJ 75-2017 12). *since*: the day the point was set up: nothing was due before. Counts are hours.
    """
    first = month_start(month)
    quarter = first.replace(month=(first.month - 1) // 3 * 3 + 1)
    begin = day_start(max(first, since or first))
    end = day_start(min(through + DAY, next_month(month)))
    capture = _capture_pct(hours, day_start(max(quarter, since or quarter)), end)
    valid = [hour for hour in sorted(hours) if _measured(hours[hour]) is not None]
    parts: list[_Part] = []
    for since_hour, length in _runs(hours, begin, end):
        load = hours.get(since_hour)
        if load is not None and (_measured(load) is not None or _stood(load)):
            parts.append(_Part(_measured(load), stood=_measured(load) is None))
            continue
        row = substitution("gas", capture, length)
        before = valid[: bisect_left(valid, since_hour)][-row.last :] if row else []
        most = max((hours[one].value or 0.0 for one in before), default=None)
        parts += [_Part(substituted=most)] * ((min(since_hour + length * HOUR, end) - max(since_hour, begin)) // HOUR)
    low = f"捕集率 {capture:.1f}% 不足{number('capture_needed'):g}%，需人工监测"
    marks = _marks(hours, lambda hour: begin <= hour < end)
    return _month(parts, marks, "小时", low if capture < number("capture_needed") else "")


def _capture_pct(hours: Mapping[datetime, Mean], begin: datetime, end: datetime) -> float:
    """Return the capture rate in %; 100 when the source stood all the time."""
    seen = [load for hour, load in hours.items() if begin <= hour < end]
    good = sum(_measured(load) is not None for load in seen)
    stood = sum(_measured(load) is None and _stood(load) for load in seen)
    due = max(0, (end - begin) // HOUR) - stood
    return good * _FULL_PCT / due if due > 0 else _FULL_PCT


def _runs(hours: Mapping[datetime, Mean], begin: datetime, end: datetime) -> list[tuple[datetime, int]]:
    """Return each known or stopped hour of [begin, end) with 1, and each gap with its length, from where it really began."""
    start, oldest = begin, min(hours, default=begin)
    while start > oldest and _lacks(hours, begin) and _lacks(hours, start - HOUR):
        start -= HOUR
    runs: list[tuple[datetime, int]] = []
    for hour in (start + HOUR * index for index in range(max(0, (end - start) // HOUR))):
        lacks = _lacks(hours, hour)
        if lacks and runs and _lacks(hours, hour - HOUR):
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((hour, 1))
    return runs


def _lacks(hours: Mapping[datetime, Mean], hour: datetime) -> bool:
    load = hours.get(hour)
    return load is None or (_measured(load) is None and not _stood(load))


def _measured(load: Mean | None) -> float | None:
    return load.value if load is not None and load.valid else None


def _marks(loads: Mapping[date, Mean] | Mapping[datetime, Mean], inside: Callable[..., bool]) -> set[str]:
    return {mark for window, load in loads.items() if inside(window) for mark in load.marks}


def _month(parts: Sequence[_Part], marks: set[str], unit: str, warning: str) -> Mean:
    """Return the sum: value with what was substituted, low without; valid when nothing remains unknown."""
    measured = [part.measured for part in parts if part.measured is not None]
    substituted = [part.substituted for part in parts if part.substituted is not None]
    stood = sum(part.stood for part in parts)
    unknown = len(parts) - len(measured) - len(substituted) - stood
    low = math.fsum(measured)
    value = math.fsum(measured + substituted) if unknown < len(parts) else None
    notes = [f"替代(估算) {len(substituted)} {unit} {math.fsum(substituted):.3f} kg"] * bool(substituted)
    notes += [f"停运 {stood} {unit}"] * bool(stood) + [f"无数据可替代 {unknown} {unit}"] * bool(unknown)
    return Mean(
        value=value,
        low=None if value is None else low,
        high=value,
        n_valid=len(measured),
        n_expected=len(parts),
        valid=bool(parts) and not unknown,
        marks="".join(sorted(marks | ({ESTIMATED} if substituted else set()))),
        note="；".join(notes + [warning] * bool(warning)) if parts else "无数据",
        n_stopped=stood,
    )
