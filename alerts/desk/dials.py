"""The efficiency dials as SVG: an arc for the value, a ring around it for the limit. Colours come from the style sheet. Pure."""

from __future__ import annotations

from datetime import timedelta
from math import cos, radians, sin
from typing import TYPE_CHECKING

from alerts.desk.words import number
from alerts.judge.verdict import rounded

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.desk.facts import BoilerView

LOW, HIGH = 40.0, 100.0
GOOD, BAD, QUIET, PLAIN = "good", "bad", "quiet", "plain"
#: An hour says nothing of now three hours after its end (as its verdict, `alerts.desk.judgement`).
_CURRENT = timedelta(hours=4)
#: In-service coal boilers: five points above their baseline (county plan 2018, task 13).
GAIN = 5.0
_FROM, _TO = 205.0, -25.0
_MIDDLE, _VALUE_R, _ZONE_R = 100.0, 76.0, 94.0


def share(value: float | None) -> float:
    """Return where on the dial *value* stands, 0 to 1."""
    return 0.0 if value is None else min(1.0, max(0.0, (value - LOW) / (HIGH - LOW)))


def target(boiler: BoilerView) -> float | None:
    """Return what the boiler is held to: its limit, or its baseline and five points."""
    if boiler.limit is not None:
        return boiler.limit
    return None if boiler.baseline is None else boiler.baseline + GAIN


def is_current(boiler: BoilerView, now: datetime) -> bool:
    """Say whether the boiler's newest hour still speaks of *now*."""
    return boiler.hour is not None and now - boiler.hour <= _CURRENT


def state(boiler: BoilerView, now: datetime) -> str:
    """Return how a boiler's value is shown: green only above a limit that binds it, red only when beyond doubt below, grey when old."""
    if boiler.value is None or not is_current(boiler, now):
        return QUIET
    if boiler.limit is None:
        return PLAIN
    if rounded(boiler.value, 1) >= boiler.limit:
        return GOOD
    return PLAIN if is_suspicion(boiler) else BAD


def is_suspicion(boiler: BoilerView) -> bool:
    """Say whether the limit lies within the value's band of uncertainty: a value below it proves nothing then (as its verdict says)."""
    if boiler.limit is None or boiler.low is None or boiler.high is None:
        return False
    return boiler.low <= boiler.limit <= boiler.high


def svg(boiler: BoilerView, now: datetime) -> str:
    """Return the dial of *boiler*: value in the arc, limit zones on the ring, the limit written beside its mark."""
    mark = target(boiler)
    zones = _zones(mark, binding=boiler.limit is not None)
    words = f"热效率 {number(boiler.value, 1)}%" + (f"，限值 {mark:g}%" if mark is not None else "")
    return (
        f'<svg class="arc {state(boiler, now)}" viewBox="0 0 200 150" role="img" aria-label="{words}">{zones}'
        f"{_arc('track', _VALUE_R, 0.0, 1.0)}{_arc('value', _VALUE_R, 0.0, share(boiler.value))}{_tick(mark)}</svg>"
    )


def _zones(mark: float | None, *, binding: bool) -> str:
    if mark is None:
        return _arc("zone", _ZONE_R, 0.0, 1.0)
    at = share(mark)
    low, high = ("zone low", "zone high") if binding else ("zone", "zone aim")
    return _arc(low, _ZONE_R, 0.0, at) + _arc(high, _ZONE_R, at, 1.0)


def _tick(mark: float | None) -> str:
    if mark is None:
        return ""
    (x1, y1), (x2, y2) = _place(share(mark), _VALUE_R - 12), _place(share(mark), _ZONE_R + 4)
    return f'<line class="tick" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _arc(classes: str, radius: float, begin: float, end: float) -> str:
    if end <= begin:
        return ""
    (x1, y1), (x2, y2) = _place(begin, radius), _place(end, radius)
    is_large = int((end - begin) * (_FROM - _TO) > 180)  # noqa: PLR2004 - half a circle
    return f'<path class="{classes}" d="M{x1:.1f} {y1:.1f}A{radius:g} {radius:g} 0 {is_large} 1 {x2:.1f} {y2:.1f}"/>'


def _place(at: float, radius: float) -> tuple[float, float]:
    angle = radians(_FROM + at * (_TO - _FROM))
    return _MIDDLE + radius * cos(angle), _MIDDLE - radius * sin(angle)
