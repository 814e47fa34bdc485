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
FLOWING: dict[str, Any] = {"w00000": 100.0, "w01010": 16.0, "w01001": 7.0}


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
    assert numbers(line(text, "超标倍数 multiple"))[-1] == pytest.approx(top / bottom / 5 - 1, abs=5e-4)
    assert "不一致" not in text
    assert "存储值与此处重算一致" in text
    for part in (
        "24 ≥ 18", "**16 ℃**", "`GB18918-2002.1A.w21003.day.warm`：**≤ 5 mg/L**", "2003-07-01", "已核实 verified",
        "half to even", "→ **10** mg/L", "10 > 5 → **超标 exceeding**", "− 5| / 5 = ", f"判定 verdict {number}，",
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
