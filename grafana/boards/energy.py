"""用能预算: units' months and years against their budgets, the county against its cap. All sums are the verdicts' own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.builders import barchart
from grafana_foundation_sdk.models import common as looks

from grafana.boards import house, units
from grafana.boards.frame import Board, board
from grafana.boards.house import Column, Said, against, bars, lines, place, rows
from grafana.boards.queries import SERIES, Sql, choice, data_source

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import gauge, table, timeseries

UID = "yx-energy-budgets"


def build() -> Board:
    """Return the board."""
    said = Said("用能预算", "Energy budgets: month and year against budget, projection and date, county cap, by town.")
    panels = [place(cap(), 6, 9), place(caps(), 18, 9), place(month(), 24, 9), place(year(), 24, 9)]
    one = [place(course(), 12, 9), place(months(), 12, 9), place(days(), 14, 8), towns().span(10).height(8)]
    choices = [choice("town", "乡镇", "choose_town"), choice("unit", "用能单位", "choose_unit")]
    return board(UID, said, [*panels, *one], choices, since="now-1y", refresh="5m")


def cap() -> gauge.Panel:
    """Show the county's standard coal against its cap."""
    said = Said(
        "全县能源消费总量", "Standard coal of this year, monitored sources, against the county's cap in force by query."
    )
    return against(said, units.TCE, Sql("energy_cap"), Sql("energy_cap_limit", ref="B", **house.OF_VERDICTS)).decimals(
        0
    )


def caps() -> table.Panel:
    """Show all caps of the county."""
    columns = [
        Column("总量指标"), Column("本年累计", units.NONE, 1, width=110), Column("进度计划", units.NONE, 1, width=110),
        Column("预计全年", units.NONE, 1, width=110), Column("预计超支日", width=110), Column("控制总量", units.NONE, 0, width=110), Column("单位", width=60),
        Column("占比", units.PERCENT, 2, width=80), Column("判定", words=house.OUTCOMES, width=80), Column("说明"), Column("口径"),
    ]  # fmt: skip
    return rows(
        Said("县总量控制", "County caps: used, planned to date, projected or why not, allowed."),
        columns,
        Sql("energy_caps"),
    )


def month() -> table.Panel:
    """Show units: the month."""
    columns = [
        Column("乡镇", width=110), Column("用能单位", link=house.TO_SITE), Column("本月已用", units.TCE, 1, width=110),
        Column("本月预算", units.TCE, 1, width=110), Column("执行率", units.PERCENT, 1, width=90), Column("预计全月", units.TCE, 1, width=110),
        Column("预计超支日", width=110), Column("判定", words=house.OUTCOMES, width=80), Column("说明"), Column("数据截至", width=110),
        house.SITE_ID,
    ]  # fmt: skip
    return rows(
        Said("月度预算执行", "Units of the town: newest judged month, projection and the day it crosses."),
        columns,
        Sql("energy_month"),
    )


def year() -> table.Panel:
    """Show units: the year."""
    columns = [
        Column("乡镇", width=110), Column("用能单位", link=house.TO_SITE), Column("本年已用", units.TCE, 1, width=110),
        Column("年度预算", units.TCE, 0, width=110), Column("进度计划", units.TCE, 1, width=110), Column("执行率", units.PERCENT, 1, width=90),
        Column("预计全年", units.TCE, 1, width=110), Column("预计超支日", width=110), Column("判定", words=house.OUTCOMES, width=80), Column("说明"),
        Column("数据截至", width=110), house.SITE_ID,
    ]  # fmt: skip
    return rows(
        Said("年度预算执行", "Units of the town: this year, planned to date, projected or why not."),
        columns,
        Sql("energy_year"),
    )


def course() -> timeseries.Panel:
    """Show the month of one unit, day by day."""
    said = Said("月内累计", "This month: days added up, the month's budget, its even course.")
    return lines(said, units.TCE, Sql("energy_course", SERIES)).decimals(1).time_from("now/M")


def months() -> timeseries.Panel:
    """Show the months of one unit."""
    said = Said("逐月用能与预算", "Months of the unit: used, allowed and projected as judged.")
    return bars(said, units.TCE, Sql("energy_months", SERIES)).decimals(1)


def days() -> timeseries.Panel:
    """Show the days of one unit."""
    said = Said("逐日用能", "Standard coal of the unit by the day; days not valid or estimated apart.")
    return bars(said, units.TCE, Sql("energy_days", SERIES)).decimals(2)


def towns() -> barchart.Panel:
    """Show towns against the sum of their units' budgets."""
    asked = Sql("energy_towns")
    panel = (
        barchart.Panel().title("各乡镇本月用能").targets([asked]).unit(units.TCE).decimals(1).no_value(house.NO_DATA)
    )
    panel.description(
        f"Standard coal of this month by town, and the sum of its units' budgets.\n\n数据来源 source: {asked.source}"
    )
    panel.datasource(data_source(asked)).orientation(looks.VizOrientation.HORIZONTAL).x_field("乡镇").bar_width(
        0.8
    ).fill_opacity(80)
    return panel.override_by_regexp("/预算/", [house.prop("color", {"mode": "fixed", "fixedColor": house.SLATE})])
