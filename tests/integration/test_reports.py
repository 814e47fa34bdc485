"""Papers against the database: what they say is what was derived and judged, under the registry that was in force."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from alerts import acts, policy
from alerts.actor import Actor
from alerts.judge.verdict import rounded
from alerts.reports.compose import papers
from alerts.reports.paper import COUNTY, Kind, Tone
from schemas.catalog.duty import Cause, Role
from schemas.errors import UseError
from schemas.runtime import clock, database
from schemas.runtime.migrate import migrate
from schemas.times import DAY, HOUR, day_of
from tests.integration.play import (
    MINUTE,
    Play,
    beijing,
    boiler,
    changed,
    county,
    every,
    house,
    marked,
    played,
    sewage,
    stacked,
    unit,
)

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.reports.paper import Cell, Paper

START = beijing("2026-11-20T00:00")
MORNING = START + DAY + 2 * HOUR
FLOWING = {"w00000": 100.0, "w01010": 16.0, "w01001": 7.0}
COD = "plant/DW001/w01018"
Said = dict[str, Any]


def said(cell: Cell) -> Any:
    return cell.words if cell.words is not None else cell.number


def rows(paper: Paper, title: str) -> list[Said]:
    """Return the rows of the table whose title begins so: head → words or number."""
    table = next(one for one in paper.tables if one.title.startswith(title))
    return [{head.zh: said(cell) for head, cell in zip(table.columns, row, strict=True)} for row in table.rows]


def cell(paper: Paper, title: str, row: int, head: str) -> Cell:
    table = next(one for one in paper.tables if one.title.startswith(title))
    return table.rows[row][[one.zh for one in table.columns].index(head)]


async def of(play: Play, kind: Kind, period: str, now: datetime = MORNING, scope: str = COUNTY) -> Paper:
    [paper] = await papers(play.db, kind, period, scopes=[scope], now=now)
    return paper


def since_long_ago(play: Play) -> None:
    """Let the registry of the story be in force before it begins; each version a month after the one before."""
    play.change("UPDATE registry_version SET valid_from = make_timestamptz(2025, version_id::int, 1, 0, 0, 0)")


async def water(play: Play, start: datetime, hours: int, cod: float = 30.0, *, skip: tuple[int, ...] = ()) -> None:
    await play.write(every("plant/out", start, 10 * MINUTE, 6 * hours, FLOWING))
    sent = every("plant/out", start, HOUR, hours, lambda n: {"w01018": cod + n % 7 / 10, "w21003": 2.0})
    await play.write(one for n, one in enumerate(sent) if n not in skip)


async def test_an_outlets_day_says_what_was_derived_and_judged(url: str) -> None:
    """Hours, day mean, multiple and load against the rows of the database, and 0.32 as in the house reference."""
    async with played(url, county(sewage("w01018", "w21003")), START - DAY) as play:
        since_long_ago(play)
        await water(play, START - DAY, 24)
        await water(play, START, 24, 65.7, skip=(5, 6))
        await play.settle(MORNING)
        paper = await of(play, Kind.DAY, "2026-11-20", scope="plant")
        stored = dict(play.query(
            "SELECT hour, value FROM hourly WHERE point_id = %s AND hour >= %s AND hour < %s",
            play.point("plant/out/w01018"), START, START + DAY,
        ))  # fmt: skip
        [[mean]] = play.query(
            "SELECT sum(c.value * f.value) / sum(f.value) FROM hourly c JOIN hourly f USING (hour)"
            " WHERE c.point_id = %s AND f.point_id = %s AND c.valid AND f.valid AND hour >= %s AND hour < %s",
            play.point("plant/out/w01018"), play.point("plant/out/w00000"), START, START + DAY,
        )  # fmt: skip
        verdict = play.verdict("sewage_day", COD, START)
    shown = [row["化学需氧量"] for row in rows(paper, "总排口 小时值")]
    assert shown == [
        None if (value := stored.get(START + n * HOUR)) is None else rounded(value, 0) for n in range(24)
    ]
    assert shown[5:7] == [None, None], "what did not come is a dash"
    by_factor = {row["因子"]: row for row in rows(paper, "总排口 日均值")}
    day = by_factor["化学需氧量"]
    assert verdict is not None
    assert day["日均值"] == rounded(mean, 0) == verdict.body["rounded"] == 66.0
    assert day["判定"] == f"超标{(mean - 50) / 50:.2f}倍" == "超标0.32倍"
    assert (day["限值"], day["有效小时"]) == ("≤50 mg/L", "22/24")
    assert day["限值依据"] == "GB 18918-2002 表1 一级A 日均值（2002）"
    assert day["排放量"] == rounded(mean * 8640 / 1000, 3), "mg/L x m3 x 1e-3 (HJ 212-2017 D.1)"
    assert by_factor["氨氮"]["判定"] == "达标"
    assert cell(paper, "总排口 日均值", [*by_factor].index("化学需氧量"), "日均值").tone is Tone.OVER
    assert {row["因子"]: (row["补传"], row["缺失"]) for row in rows(paper, "补传与缺失")}["化学需氧量"] == (0, 2)
    assert [row["预警"] for row in rows(paper, "预警事件") if "疑似" not in row["预警"]] == ["污水日均值超标"]


async def test_too_few_hours_are_not_judged_and_the_reason_is_told(url: str) -> None:
    """HJ 356-2019: 17 of 24 hours are no day; never compliant (promise 6). A mark stands beside, its author is named."""
    async with played(url, county(sewage("w01018", "w21003")), START) as play:
        since_long_ago(play)
        await water(play, START, 24, skip=tuple(range(4)))
        await play.mark("plant/out/w01018".rpartition("/")[0], "fault", START + 10 * HOUR, START + 13 * HOUR, reason="泵故障")
        await play.settle(MORNING)
        paper = await of(play, Kind.DAY, "2026-11-20", scope="plant")
    [day] = [row for row in rows(paper, "总排口 日均值") if row["因子"] == "化学需氧量"]
    assert (day["判定"], day["有效小时"], day["排放量"]) == ("未判定", "17/24", None)
    assert [(row["对象"], row["原因"]) for row in rows(paper, "未判定")][0] == (
        "示例污水厂 总排口 化学需氧量", "有效数据不足 17/24",
    )  # fmt: skip
    marks = [cell(paper, "总排口 小时值", n, "化学需氧量").mark for n in range(9, 14)]
    assert marks == ["", "d", "d", "d", ""]
    [mark] = rows(paper, "人工标记")
    assert (mark["标记"], mark["事由"], mark["标记人"]) == ("故障 d", "泵故障", "陈示一")


async def test_a_stack_shows_measured_beside_converted(url: str) -> None:
    """Coal: 210 mg/m3 at 11.5 % O2 are 265.3 at 9 % (house reference 3.2): C x (21 - 9)/(21 - O2)."""
    flue = {"a34013": 30.0, "a21026": 210.0, "a21002": 300.0, "a19001": 11.5, "a00000": 5.0}
    async with played(url, county(stacked(boiler("B1"))), START) as play:
        since_long_ago(play)
        await play.write(every("heat/cems", START, MINUTE, 60 * 3, flue))
        await play.settle(MORNING)
        paper = await of(play, Kind.DAY, "2026-11-20", scope="heat")
        exact = play.hour("heat/DA001/yx_zs_a21026", START).value
        over = play.query(
            "SELECT count(*), max((body->>'multiple')::float8) FROM verdict WHERE rule = 'air_hour' AND outcome = 'exceeding'"
            " AND subject = 'heat/DA001/a21002' AND amended_at IS NULL"
        )
    assert exact == pytest.approx(265.26, abs=0.01)
    first = rows(paper, "1号烟囱 小时值")[0]
    assert (first["二氧化硫实测"], first["二氧化硫折算"]) == (210.0, 265.0)
    by_factor = {row["因子"]: row for row in rows(paper, "1号烟囱 日统计")}
    nox = by_factor["氮氧化物"]
    assert (nox["超标小时"], nox["超标倍数"]) == (over[0][0], f"{over[0][1]:.2f}倍") == (3, "0.26倍")
    assert (by_factor["二氧化硫"]["达标小时"], by_factor["二氧化硫"]["未判定小时"]) == (3, 21)
    assert by_factor["二氧化硫"]["排放量"] == rounded(210 * 5 * 3600 * 3 / 1e6, 3), "C x Q x 1e-6, not converted"


async def test_a_boilers_hours_have_the_reference_efficiency(url: str) -> None:
    """Example A of the house reference 4.4: 8.2 t/h at 1.25 MPa, 60 °C feed, 1250 kg/h of 20 934 kJ/kg are 78.22 %."""
    steam = {"yx_b_steam_flow": 8.2, "yx_b_steam_pressure": 1.25, "yx_b_feed_temp": 60.0, "yx_b_coal_flow": 1250.0}
    async with played(url, county(house(boiler("B1"))), START - DAY) as play:
        since_long_ago(play)
        await play.write(every("heat/dcs-B1", START - DAY, MINUTE, 60 * 30, steam))
        await play.settle(MORNING)
        paper = await of(play, Kind.DAY, "2026-11-20", scope="heat")
        counts = dict(play.query(
            "SELECT outcome, count(*) FROM verdict WHERE rule = 'boiler_efficiency' AND amended_at IS NULL"
            " AND window_start >= %s AND window_start < %s GROUP BY 1", START, START + DAY,
        ))  # fmt: skip
        [[suspected]] = play.query(
            "SELECT count(*) FROM verdict WHERE rule = 'boiler_efficiency' AND amended_at IS NULL AND outcome = 'exceeding'"
            " AND (body->>'suspected')::bool AND window_start >= %s AND window_start < %s", START, START + DAY,
        )  # fmt: skip
    assert rows(paper, "B1燃煤锅炉")[0]["正平衡"] == 78.22
    [day] = rows(paper, "锅炉热效率日统计")
    assert (day["热效率均值"], day["限值"]) == (78.22, "≥80 %")
    assert (day["低于限值小时"], day["其中疑似"]) == (counts["exceeding"], suspected) == (6, 6)
    assert day["未判定小时"] == 24 - counts["exceeding"] - counts.get("compliant", 0)


async def test_energy_of_a_day_and_the_budget_are_the_judges_own(url: str) -> None:
    """1,000 kWh an hour are 24,000 kWh and 2.950 tce a day (0.1229 kgce/kWh); the budgets' verdicts stand as stored."""
    meter = {"factor": "yx_e_kwh", "interval_s": 3600, "kind": "counter", "carrier": "electricity", "register_max": 1e8}
    budget = {"valid_from": "2026-01-01", "annual_tce": 40, "electricity": "calorific"}
    document = county(unit(meter, budgets=[budget]), energy_cap_tce=200000)
    begin = beijing("2026-11-01T00:00")
    async with played(url, document, begin) as play:
        since_long_ago(play)
        await play.write(every("unit/meters", begin, HOUR, 20 * 24 + 1, lambda n: {"yx_e_kwh": 5e6 + 1000.0 * n}))
        await play.settle(MORNING)
        paper = await of(play, Kind.DAY, "2026-11-20", scope="unit")
        budgets = await of(play, Kind.BUDGETS, "2026-11")
        [month] = play.verdicts("energy_budget", "unit/budget")
        [year] = play.verdicts("energy_year", "unit/budget")
        [cap] = play.verdicts("energy_cap", "county/yx_e_tce")
        [[used]] = play.query("SELECT sum(value) FROM daily WHERE point_id = %s", play.point("unit/energy/yx_e_tce"))
    carrier, whole = rows(paper, "当日能源消费")
    assert (carrier["消费量"], carrier["折标系数"], carrier["折标煤"], whole["折标煤"]) == (24000.0, 0.1229, 2.95, 2.95)
    [row] = rows(budgets, "重点用能单位")
    assert row["当月用能"] == rounded(used, 2) == rounded(month.value or 0, 2) == 58.99
    assert row["当月份额"] == rounded(40 * 30 / 365, 2) == rounded(month.limit_value or 0, 2)
    assert (row["年累计"], row["年执行率"]) == (rounded(year.value or 0, 2), rounded(year.body["use_rate"] * 100, 2))
    assert row["年判定"] == "已超预算"
    assert year.body["kind"] == "over"
    [county_row] = rows(budgets, "全县能源消费总量控制")
    assert (county_row["总量控制"], county_row["年累计"]) == (200000.0, rounded(cap.value or 0, 2))
    assert "本期未结束，数据截至 2026-11-20 24:00" in budgets.notes


async def test_the_rates_of_a_month_are_those_of_the_verdict(url: str) -> None:
    """November's only whole watched days are the 29th and 30th: 96 hours due of two factors."""
    begin, now = beijing("2026-11-28T00:00"), beijing("2026-12-01T02:00")
    async with played(url, county(sewage("w01018", "w21003")), begin) as play:
        since_long_ago(play)
        await water(play, begin, 72, skip=(30, 31, 32))
        await play.settle(now)
        paper = await of(play, Kind.RATES, "2026-11", now)
        month = await of(play, Kind.MONTH, "2026-11", now)
        [verdict] = play.verdicts("data_rate", "plant/DW001")
    found = {row["因子"]: row for row in rows(paper, "按排放口与因子") if row["站点"] == "示例污水厂"}
    assert (found["合计"]["应传"], found["合计"]["有效"]) == (verdict.body["n_expected"], verdict.body["n_valid"]) == (96, 90)
    assert found["合计"]["传输有效率"] == rounded(verdict.value or 0, 2) == 93.75
    assert (found["化学需氧量"]["实传"], found["化学需氧量"]["传输率"], found["化学需氧量"]["有效率"]) == (45, 93.75, 100.0)
    assert rows(month, "各站点")[0]["传输有效率"] == 93.75


async def test_the_registry_is_that_of_the_periods_end_and_the_paper_stays_the_same(url: str) -> None:
    document = county(sewage("w01018", "w21003"))
    async with played(url, document, START) as play:
        since_long_ago(play)
        await water(play, START, 24, 66.0)
        await play.settle(MORNING)
        before = await papers(play.db, Kind.DAY, "2026-11-20", now=MORNING)
        again = await papers(play.db, Kind.DAY, "2026-11-20", now=MORNING + 400 * DAY)
        await play.apply(changed(document, name="改名水务有限公司", town="马田镇"))
        await play.settle(MORNING + HOUR)
        after = await papers(play.db, Kind.DAY, "2026-11-20", now=MORNING)
        later = clock.now() + 2 * DAY
        today = await papers(play.db, Kind.DAY, day_of(clock.now() + DAY).isoformat(), now=later)
    assert [one.scope for one in before] == [COUNTY, "plant"]
    assert [one.digest() for one in before] == [one.digest() for one in again] == [one.digest() for one in after]
    assert (after[1].scope_name, today[1].scope_name) == ("示例污水厂", "改名水务有限公司")
    assert "registry 第 2 版" in after[1].versions
    assert "registry 第 3 版" in today[1].versions


async def test_before_any_registry_the_first_one_counts(url: str) -> None:
    """A first start that fills in history: what was received of days before the registry belongs to the first version."""
    async with played(url, county(sewage("w01018")), START) as play:
        found = await papers(play.db, Kind.DAY, "2026-11-20", now=MORNING)
    assert found[0].scope_name == "永兴县", "the example county was applied first"


async def test_a_verdict_that_was_amended_is_told_as_amended(url: str) -> None:
    """A fault marked afterwards takes a breach back; the ledger keeps that it was once found."""
    async with played(url, county(sewage("w01018", "w21003")), START) as play:
        since_long_ago(play)
        await water(play, START, 24, 66.0)
        await play.settle(MORNING)
        first = await of(play, Kind.EXCEEDANCES, "2026-11")
        await play.mark("plant/out", "fault", START, START + 12 * HOUR)
        await play.settle(MORNING + HOUR)
        second = await of(play, Kind.EXCEEDANCES, "2026-11")
        day = await of(play, Kind.DAY, "2026-11-20", scope="plant")
    [one] = rows(first, "超标时段")
    assert (one["判据"], one["最严重值"], one["更正"]) == ("日均值", 66.0, None)
    assert rows(first, "更正的判定") == []
    assert rows(second, "超标时段") == []
    [taken_back] = [row for row in rows(second, "更正的判定") if row["规则"] == "污水日均值超标"]
    assert (taken_back["原判定"], taken_back["原值"]) == ("超标", 66.0)
    assert [row["原判定"] for row in rows(day, "更正的判定") if row["对象"].endswith("化学需氧量")] == ["超标"]
    assert first.digest() != second.digest()


async def test_every_exceeding_window_stands_in_just_one_line_of_the_ledger(url: str) -> None:
    async with played(url, county(sewage("w01018", "w21003")), START) as play:
        since_long_ago(play)
        await play.write(every("plant/out", START, 10 * MINUTE, 6 * 48, FLOWING))
        await play.write(every("plant/out", START, HOUR, 48, lambda n: {"w01018": 90.0 if n % 5 < 2 else 30.0, "w21003": 2.0}))
        await play.settle(START + 2 * DAY + HOUR)
        paper = await of(play, Kind.EXCEEDANCES, "2026-11", START + 2 * DAY + 2 * HOUR)
        stored = dict(play.query(
            "SELECT rule, count(*) FROM verdict WHERE outcome = 'exceeding' AND amended_at IS NULL"
            " AND rule IN ('sewage_day', 'sewage_instant', 'sewage_ph', 'air_hour', 'boiler_efficiency') GROUP BY 1"
        ))  # fmt: skip
    ledger: dict[str, int] = {}
    for row in rows(paper, "超标时段"):
        ledger[row["规则"]] = ledger.get(row["规则"], 0) + row["时段数"]
    names = {"sewage_day": "污水日均值超标", "sewage_instant": "污水瞬时值疑似超标"}
    assert ledger == {names[rule]: n for rule, n in stored.items()}
    assert {row["认定"] for row in rows(paper, "超标时段") if row["规则"] == names["sewage_instant"]} == {"疑似"}


async def test_a_month_adds_up_to_its_days_and_the_countys_sums_to_the_sites(url: str) -> None:
    begin, now = beijing("2026-11-24T00:00"), beijing("2026-12-01T02:00")
    document = county(sewage("w01018", "w21003"), energy_cap_tce=200000)
    async with played(url, document, begin) as play:
        since_long_ago(play)
        for n in range(7):
            await water(play, begin + n * DAY, 24, 30.0 + 4 * n)
        await play.settle(now)
        whole, plant = await papers(play.db, Kind.MONTH, "2026-11", now=now)
        load = play.month("plant/DW001/yx_l_w01018", date(2026, 11, 1)).value
        mean = play.month("plant/out/w01018", date(2026, 11, 1))
        outcomes = [one.outcome for one in play.verdicts("sewage_day", COD)]
        days = dict(play.query(
            "SELECT day, value FROM daily WHERE point_id = %s AND valid", play.point("plant/out/w01018")
        ))  # fmt: skip
    [cod] = [row for row in rows(plant, "总排口 月统计") if row["因子"] == "化学需氧量"]
    assert (cod["达标天"], cod["超标天"], cod["未判定天"]) == (outcomes.count("compliant"), outcomes.count("exceeding"), 23)
    assert outcomes.count("exceeding") == 2
    assert (cod["最大日均"], cod["日期"]) == (rounded(max(days.values()), 0), f"{min(days, key=lambda d: days[d]):%m-%d}")
    assert cod["有效天"] == f"{mean.n_valid}/30" == "7/30"
    assert load is not None
    [loads] = [row for row in rows(plant, "污染物排放量") if row["因子"] == "化学需氧量"]
    assert (loads["当月"], loads["年累计"]) == (rounded(load / 1000, 3),) * 2
    site, total = rows(whole, "各站点")
    assert site["化学需氧量"] == total["化学需氧量"] == rounded(load / 1000, 3)
    [cap] = [row for row in rows(whole, "全县总量控制") if row["指标"] == "化学需氧量"]
    assert (cap["年控制量"], cap["年累计"]) == (8783.0, rounded(load / 1000, 3))
    shown = [row["化学需氧量"] for row in rows(plant, "总排口 日均值")]
    assert shown[:23] == [None] * 23
    assert shown[23:] == [rounded(days[date(2026, 11, 24) + n * DAY], 0) for n in range(7)]


async def test_the_county_names_silent_devices_and_adds_up_what_is_known(url: str) -> None:
    document = county(sewage("w01018", "w21003"), house(boiler("B1")))
    async with played(url, document, START) as play:
        since_long_ago(play)
        await water(play, START, 20)
        await play.settle(MORNING)
        paper = await of(play, Kind.DAY, "2026-11-20")
    silent = {(row["站点"], row["设备"]): row["无数据"] for row in rows(paper, "失联设备")}
    assert silent == {("示例污水厂", "总排口水质站"): 4, ("示例供热", "锅炉控制系统"): 24}
    plant, heat, total = rows(paper, "各站点")
    assert (plant["达标项"], plant["超标项"], plant["未判定项"]) == (2, 0, 0)
    assert (heat["未判定项"], heat["化学需氧量"], heat["综合能耗"]) == (1, None, None)
    assert (total["达标项"], total["未判定项"], total["失联设备"]) == (2, 1, 2)


async def test_what_people_did_stands_in_the_months_ledger_with_their_names(url: str) -> None:
    now = clock.now()
    month = day_of(now).strftime("%Y-%m")
    chen = Actor("epb-account", Role.INSPECTOR, person="chen")
    async with played(url, county(sewage("w01018", "w21003")), START) as play:
        since_long_ago(play)
        await water(play, START, 24, 66.0)
        await play.settle(MORNING)
        [[number]] = play.query("SELECT incident_id FROM incident WHERE rule = 'sewage_day'")
        await acts.acknowledge(play.db, chen, number, now=now, policy=policy.load())
        await acts.feedback(play.db, chen, number, "已加大曝气", now=now)
        open_yet = await of(play, Kind.HANDLING, month, now + 40 * DAY)
        await acts.settle(play.db, chen, number, Cause.FALSE_ALARM, "采样复核未超标", now=now)
        paper = await of(play, Kind.HANDLING, month, now + 40 * DAY)
        ledger = await of(play, Kind.EXCEEDANCES, "2026-11", now + 40 * DAY)
        [[made]] = play.query("SELECT count(*) FROM notice WHERE incident_id = %s AND sent_at IS NOT NULL", number)
    [before] = [row for row in rows(open_yet, "处置明细") if row["编号"] == str(number)]
    [row] = [row for row in rows(paper, "处置明细") if row["编号"] == str(number)]
    assert (before["销号"], before["期末"]) == (None, "未办结（持续中）")
    assert [row[step].endswith("陈示一") for step in ("签收", "反馈", "销号")] == [True] * 3
    assert (row["原因与说明"], row["期末"], row["时限"]) == ("误报；采样复核未超标", "已办结（持续中）", "按期")
    assert row["通知"] == made
    [breach] = rows(ledger, "超标时段")
    assert breach["处置"].endswith("销号（误报）：采样复核未超标") == (month == "2026-11")
    assert "仅供内部使用" in " ".join(paper.notes)


async def test_no_secret_is_in_the_public_paper(url: str) -> None:
    """People, telephones, contacts, incidents, suspicion, raw values and a unit's amounts are seeded; none may be read."""
    begin, now = beijing("2026-11-24T00:00"), beijing("2026-12-01T02:00")
    meter = {"factor": "yx_e_kwh", "interval_s": 3600, "kind": "counter", "carrier": "electricity", "register_max": 1e8}
    budget = {"valid_from": "2026-11-24", "annual_tce": 54321, "electricity": "calorific"}
    plant = sewage("w01018", "w21003", contact="中控室 0735-7654321")
    document = county(plant, unit(meter, contact="值班 0735-1234567", budgets=[budget]), house(boiler("B1")), energy_cap_tce=200000)
    async with played(url, document, begin) as play:
        since_long_ago(play)
        for n in range(7):
            await water(play, begin + n * DAY, 24, 88.0 if n == 3 else 31.0)
        await play.write(every("plant/out", begin + 20 * HOUR, HOUR, 1, {"w01018": marked(97.123, "M")}))
        await play.write(every("unit/meters", begin, HOUR, 169, lambda n: {"yx_e_kwh": 5e6 + 4321.0 * n}))
        await play.mark("plant/out", "maintenance", begin + HOUR, begin + 2 * HOUR, reason="示例秘密事由")
        await play.settle(now)
        [paper] = await papers(play.db, Kind.PUBLICITY, "2026-11", now=now)
        titles = [title for (title,) in play.query("SELECT body->>'title' FROM incident")]
        suspected = play.query("SELECT value, limit_value FROM verdict WHERE rule LIKE 'sewage\\_instant' AND outcome = 'exceeding'")
        tce = [value for (value,) in play.query("SELECT value FROM daily WHERE point_id = %s", play.point("unit/energy/yx_e_tce"))]
    assert suspected
    assert titles
    body = msgspec.json.encode(paper).decode()
    secrets = ["陈示一", "李示二", "chen", "0735", "中控室", "示例秘密事由", "疑似恒值", "54321", "54,321", "4321", "97.1", *titles]
    secrets += [f"{value:.{n}f}" for value in tce if value for n in (2, 3)]
    assert [one for one in secrets if one in body] == []
    [sewage_row] = rows(paper, "污水处理厂达标情况")
    assert (sewage_row["单位"], sewage_row["超标天数"], sewage_row["有效天数"]) == ("示例污水厂", 1, 7)
    assert sewage_row["达标率"] == rounded(600 / 7, 2)


async def test_scopes_pick_papers_and_a_site_alone_says_the_same(url: str) -> None:
    document = county(sewage("w01018", "w21003"), house(boiler("B1")), unit())
    async with played(url, document, START) as play:
        since_long_ago(play)
        await water(play, START, 24)
        await play.settle(MORNING)
        every_one = await papers(play.db, Kind.DAY, "2026-11-20", now=MORNING)
        alone = await papers(play.db, Kind.DAY, "2026-11-20", scopes=["unit", "plant"], now=MORNING)
        assert await papers(play.db, Kind.RATES, "2026-11", scopes=["plant"], now=MORNING) == []
        with pytest.raises(UseError, match="unknown site"):
            await papers(play.db, Kind.DAY, "2026-11-20", scopes=["nowhere"], now=MORNING)
    assert [one.scope for one in every_one] == [COUNTY, "plant", "heat", "unit"]
    assert [one.digest() for one in alone] == [every_one[1].digest(), every_one[3].digest()]


@pytest.mark.parametrize("kind", list(Kind))
async def test_a_county_without_any_data_has_every_paper(url: str, kind: Kind) -> None:
    """Nothing is known, nothing is invented: the example county before its first message."""
    async with played(url, county(sewage("w01018"), stacked(boiler("B1")), unit()), START) as play:
        since_long_ago(play)
        found = await papers(play.db, kind, "2026-11-19" if kind is Kind.DAY else "2026-10", now=MORNING)
    for paper in found:
        for table in paper.tables:
            assert all(len(row) == len(table.columns) for row in table.rows)
    if kind is Kind.DAY:
        assert all(row["化学需氧量"] is None for row in rows(found[0], "各站点"))
        assert all(row["判定"] != "达标" for row in rows(found[1], "总排口 日均值"))


async def test_without_a_registry_there_is_no_paper(empty_url: str) -> None:
    migrate(empty_url)
    async with database.connect(empty_url, "tests") as db:
        with pytest.raises(UseError, match="no registry"):
            await papers(db, Kind.DAY, "2026-11-20", now=MORNING)


async def test_a_day_that_is_not_over_is_refused_and_one_that_is_needs_no_now(url: str) -> None:
    async with played(url, county(sewage("w01018")), START) as play:
        with pytest.raises(UseError):
            await papers(play.db, Kind.DAY, day_of(clock.now() + timedelta(days=1)).isoformat())
        assert len(await papers(play.db, Kind.DAY, "2026-01-05", scopes=[COUNTY])) == 1
