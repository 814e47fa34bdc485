"""Papers made by hand, for the tests of what is done with them."""

from __future__ import annotations

from datetime import date, timedelta

from alerts.reports.paper import COUNTY, Cell, Column, Kind, Paper, Table, Tone, number, words

HEADS = (
    Column("时刻", "Hour", "", 5),
    Column("化学需氧量", "COD", "mg/L", 5, is_number=True),
    Column("氨氮", "NH3-N", "mg/L", 5, is_number=True),
)


def table(*rows: tuple[Cell, ...], title: str = "小时均值", notes: tuple[str, ...] = ("限值：COD 50 mg/L",)) -> Table:
    found = rows or (
        (words("00"), number(31.256, 1), number(1.2345, 2)),
        (words("01"), number(61.2, 1, mark="D", tone=Tone.OVER), number(None, 2, tone=Tone.DOUBTFUL)),
        (words("日均"), number(46.2, 1, tone=Tone.TOTAL), number(0.0, 2, tone=Tone.TOTAL)),
    )
    return Table(title, HEADS, found, notes)


def paper(*tables: Table, **fields: object) -> Paper:
    day = date(2026, 11, 20)
    known: dict[str, object] = {
        "kind": Kind.DAY, "scope": "bj-wwtp", "scope_name": "清泓示例水务便江污水处理厂", "period": "2026-11-20", "first": day, "last": day,
        "title": "监测日报", "tables": tables or (table(),), "notes": ("未判定：无",), "versions": "注册表 3",
    }  # fmt: skip
    return Paper(**(known | fields))  # type: ignore[arg-type]  # fields by name


def publicity(period: str = "2026-10", done: float = 61.0) -> Paper:
    first = date.fromisoformat(f"{period}-01")
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    heads = (Column("重点单位", "Unit", "", 12), Column("完成率", "Completion", "%", 5, is_number=True))
    rows = ((words("示例<水泥>有限公司"), number(done, 1)),)
    return paper(
        Table("目标完成情况", heads, rows), kind=Kind.PUBLICITY, scope=COUNTY, scope_name="永兴县", period=period, first=first, last=last,
        title="目标完成情况公示",
    )  # fmt: skip


def wide(hours: int = 24, factors: int = 8) -> Paper:
    names = ("化学需氧量", "氨氮", "总磷", "总氮", "pH 值", "悬浮物", "水温", "瞬时流量")
    units = ("mg/L", "mg/L", "mg/L", "mg/L", "无量纲", "mg/L", "℃", "m³/h")
    heads = (
        Column("时刻", "Hour", "", 4),
        *(Column(names[n % 8], f"F{n}", units[n % 8], 5, is_number=True) for n in range(factors)),
    )
    rows = tuple(
        (
            words(f"{hour:02d}:00"),
            *(number(1234.5678 / (n + 1) + hour, n % 4, mark="D" if hour == n else "") for n in range(factors)),
        )
        for hour in range(hours)
    )
    return paper(Table("小时均值 24×8", heads, rows, ("D 为设备故障；限值见说明。",)))
