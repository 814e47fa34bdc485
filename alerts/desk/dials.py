"""The efficiency dials as ECharts options. All radii are shares of the box, so that a dial grows with the screen. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alerts.desk.facts import BoilerView

_LOW, _HIGH = 40.0, 100.0
GOOD, BAD, QUIET = "#3ecf8e", "#ff4d4f", "#8a97ab"
_TRACK, _RED_ZONE, _GREEN_ZONE = "#23304a", "#7a2b36", "#1f6b50"


def share(value: float | None) -> float:
    """Return where on the dial *value* stands, 0 to 1."""
    return 0.0 if value is None else min(1.0, max(0.0, (value - _LOW) / (_HIGH - _LOW)))


def colour(boiler: BoilerView) -> str:
    """Return the colour of a boiler's value: green only above a limit that binds it."""
    if boiler.value is None or boiler.limit is None:
        return QUIET
    return GOOD if round(boiler.value, 1) >= boiler.limit else BAD


def options(boiler: BoilerView) -> dict[str, Any]:
    """Return the dial of *boiler*: value inside, limit zones outside."""
    reach = share(boiler.value)
    target = boiler.limit or (boiler.baseline + 5 if boiler.baseline else None)
    mark = share(target)
    tint = colour(boiler) if boiler.limit is not None else "#6aa8ff"
    low, high = (_RED_ZONE, _GREEN_ZONE) if boiler.limit is not None else ("#2b3a57", "#3a5a8c")
    return {
        "backgroundColor": "transparent",
        "series": [
            _ring(["74%", "96%"], [(reach, tint), (1 - reach, _TRACK)]),
            _ring(["98%", "106%"], [(mark, low), (1 - mark, high)] if target else [(1.0, _TRACK)]),
        ],
    }


def _ring(radius: list[str], pieces: list[tuple[float, str]]) -> dict[str, Any]:
    return {
        "type": "pie",
        "radius": radius,
        "center": ["50%", "62%"],
        "startAngle": 205,
        "endAngle": -25,
        "silent": True,
        "animationDuration": 300,
        "label": {"show": False},
        "labelLine": {"show": False},
        "emphasis": {"disabled": True},
        "data": [{"value": value, "itemStyle": {"color": tint}} for value, tint in pieces],
    }
