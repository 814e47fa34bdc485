"""Papers against the database: the registry that was in force, ledgers, months, what the public may read."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
import pytest

from alerts import acts, policy
from alerts.actor import Actor
from alerts.judge.verdict import rounded
from alerts.reports.compose import papers
from alerts.reports.paper import COUNTY, Kind
from schemas.catalog.duty import Cause, Role
from schemas.errors import UseError
from schemas.runtime import clock, database
from schemas.runtime.migrate import migrate
from schemas.times import DAY, HOUR, day_of
from tests.integration.paper_reading import COD, FLOWING, MORNING, START, of, rows, since_long_ago, water
from tests.integration.play import (
    MINUTE,
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
        await play.write(
            every("plant/out", START, HOUR, 48, lambda n: {"w01018": 90.0 if n % 5 < 2 else 30.0, "w21003": 2.0})
        )
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
    assert (cod["达标天"], cod["超标天"], cod["未判定天"]) == (
        outcomes.count("compliant"),
        outcomes.count("exceeding"),
        23,
    )
    assert outcomes.count("exceeding") == 1
    assert (cod["最大日均"], cod["日期"]) == (
        rounded(max(days.values()), 0),
        f"{min(days, key=lambda d: days[d]):%m-%d}",
    )
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
    chen = Actor(name="epb-account", role=Role.INSPECTOR, person="chen")
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
    document = county(
        plant, unit(meter, contact="值班 0735-1234567", budgets=[budget]), house(boiler("B1")), energy_cap_tce=200000
    )
    async with played(url, document, begin) as play:
        since_long_ago(play)
        for n in range(7):
            await water(play, begin + n * DAY, 24, 88.0 if n == 3 else 31.0)
        await play.write(every("plant/out", begin + 20 * HOUR + 30 * MINUTE, HOUR, 1, {"w01018": marked(97.123, "M")}))
        await play.write(every("unit/meters", begin, HOUR, 169, lambda n: {"yx_e_kwh": 5e6 + 4321.0 * n}))
        await play.mark("plant/out", "maintenance", begin + HOUR, begin + 2 * HOUR, reason="示例秘密事由")
        await play.settle(now)
        [paper] = await papers(play.db, Kind.PUBLICITY, "2026-11", now=now)
        titles = [title for (title,) in play.query("SELECT body->>'title' FROM incident")]
        suspected = play.query(
            "SELECT value, limit_value FROM verdict WHERE rule LIKE 'sewage\\_instant' AND outcome = 'exceeding'"
        )
        tce = [
            value
            for (value,) in play.query(
                "SELECT value FROM daily WHERE point_id = %s", play.point("unit/energy/yx_e_tce")
            )
        ]
    assert suspected
    assert titles
    body = msgspec.json.encode(paper).decode()
    secrets = [
        "陈示一",
        "李示二",
        "chen",
        "0735",
        "中控室",
        "示例秘密事由",
        "疑似恒值",
        "54321",
        "54,321",
        "4321",
        "97.1",
        *titles,
    ]
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
