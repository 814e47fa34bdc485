"""The chart of an incident as ECharts options: values, limits with their clause, the breach, and below what of it can be believed. Pure.

All words are made here: ECharts gets no function, only texts, so the page holds no JavaScript of ours.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from alerts.desk.words import number, safe
from schemas.times import DAY, HOUR, SHANGHAI, day_start

if TYPE_CHECKING:
    from collections.abc import Sequence

_LEAD = 3 * DAY
#: More hours than this nobody can read on one chart: the newest stay.
MOST = 40 * DAY
VALID, INVALID, NOTHING = "valid", "invalid", "nothing"
#: What the strip says of a window; silence is the darkest, and none of them is green.
TINTS = {VALID: "#8fa6c9", INVALID: "#5a6475", NOTHING: "#1c2638"}
LATE = "#f0c070"
_LINE, _LIMIT, _BREACH = "#7db2ff", "#ff5c5e", "rgba(255,92,94,.16)"
_INK, _GRID = "#9fb0cd", "#1f3050"
_HATCH = {"symbol": "rect", "color": "#9aa5b8", "dashArrayX": [1, 0], "dashArrayY": [2, 4], "rotation": -0.785}
_DOTS = {"symbol": "rect", "color": "#3b4a66", "dashArrayX": [2, 4], "dashArrayY": [2, 4]}


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """One derived hour or day of the point; *low*, *high* and *clause*: the limit it was judged against, if it was."""

    start: datetime
    end: datetime
    value: float | None = None
    valid: bool = False
    stored: bool = False
    n_valid: int = 0
    n_expected: int = 0
    n_received: int = 0
    n_late: int = 0
    marks: str = ""
    note: str = ""
    low: float | None = None
    high: float | None = None
    exceeding: bool = False

    @property
    def standing(self) -> str:
        """What of this window can be believed."""
        if self.valid:
            return VALID
        return INVALID if self.stored and (self.n_received or self.value is not None) else NOTHING


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """What the chart shows: windows without gaps, oldest first, and the span of the breach."""

    name: str
    unit: str
    decimals: int
    daily: bool
    windows: tuple[Window, ...]
    began_at: datetime
    ended_at: datetime | None
    clause: str = ""


def span(began_at: datetime, ended_at: datetime | None, now: datetime) -> tuple[datetime, datetime]:
    """Return from when until when the chart reaches: three days before the beginning, a day after the end, never past *now*."""
    until = min(now, ended_at + DAY) if ended_at else now
    return max(began_at - _LEAD, until - MOST), until


def starts(since: datetime, until: datetime, *, daily: bool) -> list[datetime]:
    """Return the starts of all hours or Shanghai days that touch *since* to *until* (UTC)."""
    step = DAY if daily else HOUR
    local = since.astimezone(SHANGHAI)
    at = day_start(local.date()) if daily else since.replace(minute=0, second=0, microsecond=0)
    found = []
    while at < until:
        found.append(at)
        at += step
    return found


def start_of(at: datetime | date) -> datetime:
    """Return the instant a derived row's window begins: its hour, or its Shanghai day's midnight."""
    return at if isinstance(at, datetime) else day_start(at)


def label(window: Window, *, daily: bool) -> str:
    """Return the window's name on the axis, Beijing time."""
    local = window.start.astimezone(SHANGHAI)
    return local.strftime("%m-%d") if daily else local.strftime("%m-%d %H:00")


def says(window: Window, curve: Curve) -> str:
    """Return what is known of one window in a line: for the tip and for those who do not see the chart."""
    value = number(window.value, curve.decimals)
    words = f"{label(window, daily=curve.daily)}　{value} {curve.unit}".rstrip()
    if window.standing == NOTHING:
        return f"{label(window, daily=curve.daily)}　无数据"
    counted = f"有效 {window.n_valid}/{window.n_expected}"
    parts = [words, counted if window.valid else f"无效（{counted}）"]
    parts += [f"标记 {window.marks}"] if window.marks.strip("N") else []
    parts += [f"迟到补传 {window.n_late}"] if window.n_late else []
    parts += [window.note] if window.note else []
    return "　".join(parts)


def options(curve: Curve) -> dict[str, Any]:
    """Return the whole chart."""
    names = [label(one, daily=curve.daily) for one in curve.windows]
    axis = {"type": "category", "data": names, "axisLine": {"lineStyle": {"color": _GRID}}, "axisTick": {"show": False}}
    return {
        "backgroundColor": "transparent",
        "animation": False,
        "textStyle": {"fontFamily": "inherit"},
        "axisPointer": {"link": [{"xAxisIndex": "all"}]},
        "tooltip": {
            "trigger": "axis", "confine": True, "formatter": "{b0}", "backgroundColor": "#0e192e", "borderColor": "#2a3d60",
            "textStyle": {"color": "#e8f0ff"}, "extraCssText": "max-width:300px;white-space:normal;",
        },
        "grid": [
            {"left": 64, "right": 20, "top": 34, "bottom": 112},
            {"left": 64, "right": 20, "height": 20, "bottom": 76},
        ],
        "xAxis": [
            {**axis, "gridIndex": 0, "axisLabel": {"show": False}},
            {**axis, "gridIndex": 1, "axisLabel": {"color": _INK, "hideOverlap": True}},
        ],
        "yAxis": [_values_axis(curve), {"gridIndex": 1, "show": False, "min": 0, "max": 1}],
        "dataZoom": [
            {"type": "inside", "xAxisIndex": [0, 1]},
            {"type": "slider", "xAxisIndex": [0, 1], "bottom": 8, "height": 24, "showDetail": False, "brushSelect": False,
             "borderColor": _GRID, "textStyle": {"color": _INK}},
        ],
        "series": [_values(curve, names), *_limits(curve), _strip(curve), _late(curve, names)],
    }  # fmt: skip


def _values_axis(curve: Curve) -> dict[str, Any]:
    return {
        "gridIndex": 0, "type": "value", "scale": True, "name": curve.unit, "nameTextStyle": {"color": _INK},
        "axisLabel": {"color": _INK}, "splitLine": {"lineStyle": {"color": _GRID}},
    }  # fmt: skip


def _values(curve: Curve, names: list[str]) -> dict[str, Any]:
    data = [
        {"name": safe(says(one, curve)), "value": None if one.value is None else round(one.value, curve.decimals + 1),
         **({"itemStyle": {"color": _LIMIT}} if one.exceeding else {} if one.valid else {"itemStyle": {"color": TINTS[INVALID]}})}
        for one in curve.windows
    ]  # fmt: skip
    return {
        "name": curve.name, "type": "line", "data": data, "symbol": "circle", "symbolSize": 6, "showAllSymbol": True,
        "connectNulls": False, "lineStyle": {"color": _LINE, "width": 2}, "itemStyle": {"color": _LINE},
        "markArea": _breach(curve, names),
    }  # fmt: skip


def _breach(curve: Curve, names: list[str]) -> dict[str, Any]:
    inside = [
        place
        for place, one in enumerate(curve.windows)
        if one.end > curve.began_at and (curve.ended_at is None or one.start < curve.ended_at)
    ]
    if not inside:
        return {}
    words = {"show": True, "formatter": "事件时段", "color": "#ffb3b4", "position": "insideBottom"}
    first, last = names[inside[0]], names[inside[-1]]
    # A category is known by its place: a name may stand twice where the chart spans a year.
    area = [{"xAxis": inside[0], "name": first}, {"xAxis": inside[-1], "name": last}]
    return {"silent": True, "itemStyle": {"color": _BREACH}, "label": words, "data": [area]}


def _limits(curve: Curve) -> list[dict[str, Any]]:
    return [
        limit
        for bound, zh in (("high", "限值"), ("low", "下限"))
        if (limit := _limit(curve, [getattr(one, bound) for one in curve.windows], zh)) is not None
    ]


def _limit(curve: Curve, values: Sequence[float | None], zh: str) -> dict[str, Any] | None:
    """Return the limit as a line of steps: it changes with the day or the water's temperature. Its clause stands on it."""
    known = [one for one in values if one is not None]
    if not known:
        return None
    held: list[float] = []
    for value in values:
        held.append(value if value is not None else held[-1] if held else known[0])
    words = f"{zh} {held[-1]:g} {curve.unit}　{curve.clause}".strip()
    return {
        "name": zh, "type": "line", "step": "middle", "data": held, "symbol": "none", "silent": True,
        "lineStyle": {"color": _LIMIT, "type": "dashed", "width": 1.5}, "itemStyle": {"color": _LIMIT},
        "markPoint": {
            "symbol": "rect", "symbolSize": 0.1, "data": [{"coord": [0, held[0]], "value": words}],
            "label": {"show": True, "formatter": "{c}", "color": "#ff9a9b", "position": "right", "offset": [0, -10]},
        },
    }  # fmt: skip


def _strip(curve: Curve) -> dict[str, Any]:
    decals: dict[str, dict[str, Any]] = {INVALID: {"decal": _HATCH}, NOTHING: {"decal": _DOTS}}
    data = [
        {"value": 1, "itemStyle": {"color": TINTS[one.standing], **decals.get(one.standing, {})}}
        for one in curve.windows
    ]
    return {
        "name": "有效性", "type": "bar", "xAxisIndex": 1, "yAxisIndex": 1, "data": data, "barWidth": "100%", "barCategoryGap": 0,
    }  # fmt: skip


def _late(curve: Curve, names: list[str]) -> dict[str, Any]:
    data = [[name, 0.5] if one.n_late else [name, None] for name, one in zip(names, curve.windows, strict=True)]
    return {
        "name": "迟到补传", "type": "scatter", "xAxisIndex": 1, "yAxisIndex": 1, "data": data, "symbol": "diamond",
        "symbolSize": 10, "silent": True, "itemStyle": {"color": LATE},
    }  # fmt: skip


def legend(curve: Curve) -> str:
    """Return what the colours mean, as HTML."""
    unit = "日" if curve.daily else "小时"
    keys = [
        (_LINE, "有效值"),
        (_LIMIT, "超标值、限值"),
        (TINTS[VALID], f"有效{unit}"),
        (f"repeating-linear-gradient(-45deg,#9aa5b8 0 2px,{TINTS[INVALID]} 2px 6px)", "无效（标记）"),
        (f"{TINTS[NOTHING]};outline:1px dotted #5a6475", "无数据"),
        (LATE, "迟到补传"),
    ]
    shown = "".join(f'<span style="--k:{tint.split(";")[0]}">{words}</span>' for tint, words in keys)
    return f'<div class="key">{shown}</div>'
