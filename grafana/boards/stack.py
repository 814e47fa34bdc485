"""废气: one stack, each factor as measured and at reference O2 against the limit in force (GB 13271 or permit)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana.boards import house, units
from grafana.boards.frame import Board, board
from grafana.boards.house import Column, Said, against, bars, lines, place, rows, strip
from grafana.boards.queries import SERIES, Sql, choice
from schemas.catalog.factors import FACTORS

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import gauge, statetimeline, table, timeseries
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models.dashboard import Panel

UID = "yx-stack"
#: Limited by GB 13271-2014 tables 1 to 3.
_FACTORS = ("a34013", "a21026", "a21002", "a20057")


def build() -> Board:
    """Return the board."""
    said = Said("废气", "Boiler stacks: measured and converted values against the limit in force, validity, loads.")
    panels: list[Builder[Panel]] = [place(newest(factor), 6, 5) for factor in _FACTORS]
    panels += [place(hours(factor), 12, 8) for factor in _FACTORS]
    panels += [place(oxygen(), 12, 8), place(loads(), 12, 8), place(validity(), 12, 6), place(incidents(), 12, 6)]
    return board(UID, said, [*panels, place(exceedances(), 24, 9)], [choice("stack", "排气筒", "choose_stack")])


def newest(factor: str) -> gauge.Panel:
    """Show dial of the newest judged hour; its limit is threshold and end of scale."""
    its = FACTORS[factor]
    said = Said(f"{its.zh} 最近折算值", f"{its.en} at reference O2: newest judged hour; its limit by query.")
    asked = Sql("stack_newest", factor=factor), Sql("stack_newest_limit", ref="B", factor=factor, **house.OF_VERDICTS)
    return against(said, units.of(factor), *asked).decimals(its.decimals)


def hours(factor: str) -> timeseries.Panel:
    """Show measured and converted hours with the limit."""
    its = FACTORS[factor]
    said = Said(
        f"{its.zh} 实测与折算",
        f"{its.en} by the hour, measured and at reference O2, and the limit in force; at most 92 days.",
    )
    return lines(said, units.of(factor), Sql("stack_hours", SERIES, factor=factor)).decimals(its.decimals)


def oxygen() -> timeseries.Panel:
    """Show O2 by the hour: what the conversion stands on."""
    asked = Sql("site_hours", SERIES, variable="stack", factors="'a19001'")
    return lines(
        Said("含氧量", "O2 by the hour of the site's devices: what the conversion stands on."),
        units.of("a19001"),
        asked,
    ).decimals(2)


def loads() -> timeseries.Panel:
    """Show kilograms a day."""
    said = Said("日排放量", "Kilograms emitted each day, by factor; a day without data is a gap.")
    return bars(said, units.of("yx_l_a21026"), Sql("place_loads", SERIES, variable="stack")).decimals(1)


def validity() -> statetimeline.Panel:
    """Show valid, not valid, stood, missing, by the hour."""
    said = Said("数据有效性", "Each hour of each converted factor: valid, not valid, source stood, missing (HJ 75).")
    return strip(said, house.VALIDITY, Sql("stack_validity", SERIES))


def incidents() -> statetimeline.Panel:
    """Show when incidents of the stack lasted."""
    said = Said("预警时段", "Incidents of the stack by the hour and rule, in their level's colour.")
    return strip(said, house.SEVERITIES, Sql("place_incidents", SERIES, variable="stack"))


def exceedances() -> table.Panel:
    """Show hours that exceed, with clause."""
    columns = [
        Column("窗口开始", units.WHEN, width=120), Column("判据", link=house.TO_SITE), Column("因子", width=150),
        Column("折算值", units.NONE, 3, width=90), Column("限值", units.NONE, width=80), Column("单位", width=80),
        Column("超标幅度", units.PERCENT, 1, width=100), Column("标准"), Column("条款"), house.SITE_ID,
    ]  # fmt: skip
    return rows(
        Said("超标记录", "Hours in the range that exceed a limit, newest first, with clause."),
        columns,
        Sql("stack_exceedances"),
    )
