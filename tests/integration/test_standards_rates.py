"""Transmission rates 数据传输有效率 of months and quarters: what is due, what came in time, what was sent later."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from schemas.times import DAY, HOUR
from tests.integration.play import MINUTE, Sent, beijing, boiler, county, every, marked, played, sewage, stacked

if TYPE_CHECKING:
    from datetime import datetime

    from tests.integration.play import Values

# The first day with data is the day before the first whole one: what counts are 29 and 30 November.
SINCE, END = beijing("2026-11-28T00:00"), beijing("2026-12-01T00:00")
OUT, SUBJECT = "plant/out", "plant/DW001"
COUNTED = ("w01018", "w21003", "w21011", "w21001")
GAS = {"a34013": 30.0, "a21026": 100.0, "a21002": 150.0, "a19001": 9.0, "a00000": 10.0}


def hours(since: datetime, count: int, values: Values | None = None) -> list[Sent]:
    return every(OUT, since, HOUR, count, values or dict.fromkeys(COUNTED, 0.4))


def flow(since: datetime, days: int) -> list[Sent]:
    return every(OUT, since, 10 * MINUTE, 144 * days, {"w00000": 100.0})


async def test_month_and_quarter_are_judged_at_their_end_and_not_before(url: str) -> None:
    """Target 90 % (ministry and province, 2022-12), by month and quarter; a period that lasts has no verdict."""
    async with played(url, county(sewage(*COUNTED)), SINCE) as play:
        await play.write([*flow(SINCE, 3), *hours(SINCE, 72)])
        await play.settle(END - MINUTE)
        assert play.query("SELECT count(*) FROM verdict WHERE rule LIKE 'data_rate%%'") == [(0,)]
        await play.settle(END + 15 * MINUTE)
        [month] = play.verdicts("data_rate", SUBJECT)
        assert (month.window_start, month.outcome, month.value) == (beijing("2026-11-01T00:00"), "compliant", 100.0)
        assert month.body["complete"]["due"] == 2 * 24 * 4
        assert play.verdicts("data_rate_quarter", SUBJECT) == []
        await play.settle(beijing("2027-01-01T00:15"))
        [quarter] = play.verdicts("data_rate_quarter", SUBJECT)
        assert quarter.window_start == beijing("2026-10-01T00:00")
        assert quarter.value == pytest.approx(100 * 2 / 33)
        assert ("data_rate_quarter", SUBJECT, "open", "orange") in play.incidents()
        assert [one.outcome for one in play.verdicts("data_rate", SUBJECT)] == ["compliant", "exceeding"]


@pytest.mark.parametrize(("checks", "rate"), [(1, 100.0), (2, 100 * 22 / 23)])
async def test_one_hour_a_day_of_standard_check_leaves_the_denominator(url: str, checks: int, rate: float) -> None:
    """统计算法说明 (house reference part II 6): COD, NH3-N, TP, TN, up to 1 h a day; 23 of 24 hours count as full."""
    async with played(url, county(sewage(*COUNTED)), SINCE) as play:
        checked: Values = {factor: marked(0.4, "C") for factor in COUNTED}
        await play.write([*flow(SINCE, 3), *hours(SINCE, 24)])
        for day in range(1, 3):
            await play.write(hours(SINCE + day * DAY, checks, checked))
            await play.write(hours(SINCE + day * DAY + checks * HOUR, 24 - checks))
        await play.settle(END + 15 * MINUTE)
        [verdict] = play.verdicts("data_rate", SUBJECT)
        assert verdict.value == pytest.approx(rate)
        assert verdict.body["complete"]["transmission"] == 1.0


async def test_what_is_sent_late_counts_for_the_complete_figure_and_not_for_the_prompt_one(url: str) -> None:
    """即时, as first received, and 补全, after what was sent later: the platform keeps both (house reference part II 6)."""
    async with played(url, county(sewage(*COUNTED)), SINCE) as play:
        await play.write([*flow(SINCE, 3), *hours(SINCE, 24), *hours(SINCE + DAY, 24), *hours(SINCE + 2 * DAY, 12)])
        await play.settle(END + 15 * MINUTE)
        [verdict] = play.verdicts("data_rate", SUBJECT)
        assert (verdict.outcome, verdict.value) == ("exceeding", 75.0)
        # 600 s after its instant a reading is late; a second earlier it is not.
        late = [one._replace(at=SINCE + (60 + n) * HOUR) for n, one in enumerate(hours(SINCE, 10))]
        await play.write(late, received=END + HOUR)
        for one in hours(SINCE + 70 * HOUR, 2):
            await play.write([one], received=one.at + 10 * MINUTE)
        await play.settle(END + HOUR)
        [verdict] = play.verdicts("data_rate", SUBJECT)
        assert (verdict.outcome, verdict.value) == ("compliant", 100.0)
        assert verdict.body["complete"]["valid"] == 48 * 4
        assert verdict.body["prompt"]["valid"] == 38 * 4
        assert "即时: 传输率 79.17%" in verdict.body["note"]
        assert [one.value for one in play.verdicts("data_rate", SUBJECT, amended=True)] == [75.0]
        assert play.incidents() == []


async def test_a_stop_that_a_person_marked_leaves_the_denominator_though_nothing_was_sent(url: str) -> None:
    """统计算法说明: hours marked 停运 are not due. Silence alone is: half of it transmitted is 50 %, orange."""
    async with played(url, county(sewage(*COUNTED)), SINCE) as play:
        await play.write([*flow(SINCE, 2), *hours(SINCE, 48)])
        await play.settle(END + 15 * MINUTE)
        assert [one.value for one in play.verdicts("data_rate", SUBJECT)] == [50.0]
        assert play.incidents() == [("data_rate", SUBJECT, "open", "orange")]
        number = await play.mark(OUT, "stopped", SINCE + 2 * DAY, END)
        await play.settle(END + 15 * MINUTE)
        [verdict] = play.verdicts("data_rate", SUBJECT)
        assert (verdict.value, verdict.body["complete"]["due"]) == (100.0, 24 * 4)
        assert play.incidents() == []
        assert play.outcomes("sewage_day", "plant/DW001/w01018") == "CCN"
        from schemas.registry import marks

        await marks.withdraw(play.db, number, "li")
        await play.settle(END + 15 * MINUTE)
        assert [one.value for one in play.verdicts("data_rate", SUBJECT)] == [50.0]
        assert play.incidents() == [("data_rate", SUBJECT, "open", "orange")]


async def test_a_period_without_anything_due_is_not_judgeable(url: str) -> None:
    """A source that stood the whole time owes nothing: neither 0 % nor 100 %."""
    async with played(url, county(sewage(*COUNTED)), SINCE) as play:
        await play.write([*flow(SINCE, 1), *hours(SINCE, 24)])
        await play.settle(END + 15 * MINUTE)
        await play.mark(OUT, "stopped", SINCE + DAY, END)
        await play.settle(END + 15 * MINUTE)
        assert play.outcomes("data_rate", SUBJECT) == "N"


async def test_flue_gas_counts_dust_sulphur_and_nitrogen_by_valid_hours(url: str) -> None:
    """House reference 7.2: gas PM, SO2, NOx; an hour of fault (D) is transmitted and not valid, and no check is forgiven."""
    since = SINCE + DAY
    async with played(url, county(stacked(boiler("B1"))), since) as play:
        fault: Values = {factor: marked(value, "D") if factor == "a21026" else value for factor, value in GAS.items()}
        await play.write(
            every("heat/cems", since, MINUTE, 2 * 1440, lambda n: fault if 1440 <= n < 1440 + 6 * 60 else GAS)
        )
        await play.settle(END + 15 * MINUTE)
        [verdict] = play.verdicts("data_rate", "heat/DA001")
        assert verdict.value == pytest.approx(100 * (72 - 6) / 72)
        assert verdict.body["complete"]["transmission"] == 1.0
