"""The house look: colours, words, sizes, links, and a maker for each kind of panel. A board says what it shows, this file how.

Dark, Chinese first. Green is said by a verdict alone: what is missing, silent or not judgeable is grey and called 无数据,
never 0 and never green. A panel's description ends with the views it reads.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from grafana_foundation_sdk.builders import common, gauge, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.builders import dashboard as dashboards
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common as looks
from grafana_foundation_sdk.models import dashboard as models

from grafana.boards import units
from grafana.boards.queries import data_source, of_a_dial

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from grafana.boards.queries import Query

BLUE, YELLOW, ORANGE, RED = "#3d8bff", "#f5d33f", "#ff9431", "#ff4d4f"
GREEN, GREY, INK, SLATE = "#3ecf8e", "#77849a", "#e8f0ff", "#4a5f86"
NO_DATA = "无数据"
#: For queries that say a colour: what a verdict means.
OF_VERDICTS = {"green": GREEN, "red": RED, "grey": GREY, "yellow": YELLOW}

Words = dict[str, tuple[str, str]]
LEVELS: Words = {"red": ("红色", RED), "orange": ("橙色", ORANGE), "yellow": ("黄色", YELLOW), "blue": ("蓝色", BLUE)}
OUTCOMES: Words = {
    "exceeding": ("超标", RED),
    "suspected": ("疑似", YELLOW),
    "ahead": ("预警", YELLOW),
    "compliant": ("达标", GREEN),
    "not_judgeable": ("未判定", GREY),
    "stale": ("数据中断", GREY),
}
OUTCOME_CODES: Words = {"0": ("未判定", GREY), "1": ("达标", GREEN), "2": ("超标", RED), "3": ("疑似", YELLOW)}
SEVERITIES: Words = {"1": ("蓝色", BLUE), "2": ("黄色", YELLOW), "3": ("橙色", ORANGE), "4": ("红色", RED)}
VALIDITY: Words = {
    "0": ("缺数", GREY),
    "1": ("有效", GREEN),
    "2": ("无效", YELLOW),
    "3": ("停运", SLATE),
    "4": ("超标", RED),
}
STATES: Words = {"open": ("持续", ORANGE), "unknown": ("数据中断", GREY), "recovering": ("恢复中", BLUE)}
ACKED: Words = {"waiting": ("待签收", ORANGE), "acked": ("已签收", GREY)}
BALANCED: Words = {"0": ("守恒", GREEN)}

_LIMITS = "/限值|上限|下限|预算|目标/"
_NOT_VALID = "/无效|未判定|估算/"


class Said(NamedTuple):
    """A panel's Chinese title, and what it shows in English."""

    title: str
    english: str


class Column(NamedTuple):
    """How a table shows one column; *words* colour its cells, *link* leads on, *hidden* ones serve links only."""

    name: str
    unit: str = units.TEXT
    decimals: int | None = None
    words: Words | None = None
    link: tuple[str, str] | None = None
    width: int | None = None
    hidden: bool = False


Panel = TypeVar(
    "Panel", stat.Panel, gauge.Panel, timeseries.Panel, table.Panel, statetimeline.Panel
)  # fmt: skip


def mapping(words: Words) -> models.ValueMap:
    """Return Grafana's value mapping of *words*."""
    said = enumerate(words.items())
    return models.ValueMap(
        {value: models.ValueMappingResult(text=text, color=colour, index=n) for n, (value, (text, colour)) in said}
    )


def missing() -> models.SpecialValueMap:
    """Return the mapping that shows what is not there in grey words."""
    grey = models.ValueMappingResult(text=NO_DATA, color=GREY, index=99)
    return models.SpecialValueMap(
        models.DashboardSpecialValueMapOptions(match=models.SpecialValueMatch.NULL_AND_NAN, result=grey)
    )


def prop(name: str, value: object) -> models.DynamicConfigValue:
    """Return one property of an override."""
    return models.DynamicConfigValue(id_val=name, value=value)


def _plain(value: object) -> Any:
    """Return *value* as JSON has it: overrides hold no types of the SDK."""
    return json.loads(json.dumps(value, cls=JSONEncoder))


def _dress(panel: Panel, said: Said, unit: str, asked: Sequence[Query]) -> Panel:
    sources = ", ".join(dict.fromkeys(query.source for query in asked))
    panel.title(said.title).description(f"{said.english}\n\n数据来源 source: {sources}").unit(unit).no_value(NO_DATA)
    panel.datasource(data_source(asked[0])).targets(list(asked))
    return panel


def fixed(colour: str) -> dashboards.FieldColor:
    """Return one colour for all values."""
    return dashboards.FieldColor().mode(models.FieldColorModeId.FIXED).fixed_color(colour)


def steps(*pairs: tuple[float | None, str]) -> dashboards.ThresholdsConfig:
    """Return thresholds of the house's own figures (never a legal limit: those come by query)."""
    made = [models.Threshold(value=value, color=colour) for value, colour in pairs]
    return dashboards.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(made)


def big(said: Said, unit: str, *asked: Query, words: Words | None = None) -> stat.Panel:
    """Return big numbers, one for each column; *words* name and colour values, others are white."""
    panel = _dress(stat.Panel(), said, unit, asked)
    panel.color_scheme(fixed(INK) if words is None else _by_step()).thresholds(
        steps((None, INK if words is None else GREY))
    )
    panel.mappings([*([mapping(words)] if words else []), missing()])
    panel.color_mode(looks.BigValueColorMode.VALUE).graph_mode(looks.BigValueGraphMode.NONE)
    panel.text_mode(looks.BigValueTextMode.AUTO).justify_mode(looks.BigValueJustifyMode.CENTER)
    return panel.reduce_options(newest_of(""))


def _by_step() -> dashboards.FieldColor:
    return dashboards.FieldColor().mode(models.FieldColorModeId.THRESHOLDS)


def newest_of(field: str) -> common.ReduceDataOptions:
    """Return the choice of one column of a query ("": of every number)."""
    wanted = f"/^{field}$/" if field else ""
    return common.ReduceDataOptions().values(values=False).calcs(["lastNotNull"]).fields(wanted)


def coloured(panel: stat.Panel, colours: Mapping[str, str]) -> stat.Panel:
    """Return *panel* with a colour for each column."""
    for name, colour in colours.items():
        panel.override_by_name(name, [prop("color", {"mode": "fixed", "fixedColor": colour})])
    return panel


def against(said: Said, unit: str, asked: Query, limit: Query) -> gauge.Panel:
    """Return a dial of the newest value; *limit* (query B) says the limit on its scale, the scale's end and the verdict's colour."""
    panel = _dress(gauge.Panel(), said, unit, [asked, limit]).color_scheme(_by_step()).mappings([missing()]).min(0)
    # Where nothing was judged the dial is grey; Grafana's own default would be green.
    panel.thresholds(steps((None, GREY))).reduce_options(newest_of(""))
    panel.with_transformation(models.DataTransformerConfig(id_val="configFromData", options=of_a_dial()))
    return panel.show_threshold_labels(show_threshold_labels=True).show_threshold_markers(show_threshold_markers=False)


def lines(said: Said, unit: str, *asked: Query, gap_s: int | None = None) -> timeseries.Panel:
    """Return lines over time: limits dashed red, what is not valid grey points, gaps stay gaps.

    *gap_s*: readings further apart than this are not joined; where the query brings its own empty windows, None.
    """
    panel = _over_time(said, unit, *asked).draw_style(looks.GraphDrawStyle.LINE).line_width(2).fill_opacity(6)
    panel.show_points(looks.VisibilityMode.AUTO).insert_nulls(gap_s * 1000.0 if gap_s else False)
    return panel


def bars(said: Said, unit: str, *asked: Query, stacked: bool = False) -> timeseries.Panel:
    """Return bars over time, a limit as a dashed line among them."""
    panel = _over_time(said, unit, *asked).draw_style(looks.GraphDrawStyle.BARS).fill_opacity(70).line_width(1)
    if stacked:
        panel.stacking(common.StackingConfig().mode(looks.StackingMode.NORMAL))
    return panel


def _over_time(said: Said, unit: str, *asked: Query) -> timeseries.Panel:
    panel = _dress(timeseries.Panel(), said, unit, asked).span_nulls(span_nulls=False)
    panel.legend(_legend()).tooltip(_tooltip()).axis_border_show(axis_border_show=False)
    dashed = [("color", {"mode": "fixed", "fixedColor": RED}), ("custom.lineStyle", {"fill": "dash", "dash": [10, 8]})]
    line = [
        ("custom.drawStyle", "line"),
        ("custom.fillOpacity", 0),
        ("custom.showPoints", "never"),
        ("custom.lineWidth", 2),
    ]
    panel.override_by_regexp(_LIMITS, [prop(*one) for one in (*dashed, *line, ("custom.stacking", {"mode": "none"}))])
    grey = [("color", {"mode": "fixed", "fixedColor": GREY}), ("custom.drawStyle", "points"), ("custom.pointSize", 6)]
    return panel.override_by_regexp(_NOT_VALID, [prop(*one) for one in grey])


def level_bars(panel: timeseries.Panel) -> timeseries.Panel:
    """Return *panel* with the four levels in their colours."""
    for text, colour in LEVELS.values():
        panel.override_by_name(text, [prop("color", {"mode": "fixed", "fixedColor": colour})])
    return panel


def _legend() -> common.VizLegendOptions:
    return (
        common.VizLegendOptions()
        .display_mode(looks.LegendDisplayMode.LIST)
        .placement(looks.LegendPlacement.BOTTOM)
        .show_legend(show_legend=True)
        .calcs([])
    )


def _tooltip() -> common.VizTooltipOptions:
    return common.VizTooltipOptions().mode(looks.TooltipDisplayMode.MULTI).sort(looks.SortOrder.NONE)


def strip(said: Said, words: Words, *asked: Query) -> statetimeline.Panel:
    """Return states over time, one row a series, named and coloured by *words*; windows without a state stay empty."""
    panel = _dress(statetimeline.Panel(), said, units.NONE, asked).mappings([mapping(words)])
    panel.color_scheme(_by_step()).thresholds(steps((None, GREY))).merge_values(merge_values=True)
    panel.show_value(looks.VisibilityMode.NEVER).row_height(0.85).line_width(0).fill_opacity(85).per_page(40)
    return panel.legend(_legend()).tooltip(common.VizTooltipOptions().mode(looks.TooltipDisplayMode.SINGLE))


def rows(said: Said, columns: Iterable[Column], *asked: Query) -> table.Panel:
    """Return a table; every column of the query is said in *columns*."""
    panel = _dress(table.Panel(), said, units.TEXT, asked).cell_height(looks.TableCellHeight.SM)
    panel.filterable(filterable=False).color_scheme(fixed(INK)).thresholds(steps((None, INK)))
    for column in columns:
        panel.override_by_name(column.name, _column(column))
    return panel


def _column(column: Column) -> list[models.DynamicConfigValue]:
    made = [prop("unit", column.unit)]
    if column.decimals is not None:
        made.append(prop("decimals", column.decimals))
    if column.words is not None:
        made.append(prop("mappings", _plain([mapping(column.words), missing()])))
        made.append(prop("custom.cellOptions", {"type": "color-text"}))
    if column.link is not None:
        title, url = column.link
        made.append(prop("links", [{"title": title, "url": url, "targetBlank": False}]))
    if column.width is not None:
        made.append(prop("custom.width", column.width))
    if column.hidden:
        made.append(prop("custom.hidden", value=True))
    return made


def place(panel: Panel, width: int, height: int) -> Panel:
    """Return *panel* with its size in Grafana's grid (24 wide)."""
    return panel.span(width).height(height)


TO_SITE = ("打开站点 open site", "${desk}/desk/site/${__data.fields.site_id}")
TO_INCIDENT = ("打开预警 open incident", "${desk}/desk/incident/${__data.fields.incident_id}")
SITE_ID = Column("site_id", hidden=True)
INCIDENT_ID = Column("incident_id", unit=units.NONE, hidden=True)
