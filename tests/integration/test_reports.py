"""Papers against the database: what they say is what was derived and judged."""

from __future__ import annotations

import pytest

from alerts.judge.verdict import rounded
from alerts.reports.paper import Kind, Tone
from schemas.times import DAY, HOUR
from tests.integration.paper_reading import COD, MORNING, START, cell, of, rows, since_long_ago, water
from tests.integration.play import (
    MINUTE,
    beijing,
    boiler,
    county,
    every,
    house,
    played,
    sewage,
    stacked,
    unit,
)


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
    assert shown == [None if (value := stored.get(START + n * HOUR)) is None else rounded(value, 0) for n in range(24)]
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
        await play.mark(
            "plant/out/w01018".rpartition("/")[0],
            "fault",
            START + 10 * HOUR,
            START + 13 * HOUR,
            reason="泵故障停机检修",
        )
        await play.settle(MORNING)
        paper = await of(play, Kind.DAY, "2026-11-20", scope="plant")
    [day] = [row for row in rows(paper, "总排口 日均值") if row["因子"] == "化学需氧量"]
    assert (day["判定"], day["有效小时"], day["排放量"]) == ("未判定", "17/24", None)
    assert next((row["对象"], row["原因"]) for row in rows(paper, "未判定")) == (
        "示例污水厂 总排口 化学需氧量", "有效数据不足 17/24",
    )  # fmt: skip
    marks = [cell(paper, "总排口 小时值", n, "化学需氧量").mark for n in range(9, 14)]
    assert marks == ["", "d", "d", "d", ""]
    [mark] = rows(paper, "人工标记")
    assert (mark["标记"], mark["事由"], mark["标记人"]) == ("故障 d", "泵故障停机检修", "陈示一")


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
        month = play.verdicts("energy_budget", "unit/budget")[-1]
        *_, year = play.verdicts("energy_year", "unit/budget")
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
    assert (
        (found["合计"]["应传"], found["合计"]["有效"])
        == (verdict.body["n_expected"], verdict.body["n_valid"])
        == (96, 90)
    )
    assert found["合计"]["传输有效率"] == rounded(verdict.value or 0, 2) == 93.75
    assert (found["化学需氧量"]["实传"], found["化学需氧量"]["传输率"], found["化学需氧量"]["有效率"]) == (
        45,
        93.75,
        100.0,
    )
    assert rows(month, "各站点")[0]["传输有效率"] == 93.75
