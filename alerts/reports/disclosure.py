"""The list of what is ever public of a report (plan tasks 39, 41, 43), and why each may be. Pure.

Never public: people, telephone numbers, contacts, incidents in the making, suspicion 疑似, values of hours and days, amounts of
energy of a unit (a trade secret: rates alone), and a county's sum from which a single unit's could be told.
"""

from __future__ import annotations

from types import MappingProxyType

import msgspec


class Public(msgspec.Struct, frozen=True):
    """One column that may be public: *key* in the code, its head, why it may be."""

    key: str
    zh: str
    why: str
    unit: str = ""
    width: int = 6
    is_number: bool = False


_UNIT = (
    Public("unit", "单位", "名称公开", width=14),
    Public("town", "乡镇", "所在地公开"),
    Public("kind", "类别", "类别公开"),
)
#: Title of a table → its columns. Nothing else is ever public.
PUBLIC = MappingProxyType({
    "全县总量控制目标": (
        Public("indicator", "指标", "县方案任务2公开", width=9),
        Public("cap", "年控制量", "县方案任务2公开", width=9),
        Public("done", "年累计占控制量", "完成率，非单位数据", "%", is_number=True),
        Public("result", "完成情况", "任务39：定期公布", width=9),
    ),
    "污水处理厂达标情况": (
        *_UNIT,
        Public("place", "排放口", "序号", width=4),
        Public("standard", "执行标准", "许可公开", width=8),
        Public("valid", "有效天数", "统计数", "天", is_number=True),
        Public("met", "达标率", "任务39：目标完成率", "%", is_number=True),
        Public("over", "超标天数", "任务43：有效日均值判定，不含疑似", "天", is_number=True),
        Public("which", "超标因子及最大倍数", "任务43：有效日均值判定，不含疑似", width=14),
    ),
    "锅炉烟气达标情况": (
        *_UNIT,
        Public("place", "排放口", "序号", width=4),
        Public("standard", "执行标准", "标准公开", width=8),
        Public("met", "小时达标率", "任务39：目标完成率", "%", is_number=True),
        Public("over", "超标天数", "任务43：有效小时均值判定，不含疑似", "天", is_number=True),
        Public("which", "超标因子及最大倍数", "任务43：有效小时均值判定，不含疑似", width=14),
    ),
    "锅炉热效率目标": (
        *_UNIT,
        Public("place", "锅炉", "序号", width=4),
        Public("fuel", "燃料", "公开", width=4),
        Public("target", "目标", "县方案任务13、GB 24500公开", width=8),
        Public("efficiency", "月均热效率", "任务13：目标完成", "%", is_number=True),
        Public("result", "完成情况", "任务39：定期公布", width=12),
    ),
    "重点用能单位预算执行": (
        *_UNIT,
        Public("target", "目标", "任务12：以比率表示，不公布用能量", width=8),
        Public("plan", "计划进度", "比率，不公布用能量", "%", is_number=True),
        Public("done", "年度预算执行率", "比率，不公布用能量", "%", is_number=True),
        Public("result", "完成情况", "任务39：定期公布", width=9),
    ),
    "在线监测数据传输": (
        *_UNIT,
        Public("place", "排放口", "序号", width=4),
        Public("rate", "传输有效率", "任务39：在线监测", "%", is_number=True),
        Public("target", "目标", "公开", width=5),
    ),
})  # fmt: skip
