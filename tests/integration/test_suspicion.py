"""Suspicion from the reading to the incident: what is tampered with is told once, with its sentence; what is not stays quiet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from schemas.times import DAY, HOUR, to_us
from simulator.plants.sewage import sewage_plant, values
from tests.integration.play import MINUTE, Play, Sent, beijing, county, marked, played, sewage

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

START = beijing("2026-06-01T00:00")
WATER = ("w01018", "w21003", "w21001", "w21011", "w01012")
OFTEN = ("w00000", "w01010", "w01001")
OUT, COD = "plant/out", "plant/DW001/w01018"
PLANT = sewage(*WATER)
Change = dict[str, "Callable[[int, float], Any]"]


def sent(
    days: int, change: Change | None = None, *, where: str = OUT, seed: int = 1, since: datetime = START
) -> list[Sent]:
    """What a well-run plant sends; *change*: factor → what is made of a value in which hour since *START*."""
    plant = sewage_plant(seed, where, "out")
    found = []
    for number in range(days * 144):
        at = since + number * 10 * MINUTE
        shown = values(plant, to_us(at) // 1_000_000)
        due = (*WATER, *OFTEN) if number % 6 == 0 else OFTEN
        hour = (at - START) // HOUR
        found.append(
            Sent(where, at, {f: change[f](hour, shown[f]) if change and f in change else shown[f] for f in due})
        )
    return found


def standing(first: int, last: int, value: float = 33.7) -> Callable[[int, float], float]:
    return lambda hour, shown: value if first <= hour < last else shown


def copied(hour: int, shown: float) -> float:
    """The second day's COD is the first's."""
    at = START + (hour - 24) * HOUR
    return values(sewage_plant(1, OUT, "out"), to_us(at) // 1_000_000)["w01018"] if 24 <= hour < 48 else shown


def suspicions(play: Play, *, withdrawn: bool = False) -> list[tuple[str, str, str, str]]:
    return [one for one in play.incidents(withdrawn=withdrawn, suspected=True) if one[0].startswith("suspect_")]


def note(play: Play) -> str:
    [(said,)] = play.query(
        "SELECT body ->> 'note' FROM incident WHERE rule LIKE 'suspect_%%' AND NOT body ? 'withdrawn'"
    )
    return str(said)


async def test_a_well_run_plant_is_suspected_of_nothing(url: str) -> None:
    async with played(url, county(PLANT), START) as play:
        await play.write(sent(3))
        await play.settle(START + 3 * DAY + HOUR)
        assert suspicions(play) == []
        assert play.outcomes("suspect_constant", COD) == "CCC"
        assert play.outcomes("suspect_copied", COD) == "NCC", "the first day has none before it"
        assert play.outcomes("suspect_probe", "plant/DW001") == "CCC"


@pytest.mark.parametrize(
    ("change", "rule", "key", "said"),
    [
        (
            {factor: lambda hour, shown: shown / 50 if 34 <= hour < 48 else shown for factor in WATER},
            "suspect_probe", "plant/DW001", "5 项因子同时突变（化学需氧量 ",
        ),
        ({"w01018": standing(30, 40)}, "suspect_constant", COD, "自 06-02 06:00 起连续 10 小时恒为 33.7 mg/L，疑似仪器卡滞或数据非实测"),
        ({"w01018": standing(30, 40, 0.0)}, "suspect_zero", COD, "自 06-02 06:00 起连续 10 小时为零（最低 0.0 mg/L）"),
        ({"w01018": copied}, "suspect_copied", COD, "当日 24 个可比小时中 24 个与前一日同一时刻完全相同"),
        (
            {"w01018": lambda hour, shown: 46.0 + shown % 3 if 24 <= hour < 48 else shown},
            "suspect_limit_hugging", COD, "落在限值 50 mg/L 的 90%–100% 之间且无一超过，疑似贴限控制数据",
        ),
        (
            {"w21003": lambda hour, shown: 19.0 if hour in {31, 32, 33} else shown},
            "suspect_ammonia", "plant/DW001/w21003", "3 个小时氨氮高于总氮且超出仪器误差",
        ),
    ],
)  # fmt: skip
async def test_what_is_tampered_with_makes_one_incident_with_its_sentence(
    url: str, change: Change, rule: str, key: str, said: str
) -> None:
    async with played(url, county(PLANT), START) as play:
        await play.write(sent(2, change))
        await play.settle(START + 2 * DAY + HOUR)
        [(found, subject, state, _)] = suspicions(play)
        assert (found, subject, state) == (rule, key, "open")
        assert said in note(play)
        [verdict] = [one for one in play.verdicts(rule, key) if one.outcome == "exceeding"]
        assert verdict.body["suspected"] is True
        assert verdict.body["task"] == 39
        assert verdict.body["standard"] == "平台疑似信号"
        assert verdict.value is verdict.limit_value is None


async def test_a_constant_day_is_one_incident_though_it_also_varies_too_little(url: str) -> None:
    async with played(url, county(PLANT), START) as play:
        await play.write(sent(3, {"w01018": standing(24, 48)}))
        await play.settle(START + 2 * DAY + HOUR)
        assert play.outcomes("suspect_low_variance", COD) == "CE"
        assert [one[:3] for one in suspicions(play)] == [("suspect_constant", COD, "open")]
        await play.settle(START + 3 * DAY + HOUR)
        assert [one[:3] for one in suspicions(play)] == [("suspect_constant", COD, "closed")]


async def test_a_source_that_stands_is_not_judged(url: str) -> None:
    async with played(url, county(PLANT), START) as play:
        stopped = {factor: lambda _, shown: marked(shown, "F") for factor in (*WATER, *OFTEN)}
        await play.write(sent(1, stopped))
        await play.settle(START + DAY + HOUR)
        [verdict] = play.verdicts("suspect_constant", COD)
        assert (verdict.outcome, verdict.body["why"]) == ("not_judgeable", "运行且有效仅 0 小时")
        assert suspicions(play) == []


async def test_two_plants_that_send_one_water_are_told_once_at_the_later(url: str) -> None:
    other = PLANT | {"id": "works", "name": "示例另一厂"}
    async with played(url, county(PLANT, other), START) as play:
        await play.write([*sent(1), *[Sent("works/out", one.at, one.values) for one in sent(1)]])
        await play.settle(START + DAY + HOUR)
        [(rule, subject, _, level)] = suspicions(play)
        assert (rule, subject, level) == ("suspect_twins", "works/DW001", "orange")
        assert "当日与示例污水厂 总排口的化学需氧量、氨氮、总氮、总磷、悬浮物逐时尾数相同" in note(play)


async def test_the_day_after_is_judged_again_when_the_day_before_comes_late(url: str) -> None:
    """Copied from a day that is not there nothing can be told; when it comes, the copy shows, as if all had come in order."""
    change: Change = {"w01018": copied}
    first = [one for one in sent(2, change) if one.at < START + DAY]
    second = [one for one in sent(2, change) if one.at >= START + DAY]
    late = START + 2 * DAY + 2 * HOUR
    async with played(url, county(PLANT), START) as play:
        await play.write(second)
        await play.settle(START + 2 * DAY + HOUR)
        assert play.outcomes("suspect_copied", COD)[-1] == "N"
        assert suspicions(play) == []
        await play.write(first, received=late)
        await play.settle(late + HOUR)
        assert play.outcomes("suspect_copied", COD) == "NE"
        assert ("suspect_copied", COD, "open", "orange") in suspicions(play)


async def test_judged_day_by_day_or_at_once_the_verdicts_are_the_same(url: str) -> None:
    change: Change = {"w01018": standing(30, 40), "w21003": standing(50, 60, 1.61)}
    async with played(url, county(PLANT), START) as play:
        await play.write(sent(3, change))
        for day in (1, 2, 3):
            await play.settle(START + day * DAY + HOUR)
        by_day = play.contents("verdict")["verdict"]
        again = play.query("SELECT count(*) FROM verdict WHERE amended_at IS NOT NULL AND rule LIKE 'suspect_%%'")
        play.change(
            "INSERT INTO fresh_fact (basis, point_id, window_start)"
            " SELECT 'day', point_id, day::timestamp AT TIME ZONE 'Asia/Shanghai' FROM daily ON CONFLICT DO NOTHING"
        )
        await play.judge(START + 3 * DAY + HOUR)
        assert play.contents("verdict")["verdict"] == by_day
        assert (
            play.query("SELECT count(*) FROM verdict WHERE amended_at IS NOT NULL AND rule LIKE 'suspect_%%'") == again
        )


async def test_an_exceedance_marked_away_is_seen_in_what_the_device_sent(url: str) -> None:
    """The readings are loaded where an hour bears a person's mark."""
    change: Change = {"w01018": lambda hour, shown: 80.0 if hour in {10, 11} else shown}
    async with played(url, county(PLANT), START) as play:
        await play.write(sent(1, change))
        await play.mark(OUT, "fault", START + 10 * HOUR, START + 12 * HOUR)
        await play.settle(START + DAY + HOUR)
        assert play.outcomes("suspect_remarked", COD) == "E"
        assert "2 个小时仪器原报正常且高于限值 50 mg/L" in note(play)
