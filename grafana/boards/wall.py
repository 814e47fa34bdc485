"""县域大屏: the county in one picture, for a kiosk and a playlist. The desk's own wall stays the first; this one is Grafana's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana.boards import house, units
from grafana.boards.frame import Board, board
from grafana.boards.house import Column, Said, big, place, rows
from grafana.boards.queries import Sql

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import stat, table

UID = "yx-county-wall"


def build() -> Board:
    """Return the board."""
    said = Said("县域大屏", "County wall: devices, incidents by level, sites by state, limits, budgets, caps.")
    # 27 rows of Grafana's grid: what a screen of 1080 lines, or of 2160 at twice the size, shows without scrolling.
    small = [place(one, 4, 3) for one in (devices(), oldest(), newest(), rate(), balance(), received())]
    large = [place(levels(), 6, 8), place(incidents(), 18, 8), place(sites(), 9, 9), place(outlets(), 15, 9)]
    large += [place(boilers(), 9, 7), place(budgets(), 8, 7), place(caps(), 7, 7)]
    return board(UID, said, [*small, *large], since="now-24h", refresh="30s")


def devices() -> stat.Panel:
    """Show devices that send, and silent ones."""
    panel = big(
        Said("设备在线", "Devices that send and devices silent for two of their intervals."),
        units.DEVICES,
        Sql("wall_devices"),
    )
    return house.coloured(panel, {"静默设备": house.GREY})


def oldest() -> stat.Panel:
    """Show age of the oldest incident that lasts."""
    return big(Said("最久未结预警", "Age of the oldest incident that lasts."), units.LASTING, Sql("wall_oldest"))


def newest() -> stat.Panel:
    """Show age of the newest reading."""
    return big(Said("最新数据距今", "Age of the county's newest reading."), units.LASTING, Sql("wall_newest"))


def rate() -> stat.Panel:
    """Show 传输有效率 of the newest month judged."""
    english = "Valid hours by hours due of the newest month judged, all outlets and stacks, as the verdicts say."
    return big(Said("传输有效率（上个判定月）", english), units.PERCENT, Sql("wall_rate")).decimals(2)


def balance() -> stat.Panel:
    """Show what was received and never settled."""
    panel = big(
        Said("数据守恒", "Received less stored, duplicate and rejected values: 0, or something was lost."),
        units.VALUES, Sql("wall_balance"), words=house.BALANCED,
    )  # fmt: skip
    panel.thresholds(house.steps((None, house.RED)))
    return panel.reduce_options(house.newest_of("守恒差"))


def received() -> stat.Panel:
    """Show all values ever received."""
    said = Said("累计接收", "All values received since the service began.")
    return big(said, units.VALUES, Sql("wall_balance")).reduce_options(house.newest_of("累计接收"))


def levels() -> stat.Panel:
    """Show incidents that last, by level."""
    panel = big(Said("未结预警", "Incidents that last, by level."), units.INCIDENTS, Sql("wall_levels"))
    return house.coloured(panel, dict(house.LEVELS.values()))


def incidents() -> table.Panel:
    """Show the gravest incidents that last."""
    columns = [
        Column("级别", words=house.LEVELS, width=80), Column("对象", link=house.TO_INCIDENT), Column("事项"),
        Column("数值", units.NONE, 2, width=90), Column("限值", units.NONE, 2, width=90), Column("单位", width=70),
        Column("已持续", units.LASTING, width=130), Column("牵头单位"), Column("签收", words=house.ACKED, width=90),
        house.INCIDENT_ID,
    ]  # fmt: skip
    return rows(
        Said("未结预警清单", "Incidents that last, gravest first, with value, limit, age and bureau."),
        columns,
        Sql("wall_incidents"),
    )


def sites() -> table.Panel:
    """Show sites by town with their state."""
    columns = [
        Column("乡镇", width=110), Column("站点", link=house.TO_SITE), Column("类别", width=110),
        Column("状态", words=house.OUTCOMES, width=90), Column("数据距今", units.LASTING, width=120),
        Column("未结预警", units.INCIDENTS, 0, width=90), house.SITE_ID,
    ]  # fmt: skip
    return rows(
        Said("站点状态", "Sites by town: worst of the newest verdicts; grey where stale or not judgeable."),
        columns,
        Sql("wall_sites"),
    )


def outlets() -> table.Panel:
    """Show sewage outlets against the limit of each factor."""
    columns = [
        Column("污水处理厂", link=house.TO_SITE), Column("因子", width=120), Column("判定值", units.NONE, 3, width=100),
        Column("限值", units.NONE, width=80), Column("单位", width=80), Column("判定", words=house.OUTCOMES, width=90),
        Column("时段", units.WHEN, width=110), house.SITE_ID,
    ]  # fmt: skip
    return rows(
        Said("污水排放与限值", "Newest judged day of each outlet and factor (pH: reading), and its limit."),
        columns,
        Sql("wall_outlets"),
    )


def boilers() -> table.Panel:
    """Show boilers against 80 / 92 %, by the verdict."""
    columns = [
        Column("锅炉", link=house.TO_SITE), Column("正平衡效率", units.PERCENT, 1, width=100),
        Column("反平衡效率", units.PERCENT, 1, width=100), Column("限值", units.PERCENT, width=80),
        Column("判定", words=house.OUTCOMES, width=90), Column("数据距今", units.LASTING, width=110), house.SITE_ID,
    ]  # fmt: skip
    return rows(
        Said("锅炉热效率", "Newest judged hour of each boiler, direct and indirect, and its limit."),
        columns,
        Sql("wall_boilers"),
    )


def budgets() -> table.Panel:
    """Show energy budgets of the month."""
    columns = [
        Column("用能单位", link=house.TO_SITE), Column("本月已用", units.TCE, 1, width=110), Column("本月预算", units.TCE, 1, width=110),
        Column("预计全月", units.TCE, 1, width=110), Column("预计超支日", width=100), Column("判定", words=house.OUTCOMES, width=80),
        Column("数据截至", width=100), house.SITE_ID,
    ]  # fmt: skip
    return rows(
        Said("用能预算", "Units: newest judged month, used, allowed, projected, day it crosses."),
        columns,
        Sql("wall_budgets"),
    )


def caps() -> table.Panel:
    """Show the county's caps."""
    columns = [
        Column("总量指标"), Column("本年累计", units.NONE, 1, width=100), Column("控制总量", units.NONE, 0, width=100),
        Column("单位", width=60), Column("占比", units.PERCENT, 2, width=80), Column("判定", words=house.OUTCOMES, width=80),
    ]  # fmt: skip
    return rows(Said("县总量控制", "County caps this year, of the monitored sources."), columns, Sql("wall_caps"))
