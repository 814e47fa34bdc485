"""数据质量: how much came, how much of it counts, what was refused and why, who is silent, whose clock is off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana.boards import house, units
from grafana.boards.frame import Board, board
from grafana.boards.house import Column, Said, bars, big, lines, place, rows
from grafana.boards.queries import SERIES, Sql

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import stat, table, timeseries

UID = "yx-data-quality"


def build() -> Board:
    """Return the board."""
    said = Said(
        "数据质量", "Data quality: transmission rates, late values, marks, refusals, silent devices, clocks, balance."
    )
    small = [place(rate(), 6, 6), place(devices(), 9, 6), place(balance(), 9, 6)]
    rates = [
        place(rates_by_outlet(), 14, 9),
        place(rate_days(), 10, 9),
        place(valid_sites(), 14, 9),
        place(marks(), 10, 9),
    ]
    lost = [place(rejections(), 10, 9), place(refused(), 14, 9), place(silent(), 12, 9), place(clocks(), 12, 9)]
    return board(UID, said, [*small, *rates, *lost, place(tally(), 24, 6)], since="now-30d", refresh="5m")


def rate() -> stat.Panel:
    """Show the newest month judged and its target."""
    said = Said(
        "传输有效率与目标（上个判定月）",
        "Newest month judged, all outlets and stacks, and the target, both as the verdicts say.",
    )
    return big(said, units.PERCENT, Sql("wall_rate"), Sql("quality_rate_limit", ref="B")).decimals(2)


def devices() -> stat.Panel:
    """Show devices that send, and silent ones."""
    panel = big(
        Said("设备在线", "Devices that send and devices silent for two of their intervals."),
        units.DEVICES,
        Sql("wall_devices"),
    )
    return house.coloured(panel, {"静默设备": house.GREY})


def balance() -> stat.Panel:
    """Show what was received and never settled."""
    said = Said("数据守恒", "Received less stored, duplicate and rejected values: 0, or something was lost.")
    panel = big(said, units.VALUES, Sql("wall_balance"), words=house.BALANCED).thresholds(
        house.steps((None, house.RED))
    )
    return panel.reduce_options(house.newest_of("守恒差"))


def rates_by_outlet() -> table.Panel:
    """Show outlets and stacks with their three rates."""
    columns = [
        Column("站点", link=house.TO_SITE), Column("排放口", width=90), Column("传输率", units.PERCENT, 2, width=90),
        Column("有效率", units.PERCENT, 2, width=90), Column("传输有效率", units.PERCENT, 2, width=100),
        Column("上次判定", units.PERCENT, 2, width=120), Column("目标", units.PERCENT, 0, width=70),
        Column("判定", words=house.OUTCOMES, width=80), house.SITE_ID,
    ]  # fmt: skip
    return rows(
        Said(
            "传输有效率",
            "Outlets this month up to yesterday, not judged yet; the newest month judged, its target and verdict.",
        ),
        columns,
        Sql("quality_rates"),
    )


def rate_days() -> timeseries.Panel:
    """Show the county's rate by the day, and what came late."""
    said = Said(
        "逐日传输有效率与迟到",
        "Rate of the county by the day, and hours that came late as a share of those received; at most 31 days.",
    )
    return lines(said, units.PERCENT, Sql("quality_rate_days", SERIES)).decimals(1).min(0)


def valid_sites() -> table.Panel:
    """Show sites by share of valid hours."""
    columns = [
        Column("站点", link=house.TO_SITE), Column("有效小时占比", units.PERCENT, 1, width=120),
        Column("收到小时占比", units.PERCENT, 1, width=120), Column("迟到小时", units.HOURS, 0, width=100), house.SITE_ID,
    ]  # fmt: skip
    return rows(
        Said(
            "站点数据有效性",
            "Share of the range's hours that are valid and received, by site; the last 7 days of it at most.",
        ),
        columns,
        Sql("quality_valid_sites"),
    )


def marks() -> table.Panel:
    """Show marks in the range."""
    columns = [
        Column("标记", width=70), Column("含义"), Column("点位数", units.NONE, 0, width=90), Column("点位日数", units.NONE, 0, width=100),
        Column("最近一天", width=110),
    ]  # fmt: skip
    return rows(
        Said("数据标记", "Days of points whose values carried a mark other than N; at most 31 days."),
        columns,
        Sql("quality_marks"),
    )


def rejections() -> timeseries.Panel:
    """Show refused values by reason."""
    return bars(
        Said("拒收值", "Values refused, by reason and hour, kept with their bytes; at most 14 days."),
        units.VALUES,
        Sql("quality_rejections", SERIES),
        stacked=True,
    )


def refused() -> table.Panel:
    """Show refused values by device and reason."""
    columns = [
        Column("站点"), Column("设备", width=130), Column("原因", width=140), Column("拒收值数", units.VALUES, 0, width=100),
        Column("已重放报文", units.MESSAGES, 0, width=110), Column("最近一次", units.WHEN, width=120),
    ]  # fmt: skip
    return rows(
        Said("拒收明细", "Values refused in the range, by device and reason; at most 14 days."),
        columns,
        Sql("quality_refused"),
    )


def silent() -> table.Panel:
    """Show devices from which nothing comes."""
    columns = [
        Column("站点", link=house.TO_SITE), Column("设备"), Column("无数据", units.LASTING, width=140), Column("上报间隔", units.SECONDS, 0, width=90),
        Column("连接", width=70), Column("最近数据", units.WHEN, width=120), house.SITE_ID,
    ]  # fmt: skip
    return rows(
        Said("静默设备", "Devices silent for two of their intervals: since when."), columns, Sql("quality_silent")
    )


def clocks() -> table.Panel:
    """Show clocks that are off."""
    columns = [
        Column("站点", link=house.TO_SITE), Column("设备"), Column("时差", units.SECONDS, 1, width=110),
        Column("上报间隔", units.SECONDS, 0, width=90), house.SITE_ID,
    ]  # fmt: skip
    return rows(
        Said("设备时钟", "Received less stamped, newest message of each device: negative is ahead of ours."),
        columns,
        Sql("quality_clocks"),
    )


def tally() -> table.Panel:
    """Show the balance by worker."""
    columns = [
        Column("接收进程"), *(Column(name, units.VALUES, 0) for name in ("收到", "入库", "重复", "拒收", "守恒差")), Column("最近提交", units.WHEN),
    ]  # fmt: skip
    return rows(Said("守恒台账", "What each worker received and what became of it."), columns, Sql("quality_tally"))
