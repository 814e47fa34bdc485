"""`monitor explain`: what it prints can be checked with a pocket calculator, and it says so where numbers disagree."""

from __future__ import annotations

import importlib.util
import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

import monitor
from alerts.explain import explain
from schemas.errors import UseError
from schemas.times import DAY, HOUR
from tests.integration.play import (
    MINUTE,
    Sent,
    Values,
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
    from tests.integration.play import Play

REPOSITORY = Path(__file__).resolve().parents[2]
DAY_1 = date(2026, 11, 20)
START = beijing("2026-11-20T00:00")
MORNING = START + DAY + HOUR
OUT, AMMONIA = "plant/out", "plant/DW001/w21003"
FLOWING: Values = {"w00000": 100.0, "w01010": 16.0, "w01001": 7.0}
COAL: Values = {"yx_b_steam_flow": 8.2, "yx_b_steam_pressure": 1.25, "yx_b_feed_temp": 60.0, "yx_b_coal_flow": 1150.0}


def cells(text: str) -> list[list[str]]:
    """Return the rows of the first table of *text* that begin with an hour."""
    return [
        [one.strip() for one in line.split("|")[1:-1]] for line in text.splitlines() if re.match(r"\| \d\d:00 ", line)
    ]


def numbers(text: str) -> list[float]:
    return [float(one) for one in re.findall(r"\d+(?:\.\d+)?", text)]


def line(text: str, word: str) -> str:
    """Return the only line of *text* with *word*."""
    (found,) = (one for one in text.splitlines() if word in one)
    return found


async def sewage_day(play: Play, hours: range, ammonia: float = 9.0) -> None:
    for hour in hours:
        at = START + hour * HOUR
        flowing = FLOWING | {"w00000": 100.0 + hour}
        await play.write([*every(OUT, at, 10 * MINUTE, 6, flowing), Sent(OUT, at, {"w21003": ammonia + hour / 10})])
    await play.settle(MORNING + hours.stop * MINUTE)


async def told(play: Play, key: str, day: date = DAY_1) -> str:
    return await explain(play.db, key, day)


async def test_a_sewage_day_can_be_checked_with_a_pocket_calculator(url: str) -> None:
    """HJ 356-2019: Σ(C·Q)/ΣQ. GB 18918-2002 table 1: 5 mg/L in water above 12 °C."""
    async with played(url, county(sewage("w01018", "w21003")), START) as play:
        await sewage_day(play, range(24))
        text = await told(play, AMMONIA)
        [(number, value)] = play.query(
            "SELECT verdict_id, value FROM verdict WHERE rule = 'sewage_day' AND subject = %s", AMMONIA
        )
    rows = cells(text)
    assert len(rows) == 24
    # hour, readings, valid/due, marks, C, Q, C·Q, used
    assert rows[3] == ["03:00", "9.3N", "1/1", "N", "9.3", "103", "957.9", "是 yes"]
    top, bottom = sum(float(row[4]) * float(row[5]) for row in rows), sum(float(row[5]) for row in rows)
    mean = numbers(line(text, "Σ(C·Q) / ΣQ = "))
    assert mean[:2] == pytest.approx([top, bottom], rel=1e-9)
    assert mean[2] == pytest.approx(top / bottom, rel=1e-9)
    assert mean[2] == pytest.approx(value, rel=1e-9)
    assert "不一致" not in text
    assert "存储值与此处重算一致" in text
    for part in (
        "24 ≥ 18", "**16 ℃**", "`GB18918-2002.1A.w21003.day.warm`：**≤ 5 mg/L**", "2003-07-01", "已核实 verified",
        "half to even", "→ **10** mg/L", "10 > 5 → **超标 exceeding**", "|10 − 5| / 5 = 1.000", f"判定 verdict {number}，",
        "`sewage_instant`：达标 compliant 16，超标 exceeding 8", "16:00 (10.6)", "待核实 not verified", "批次 batch 1 (w)",
        "monitor trace plant.out.w21003 2026-11-20T00:00:00+08:00",
    ):  # fmt: skip
        assert part in text, part


async def test_hours_that_do_not_count_say_why(url: str) -> None:
    """HJ 356-2019: with flow 0 the hour's concentration is invalid; without a valid flow it has no weight."""
    async with played(url, county(sewage("w01018", "w21003")), START) as play:
        await play.write([Sent(OUT, START + n * HOUR, {"w21003": 4.0}) for n in range(1, 24) if n != 4])
        await play.write([Sent(OUT, START + 4 * HOUR, {"w21003": marked(99.0, "D")})])
        await play.write(every(OUT, START, 10 * MINUTE, 12, FLOWING))
        await play.write(every(OUT, START + 2 * HOUR, 10 * MINUTE, 6, FLOWING | {"w00000": 0.0}))
        await play.write(every(OUT, START + 4 * HOUR, 10 * MINUTE, 120, FLOWING))
        await play.settle(MORNING)
        text = await told(play, AMMONIA)
    rows = cells(text)
    assert [row[-1] for row in rows[:6]] == [
        "否 no：有效数据不足 too little valid data，无数据", "是 yes", "否 no：零流量 no flow", "否 no：流量未知 flow unknown",
        "否 no：有效数据不足 too little valid data，无有效数据", "是 yes",
    ]  # fmt: skip
    assert rows[4][1:4] == ["99D", "0/1 ✗", "D"]
    assert "采用 hours used 20" in text
    assert "**达标 compliant**" in text
    assert "不一致" not in text


async def test_a_day_without_data_is_explained_as_such(url: str) -> None:
    """Nothing is invented for a day that lies before the first data."""
    async with played(
        url, county(sewage("w01018", "w21003"), house(boiler("B1")), stacked_site(), unit()), START
    ) as play:
        for key in (AMMONIA, "heat/B1", "stack/DA001/a34013", "unit/budget"):
            text = await told(play, key, date(2026, 11, 1))
            assert "当日无原始数据 no readings that day" in text, key
            assert "MISMATCH" not in text, key
            assert re.search("尚无判定 no verdict|无判定 no verdict", text), key
        assert "无小时值 no hour value" in await told(play, AMMONIA, date(2026, 11, 1))


def stacked_site() -> dict[str, Any]:
    return stacked(boiler("B1")) | {"id": "stack"}


async def test_a_day_of_silence_is_not_judgeable(url: str) -> None:
    async with played(url, county(sewage("w01018", "w21003")), START) as play:
        await play.settle(MORNING)
        text = await told(play, AMMONIA)
    assert {row[1] for row in cells(text)} == {"无 none"}
    assert "无法判定 not judgeable" in text
    assert "水温缺失" in text
    assert "MISMATCH" not in text


async def test_amended_verdicts_of_the_window_stay_in_sight(url: str) -> None:
    """HJ 356-2019: 17 hours are too few; the late ones amend the verdict."""
    async with played(url, county(sewage("w01018", "w21003")), START) as play:
        await sewage_day(play, range(17))
        before = await told(play, AMMONIA)
        await sewage_day(play, range(17, 24))
        text = await told(play, AMMONIA)
        [(old,)] = play.query("SELECT verdict_id FROM verdict WHERE rule = 'sewage_day' AND amended_at IS NOT NULL")
    assert "17 < 18" in before
    assert "已修正 amended" not in before
    found = line(text, f"已修正 amended {old}")
    assert "无法判定 not judgeable" in found
    assert "2026-11-20 00:00" in found
    assert "**超标 exceeding**" in text


async def test_a_period_marked_by_a_person_shows_its_small_letter(url: str) -> None:
    """Announcement 2022 No. 21: the manual mark prevails; the raw value stays."""
    async with played(url, county(sewage("w01018", "w21003")), START) as play:
        await sewage_day(play, range(24))
        number = await play.mark(
            OUT, "calibration", START + 8 * HOUR, START + 10 * HOUR, factors=("w21003",), reason="仪表校准，标液核对",
            evidence="JZ-2026-117",
        )  # fmt: skip
        await play.settle(MORNING + DAY)
        text = await told(play, AMMONIA)
    rows = cells(text)
    assert [row[1] for row in rows[7:11]] == ["9.7N", "9.8N→c", "9.9N→c", "10N"]
    assert [row[2] for row in rows[7:11]] == ["1/1", "0/1 ✗", "0/1 ✗", "1/1"]
    assert "采用 hours used 22" in text
    assert f"标记 {number} `c` 校准 calibration：2026-11-20 08:00 – 2026-11-20 10:00，chen" in text
    assert "仪表校准，标液核对，证据 evidence JZ-2026-117" in text
    assert "已修正 amended" in text
    assert "不一致" not in text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE daily SET value = value * (1 + 3e-9)", "存储值 stored"),
        ("UPDATE daily SET n_valid = 23", "存储的有效小时 hours stored 23，此处 here 24"),
        (
            "UPDATE hourly SET value = 20 WHERE value BETWEEN 9 AND 9.05",
            "存储的时均 stored 20，读数之均 of its readings 9",
        ),
        ("UPDATE daily SET valid = false", "按小时数 by its hours True"),
        ("UPDATE verdict SET limit_id = 'x' WHERE rule = 'sewage_day'", "判定所据限值 the verdict's limit x"),
        ("UPDATE verdict SET outcome = 'compliant' WHERE rule = 'sewage_day'", "判定 filed compliant"),
        ("UPDATE verdict SET value = 3 WHERE rule = 'sewage_day'", "判定所据 the verdict's value 3"),
    ],
)
async def test_numbers_that_disagree_are_told_loudly(url: str, change: str, said: str) -> None:
    async with played(url, county(sewage("w01018", "w21003")), START) as play:
        await sewage_day(play, range(24))
        play.change(change)
        text = await told(play, AMMONIA)
    assert said in "".join(one for one in text.splitlines() if "**‼ 不一致 MISMATCH" in one)


async def test_a_permit_and_cold_water_say_why_their_value_binds(url: str) -> None:
    """GB 18918-2002 table 1 note 2: at 12 °C or below the value in brackets, 8; a permit goes before the standard."""
    permit = {
        "outlet": "DW001", "factor": "w21003", "basis": "day", "high": 3.0, "decimals": 1, "number": "P-1",
        "valid_from": "2026-01-01",
    }  # fmt: skip
    async with played(url, county(sewage("w01018", "w21003")), START) as play:
        await play.write(every(OUT, START, 10 * MINUTE, 144, FLOWING | {"w01010": 11.0}))
        await play.write(every(OUT, START, HOUR, 24, {"w21003": 7.0}))
        await play.settle(MORNING)
        cold = await told(play, AMMONIA)
        await play.apply(changed(county(sewage("w01018", "w21003")), permits=[permit]))
        waiting = await told(play, AMMONIA)
        await play.settle(MORNING + HOUR)
        permitted = await told(play, AMMONIA)
    assert "`GB18918-2002.1A.w21003.day.cold`：**≤ 8 mg/L**" in cold
    assert "水温 ≤ 12 ℃ 时" in cold
    assert "**达标 compliant**" in cold
    assert "判定所据限值 the verdict's limit GB18918-2002.1A.w21003.day.cold" in waiting
    assert "许可证限值优先于标准" in permitted
    assert "7 > 3 → **超标 exceeding**" in permitted
    assert "|7 − 3| / 3 = 1.333" in permitted
    assert "不一致" not in permitted


async def test_a_ph_day_is_averaged_as_hydrogen_ions_and_has_no_day_limit(url: str) -> None:
    async with played(url, county(sewage("w01018", "w21003")), START) as play:
        await play.write(every(OUT, START, 10 * MINUTE, 144, lambda n: FLOWING | {"w01001": 6.0 if n < 72 else 8.0}))
        await play.settle(MORNING)
        text = await told(play, "plant/DW001/w01001")
    # −lg((10^−6 + 10^−8) / 2)
    assert numbers(line(text, "−lg(Σ10^−pH"))[-1] == pytest.approx(6.296708622, abs=1e-9)
    assert "不一致" not in text
    assert "`sewage_instant`：达标 compliant 24" in text


async def test_a_stack_is_explained_hour_by_hour(url: str) -> None:
    """GB 13271-2014 5.2: C = C′ × (21 − 9)/(21 − O2′) for coal; without valid O2, or from 19 % on, nothing is converted."""
    gas: Values = {"a34013": 40.0, "a21026": 100.0, "a21002": 150.0, "a19001": 11.0, "a00000": 10.0}
    async with played(url, county(stacked(boiler("B1"))), START) as play:
        await play.write(every("heat/cems", START, MINUTE, 60, gas))
        await play.write(every("heat/cems", START + HOUR, MINUTE, 60, gas | {"a34013": 45.0}))
        await play.write(every("heat/cems", START + 2 * HOUR, MINUTE, 60, gas | {"a19001": 20.0}))
        await play.write(
            every("heat/cems", START + 3 * HOUR, MINUTE, 60, lambda n: gas if n < 30 else {"a19001": 11.0})
        )
        await play.settle(MORNING)
        text = await told(play, "heat/DA001/a34013")
        play.change(
            "UPDATE hourly SET value = value + 1 WHERE point_id = ANY(SELECT point_id FROM point WHERE factor = 'yx_zs_a34013')"
        )
        wrong = await told(play, "heat/DA001/a34013")
    rows = cells(text)
    # hour, readings, C′, valid/due, O2′, valid/due, C, valid/due, limit, verdict
    assert rows[0][:8] == ["00:00", "60 个 40–40 N", "40", "60/60", "11", "60/60", "48", "60/60"]
    assert rows[0][9] == "48 → 达标 compliant"
    assert rows[1][6] == "54"
    assert rows[1][9] == "54 → 超标 exceeding，倍数 multiple 0.08"
    assert rows[2][6] == "— 停炉(氧含量≥19%)"
    assert rows[3][7] == "30/60 ✗"
    assert [row[9] for row in rows[2:5]] == ["无法判定 not judgeable"] * 3
    assert "(21 − 9)" in text
    assert "GB13271-2014" in text
    assert "MISMATCH" not in text
    assert "00:00 **‼ 不一致 MISMATCH：存储 stored 49，重算 computed 48" in wrong


async def test_a_stack_that_sends_as_it_flows_shows_the_gas_it_is_brought_to(url: str) -> None:
    """HJ 212-2017 D.2: Csn = Cs × 101325/(Ba + Ps) × (273 + ts)/273; Cdry = Cwet/(1 − Xsw)."""
    site = stacked(boiler("B1"))
    points: list[dict[str, Any]] = [{"factor": one, "gas_state": "actual"} for one in ("a34013", "a19001")]
    points += [{"factor": one} for one in ("a21026", "a21002", "a01012", "a01013", "a01014")]
    site["devices"][-1]["points"] = points
    gas: Values = {"a34013": 30.0, "a19001": 9.0, "a01012": 136.5, "a01013": -1.325, "a01014": 10.0}
    async with played(url, county(site), START) as play:
        await play.write(every("heat/cems", START, MINUTE, 60, gas))
        await play.settle(MORNING)
        text = await told(play, "heat/DA001/a34013")
    row = cells(text)[0]
    # 30 / (0.9 × 273/409.5 × 100/101.325) = 50.6625 mg/m3, O2 9/0.9 = 10 %, × 12/11
    assert [float(one) for one in (row[10], row[11], row[12])] == pytest.approx([50.6625, 10, 55.268182], rel=1e-6)
    assert "MISMATCH" not in text


async def test_a_boiler_is_explained_hour_by_hour(url: str) -> None:
    """Plan task 13: 80 % for coal, by the direct method of GB/T 10180-2017."""
    flue: Values = {"a01012": 160.0, "a19001": 9.0}
    async with played(url, county(house(boiler("B1"), position="boiler_exit")), START) as play:
        await play.write(every("heat/dcs-B1", START, MINUTE, 20 * 60, COAL | flue))
        await play.settle(MORNING)
        text = await told(play, "heat/B1")
        stored = play.query(
            "SELECT hour, value FROM hourly JOIN point USING (point_id) WHERE factor = 'yx_b_efficiency' ORDER BY 1"
        )
        day = play.known(play.day("heat/B1/yx_b_efficiency", DAY_1)).value
        play.change(
            "UPDATE hourly SET value = value + 1 WHERE point_id = ANY(SELECT point_id FROM point WHERE factor = 'yx_b_efficiency')"
        )
        wrong = await told(play, "heat/B1")
    rows = cells(text)
    # hour, four inputs, O2, flue °C, valid, h of steam and feed, η, band, indirect, notes, verdict
    assert rows[10][1:7] == ["8.2", "1.25", "60", "1150", "9", "160"]
    assert float(rows[10][10]) == pytest.approx(stored[10][1], abs=1e-3)
    # Steam tables at 1.351325 MPa: h″ 2787.9, h′ 821.2, wetness 2 %; water of 60 °C 252.2 kJ/kg.
    steam, feed = float(rows[10][8]), float(rows[10][9])
    assert (steam, feed) == pytest.approx((2787.9 - 0.02 * (2787.9 - 821.2), 252.2), abs=1.0)
    assert 1000 * 8.2 * (steam - feed) / (1150 * 20934) * 100 == pytest.approx(stored[10][1], rel=1e-6)
    low, high = numbers(rows[10][11])
    assert low < stored[10][1] < high
    assert "q4 未化验" in rows[10][13]
    assert "达标 compliant" in rows[10][14]
    assert "✗ 蒸汽流量" in rows[22][7]
    assert rows[22][14] == "无法判定 not judgeable"
    assert numbers(line(text, "Σ(η·B)"))[2] == pytest.approx(day, rel=1e-6)
    assert "≥ 80 %" in text
    assert "10:00 **‼ 不一致 MISMATCH：η 存储 stored" in wrong
    assert "MISMATCH" not in text


HOT_WATER = {"medium": "hot_water", "fuel": "gas", "rated": 7, "lhv": 35588}
SUPERHEATED = {"medium": "superheated_steam"}


@pytest.mark.parametrize(
    ("kind", "sent", "heads"),
    [
        (
            HOT_WATER,
            {
                "yx_b_water_flow": 180.0, "yx_b_water_pressure": 0.6, "yx_b_supply_temp": 95.0, "yx_b_return_temp": 70.0,
                "yx_b_gas_flow": 570.0,
            },
            ["h供 supply (kJ/kg)", "h回 return (kJ/kg)"],
        ),
        (
            SUPERHEATED,
            COAL | {"yx_b_steam_temp": 250.0, "yx_b_blowdown_flow": 0.3},
            ["h汽 steam (kJ/kg)", "h给 feed (kJ/kg)", "h′ boiling (kJ/kg)"],
        ),
    ],
)  # fmt: skip
async def test_every_kind_of_boiler_is_computed_twice(
    url: str, kind: dict[str, Any], sent: Values, heads: list[str]
) -> None:
    """GB/T 10180-2017: water G·(h_out − h_in)/(B·Q); steam with what blow-down takes. An analysis goes before the registry."""
    site = house(boiler("B1", **kind)) | {"analyses": [{"boiler": "B1", "day": "2026-11-01", "lhv": 36000.0}]}
    site["devices"][0]["points"] = [{"factor": one} for one in (*sent, "a01012", "a19001")]
    async with played(url, county(site), START) as play:
        await play.write(every("heat/dcs-B1", START, MINUTE, 240, sent))
        await play.settle(MORNING)
        text = await told(play, "heat/B1")
    for one in heads:
        assert one in line(text, "| 时 hour")
    assert "Q = 36000 按化验 analysed 2026-11-01" in text
    row = cells(text)[3]
    eta = float(row[-5])
    assert 40 < eta < 110
    assert "MISMATCH" not in text


@pytest.mark.parametrize("fields", [{"baseline_efficiency_pct": 68.5}, {}])
async def test_a_boiler_that_no_hour_limit_binds_is_explained_too(url: str, fields: dict[str, Any]) -> None:
    """Plan task 13: boilers in service owe 5 points above their baseline, by the month."""
    old = boiler("B1", manufactured="2012-10-30", **fields)
    async with played(url, county(house(old)), START) as play:
        await play.write(every("heat/dcs-B1", START, MINUTE, 6 * 60, COAL))
        await play.settle(MORNING)
        text = await told(play, "heat/B1")
    assert "按月判定 (judged by the month)" in text
    assert "本月尚无判定 no verdict of the month yet" in text
    assert "MISMATCH" not in text


async def test_a_budget_is_explained_meter_by_meter(url: str) -> None:
    """GB/T 2589-2020: 0.1229 kgce/kWh; the month's share of 18 000 tce by days is 30/365."""
    async with played(url, county(unit()), START - 2 * DAY) as play:
        begin = START - 2 * DAY
        await play.write(every("unit/meters", begin, 15 * MINUTE, 3 * 96 + 2, lambda n: {"yx_e_kwh": 1000.0 + 250 * n}))
        await play.settle(MORNING)
        text = await told(play, "unit/budget")
        play.change(
            "UPDATE daily SET value = value * 2 WHERE point_id = ANY(SELECT point_id FROM point WHERE factor = 'yx_e_tce')"
        )
        wrong = await told(play, "unit/budget")
    row = line(text, "| 电力 unit.meters.yx_e_kwh")
    for part in ("| 49000 | 73000 | 24000 | kWh |", "96/96", "0.1229", "GB/T 2589-2020", "| 2.9496 |"):
        assert part in row, part
    assert "**2.9496 tce**" in text
    assert "18000 tce × 30/365（按天数 by days） = **1479.452055 tce**" in text
    assert "3 天有值" in text
    assert "**8.8488 tce**" in text
    assert "本月 month 判定 verdict" in text
    assert "截至 through 2026-11-20：已用 used 8.8488" in text
    assert "推算 projected 88.488" in text
    assert "MISMATCH" not in text
    assert wrong.count("MISMATCH") == 2


async def test_an_unknown_subject_is_answered_with_those_near_it(url: str) -> None:
    async with played(url, county(sewage("w21003", "w01018"), unit()), START) as play:
        for key, near in (
            ("plant/DW01/w21003", AMMONIA), ("plant/x", AMMONIA), ("unit/budgets", "unit/budget"), ("nothing", AMMONIA),
        ):  # fmt: skip
            with pytest.raises(UseError) as caught:
                await told(play, key)
            assert key in caught.value.sentence
            assert near in caught.value.mend


def test_the_command_prints_it(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONITOR_DATABASE_URL", url)
    result = CliRunner().invoke(monitor.app, ["explain", "bj-wwtp/DW001/w21003", "2026-11-20"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert "`bj-wwtp/DW001/w21003` · 2026-11-20" in result.output


async def test_the_account_in_the_readme_is_fresh(url: str) -> None:
    spec = importlib.util.spec_from_file_location("gen_day", REPOSITORY / "docs" / "gen_day.py")
    assert spec is not None
    assert spec.loader is not None
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    made = await generator.block(url)
    assert "MISMATCH" not in made
    assert generator.between((REPOSITORY / "README.md").read_text()) == made, "run: python docs/gen_day.py"
