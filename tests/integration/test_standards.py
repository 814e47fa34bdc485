"""What the standards answer to doubtful hours and days, from the reading to the verdict and the incident."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from schemas.times import DAY, HOUR
from tests.integration.play import MINUTE, beijing, boiler, county, every, marked, played, sewage, stacked, unit

START = beijing("2026-11-20T00:00")
OUT, COD, AMMONIA = "plant/out", "plant/DW001/w01018", "plant/DW001/w21003"
GAS = {"a34013": 40.0, "a21026": 100.0, "a21002": 150.0, "a19001": 9.0, "a00000": 10.0}
OLD, NEW = boiler("B1", eia_approved="2013-05-01", manufactured="2013-09-01"), boiler("B2", eia_approved="2020-12-01")


def flowing(since: Any, days: int = 1, **values: float) -> list[Any]:
    return every(OUT, since, 10 * MINUTE, days * 144, {"w00000": 100.0, "w01010": 16.0, "w01001": 7.0} | values)


async def test_where_nothing_flows_for_days_no_concentration_is_judged_and_nothing_was_discharged(url: str) -> None:
    """HJ 356-2019: with flow 0 the concentration is invalid, so 300 mg/L in the still basin break no limit; the load is 0."""
    async with played(url, county(sewage("w01018")), START) as play:
        await play.write([*flowing(START, 3, w00000=0.0), *every(OUT, START, HOUR, 72, {"w01018": 300.0})])
        await play.settle(START + 3 * DAY + HOUR)
        assert play.outcomes("sewage_day", COD) == "NNN"
        assert play.outcomes("sewage_instant", COD) == play.outcomes("sewage_hour", COD) == "N" * 72
        assert {one.body["why"] for one in play.verdicts("sewage_instant", COD)} == {"零流量，浓度无效"}
        assert play.incidents() == []
        for day in range(3):
            load = play.day("plant/DW001/yx_l_w01018", date(2026, 11, 20 + day))
            assert (load.value, load.valid) == (0.0, True)


async def test_an_hour_that_begins_to_flow_late_is_judged_again(url: str) -> None:
    """The flow of an hour may come after its concentration: the verdict follows it, and the old one is kept."""
    async with played(url, county(sewage("w01018")), START) as play:
        await play.write(every(OUT, START, HOUR, 1, {"w01018": 80.0}))
        await play.settle(START + 2 * HOUR)
        assert play.outcomes("sewage_instant", COD)[0] == "E"
        await play.write(every(OUT, START, 10 * MINUTE, 6, {"w00000": 0.0}))
        await play.settle(START + 2 * HOUR)
        assert play.outcomes("sewage_instant", COD)[0] == "N"
        assert play.verdicts("sewage_instant", COD, amended=True)[0].outcome == "exceeding"
        assert play.incidents() == []
        assert ("sewage_instant", COD, "closed", "orange") in play.incidents(withdrawn=True)


@pytest.mark.parametrize(
    ("oxygen", "outcome", "why"),
    [
        (18.9, "E", ""),
        (19.0, "N", "停炉(氧含量≥19%)"),
        (21.0, "N", "停炉(氧含量≥19%)"),
        (None, "N", "氧含量无效，不能折算"),
    ],
)
async def test_a_boiler_that_stands_breaks_no_limit(url: str, oxygen: float | None, outcome: str, why: str) -> None:
    """GB 13271-2014 5.2: C = C' (21 - 9)/(21 - O2') grows beyond all measure near 21 %: from 19 % on it is 停炉, no alert."""
    async with played(url, county(stacked(NEW)), START) as play:
        gas = {name: value for name, value in (GAS | {"a19001": oxygen}).items() if value is not None}
        await play.write(every("heat/cems", START, MINUTE, 60, gas))
        await play.settle(START + HOUR)
        [verdict] = play.verdicts("air_hour", "heat/DA001/a21002")
        assert verdict.outcome[0].upper() == outcome
        assert verdict.body.get("why", "") == why
        assert (len(play.incidents()) == 0) is (outcome == "N")
        if oxygen == 18.9:
            assert verdict.value == pytest.approx(150 * 12 / 2.1)


async def test_the_instantaneous_limit_begins_with_the_first_hour_of_march_2026(url: str) -> None:
    """GB 18918 修改单, in force 2026-03-01: 23:00 of 28 February is held against none, 00:00 against 75 mg/L, 疑似."""
    since = beijing("2026-02-28T00:00")
    async with played(url, county(sewage("w01018")), since) as play:
        await play.write([*flowing(since, 2), *every(OUT, since, HOUR, 48, {"w01018": 80.0})])
        await play.settle(since + 2 * DAY + HOUR)
        found = play.verdicts("sewage_instant", COD)
        assert [one.window_start for one in found] == [beijing("2026-03-01T00:00") + n * HOUR for n in range(24)]
        assert {(one.outcome, one.limit_value, one.body["suspected"]) for one in found} == {("exceeding", 75.0, True)}
        # pH: by the day until 28 February, by its instant afterwards.
        assert play.outcomes("sewage_day", "plant/DW001/w01001") == "C"
        assert play.outcomes("sewage_instant", "plant/DW001/w01001") == "C" * 24


async def test_the_softer_phosphorus_of_old_plants_ends_with_2027(url: str) -> None:
    """GB 18918-2002 table 1 row 9: EIA until 2005-12-31 1 mg/L; 修改单: from 2028-01-01 0.5 for every plant."""
    since = beijing("2027-12-31T00:00")
    async with played(url, county(sewage("w01018", "w21011", eia_approved="2004-06-01")), since) as play:
        await play.write([*flowing(since, 2), *every(OUT, since, HOUR, 48, {"w21011": 0.8})])
        await play.settle(since + 2 * DAY + HOUR)
        found = play.verdicts("sewage_day", "plant/DW001/w21011")
        assert [(one.outcome, one.limit_value) for one in found] == [("compliant", 1.0), ("exceeding", 0.5)]


@pytest.mark.parametrize(("temperature", "limit", "outcome"), [(12.0, 8.0, "C"), (12.1, 5.0, "E"), (None, 5.0, "E")])
async def test_ammonia_is_held_by_the_temperature_of_the_water(
    url: str, temperature: float | None, limit: float, outcome: str
) -> None:
    """GB 18918-2002 table 1 note 2: the value in brackets at 12 °C and below; without temperature the stricter one."""
    async with played(url, county(sewage("w01018", "w21003")), START) as play:
        sent = flowing(START, 1, w01010=temperature or 0.0)
        if temperature is None:
            sent = [one._replace(values={"w00000": 100.0}) for one in sent]
        await play.write([*sent, *every(OUT, START, HOUR, 24, {"w21003": 7.0})])
        await play.settle(START + DAY + HOUR)
        [verdict] = play.verdicts("sewage_day", AMMONIA)
        assert (verdict.outcome[0].upper(), verdict.limit_value) == (outcome, limit)
        assert ("温度缺失，按严值" in verdict.body["note"]) is (temperature is None)


@pytest.mark.parametrize(
    ("factor", "value", "rounded", "outcome"),
    [("w01018", 50.5, 50, "C"), ("w01018", 51.5, 52, "E"), ("w21003", 5.5, 6, "E"), ("w21003", 4.5, 4, "C"),
     ("w21011", 0.55, 0.6, "E"), ("w21011", 0.45, 0.4, "C")],
)  # fmt: skip
async def test_a_value_is_rounded_half_to_even_before_it_is_compared(
    url: str, factor: str, value: float, rounded: float, outcome: str
) -> None:
    """GB/T 8170 四舍六入五成双, to the decimals the limit is printed with: 50.5 is 50, 51.5 is 52."""
    async with played(url, county(sewage("w01018", "w21003", "w21011")), START) as play:
        await play.write([*flowing(START), *every(OUT, START, HOUR, 24, {factor: value})])
        await play.settle(START + DAY + HOUR)
        [verdict] = play.verdicts("sewage_day", f"plant/DW001/{factor}")
        assert (verdict.value, verdict.body["rounded"], verdict.outcome[0].upper()) == (value, rounded, outcome)


async def test_a_permit_goes_before_the_standard_until_it_ends(url: str) -> None:
    """The discharge permit 排污许可证 binds in its time, its first and last day included; then the standard again."""
    permit = {"outlet": "DW001", "factor": "w01018", "basis": "day", "high": 30, "decimals": 0, "number": "XK-1",
              "valid_from": "2026-11-21", "valid_to": "2026-11-22"}  # fmt: skip
    async with played(url, county(sewage("w01018", permits=[permit])), START) as play:
        await play.write([*flowing(START, 4), *every(OUT, START, HOUR, 96, {"w01018": 40.0})])
        await play.settle(START + 4 * DAY + HOUR)
        found = play.verdicts("sewage_day", COD)
        assert [one.outcome[0].upper() for one in found] == list("CEEC")
        assert [one.limit_value for one in found] == [50.0, 30.0, 30.0, 50.0]
        assert "XK-1" in found[1].body["clause"]
        assert play.incidents()[0] == ("sewage_day", COD, "closed", "orange")


async def test_boilers_that_share_a_stack_are_held_to_the_strictest(url: str) -> None:
    """GB 13271-2014 4.6, tables 1 and 2: in use 80 mg/m3, new 50; the stack of both keeps 50, at 9 % O2 (table 6)."""
    for boilers, limit, outcome in ((OLD,), 80.0, "C"), ((OLD, NEW), 50.0, "E"):
        async with played(url, county(stacked(*boilers)), START - (limit == 80.0) * DAY) as play:
            since = START - (limit == 80.0) * DAY
            await play.write(every("heat/cems", since, MINUTE, 60, GAS | {"a34013": 45.0, "a19001": 11.0}))
            await play.settle(since + HOUR)
            verdict = play.verdict("air_hour", "heat/DA001/a34013", since)
            assert verdict is not None
            assert verdict.value == pytest.approx(45 * 12 / 10)
            assert (verdict.limit_value, verdict.outcome[0].upper()) == (limit, outcome)


async def test_above_the_range_of_the_instrument_is_told_without_a_value(url: str) -> None:
    """HJ 212-2017 table 8: T, the true value is at least the range; no value for the mean, but an incident and its notice."""
    async with played(url, county(sewage("w01018")), START) as play:
        await play.write([*flowing(START), *every(OUT, START, HOUR, 2, {"w01018": marked(5000.0, "T")})])
        await play.settle(START + 2 * HOUR + MINUTE)
        assert play.outcomes("above_range", COD) == "EE"
        assert play.outcomes("sewage_instant", COD) == "NN"
        assert ("above_range", COD, "open", "orange") in play.incidents()
        [(text,)] = play.query("SELECT body ->> 'text' FROM notice WHERE step = 'opened'")
        # What is not there is left out, never shown as 0.
        assert "最近值" not in text
        assert "真值不低于量程" in text


@pytest.mark.parametrize("kind", ["flow", "concentration"])
async def test_the_load_of_a_day_is_what_flowed_times_what_was_in_it(url: str, kind: str) -> None:
    """HJ 212-2017 D.1: kg = mg/L x m3 x 1e-3; where either is not known for 18 hours no load is said (HJ 356-2019)."""
    async with played(url, county(sewage("w01018")), START) as play:
        lacks = {"flow": (17, 24), "concentration": (24, 17)}[kind]
        await play.write(every(OUT, START, 10 * MINUTE, lacks[0] * 6, {"w00000": 100.0}))
        await play.write(every(OUT, START, HOUR, lacks[1], {"w01018": 40.0}))
        await play.settle(START + DAY + HOUR)
        load = play.day("plant/DW001/yx_l_w01018", "2026-11-20")
        assert (load.value, load.valid) == (None, False)
        later = START + timedelta(hours=17)
        sent = {"w00000": 100.0} if kind == "flow" else {"w01018": 40.0}
        await play.write(
            every(OUT, later, 10 * MINUTE, 42, sent) if kind == "flow" else every(OUT, later, HOUR, 7, sent)
        )
        await play.settle(START + DAY + HOUR)
        load = play.day("plant/DW001/yx_l_w01018", "2026-11-20")
        assert load.value == pytest.approx(40 * 8640 * 1e-3)


async def test_what_stands_in_for_a_missing_load_follows_the_months_before_it(url: str) -> None:
    """HJ 356-2019: a missing daily load counts the largest of the last 30 valid ones, also where that one is corrected late."""
    since, load = beijing("2026-11-29T00:00"), "plant/DW001/yx_l_w01018"
    async with played(url, county(sewage("w01018")), since) as play:
        known = [*range(24, 48), *range(72, 96)]
        await play.write(
            [
                *flowing(since, 4),
                *(one for n in known for one in every(OUT, since + n * HOUR, HOUR, 1, {"w01018": 40.0})),
            ]
        )
        await play.settle(since + 4 * DAY + HOUR)
        assert play.day(load, "2026-12-01").value is None
        december = play.month(load, "2026-12-01")
        assert december.value == pytest.approx(2 * 40 * 8.64)
        assert december.low == pytest.approx(40 * 8.64)
        assert december.note.startswith("替代(估算) 1 天")
        await play.write(every(OUT, since, HOUR, 24, {"w01018": 50.0}), received=since + 4 * DAY)
        await play.settle(since + 4 * DAY + HOUR)
        assert play.month(load, "2026-12-01").value == pytest.approx((40 + 50) * 8.64)


async def test_the_county_is_held_to_its_cap_by_what_is_monitored(url: str) -> None:
    """Plan task 2: the county's tonnes of standard coal a year; the monitored part above the cap is certain, so red."""
    async with played(url, county(unit(), energy_cap_tce=0.2), START) as play:
        await play.write(every("unit/meters", START, 15 * MINUTE, 193, lambda n: {"yx_e_kwh": 10.0 * n}))
        for days, outcome in ((1, "not_judgeable"), (2, "exceeding")):
            await play.settle(START + days * DAY + HOUR)
            [verdict] = play.verdicts("energy_cap", "county/yx_e_tce")
            assert (verdict.outcome, verdict.limit_value) == (outcome, 0.2)
            assert verdict.value == pytest.approx(days * 960 * 0.1229e-3)
        assert "monitored sources only" in verdict.body["part"]
        assert ("energy_cap", "county/yx_e_tce", "open", "red") in play.incidents()
