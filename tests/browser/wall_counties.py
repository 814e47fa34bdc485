"""Counties made by hand for the wall: a usual one, an empty one, a thousand sites, names of forty characters."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from alerts.desk.facts import (
    BoilerView,
    BudgetView,
    CapView,
    CellView,
    CheckView,
    CountyEnergy,
    DeviceView,
    IncidentView,
    OutletView,
    PointView,
    RateView,
    SiteView,
    Snapshot,
    Totals,
)
from alerts.judge.subjects import DAY_FACTORS
from schemas.times import day_of

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = datetime(2026, 6, 2, 4, 0, tzinfo=UTC)
STATES = ("compliant", "exceeding", "not_judgeable", "stale", "compliant", "compliant")
LEVELS = ("red", "orange", "yellow", "blue")
LONG = "永兴县便江街道循环经济产业园示例再生稀贵金属综合利用环保科技股份有限责任公司一分厂锅炉房"[:40]


def point(site: str, factor: str, value: float | None, unit: str, **fields: Any) -> PointView:
    return PointView(
        point_id=1, site=site, device="outlet", factor=factor, name=fields.pop("name", "化学需氧量"), unit=unit,
        decimals=fields.pop("decimals", 1), interval_s=60, counter=fields.pop("counter", False), value=value, **fields,
    )  # fmt: skip


def site(number: int, name: str, state: str, town: str, now: datetime = NOW) -> SiteView:
    here = f"s{number}"
    newest = None if number % 17 == 16 else now - timedelta(minutes=number % 90, days=400 * (number % 23 == 22))
    points = [
        [point(here, "w01018", 31.9, "mg/L"), point(here, "w21003", 1.55, "mg/L", decimals=2, name="氨氮"), point(here, "w21011", None, "mg/L", decimals=3, name="总磷")],
        [point(here, "yx_e_kwh", 123_456_789.0, "kWh", counter=True, name="有功电能示数"), point(here, "yx_e_gas_m3", 98_765_432.1, "m3", counter=True, name="天然气累计")],
        [point(here, "yx_b_steam_flow", 4.4, "t/h", decimals=2, name="蒸汽流量"), point(here, "a01012", 138.6, "℃", name="烟气温度", mark="D"), point(here, "a19001", 8.6, "%", decimals=2, name="氧气含量(干基)")],
    ][number % 3]  # fmt: skip
    device = DeviceView(id="outlet", name="数采仪", online=state != "stale", stale=state == "stale", points=points)
    return SiteView(
        id=here, name=name, town=town, kind="sewage_plant", bureau="郴州市生态环境局永兴分局", state=state,
        detail={"exceeding": "1 起预警未解除", "stale": "数采仪", "compliant": "5/5 项达标"}.get(state, "有效数据不足"),
        newest=newest, age_s=None, devices=[device],
    )  # fmt: skip


def incident(number: int, name: str, level: str, now: datetime = NOW, **fields: Any) -> IncidentView:
    body: dict[str, Any] = {
        "value": 6.75, "limit": 5.0, "high": 5, "unit": "mg/L", "multiple": 0.35, "standard": "GB 18918-2002",
        "clause": "表1 一级A 日均值",
    }  # fmt: skip
    return IncidentView(
        id=number, level=level, rule=fields.pop("rule", "污水日均值超标"), site=name, subject=fields.pop("subject", "废水总排放口 氨氮"),
        began_at=now - timedelta(hours=5 * number + 5), bureau=fields.pop("bureau", "郴州市生态环境局永兴分局"), task=26,
        body=fields.pop("body", body), **fields,
    )  # fmt: skip


def outlet(
    number: int,
    name: str,
    *,
    values: Sequence[float | None] = (33.1, 1.7, 9.97, 0.313, 6.0),
    back: int = 1,
    now: datetime = NOW,
) -> OutletView:
    limits = (50.0, 5.0, 15.0, 0.5, 10.0)
    day = day_of(now) - timedelta(days=back)
    cells = [
        CellView(factor=factor, day=day, value=value, limit=limit, exceeding=value is not None and value > limit, decimals=decimals)
        for factor, value, limit, decimals in zip(DAY_FACTORS, values, limits, (1, 2, 2, 3, 1), strict=True)
    ]  # fmt: skip
    return OutletView(
        site=name,
        name="废水总排放口",
        standard="GB18918-1A",
        day=day,
        cells=cells,
        site_id=f"s{number}",
        outlet="DW001",
        device="outlet",
    )


def boiler(
    number: int,
    name: str,
    value: float | None = 93.5,
    limit: float | None = 92.0,
    *,
    baseline: float | None = None,
    hours: float = 1,
    now: datetime = NOW,
) -> BoilerView:
    checks = [
        CheckView(kind=kind, passed=passed, next_due=date(2026, 5 + place, 20), overdue=place == 0)
        for place, (kind, passed) in enumerate((("安全检验", True), ("能效测试", True), ("排放检测", False)))
    ]
    return BoilerView(
        site=name, name="1号燃煤蒸汽锅炉 SZL10-1.25-AⅡ", fuel="燃煤" if limit == 80 else "燃气", hour=now - timedelta(hours=hours), value=value,
        note="负荷 72%，热值按化验，未计排污", limit=limit, baseline=baseline, checks=checks, site_id=f"s{number}", boiler="b1",
    )  # fmt: skip


def budget(
    number: int,
    name: str,
    used: float | None = 1060.0,
    *,
    outcome: str = "compliant",
    kind: str | None = None,
    back: int = 1,
    now: datetime = NOW,
    **fields: Any,
) -> BudgetView:
    through = day_of(now) - timedelta(days=back)
    return BudgetView(
        site=name, month=day_of(now).replace(day=1), outcome=outcome, used=used, allowed=1479.0, projected=1382.0,
        through=through.isoformat(), kind=kind, why="数据不足", site_id=f"s{number}", **fields,
    )  # fmt: skip


def caps(now: datetime = NOW) -> list[CapView]:
    day = day_of(now) - timedelta(days=1)
    return [
        CapView(factor="yx_tce", name="能源消费总量", unit="tce", outcome="compliant", used=91_390.0, allowed=200_000.0, projected=187_000.0, through=day),
        CapView(factor="w01018", name="化学需氧量", unit="t", outcome="exceeding", used=8800.0, allowed=8783.0, projected=12_345.0, through=day, kind="over"),
        CapView(factor="w21003", name="氨氮", unit="t", outcome="exceeding", used=900.4, allowed=1016.0, projected=1100.0, crosses=date(2026, 11, 3), through=day, kind="projected"),
        CapView(factor="a21026", name="二氧化硫", unit="t", outcome="not_judgeable", used=None, allowed=3000.0, why="无在线监测源"),
        CapView(factor="a21002", name="氮氧化物", unit="t", outcome="compliant", used=100.0, allowed=3000.0, through=day - timedelta(days=9)),
    ]  # fmt: skip


def county(
    amount: int = 12,
    *,
    name: str = "",
    incidents: int = 4,
    outlets: int = 3,
    boilers: int = 4,
    budgets: int = 5,
    now: datetime = NOW,
    town: str = "",
) -> Snapshot:
    """Return a county of *amount* sites and so on; with *name* all are called so."""

    def called(number: int, kind: str) -> str:
        return name or f"示例{number}号{kind}有限公司"

    sites = [site(n, called(n, "水务"), STATES[n % len(STATES)], town or f"第{n % 16}镇", now) for n in range(amount)]
    return Snapshot(
        county=name or "永兴县",
        now=now,
        totals=Totals(98_765_432, 98_700_000, 65_000, 432),
        online=max(0, amount - 1),
        devices=amount,
        sites=sites,
        incidents=[incident(n, called(n, "水务"), LEVELS[n * 4 // max(incidents, 1)], now, subject=name or "废水总排放口 氨氮", rule=name or "污水日均值超标", bureau=name or "永兴分局", acked=n % 2 == 1, state="unknown" if n % 3 == 2 else "open") for n in range(incidents)],
        outlets=[outlet(n, called(n, "污水"), values=(41.3, 10.05, 12.45, None, 5.7) if n == 1 else (33.1, 1.7, 9.97, 0.313, 6.0), back=9 if n == 2 else 1, now=now) for n in range(outlets)],
        boilers=[boiler(n, called(n, "锅炉"), *((76.1, 80.0), (93.5, 92.0), (None, 92.0), (74.6, None))[n % 4], baseline=68.5 if n % 4 == 3 else None, now=now) for n in range(boilers)],
        budgets=[budget(n, called(n, "建材"), *((1060.0,), (1500.0,), (900.0,), (None,))[n % 4], outcome=("compliant", "exceeding", "exceeding", "not_judgeable")[n % 4], kind=(None, "over", "projected", None)[n % 4], crosses=date(2026, 6, 21) if n % 4 == 2 else None, now=now) for n in range(budgets)],
        energy=CountyEnergy(used=6128.0, days=1, through=day_of(now), cap=200_000 / 12),
        caps=caps(now),
        rate=RateView(month=date(2026, 5, 1), rate=0.9871, outlets=7, below=1),
        incidents_total=incidents,
        committed_at=now,
    )  # fmt: skip


def empty(now: datetime = NOW) -> Snapshot:
    return Snapshot(county="", now=now)


COUNTIES = {
    "usual": county,
    "long": lambda now=NOW: county(name=LONG, town=LONG, now=now, incidents=9, outlets=6, boilers=8, budgets=8),
    "thousand": lambda now=NOW: county(1000, incidents=240, outlets=30, boilers=40, budgets=60, now=now),
    "empty": lambda now=NOW: empty(now),
}
