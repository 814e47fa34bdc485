"""污水处理: one outlet, each factor by hour and day against the limit in force, validity, exceedances, loads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana.boards import house, units
from grafana.boards.frame import Board, board
from grafana.boards.house import Column, Said, against, bars, big, lines, place, rows, strip
from grafana.boards.queries import SERIES, Sql, choice
from schemas.catalog.factors import FACTORS

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import gauge, stat, statetimeline, table, timeseries
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models.dashboard import Panel

UID = "yx-sewage"
#: Judged by the day (GB 18918-2002 table 1).
_DAY_FACTORS = ("w01018", "w21003", "w21001", "w21011", "w01012")
_PH = "w01001"


def build() -> Board:
    """Return the board."""
    said = Said(
        "污水处理", "Sewage outlets against GB 18918 as in force: values, limits, validity, exceedances, loads."
    )
    panels: list[Builder[Panel]] = [place(newest(factor), 4, 5) for factor in _DAY_FACTORS]
    panels.append(place(newest_ph(), 4, 5))
    for factor in _DAY_FACTORS:
        panels += [place(hours(factor), 14, 8), place(days(factor), 10, 8)]
    panels += [place(ph_hours(), 14, 8), place(loads(), 10, 8), place(validity(), 14, 8), place(incidents(), 10, 8)]
    panels += [place(exceedances(), 24, 9), place(raw("w00000"), 12, 7), place(raw(_PH), 12, 7)]
    return board(UID, said, panels, [choice("outlet", "排放口", "choose_outlet")])


def newest(factor: str) -> gauge.Panel:
    """Show dial of the newest judged day; the limit it was held against is threshold and end of scale."""
    its = FACTORS[factor]
    said = Said(f"{its.zh} 最近日均值", f"{its.en}: newest judged day mean; the limit it was held against by query.")
    asked = Sql("sewage_newest", factor=factor), Sql("sewage_newest_limit", ref="B", factor=factor, **house.OF_VERDICTS)
    return against(said, units.of(factor), *asked).decimals(its.decimals)


def newest_ph() -> stat.Panel:
    """Show the newest judged pH and its band."""
    said = Said("pH值 最近判定", "Newest judged reading of pH, and both sides of the band it was held against.")
    return big(said, units.NONE, Sql("sewage_ph_newest")).decimals(FACTORS[_PH].decimals)


def hours(factor: str) -> timeseries.Panel:
    """Show hour values with the day's and the instantaneous limit."""
    its = FACTORS[factor]
    said = Said(
        f"{its.zh} 小时均值",
        f"{its.en} by the hour, limits in force as the verdicts of those hours say; at most 92 days.",
    )
    return lines(said, units.of(factor), Sql("sewage_hours", SERIES, factor=factor)).decimals(its.decimals)


def ph_hours() -> timeseries.Panel:
    """Show pH by the hour within its band."""
    said = Said("pH值 小时均值", "pH by the hour and both sides of the band in force; at most 92 days.")
    return lines(said, units.of(_PH), Sql("sewage_ph_hours", SERIES)).decimals(FACTORS[_PH].decimals)


def days(factor: str) -> timeseries.Panel:
    """Show day means as judged, with the limit of each day."""
    its = FACTORS[factor]
    said = Said(f"{its.zh} 日均值", f"{its.en}: flow-weighted day means as judged, and the limit in force each day.")
    return bars(said, units.of(factor), Sql("sewage_days", SERIES, factor=factor)).decimals(its.decimals)


def validity() -> statetimeline.Panel:
    """Show valid, not valid, stood, missing, by the hour."""
    said = Said("数据有效性", "Each hour of each factor: valid, not valid, source stood, missing (HJ 355/356).")
    return strip(said, house.VALIDITY, Sql("sewage_validity", SERIES))


def incidents() -> statetimeline.Panel:
    """Show when incidents of the outlet lasted."""
    said = Said("预警时段", "Incidents of the outlet by the hour and rule, in their level's colour.")
    return strip(said, house.SEVERITIES, Sql("place_incidents", SERIES, variable="outlet"))


def loads() -> timeseries.Panel:
    """Show kilograms a day."""
    said = Said("日排放量", "Kilograms discharged each day, by factor; a day without data is a gap.")
    return bars(said, units.of("yx_l_w01018"), Sql("place_loads", SERIES, variable="outlet"), stacked=False).decimals(1)


def exceedances() -> table.Panel:
    """Show windows that exceed, with clause."""
    columns = [
        Column("窗口开始", units.WHEN, width=120), Column("判据", link=house.TO_SITE), Column("因子", width=110),
        Column("数值", units.NONE, 3, width=90), Column("限值", units.NONE, width=80), Column("单位", width=80),
        Column("超标幅度", units.PERCENT, 1, width=100), Column("标准"), Column("条款"), house.SITE_ID,
    ]  # fmt: skip
    return rows(
        Said("超标记录", "Windows in the range that exceed a limit, newest first, with clause."),
        columns,
        Sql("sewage_exceedances"),
    )


def raw(factor: str) -> timeseries.Panel:
    """Show raw readings of one day at most."""
    its = FACTORS[factor]
    said = Said(f"{its.zh} 最近24小时原始值", f"Raw readings of {its.en}, the last 24 hours of the range and no more.")
    asked = Sql("sewage_raw", SERIES, factor=factor, name=its.zh)
    return lines(said, units.of(factor), asked, gap_s=1800).decimals(its.decimals)
