"""预警: what lasts, how fast people answer, where it comes from, what was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana.boards import house, units
from grafana.boards.frame import Board, board
from grafana.boards.house import Column, Said, bars, big, place, rows, strip
from grafana.boards.queries import SERIES, Sql

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import stat, statetimeline, table, timeseries

UID = "yx-incidents"


def build() -> Board:
    """Return the board."""
    said = Said("预警", "Incidents: what lasts by level and age, the ladder, by rule, bureau and site, notices.")
    small = [place(levels(), 8, 5), place(counts(), 7, 5), place(ladder(), 9, 5)]
    large = [
        place(listed(), 24, 10),
        place(course(), 16, 9),
        place(ages(), 8, 9),
        place(opened(), 12, 8),
        place(by_bureau(), 12, 8),
    ]
    more = [place(by_rule(), 12, 9), place(by_site(), 12, 9), place(notices(), 12, 8), place(channels(), 12, 8)]
    return board(UID, said, [*small, *large, *more], since="now-30d")


def levels() -> stat.Panel:
    """Show incidents that last, by level."""
    panel = big(Said("未结预警", "Incidents that last, by level."), units.INCIDENTS, Sql("wall_levels"))
    return house.coloured(panel, dict(house.LEVELS.values()))


def counts() -> stat.Panel:
    """Show not acknowledged, overdue, muted."""
    panel = big(
        Said("待办", "Incidents that last: not acknowledged, overdue, muted."), units.INCIDENTS, Sql("incidents_counts")
    )
    return house.coloured(panel, {"待签收": house.YELLOW, "逾期": house.RED, "静默中": house.GREY})


def ladder() -> stat.Panel:
    """Show how fast people answer."""
    said = Said(
        "签收与销号",
        "Of incidents opened in the range: acknowledged in time, mean time to acknowledge (MTTA) and to settle.",
    )
    panel = big(said, units.LASTING, Sql("incidents_ladder"))
    return panel.override_by_name("按时签收率", [house.prop("unit", units.PERCENT), house.prop("decimals", 1)])


def listed() -> table.Panel:
    """Show all that lasts."""
    columns = [
        Column("级别", words=house.LEVELS, width=70), Column("状态", words=house.STATES, width=90), Column("对象", link=house.TO_INCIDENT),
        Column("事项"), Column("数值", units.NONE, 2, width=80), Column("限值", units.NONE, 2, width=80), Column("单位", width=60),
        Column("起始", units.WHEN, width=110), Column("已持续", units.LASTING, width=130), Column("牵头单位"),
        *(Column(name, units.WHEN, width=110) for name in ("签收时间", "签收期限", "反馈期限", "销号期限")),
        Column("标准"), Column("条款"), house.INCIDENT_ID,
    ]  # fmt: skip
    return rows(
        Said("未结预警清单", "Incidents that last, gravest first, with their deadlines and clause."),
        columns,
        Sql("incidents_list"),
    )


def course() -> statetimeline.Panel:
    """Show when the gravest lasted."""
    said = Said("预警时段", "The twenty gravest incidents of the range by the hour; the last 14 days of it at most.")
    return strip(said, house.SEVERITIES, Sql("incidents_course", SERIES))


def ages() -> table.Panel:
    """Show what lasts by age."""
    columns = [Column("持续时间"), *(Column(text, units.INCIDENTS, 0, width=90) for text, _ in house.LEVELS.values())]
    return rows(Said("未结预警时长", "Incidents that last by age and level."), columns, Sql("incidents_ages"))


def opened() -> timeseries.Panel:
    """Show opened by the day."""
    said = Said("每日新增预警", "Incidents opened by the day and level; at most 92 days.")
    return house.level_bars(bars(said, units.INCIDENTS, Sql("incidents_opened", SERIES), stacked=True).decimals(0))


def by_rule() -> table.Panel:
    """Show by rule."""
    columns = [
        Column("事项"), Column("任务", units.NONE, 0, width=70), Column("预警数", units.INCIDENTS, 0, width=90),
        Column("未结", units.INCIDENTS, 0, width=80), Column("逾期", units.INCIDENTS, 0, width=80), Column("最长持续", units.LASTING, width=140),
    ]  # fmt: skip
    return rows(
        Said("按事项", "Incidents opened in the range by rule and task of the plan."), columns, Sql("incidents_by_rule")
    )


def by_bureau() -> table.Panel:
    """Show by leading bureau."""
    columns = [
        Column("牵头单位"), Column("预警数", units.INCIDENTS, 0, width=90), Column("未结", units.INCIDENTS, 0, width=80),
        Column("按时签收率", units.PERCENT, 1, width=110), Column("平均签收用时", units.LASTING, width=140), Column("逾期", units.INCIDENTS, 0, width=80),
    ]  # fmt: skip
    return rows(
        Said("按牵头单位", "Incidents opened in the range by leading bureau: acknowledged in time, mean time."),
        columns,
        Sql("incidents_by_bureau"),
    )


def by_site() -> table.Panel:
    """Show by site."""
    columns = [
        Column("乡镇", width=110), Column("站点", link=house.TO_SITE), Column("预警数", units.INCIDENTS, 0, width=90),
        Column("未结", units.INCIDENTS, 0, width=80), Column("最高级别", units.NONE, words=house.SEVERITIES, width=90), house.SITE_ID,
    ]  # fmt: skip
    return rows(Said("按站点", "Incidents opened in the range by site."), columns, Sql("incidents_by_site"))


def notices() -> timeseries.Panel:
    """Show notices by channel."""
    said = Said("通知", "Notices by the hour they were made and channel; at most 31 days.")
    return bars(said, units.MESSAGES, Sql("incidents_notices", SERIES), stacked=True).decimals(0)


def channels() -> table.Panel:
    """Show what channels took."""
    columns = [
        Column("渠道"), *(Column(name, units.MESSAGES, 0, width=90) for name in ("通知数", "已送达", "待发", "放弃")),
        Column("平均用时", units.SECONDS, 1, width=110),
    ]  # fmt: skip
    return rows(
        Said("通知渠道", "Channels in the range: made, taken, waiting, given up, mean time until taken."),
        columns,
        Sql("incidents_channels"),
    )
