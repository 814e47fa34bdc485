"""A registry that is corrected: what was derived and judged under the wrong one is derived and judged again, and only that."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.times import DAY, HOUR
from tests.integration.play import MINUTE, Play, beijing, boiler, changed, county, every, house, played, sewage, unit

START = beijing("2026-11-20T00:00")
NOW = START + 2 * DAY + HOUR
OUT, COD = "plant/out", "plant/DW001/w01018"
COAL = {"yx_b_steam_flow": 8.2, "yx_b_steam_pressure": 1.25, "yx_b_feed_temp": 60.0, "yx_b_coal_flow": 1250.0}


async def water(play: Play, cod: float = 55.0) -> None:
    await play.write(every(OUT, START, 10 * MINUTE, 2 * 144, {"w00000": 100.0, "w01010": 16.0, "w01001": 7.0}))
    await play.write(every(OUT, START, HOUR, 48, {"w01018": cod}))
    await play.settle(NOW)


async def test_an_outlet_moved_to_another_class_is_judged_again_from_the_first_stored_day(url: str) -> None:
    """GB 18918-2002 table 1: 55 mg/L break 1-A (50) and not 1-B (60); nothing is derived anew for it."""
    document = county(sewage("w01018"))
    async with played(url, document, START) as play:
        await water(play)
        assert play.outcomes("sewage_day", COD) == "EE"
        before = play.derived_at()
        await play.apply(
            changed(
                document, outlets=[document.sites[0].outlets[0].model_dump(mode="json") | {"standard": "GB18918-1B"}]
            )
        )
        await play.settle(NOW)
        assert [(one.outcome, one.limit_id) for one in play.verdicts("sewage_day", COD)] == [
            ("compliant", "GB18918-2002.1B.w01018.day")
        ] * 2
        assert len(play.verdicts("sewage_day", COD, amended=True)) == 2
        assert "sewage_day" not in {one[0] for one in play.incidents()}
        assert {one[0] for one in play.incidents(withdrawn=True)} >= {"sewage_day"}
        assert play.derived_at() == before


async def test_an_analysed_heating_value_changes_the_efficiency_of_stored_hours(url: str) -> None:
    """GB/T 10180-2017: η is inverse to the heating value; the analysis counts from its own day on."""
    document = county(house(boiler("B1")))
    async with played(url, document, START) as play:
        await play.write(every("heat/dcs-B1", START, MINUTE, 2 * 1440, COAL))
        await play.settle(NOW)
        before = play.hour("heat/B1/yx_b_efficiency", START + 30 * HOUR)
        await play.apply(changed(document, analyses=[{"boiler": "B1", "day": "2026-11-21", "lhv": 20000}]))
        await play.settle(NOW)
        first = play.hour("heat/B1/yx_b_efficiency", START + 6 * HOUR)
        second = play.hour("heat/B1/yx_b_efficiency", START + 30 * HOUR)
        assert first.value == before.value
        assert second.value == pytest.approx((before.value or 0) * 20934 / 20000)
        assert play.outcomes("boiler_efficiency", "heat/B1") == "E" * 24 + "C" * 24
        assert play.day("heat/B1/yx_b_efficiency", "2026-11-21").value == pytest.approx(second.value)
        assert play.month("heat/B1/yx_b_efficiency", "2026-11-01").high == pytest.approx(second.value)


async def test_a_budget_on_another_basis_changes_the_stored_days_of_standard_coal(url: str) -> None:
    """GB/T 2589-2020: 1 kWh is 0.1229 kgce by calorific value; a budget and its actuals use the same basis."""
    document = county(unit())
    async with played(url, document, START) as play:
        await play.write(every("unit/meters", START, 15 * MINUTE, 193, lambda n: {"yx_e_kwh": 1000.0 + 100 * n}))
        await play.settle(NOW)
        tce = play.day("unit/energy/yx_e_tce", "2026-11-20")
        assert tce.value == pytest.approx(9600 * 0.1229e-3)
        await play.apply(
            changed(document, budgets=[{"valid_from": "2026-01-01", "annual_tce": 18000, "electricity": "equivalent"}])
        )
        await play.settle(NOW)
        for day in ("2026-11-20", "2026-11-21"):
            assert (play.day("unit/energy/yx_e_tce", day).value or 0) > 2 * (tce.value or 0)
        month = play.month("unit/energy/yx_e_tce", "2026-11-01")
        assert month.value == pytest.approx(2 * (play.day("unit/energy/yx_e_tce", "2026-11-20").value or 0))
        [verdict] = play.verdicts("energy_budget", "unit/budget")
        assert verdict.value == pytest.approx(month.value)
        assert verdict.body["electricity"] == "equivalent"


async def test_a_telephone_number_derives_and_judges_nothing(url: str) -> None:
    """What does not enter a value changes none: no row, no verdict, nothing even marked."""
    document = county(sewage("w01018"), house(boiler("B1")), unit())
    async with played(url, document, START) as play:
        await water(play)
        before, contents = play.derived_at(), play.contents()
        raw = document.model_dump(mode="json", exclude_none=True)
        raw["people"][0]["phone"], raw["sites"][0]["contact"] = "139-0000-0000", "中控室"
        await play.apply(type(document).model_validate(raw))
        done = await play.rounds.round(NOW)
        assert (done.marks, done.hours) == (0, 0)
        assert (await play.round.round(NOW)).facts == 0
        assert (play.derived_at(), play.contents()) == (before, contents)


async def test_what_is_no_more_loses_its_verdicts_and_its_incident_is_withdrawn(url: str) -> None:
    """An outlet closed in the registry: its verdicts stay in the table, amended; nothing of it stands open for ever."""
    document = county(sewage("w01018"), house(boiler("B1")))
    async with played(url, document, START) as play:
        await water(play)
        assert "sewage_day" in {one[0] for one in play.incidents()}
        of_outlet = "SELECT count(*) FROM verdict WHERE subject LIKE 'plant/DW001%'"
        count = play.query(of_outlet)
        await play.apply(changed(document, outlets=[]))
        await play.settle(NOW)
        assert play.query(of_outlet + " AND amended_at IS NULL") == [(0,)]
        assert play.query(of_outlet) == count
        assert play.incidents() == []
        # Registered again, it is judged again.
        await play.apply(document)
        await play.settle(NOW)
        assert play.outcomes("sewage_day", COD) == "EE"
        assert ("sewage_day", COD, "open", "orange") in play.incidents()


async def test_a_year_has_one_verdict_also_when_its_budget_begins_another_day(url: str) -> None:
    """A budget entered with a wrong first day and corrected: the verdict on the wrong span does not stand beside the right."""
    document = county(unit(budgets=[{"valid_from": "2026-11-21", "annual_tce": 1e-3, "electricity": "calorific"}]))
    async with played(url, document, START) as play:
        await play.write(every("unit/meters", START, 15 * MINUTE, 193, lambda n: {"yx_e_kwh": 1000.0 + 100 * n}))
        await play.settle(NOW)
        [verdict] = play.verdicts("energy_year", "unit/budget")
        assert (verdict.window_start, verdict.outcome) == (START + DAY, "exceeding")
        await play.apply(
            changed(document, budgets=[{"valid_from": "2026-01-01", "annual_tce": 18000, "electricity": "calorific"}])
        )
        await play.settle(NOW)
        [verdict] = play.verdicts("energy_year", "unit/budget")
        assert verdict.window_start == beijing("2026-01-01T00:00")
        assert [one for one in play.incidents() if one[0].startswith("energy")] == []


@pytest.mark.parametrize("later", ["2027-01-01", None])
async def test_what_a_permit_no_longer_says_is_no_longer_judged(url: str, later: str | None) -> None:
    """A year's load has no limit but the permit's 许可排放量: where it is struck out, or begins later, nothing stands."""
    permit: dict[str, Any] = {
        "outlet": "DW001",
        "factor": "w01018",
        "basis": "year",
        "high": 0.05,
        "number": "XK-1",
        "valid_from": "2026-01-01",
    }
    document = county(sewage("w01018", permits=[permit]))
    async with played(url, document, START) as play:
        await water(play, 40.0)
        [verdict] = play.verdicts("load_permit", COD)
        assert (verdict.outcome, verdict.limit_value) == ("exceeding", 0.05)
        assert verdict.value == pytest.approx(2 * 40 * 8640 * 1e-6)
        assert [one[:3] for one in play.incidents()] == [("load_permit", COD, "open")]
        await play.apply(changed(document, permits=[permit | {"valid_from": later}] if later else []))
        await play.settle(NOW)
        assert play.verdicts("load_permit", COD) == []
        assert play.incidents() == []
