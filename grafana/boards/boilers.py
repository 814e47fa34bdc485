"""锅炉: one boiler's efficiency by both methods against the limit in force, what drives it, which hours count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana.boards import house, units
from grafana.boards.frame import Board, board
from grafana.boards.house import Column, Said, big, lines, place, rows, strip
from grafana.boards.queries import SERIES, Sql, choice

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import stat, statetimeline, table, timeseries

UID = "yx-boilers"
_LOADS = "'yx_b_steam_flow', 'yx_b_water_flow'"
_FUELS = "'yx_b_coal_flow', 'yx_b_oil_flow', 'yx_b_biomass_flow'"


def build() -> Board:
    """Return the board."""
    said = Said(
        "锅炉", "Boilers: efficiency direct and indirect against the plan's limits, O2, flue gas, load, valid hours."
    )
    small = [place(newest(), 10, 4), place(outcome(), 7, 4), place(age(), 7, 4)]
    large = [place(efficiency(), 16, 9), place(daily(), 8, 9), place(validity(), 12, 6), place(incidents(), 12, 6)]
    driving = [place(oxygen(), 8, 8), place(flue(), 8, 8), place(load(), 8, 8), place(fuel(), 8, 8), place(gas(), 8, 8)]
    lists = [place(reasons(), 8, 8), place(fleet(), 14, 8), place(progress(), 10, 8)]
    return board(UID, said, [*small, *large, *driving, *lists], [choice("boiler", "锅炉", "choose_boiler")])


def newest() -> stat.Panel:
    """Show the newest judged hour and its limit."""
    return big(
        Said("最近热效率与限值", "Newest judged hour of the boiler and the limit it was held against."),
        units.PERCENT,
        Sql("boiler_newest"),
    ).decimals(1)


def outcome() -> stat.Panel:
    """Show what the newest verdict says."""
    said = Said("最近判定", "Newest verdict on the boiler; grey where none or not judgeable.")
    return big(said, units.NONE, Sql("boiler_outcome"), words=house.OUTCOME_CODES)


def age() -> stat.Panel:
    """Show age of the newest reading."""
    return big(Said("数据距今", "Age of the newest reading of the boiler's site."), units.LASTING, Sql("boiler_age"))


def efficiency() -> timeseries.Panel:
    """Show efficiency by the hour, both methods, with the limit."""
    said = Said(
        "热效率 小时值",
        "Efficiency by the hour, direct and indirect, and the limit in force by query; at most 92 days.",
    )
    return lines(said, units.PERCENT, Sql("boiler_hours", SERIES)).decimals(1)


def daily() -> timeseries.Panel:
    """Show efficiency by the day."""
    return lines(
        Said("热效率 日均值", "Efficiency by the day, weighted by fuel."), units.PERCENT, Sql("boiler_days", SERIES)
    ).decimals(1)


def validity() -> statetimeline.Panel:
    """Show which hours could be computed, and what was judged."""
    said = Said("有效小时", "Hours in which efficiency could be computed by each method, and the verdict.")
    return strip(said, house.VALIDITY, Sql("boiler_validity", SERIES))


def incidents() -> statetimeline.Panel:
    """Show when incidents of the boiler lasted."""
    said = Said("预警时段", "Incidents of the boiler by the hour and rule, in their level's colour.")
    return strip(said, house.SEVERITIES, Sql("place_incidents", SERIES, variable="boiler"))


def _site(said: Said, unit: str, factors: str) -> timeseries.Panel:
    return lines(said, unit, Sql("site_hours", SERIES, variable="boiler", factors=factors)).decimals(1)


def oxygen() -> timeseries.Panel:
    """Show O2 by the hour."""
    return _site(
        Said("含氧量", "O2 in the flue gas by the hour; gaps where the hour is not valid."),
        units.of("a19001"),
        "'a19001'",
    )


def flue() -> timeseries.Panel:
    """Show flue gas temperature by the hour."""
    return _site(Said("排烟温度", "Flue gas temperature by the hour."), units.of("a01012"), "'a01012'")


def load() -> timeseries.Panel:
    """Show steam or circulating water by the hour."""
    return _site(Said("负荷", "Steam flow or circulating water by the hour."), units.of("yx_b_steam_flow"), _LOADS)


def fuel() -> timeseries.Panel:
    """Show solid and liquid fuel by the hour."""
    return _site(Said("燃料量", "Coal, oil or biomass feed by the hour."), units.of("yx_b_coal_flow"), _FUELS)


def gas() -> timeseries.Panel:
    """Show fuel gas by the hour."""
    return _site(
        Said("燃气流量", "Fuel gas, normal volume, by the hour."), units.of("yx_b_gas_flow"), "'yx_b_gas_flow'"
    )


def reasons() -> table.Panel:
    """Show why hours do not count."""
    columns = [Column("原因"), Column("小时数", units.HOURS, 0, width=110), Column("最近一次", units.WHEN, width=130)]
    return rows(Said("无效原因", "Why hours of the range could not be computed."), columns, Sql("boiler_reasons"))


def fleet() -> table.Panel:
    """Show all boilers the limits bind."""
    columns = [
        Column("锅炉", link=house.TO_SITE), Column("正平衡效率", units.PERCENT, 1, width=110),
        Column("反平衡效率", units.PERCENT, 1, width=110), Column("限值", units.PERCENT, width=80),
        Column("判定", words=house.OUTCOMES, width=90), Column("数据距今", units.LASTING, width=120), house.SITE_ID,
    ]  # fmt: skip
    return rows(
        Said("全县锅炉", "All boilers bound by 80 / 92 %: newest judged hour and limit."), columns, Sql("wall_boilers")
    )


def progress() -> table.Panel:
    """Show older coal boilers: points gained."""
    columns = [
        Column("在用燃煤锅炉", link=house.TO_SITE), Column("较基准提高", units.POINTS, 1, width=110), Column("应提高", units.POINTS, 1, width=100),
        Column("2015年基准", units.PERCENT, 1, width=100), Column("本月效率", units.PERCENT, 1, width=90),
        Column("判定", words=house.OUTCOMES, width=80), Column("月份", width=80), house.SITE_ID,
    ]  # fmt: skip
    return rows(
        Said("在用锅炉提效", "Older coal boilers: percentage points gained on 2015 against what the plan asks."),
        columns,
        Sql("boiler_progress"),
    )
