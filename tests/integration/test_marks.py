"""Marks set by people: what they take out or bring back, that nothing but them decides it, and that all of it can be undone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from schemas.catalog.enums import MarkKind
from schemas.errors import UseError
from schemas.registry import marks
from schemas.registry.marks import Mark
from schemas.times import DAY, HOUR
from tests.integration.play import MINUTE, PERSON, Play, beijing, county, every, marked, played, sewage, stacked, unit
from tests.integration.play import boiler as boiler_of

START = beijing("2026-11-20T00:00")
NOW = START + DAY + HOUR
OUT, COD = "plant/out", "plant/DW001/w01018"
BREACH = ("sewage_day", COD, "open", "orange")


async def breach(play: Play) -> None:
    """A day over its limit of 50 by 6 hours of 100 mg/L in the morning."""
    await play.write(every(OUT, START, 10 * MINUTE, 144, {"w00000": 100.0, "w01010": 16.0, "w01001": 7.0}))
    await play.write(every(OUT, START, HOUR, 24, lambda n: {"w01018": 100.0 if 6 <= n < 12 else 40.0}))
    await play.settle(NOW)


@pytest.mark.parametrize(
    ("kind", "letter"), [("fault", "d"), ("maintenance", "m"), ("calibration", "c"), ("starting", "u")]
)
async def test_a_marked_period_is_invalid_its_day_amended_and_the_incident_withdrawn(
    url: str, kind: str, letter: str
) -> None:
    """Announcement 2022 No. 21: data marked invalid are not used to judge; the raw values and the old verdict stay."""
    async with played(url, county(sewage("w01018")), START) as play:
        await breach(play)
        assert BREACH in play.incidents()
        readings = play.query("SELECT * FROM reading ORDER BY point_id, ts")
        await play.mark(OUT, kind, START + 6 * HOUR, START + 12 * HOUR, factors=("w01018",))
        await play.settle(NOW)
        hours = [play.hour("plant/out/w01018", START + n * HOUR) for n in range(24)]
        assert [n for n, hour in enumerate(hours) if not hour.valid] == list(range(6, 12))
        assert {hour.marks for hour in hours[6:12]} == {letter}
        [before] = play.verdicts("sewage_day", COD, amended=True)
        [now] = play.verdicts("sewage_day", COD)
        assert (before.outcome, before.value, now.outcome, now.value) == ("exceeding", 55.0, "compliant", 40.0)
        assert (now.body["n_valid"], now.body["marks"]) == (18, f"N{letter}")
        assert play.incidents() == []
        assert BREACH[:2] in [one[:2] for one in play.incidents(withdrawn=True)]
        assert play.query("SELECT * FROM reading ORDER BY point_id, ts") == readings


async def test_a_mark_that_leaves_too_little_makes_the_day_not_judgeable(url: str) -> None:
    """HJ 356-2019: 17 hours left of 24 are no day mean; marking never turns a breach into compliance by that."""
    async with played(url, county(sewage("w01018")), START) as play:
        await breach(play)
        await play.mark(OUT, "fault", START + 6 * HOUR, START + 13 * HOUR)
        await play.settle(NOW)
        assert play.outcomes("sewage_day", COD) == "N"


async def test_a_mark_withdrawn_restores_exactly_what_stood_before(url: str) -> None:
    """A mark is never deleted: it is withdrawn, by a person, and every derived row and verdict is what it was."""
    async with played(url, county(sewage("w01018")), START) as play:
        await breach(play)
        before = play.contents()
        number = await play.mark(OUT, "fault", START + 6 * HOUR, START + 12 * HOUR)
        await play.settle(NOW)
        assert play.contents()["hourly"] != before["hourly"]
        await marks.withdraw(play.db, number, "li")
        await play.settle(NOW)
        assert play.contents() == before
        assert play.query("SELECT made_by, withdrawn_by, withdrawn_at IS NULL FROM mark") == [(PERSON, "li", False)]
        for wrong in (
            {"mark_id": number, "by": "li"},
            {"mark_id": number + 1, "by": "li"},
            {"mark_id": number, "by": "x"},
        ):
            with pytest.raises(UseError, match=r"标记|unknown person"):
                await marks.withdraw(play.db, **wrong)  # type: ignore[arg-type]  # a number and a name


async def test_of_marks_that_overlap_the_newest_prevails(url: str) -> None:
    """Announcement 2022 No. 21: the manual mark prevails over the device's, the later decision over the earlier."""
    async with played(url, county(sewage("w01018")), START) as play:
        await breach(play)
        await play.mark(OUT, "fault", START + 6 * HOUR, START + 12 * HOUR)
        newer = await play.mark(OUT, "valid", START + 8 * HOUR, START + 20 * HOUR)
        await play.settle(NOW)
        assert await valid_hours(play) == [n for n in range(24) if n not in {6, 7}]
        await play.mark(OUT, "stopped", START + 10 * HOUR, START + 11 * HOUR)
        await play.settle(NOW)
        assert await valid_hours(play) == [n for n in range(24) if n not in {6, 7, 10}]
        await marks.withdraw(play.db, newer, PERSON)
        await play.settle(NOW)
        assert await valid_hours(play) == [n for n in range(24) if not 6 <= n < 12]


async def valid_hours(play: Play) -> list[int]:
    return [n for n in range(24) if play.hour("plant/out/w01018", START + n * HOUR).valid]


async def test_valid_restores_what_the_device_marked_as_maintenance(url: str) -> None:
    """A person who saw the instrument says that a value marked M was good: it counts, marked v."""
    async with played(url, county(sewage("w01018")), START) as play:
        await play.write(every(OUT, START, 10 * MINUTE, 144, {"w00000": 100.0}))
        await play.write(every(OUT, START, HOUR, 24, lambda n: {"w01018": marked(60.0, "M") if n < 10 else 60.0}))
        await play.settle(NOW)
        assert play.outcomes("sewage_day", COD) == "N"
        await play.mark(OUT, "valid", START, START + 10 * HOUR)
        await play.settle(NOW)
        [verdict] = play.verdicts("sewage_day", COD)
        assert (verdict.outcome, verdict.body["n_valid"], verdict.body["marks"]) == ("exceeding", 24, "Nv")


async def test_marked_minutes_of_flue_gas_leave_the_hour_when_fewer_than_45_remain(url: str) -> None:
    """HJ 75-2017: a marked run of more than 15 minutes invalidates the hour, a shorter one does not."""
    gas = {"a34013": 60.0, "a21026": 100.0, "a21002": 150.0, "a19001": 9.0, "a00000": 10.0}
    async with played(url, county(stacked(boiler_of("B1"))), START) as play:
        await play.write(every("heat/cems", START, MINUTE, 120, gas))
        await play.settle(START + 2 * HOUR)
        assert play.outcomes("air_hour", "heat/DA001/a34013") == "EE"
        await play.mark("heat/cems", "calibration", START + 10 * MINUTE, START + 25 * MINUTE, factors=("a34013",))
        await play.mark("heat/cems", "calibration", START + HOUR, START + HOUR + 16 * MINUTE, factors=("a34013",))
        await play.settle(START + 2 * HOUR)
        assert play.outcomes("air_hour", "heat/DA001/a34013") == "EN"
        assert play.outcomes("air_hour", "heat/DA001/a21026") == "CC"


async def test_a_marked_register_shares_its_gain_out_and_the_days_still_add_up(url: str) -> None:
    """A mark over midnight makes a gap: both days are estimated; withdrawn, both stand as measured again."""
    async with played(url, county(unit()), START) as play:
        await play.write(every("unit/meters", START, 15 * MINUTE, 193, lambda n: {"yx_e_kwh": 1000.0 + n * n}))
        await play.settle(START + 2 * DAY + HOUR)
        before = play.contents()
        number = await play.mark("unit/meters", "fault", START + 22 * HOUR, START + 30 * HOUR)
        await play.settle(START + 2 * DAY + HOUR)
        days = [play.day("unit/meters/yx_e_kwh", day) for day in ("2026-11-20", "2026-11-21")]
        assert [(day.valid, "e" in day.marks) for day in days] == [(False, True)] * 2
        assert sum(day.value or 0 for day in days) == pytest.approx(192**2)
        await marks.withdraw(play.db, number, PERSON)
        await play.settle(START + 2 * DAY + HOUR)
        assert play.contents() == before


async def test_an_incident_that_begins_later_takes_no_others_place(url: str) -> None:
    """Two breaches with a pause; the first is marked away: the second stays the incident it was, the first is withdrawn."""
    async with played(url, county(sewage("w01018")), START) as play:
        await play.write(every(OUT, START, 10 * MINUTE, 144, {"w00000": 100.0}))
        await play.write(every(OUT, START, HOUR, 8, lambda n: {"w01018": 90.0 if n in {1, 4} else 20.0}))
        await play.settle(START + 9 * HOUR)
        instants = "SELECT incident_id FROM incident WHERE rule = 'sewage_instant' AND NOT body ? 'withdrawn' ORDER BY began_at"
        first, second = play.query(instants)
        number = await play.mark(OUT, "fault", START + HOUR, START + 2 * HOUR)
        await play.settle(START + 9 * HOUR)
        assert play.query(instants) == [second]
        await marks.withdraw(play.db, number, PERSON)
        await play.settle(START + 9 * HOUR)
        assert play.query(instants) == [first, second]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"made_by": "nobody"}, "unknown person: nobody"),
        ({"site": "elsewhere"}, "unknown site: elsewhere"),
        ({"device": "inlet"}, "unknown device: inlet"),
        ({"factors": ("w01018", "w09999")}, "unknown factor: w09999"),
        ({"until": START - HOUR}, "since must be before until"),
        ({"until": START}, "since must be before until"),
        ({"since": START.replace(tzinfo=None)}, "since must be before until"),
        ({"until": NOW + MINUTE}, "the period is not over"),
        ({"since": NOW - 400 * DAY}, "longer than a year"),
        ({"reason": "  坏 "}, "the reason is missing or too short"),
    ],
)
async def test_a_mark_that_cannot_be_right_is_refused_and_says_which_field(
    url: str, wrong: dict[str, Any], said: str
) -> None:
    """Decree 820 Art. 25(5): false marking is falsification, so who, where, when and why must be known; nothing is stored."""
    right = Mark(
        site="plant", device="out", kind=MarkKind.FAULT, since=START, until=START + HOUR, reason="采样泵故障",
        made_by=PERSON,
    )  # fmt: skip
    async with played(url, county(sewage("w01018")), START) as play:
        fields = {name: getattr(right, name) for name in Mark.__struct_fields__} | wrong
        with pytest.raises(UseError, match=said):
            await marks.add(play.db, Mark(**fields), NOW)
        assert play.query("SELECT * FROM mark") == []
        assert play.query("SELECT * FROM stale_window") == []
        assert await marks.add(play.db, right, NOW) == 1


async def test_the_registers_of_marks_lists_the_withdrawn_too(url: str) -> None:
    """Who marked what and when, and who took it back: kept for the inspector (records of 5 years, Decree 820 Art. 26)."""
    async with played(url, county(sewage("w01018")), START) as play:
        numbers = [await play.mark(OUT, "fault", START, START + HOUR, evidence=f"工单{n}") for n in range(3)]
        await marks.withdraw(play.db, numbers[1], "li")
        found = await marks.listed(play.db, "plant")
        assert [(one["mark_id"], one["evidence"], one["withdrawn_by"]) for one in found] == [
            (numbers[2], "工单2", None), (numbers[1], "工单1", "li"), (numbers[0], "工单0", None),
        ]  # fmt: skip
        assert await marks.listed(play.db, "elsewhere") == []
        noon = beijing("2026-11-21T12:00")
        assert [marks.is_late(START + HOUR, at) for at in (noon, noon + timedelta(seconds=1))] == [False, True]
