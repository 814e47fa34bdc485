"""Hours, days and months from readings with gaps, in silence and with what comes late: what may be used and what follows."""

from __future__ import annotations

from datetime import UTC, date

import pytest

from schemas.times import DAY, HOUR
from tests.integration.play import MINUTE, beijing, boiler, county, every, house, marked, played, sewage, stacked

START = beijing("2026-11-20T00:00")
DAY_1 = date(2026, 11, 20)
GAS = {"a34013": 40.0, "a21026": 100.0, "a21002": 150.0, "a19001": 9.0, "a00000": 10.0}
COAL = {"yx_b_steam_flow": 8.2, "yx_b_steam_pressure": 1.25, "yx_b_feed_temp": 60.0, "yx_b_coal_flow": 1250.0}
OUT, COD = "plant/out", "plant/out/w01018"
FLOWING = {"w00000": 100.0, "w01010": 16.0, "w01001": 7.0}


async def test_an_hour_of_flue_gas_is_valid_from_45_valid_minutes_on(url: str) -> None:
    """HJ 75-2017, HJ 212-2017 D.2.2: the hour mean needs 45 valid minutes; 44 are not judgeable and never compliant."""
    async with played(url, county(stacked(boiler("B1"))), START) as play:
        await play.write(every("heat/cems", START, MINUTE, 44, GAS))
        await play.write(every("heat/cems", START + HOUR, MINUTE, 45, GAS))
        await play.settle(START + 3 * HOUR)
        means = [play.hour("heat/cems/a34013", START + n * HOUR) for n in range(2)]
        assert [(mean.n_valid, mean.n_expected, mean.valid) for mean in means] == [(44, 60, False), (45, 60, True)]
        assert play.outcomes("air_hour", "heat/DA001/a34013") == "NC"
        assert play.verdicts("air_hour", "heat/DA001/a34013")[0].body["why"] != ""


@pytest.mark.parametrize(("hours", "outcome"), [(17, "N"), (18, "E")])
async def test_a_day_of_water_is_valid_from_18_hours_on(url: str, hours: int, outcome: str) -> None:
    """HJ 356-2019: the day mean needs 75 % of the data due, 18 of 24 hours."""
    async with played(url, county(sewage("w01018")), START) as play:
        await play.write(every(OUT, START, HOUR, hours, {"w01018": 60.0}))
        await play.write(every(OUT, START, 10 * MINUTE, 144, FLOWING))
        await play.settle(START + DAY + HOUR)
        assert play.day(COD, DAY_1).n_valid == hours
        assert play.outcomes("sewage_day", "plant/DW001/w01018") == outcome


@pytest.mark.parametrize(("hours", "valid"), [(19, False), (20, True)])
async def test_a_day_of_flue_gas_is_valid_from_20_hours_on(url: str, hours: int, valid: bool) -> None:  # noqa: FBT001
    """HJ 75-2017: the day mean needs 20 valid hours, as measured, converted and as load alike."""
    async with played(url, county(stacked(boiler("B1"))), START) as play:
        await play.write(every("heat/cems", START, MINUTE, hours * 60, GAS))
        await play.settle(START + DAY + HOUR)
        for key in ("heat/cems/a34013", "heat/DA001/yx_zs_a34013", "heat/DA001/yx_l_a34013"):
            mean = play.day(key, DAY_1)
            assert (mean.n_valid, mean.n_expected, mean.valid) == (hours, 24, valid)


async def test_a_day_of_invalid_data_is_not_judgeable_and_says_why(url: str) -> None:
    """HJ 212-2017 table 8: a value marked D (fault) counts for nothing; what is not known is not compliant (promise 6)."""
    async with played(url, county(sewage("w01018")), START) as play:
        await play.write(every(OUT, START, HOUR, 24, {"w01018": marked(20.0, "D")}))
        await play.write(every(OUT, START, 10 * MINUTE, 144, FLOWING))
        await play.settle(START + DAY + HOUR)
        assert play.day(COD, DAY_1).marks == "D"
        for rule, outcomes in (("sewage_day", "N"), ("sewage_instant", "N" * 24), ("sewage_hour", "N" * 24)):
            assert play.outcomes(rule, "plant/DW001/w01018") == outcomes
            assert all(one.body["why"] for one in play.verdicts(rule, "plant/DW001/w01018"))
        assert play.incidents() == []


async def test_a_silent_day_gets_its_rows_and_its_verdict(url: str) -> None:
    """Promise 6: silence is a fact. Each point has its hours and days, and each day its verdict: not judgeable."""
    async with played(url, county(sewage("w01018", "w21003")), START) as play:
        for hours in range(1, 51):
            await play.settle(START + hours * HOUR + 11 * MINUTE)
        assert play.query("SELECT count(*), min(note), max(note) FROM hourly WHERE hour < %s", START + 2 * DAY) == [
            (5 * 48, "无数据", "无数据")
        ]
        assert play.outcomes("sewage_day", "plant/DW001/w21003") == "NN"
        assert {one.body["n_expected"] for one in play.verdicts("sewage_day", "plant/DW001/w21003")} == {24}
        assert play.query("SELECT outcome FROM verdict WHERE outcome <> 'not_judgeable'") == []
        assert play.incidents() == []


async def test_hours_of_a_long_stop_of_the_service_are_closed_too(url: str) -> None:
    """A service that stood for 20 days closes every hour of them when it is back: same rows as one that never stood."""
    async with played(url, county(sewage("w01018")), START) as play:
        await play.settle(START + 20 * DAY + HOUR)
        assert play.query("SELECT count(*) FROM hourly") == [(4 * (20 * 24 + 0),)]
        assert play.outcomes("sewage_day", "plant/DW001/w01018") == "N" * 20


@pytest.mark.parametrize("days", [3, 70])
async def test_silence_never_closes_a_breach_and_good_water_does(url: str, days: int) -> None:
    """Promise 6: an incident lasts through any silence, and the first compliant day closes it."""
    async with played(url, county(sewage("w01018")), START) as play:
        await play.write(every(OUT, START, 10 * MINUTE, 144, FLOWING))
        await play.write(every(OUT, START, HOUR, 24, {"w01018": 60.0}))
        back = START + (1 + days) * DAY
        await play.settle(back + HOUR)
        stands = ("sewage_day", "plant/DW001/w01018", "unknown", "orange")
        assert stands in play.incidents()
        await play.write(every(OUT, back, 10 * MINUTE, 144, FLOWING))
        await play.write(every(OUT, back, HOUR, 24, {"w01018": 20.0}))
        await play.settle(back + DAY + HOUR)
        assert ("sewage_day", "plant/DW001/w01018", "closed", "orange") in play.incidents()


async def test_a_late_value_changes_its_hour_day_month_and_verdict_and_nothing_else(url: str) -> None:
    """Only windows whose readings changed are derived again; the old verdict stays in the table, amended."""
    end = beijing("2026-12-01T00:00")
    since = end - 2 * DAY
    async with played(url, county(sewage("w01018", "w21003")), since) as play:
        for day in range(3):
            await play.write(every(OUT, since + day * DAY, 10 * MINUTE, 144, FLOWING))
            hours = 17 if day == 0 else 24
            await play.write(every(OUT, since + day * DAY, HOUR, hours, {"w01018": 60.0}))
            await play.write(every(OUT, since + day * DAY, HOUR, 24, {"w21003": 2.0}))
        await play.settle(end + DAY + HOUR)
        before, month = play.derived_at(), play.month(COD, "2026-11-01")
        assert play.outcomes("sewage_day", "plant/DW001/w01018") == "NEE"
        late = since + 20 * HOUR
        await play.write(every(OUT, late, HOUR, 1, {"w01018": 90.0}), received=end + DAY + HOUR)
        await play.settle(end + DAY + HOUR)
        moved = {key for key, at in play.derived_at().items() if before.get(key) != at}
        load = play.point("plant/DW001/yx_l_w01018")
        assert moved == {
            ("hourly", play.point(COD), late.astimezone(UTC).strftime("%Y-%m-%d %H:00:00+00")),
            *(("daily", point, "2026-11-29") for point in (play.point(COD), load)),
            *(("monthly", point, "2026-11-01") for point in (play.point(COD), load)),
        }
        assert play.hour(COD, late).n_late == 1
        assert play.month(COD, "2026-11-01").n_valid == month.n_valid + 1
        assert play.outcomes("sewage_day", "plant/DW001/w01018") == "EEE"
        assert [one.outcome for one in play.verdicts("sewage_day", "plant/DW001/w01018", amended=True)] == [
            "not_judgeable"
        ]


async def test_hours_after_a_start_do_not_count_and_a_late_stop_shows_in_them(url: str) -> None:
    """TSG G0003-2010: thermal equilibrium comes 4 h after cold ignition; the stop may be told last."""
    async with played(url, county(house(boiler("B1"))), START) as play:
        for hour in [*range(2), *range(3, 10)]:
            await play.write(every("heat/dcs-B1", START + hour * HOUR, MINUTE, 60, COAL))
        await play.settle(START + 11 * HOUR)
        assert play.outcomes("boiler_efficiency", "heat/B1") == "EENEEEEEEE"
        await play.write(every("heat/dcs-B1", START + 2 * HOUR, MINUTE, 60, dict.fromkeys(COAL, 0.0)))
        await play.settle(START + 11 * HOUR)
        assert play.outcomes("boiler_efficiency", "heat/B1") == "EENNNNNEEE"
        after = play.hour("heat/B1/yx_b_efficiency", START + 6 * HOUR)
        assert (after.value, after.note) == (None, "启动后未满 4 小时")
        assert play.hour("heat/B1/yx_b_efficiency", START + 7 * HOUR).value == pytest.approx(78.22, abs=0.01)


@pytest.mark.parametrize(
    ("position", "said"),
    [("boiler_exit", ""), (None, "位置未登记"), ("stack", "在烟囱"), ("after_scrubber", "脱硫除尘之后")],
)
async def test_the_indirect_method_wants_the_flue_gas_of_the_boilers_exit(
    url: str, position: str | None, said: str
) -> None:
    """TSG G0003-2010, house reference 4.3: behind a scrubber or in the stack q2 is far too small, η falsely high."""
    analysis = {"boiler": "B1", "day": "2026-11-10", "q4_pct": 6.0, "q6_pct": 0.3}
    async with played(url, county(house(boiler("B1"), position=position, analyses=[analysis])), START) as play:
        await play.write(every("heat/dcs-B1", START, MINUTE, 60, COAL | {"a01012": 165.0, "a19001": 10.0}))
        await play.settle(START + 2 * HOUR)
        found = play.hour("heat/B1/yx_b_efficiency_indirect", START)
        assert found.valid is (position == "boiler_exit")
        assert said in found.note
        assert play.hour("heat/B1/yx_b_efficiency", START).valid


@pytest.mark.parametrize(("baseline", "outcome"), [(73.2, "C"), (73.4, "E")])
async def test_a_boiler_in_service_is_judged_by_its_gain_when_the_month_is_over(
    url: str, baseline: float, outcome: str
) -> None:
    """Plan task 13: 5 points more than in 2015, by month; also where the boiler stood through the month's last days."""
    since, end = beijing("2026-11-28T00:00"), beijing("2026-12-01T00:00")
    old = boiler("B1", manufactured="2012-10-30", baseline_efficiency_pct=baseline)
    async with played(url, county(house(old)), since) as play:
        stood = dict.fromkeys(COAL, 0.0)
        await play.write(every("heat/dcs-B1", since, MINUTE, DAY // MINUTE, lambda n: COAL if n < 5 * 60 else stood))
        for passed in range(1, 74):
            await play.settle(since + passed * HOUR + 11 * MINUTE)
            assert play.outcomes("boiler_progress", "heat/B1") == (outcome if since + passed * HOUR >= end else "")
        assert play.outcomes("boiler_efficiency", "heat/B1") == ""
        assert [level for rule, _, _, level in play.incidents() if rule == "boiler_progress"] == ["blue"] * (
            outcome == "E"
        )
