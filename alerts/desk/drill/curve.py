"""The chart of any point over any span as ECharts options: values, limits in steps, incidents, marks, and what can be believed. Pure.

All words are made here: ECharts gets no function, only texts, so the page holds no JavaScript of ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alerts.desk.drill.spans import WINDOW_ZH
from alerts.desk.pages.chart import INVALID, LATE, NOTHING, TINTS, VALID, Window
from alerts.desk.words import number, safe
from schemas.catalog.enums import LEVEL_ZH, MARK_KIND_ZH, MARK_LETTER, Basis, Level, Outcome
from schemas.times import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from alerts.desk.drill.reads import Line, Said, Sheet

_LINE, _LIMIT, _REFERENCE, _WARNED, _AMENDED = "#7db2ff", "#ff5c5e", "#e0a03a", "#f0a03a", "#c79bff"
_INK, _GRID, _PAPER = "#9fb0cd", "#1f3050", "#101c33"
_MARKED = "#e2c87a"
_HATCH = {"symbol": "rect", "color": "#9aa5b8", "dashArrayX": [1, 0], "dashArrayY": [2, 4], "rotation": -0.785}
_DOTS = {"symbol": "rect", "color": "#3b4a66", "dashArrayX": [2, 4], "dashArrayY": [2, 4]}
_STRIP = ((VALID, "有效", None), (INVALID, "无效", _HATCH), (NOTHING, "无数据", _DOTS))
#: The wall's colours of the levels, so thin that values stand out on them.
_SHADES = {
    Level.RED: "rgba(255,92,94,.24)", Level.ORANGE: "rgba(255,148,49,.20)", Level.YELLOW: "rgba(245,211,63,.16)",
    Level.BLUE: "rgba(91,157,255,.16)",
}  # fmt: skip
#: Above so many windows a symbol on each would hide the line.
_MOST_SYMBOLS = 200
#: So many letters of marks can be read on one strip; more are dots.
_MOST_LETTERS = 60
_MOST_STEPS = 8
_NORMAL = "Nn"


def label(window: Window, basis: Basis) -> str:
    """Return the window's name on the axis, Beijing time."""
    local = window.start.astimezone(SHANGHAI)
    return local.strftime({Basis.HOUR: "%m-%d %H:00", Basis.DAY: "%Y-%m-%d"}.get(basis, "%Y-%m"))


def says(sheet: Sheet, place: int) -> str:
    """Return all that is known of one window in a line: for the tip, and for those who do not see the chart."""
    window, spot = sheet.windows[place], sheet.spot
    name = label(window, sheet.span.basis)
    if window.standing == NOTHING:
        return "　".join([name, "无数据", *_around(sheet, place)])
    counted = f"有效 {window.n_valid}/{window.n_expected}"
    parts = [f"{name}　{number(window.value, spot.decimals)} {spot.unit}".rstrip()]
    parts += [counted if window.valid else f"无效（{counted}）"]
    parts += [verdict_zh(one) for one in sheet.said[place][:1]]
    parts += [f"标记 {window.marks}"] if window.marks.strip(_NORMAL) else []
    parts += [f"迟到补传 {window.n_late}"] if window.n_late else []
    parts += [window.note] if window.note else []
    return "　".join([*parts, *_around(sheet, place)])


def verdict_zh(said: Said) -> str:
    """Return a verdict in a word."""
    if said.outcome is Outcome.EXCEEDING:
        return "接近限值" if said.is_warning else "疑似超标" if said.suspected else "超标"
    return "达标" if said.outcome is Outcome.COMPLIANT else "未判定"


def _around(sheet: Sheet, place: int) -> list[str]:
    marked = [f"人工标记 {MARK_KIND_ZH[one]}" for one in sheet.kinds[place]]
    level = sheet.levels[place]
    return [*marked, *([f"{LEVEL_ZH[level]}事件"] if level else [])]


def options(sheet: Sheet, file_name: str) -> dict[str, Any]:
    """Return the whole chart; *file_name*: of the picture that its own tool box saves."""
    names = [label(one, sheet.span.basis) for one in sheet.windows]
    axis = {"type": "category", "data": names, "axisLine": {"lineStyle": {"color": _GRID}}, "axisTick": {"show": False}}
    hidden = {"show": False, "min": 0, "max": 1}
    return {
        "backgroundColor": "transparent",
        "animation": False,
        "textStyle": {"fontFamily": "inherit"},
        # Drawn, not read as HTML: escaped it would show the escapes.
        "title": {"text": f"{sheet.spot.title}（{sheet.spot.unit}）", "left": 8, "top": 4,
                  "textStyle": {"color": _INK, "fontSize": 13, "fontWeight": "normal", "width": 900, "overflow": "truncate"}},
        "axisPointer": {"link": [{"xAxisIndex": "all"}]},
        "tooltip": {
            "trigger": "axis", "confine": True, "formatter": "{b0}", "backgroundColor": "#0e192e", "borderColor": "#2a3d60",
            "textStyle": {"color": "#e8f0ff"}, "extraCssText": "max-width:320px;white-space:normal;",
        },
        "toolbox": {"right": 12, "top": 0, "itemSize": 20, "iconStyle": {"borderColor": _INK}, "feature": {"saveAsImage": {
            "title": "保存图片 PNG", "name": file_name, "type": "png", "pixelRatio": 2, "backgroundColor": _PAPER}}},
        "grid": [
            {"left": 64, "right": 20, "top": 44, "bottom": 118},
            {"left": 64, "right": 20, "height": 26, "bottom": 76},
        ],
        "xAxis": [
            {**axis, "gridIndex": 0, "axisLabel": {"show": False}},
            {**axis, "gridIndex": 1, "axisLabel": {"color": _INK, "hideOverlap": True}},
        ],
        "yAxis": [_values_axis(), {"gridIndex": 1, **hidden}, {"gridIndex": 0, **hidden}],
        "dataZoom": [
            {"type": "inside", "xAxisIndex": [0, 1]},
            {"type": "slider", "xAxisIndex": [0, 1], "bottom": 8, "height": 24, "showDetail": False, "brushSelect": False,
             "borderColor": _GRID, "textStyle": {"color": _INK}},
        ],
        "series": [
            _values(sheet), *_exceeding(sheet), *_shades(sheet), *_limits(sheet), _amended(sheet), *_strip(sheet), _marks(sheet), _late(sheet),
        ],
    }  # fmt: skip


def _values_axis() -> dict[str, Any]:
    return {
        "gridIndex": 0, "type": "value", "scale": True, "axisLabel": {"color": _INK},
        "splitLine": {"lineStyle": {"color": _GRID}},
    }  # fmt: skip


def _values(sheet: Sheet) -> dict[str, Any]:
    decimals = sheet.spot.decimals + 1
    data = [
        {"name": safe(says(sheet, place)), "value": None if one.value is None else round(one.value, decimals),
         **({"itemStyle": {"color": tint}} if (tint := _tint(one, sheet.said[place])) else {})}
        for place, one in enumerate(sheet.windows)
    ]  # fmt: skip
    many = len(data) > _MOST_SYMBOLS
    return {
        "name": sheet.spot.name, "type": "line", "data": data, "symbol": "circle", "symbolSize": 4 if many else 7,
        "showAllSymbol": not many, "connectNulls": False, "lineStyle": {"color": _LINE, "width": 2},
        "itemStyle": {"color": _LINE}, "z": 5,
    }  # fmt: skip


def _exceeding(sheet: Sheet) -> list[dict[str, Any]]:
    """Return what exceeds as dots of its own, where a symbol on each window would hide the line: no exceedance is ever hidden."""
    if len(sheet.windows) <= _MOST_SYMBOLS:
        return []
    found: dict[str, list[list[float]]] = {_WARNED: [], _LIMIT: []}
    for place, one in enumerate(sheet.windows):
        tint = _tint(one, sheet.said[place])
        if tint in found and one.value is not None:
            found[tint].append([place, round(one.value, sheet.spot.decimals + 1)])
    return [
        {"name": zh, "type": "scatter", "data": found[tint], "symbolSize": 6, "silent": True, "z": 6, "itemStyle": {"color": tint}}
        for tint, zh in ((_WARNED, "接近限值或疑似"), (_LIMIT, "超标")) if found[tint]
    ]  # fmt: skip


def _tint(window: Window, said: Sequence[Said]) -> str:
    """Return the colour of a value that is no plain one; it comes from the verdict."""
    worst = [one for one in said if one.outcome is Outcome.EXCEEDING]
    if worst:
        return _LIMIT if any(one.is_finding for one in worst) else _WARNED
    return "" if window.valid else TINTS[INVALID]


def _shades(sheet: Sheet) -> list[dict[str, Any]]:
    """Return the spans of incidents as bands behind the values, a series for each level there is; of two the graver."""
    return [
        {"name": f"{LEVEL_ZH[level]}事件", "type": "bar", "xAxisIndex": 0, "yAxisIndex": 2, "barWidth": "100%",
         "barGap": "-100%", "barCategoryGap": 0, "silent": True, "z": 0, "itemStyle": {"color": _SHADES[level]},
         "data": [1 if one is level else None for one in sheet.levels]}
        for level in Level if level in sheet.levels
    ]  # fmt: skip


def _limits(sheet: Sheet) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for line in unrepeated(sheet.lines):
        for values, zh in ((line.high, line.zh), (line.low, f"{line.zh}（下限）" if any(line.high) else line.zh)):
            if any(one is not None for one in values):
                found.append(_limit(line, values, zh, sheet.spot.unit))
    return found


def unrepeated(lines: Iterable[Line]) -> list[Line]:
    """Return the lines without those that a graver rule has drawn already."""
    found: list[Line] = []
    for line in lines:
        if not any((one.low, one.high, one.zh) == (line.low, line.high, line.zh) for one in found):
            found.append(line)
    return found


def _limit(line: Line, values: Sequence[float | None], zh: str, unit: str) -> dict[str, Any]:
    """Return the limit as a line of steps: it changes with the day or the water's temperature. Each step is named."""
    steps = [place for place, one in enumerate(values) if one is not None and (place == 0 or values[place - 1] != one)]
    tint = _REFERENCE if line.is_reference else _LIMIT
    points = [
        {"coord": [place, values[place]], "value": f"{zh} {values[place]:g} {unit}".strip()}
        for place in steps[:_MOST_STEPS]
    ]
    return {
        "name": zh, "type": "line", "step": "middle", "data": list(values), "symbol": "none", "silent": True,
        "lineStyle": {"color": tint, "type": "dotted" if line.is_reference else "dashed", "width": 1.5},
        "itemStyle": {"color": tint}, "z": 4,
        "markPoint": {
            "symbol": "rect", "symbolSize": 0.1, "data": points,
            "label": {"show": True, "formatter": "{c}", "color": "#ff9a9b" if not line.is_reference else "#f0c070",
                      "position": "right", "offset": [0, -10]},
        },
    }  # fmt: skip


def _amended(sheet: Sheet) -> dict[str, Any]:
    """Return a ring around each window whose verdict was amended since it was first said."""
    amended = {row["window_start"] for row in sheet.amended}
    data = [
        [place, round(one.value, sheet.spot.decimals + 1)]
        for place, one in enumerate(sheet.windows)
        if one.start in amended and one.value is not None
    ]
    return {
        "name": "已更正", "type": "scatter", "data": data, "symbol": "emptyCircle", "symbolSize": 15, "silent": True,
        "itemStyle": {"color": _AMENDED}, "z": 6,
    }  # fmt: skip


def _strip(sheet: Sheet) -> list[dict[str, Any]]:
    return [
        {"name": zh, "type": "bar", "xAxisIndex": 1, "yAxisIndex": 1, "barWidth": "103%", "barGap": "-100%",
         "barCategoryGap": 0, "silent": True, "itemStyle": {"color": TINTS[standing], **({"decal": decal} if decal else {})},
         "data": [1 if one.standing == standing else None for one in sheet.windows]}
        for standing, zh, decal in _STRIP
    ]  # fmt: skip


def letters(sheet: Sheet, place: int) -> str:
    """Return the marks of a window that say something: the device's letters, and the small ones of people."""
    own = sheet.windows[place].marks.replace("N", "").replace("n", "")
    return "".join(dict.fromkeys([*own, *(MARK_LETTER[one] for one in sheet.kinds[place])]))


def _marks(sheet: Sheet) -> dict[str, Any]:
    found = [(place, letters(sheet, place)) for place in range(len(sheet.windows))]
    data = [{"value": [place, 0.5], "name": safe(shown)} for place, shown in found if shown]
    return {
        "name": "标记", "type": "scatter", "xAxisIndex": 1, "yAxisIndex": 1, "data": data, "silent": True,
        "symbol": "rect", "symbolSize": [3, 10], "itemStyle": {"color": _MARKED}, "z": 6,
        "label": {"show": len(data) <= _MOST_LETTERS, "formatter": "{b}", "color": "#fff", "position": "inside",
                  "textBorderColor": "#0b1322", "textBorderWidth": 3, "fontSize": 12},
    }  # fmt: skip


def _late(sheet: Sheet) -> dict[str, Any]:
    data = [[place, 0.15] for place, one in enumerate(sheet.windows) if one.n_late]
    return {
        "name": "迟到补传", "type": "scatter", "xAxisIndex": 1, "yAxisIndex": 1, "data": data, "symbol": "diamond",
        "symbolSize": 9, "silent": True, "itemStyle": {"color": LATE}, "z": 7,
    }  # fmt: skip


def legend(sheet: Sheet) -> str:
    """Return what the colours mean, as HTML; only of what the chart shows."""
    unit = WINDOW_ZH[sheet.span.basis]
    keys = [(_LINE, "有效值"), (_LIMIT, "超标值、限值")]
    keys += [(_REFERENCE, "参考限值（达到一定比例预警）")] if any(one.is_reference for one in sheet.lines) else []
    keys += [
        (TINTS[VALID], f"有效{unit}"),
        (f"repeating-linear-gradient(-45deg,#9aa5b8 0 2px,{TINTS[INVALID]} 2px 6px)", "无效"),
    ]
    keys += [(TINTS[NOTHING], "无数据"), (_MARKED, "标记（小写为人工）"), (LATE, "迟到补传")]
    keys += [(_AMENDED, "判定已更正")] if sheet.amended else []
    keys += [(_SHADES[level], f"{LEVEL_ZH[level]}事件时段") for level in Level if level in sheet.levels]
    return '<div class="key">' + "".join(f'<span style="--k:{tint}">{words}</span>' for tint, words in keys) + "</div>"
