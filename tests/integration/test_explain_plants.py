"""`monitor explain` of stacks, boilers and budgets: hour by hour, meter by meter, each number computed twice."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from schemas.times import DAY, HOUR
from tests.integration.play import MINUTE, beijing, boiler, county, every, house, played, stacked, unit
from tests.integration.test_explain import cells, line, numbers, told

DAY_1 = date(2026, 11, 20)
START = beijing("2026-11-20T00:00")
MORNING = START + DAY + HOUR
COAL: dict[str, Any] = {
    "yx_b_steam_flow": 8.2,
    "yx_b_steam_pressure": 1.25,
    "yx_b_feed_temp": 60.0,
    "yx_b_coal_flow": 1150.0,
}


async def test_a_stack_is_explained_hour_by_hour(url: str) -> None:
    """GB 13271-2014 5.2: C = C′ × (21 − 9)/(21 − O2′) for coal; without valid O2, or from 19 % on, nothing is converted."""
    gas: dict[str, Any] = {"a34013": 40.0, "a21026": 100.0, "a21002": 150.0, "a19001": 11.0, "a00000": 10.0}
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
    gas: dict[str, Any] = {"a34013": 30.0, "a19001": 9.0, "a01012": 136.5, "a01013": -1.325, "a01014": 10.0}
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
    flue: dict[str, Any] = {"a01012": 160.0, "a19001": 9.0}
    async with played(url, county(house(boiler("B1"), position="boiler_exit")), START) as play:
        await play.write(every("heat/dcs-B1", START, MINUTE, 20 * 60, COAL | flue))
        await play.settle(MORNING)
        text = await told(play, "heat/B1")
        stored = play.query(
            "SELECT hour, value FROM hourly JOIN point USING (point_id) WHERE factor = 'yx_b_efficiency' ORDER BY 1"
        )
        day = play.day("heat/B1/yx_b_efficiency", DAY_1).value
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
    url: str, kind: dict[str, Any], sent: dict[str, Any], heads: list[str]
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
