"""Registers and interval meters: nothing is invented, nothing lost, over gaps, midnights, months and changes of meter."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from schemas.times import DAY, HOUR
from tests.integration.play import MINUTE, Play, Sent, beijing, changed, county, every, marked, played, unit

if TYPE_CHECKING:
    from datetime import datetime

START = beijing("2026-11-20T00:00")
METER, KWH, TCE = "unit/meters", "unit/meters/yx_e_kwh", "unit/energy/yx_e_tce"
QUARTER = 15 * MINUTE


def shown(since: datetime, count: int, first: float, step: float = 10.0) -> list[Sent]:
    """Return *count* readings a quarter of an hour apart."""
    return every(METER, since, QUARTER, count, lambda n: {"yx_e_kwh": first + step * n})


def days(play: Play, *names: str, key: str = KWH) -> list[tuple[Any, bool, str]]:
    """Return value, validity and note of days of November 2026."""
    means = [play.day(key, f"2026-11-{name}") for name in names]
    return [(mean.value and round(mean.value, 6), mean.valid, mean.note) for mean in means]


async def test_a_register_that_rolls_over_counts_on(url: str) -> None:
    """House reference 5.2: cumulative meters roll over at their range; the step is what was left plus what is shown."""
    async with played(url, county(unit()), START) as play:
        await play.write(shown(START, 48, 999_530.0)[:48] + shown(START + 12 * HOUR, 49, 10.0))
        await play.settle(START + DAY + HOUR)
        assert days(play, "20") == [(960.0, True, "表计翻转")]


async def test_a_register_that_falls_without_a_registered_change_is_not_believed(url: str) -> None:
    """House reference 7.3: a decrease without meter change; the step is not counted, the day invalid, standard coal too."""
    async with played(url, county(unit()), START) as play:
        await play.write(shown(START, 48, 500_000.0) + shown(START + 12 * HOUR, 49, 100.0))
        await play.settle(START + DAY + HOUR)
        assert days(play, "20") == [(950.0, False, "表计示数下降(复位或换表)，该步未计")]
        tce = play.day(TCE, "2026-11-20")
        assert (tce.valid, tce.n_valid, tce.n_expected) == (False, 0, 1)


async def test_a_negative_step_back_is_never_consumption(url: str) -> None:
    """A reading that steps back by 3 and goes on: the day is invalid, and no part of it negative."""
    async with played(url, county(unit()), START) as play:
        await play.write(shown(START, 97, 1000.0))
        await play.settle(START + DAY + HOUR)
        await play.write(every(METER, START + DAY + QUARTER, QUARTER, 96, lambda n: {"yx_e_kwh": 1957.0 + n}))
        await play.settle(START + 2 * DAY + HOUR)
        assert days(play, "20", "21") == [(960.0, True, ""), (95.0, False, "表计示数下降(复位或换表)，该步未计")]
        assert min(one for (one,) in play.query("SELECT value FROM hourly WHERE value IS NOT NULL")) >= 0


async def test_a_meter_replaced_in_mid_month_joins_on(url: str) -> None:
    """换表: closing - last + now - opening (house reference 5.2); entered a day late, the stored days follow it."""
    document = county(unit())
    async with played(url, document, START) as play:
        await play.write(shown(START, 48, 500_000.0) + shown(START + 12 * HOUR, 49, 104.0))
        await play.settle(START + DAY + HOUR)
        assert [valid for _, valid, _ in days(play, "20")] == [False]
        change = {
            "device": "meters",
            "factor": "yx_e_kwh",
            "at": "2026-11-20T11:55",
            "closing": 500_476.0,
            "opening": 100.0,
        }
        await play.apply(changed(document, meter_changes=[change]))
        await play.settle(START + DAY + HOUR)
        assert days(play, "20") == [(470.0 + 6.0 + 4.0 + 480.0, True, "已登记换表，示数已衔接")]
        assert play.day(TCE, "2026-11-20").value == pytest.approx(960 * 0.1229e-3)
        assert play.month(KWH, "2026-11-01").value == 960.0


@pytest.mark.parametrize("order", ["in time", "reversed", "back at once"])
async def test_a_gap_over_midnight_is_shared_out_and_sums_telescope(url: str, order: str) -> None:
    """The register's gain over a gap is measured: shared by time, marked e 估算; the days are its last less its first."""
    async with played(url, county(unit()), START) as play:
        blocks = [
            shown(START, 81, 1000.0),
            shown(START + 70 * HOUR, 9, 9000.0),
        ]  # until 20:00, from 22:00 two days later
        if order == "reversed":
            blocks = [block[::-1] for block in blocks[::-1]]
        for block in blocks if order != "back at once" else [[*blocks[0], *blocks[1]]]:
            await play.write(block)
            await play.settle(START + 72 * HOUR + 20 * MINUTE)
        gap = (9000 - 1800) / 50
        assert days(play, "20", "21", "22") == [
            (round(800 + 4 * gap, 6), False, "估算: 缺数期间按时间分摊"),
            (round(24 * gap, 6), False, "估算: 缺数期间按时间分摊"),
            (round(22 * gap + 80, 6), False, "估算: 缺数期间按时间分摊"),
        ]
        assert sum(value for value, _, _ in days(play, "20", "21", "22")) == pytest.approx(9080 - 1000)
        assert {play.day(KWH, date(2026, 11, day)).marks for day in (20, 21, 22)} == {"Ne", "e"}


async def test_days_without_their_register_wait_for_it_and_are_derived_again_when_it_is_back(url: str) -> None:
    """Silence is no zero: while the register is away its days lack their end; back, it closes all of them."""
    async with played(url, county(unit()), START) as play:
        await play.write(shown(START, 81, 1000.0))
        for hour in range(1, 60):
            await play.settle(START + hour * HOUR + 11 * MINUTE)
        assert days(play, "20", "21") == [(800.0, False, "期末示数缺失"), (None, False, "无数据")]
        before = play.month(KWH, "2026-11-01")
        await play.write(shown(START + 60 * HOUR, 1, 9000.0))
        await play.settle(START + 60 * HOUR + 11 * MINUTE)
        assert sum(value for value, _, _ in days(play, "20", "21", "22")) == pytest.approx(8000)
        assert (play.month(KWH, "2026-11-01").value or 0) > (before.value or 0)


async def test_readings_that_do_not_count_are_a_gap_too(url: str) -> None:
    """Values marked D reach up to midnight: what the register gained behind them belongs partly to the day before."""
    async with played(url, county(unit()), START) as play:
        await play.write(shown(START, 96, 1000.0))
        fault = every(METER, START + DAY, QUARTER, 40, {"yx_e_kwh": marked(5.0, "D")})
        await play.write(fault)
        await play.settle(START + 34 * HOUR)
        await play.write(shown(START + 34 * HOUR, 57, 2350.0))
        await play.settle(START + 2 * DAY + HOUR)
        found = days(play, "20", "21")
        assert found[0] == (round(950 + 400 * 15 / (10 * 60 + 15), 6), False, "估算: 缺数期间按时间分摊")
        assert sum(value for value, _, _ in found) == pytest.approx(2350 + 560 - 1000)


async def test_a_gap_that_closes_gives_the_day_before_its_own_again(url: str) -> None:
    """What fills a gap later takes the shared part back out of the day before, though that day got no reading itself."""
    async with played(url, county(unit()), START) as play:
        await play.write([*shown(START, 96, 1000.0), *shown(START + 34 * HOUR, 57, 2350.0)])
        await play.settle(START + 2 * DAY + HOUR)
        assert [valid for _, valid, _ in days(play, "20", "21")] == [False, False]
        # From 00:15 on: half an hour is no gap, so the step is the second day's whole.
        await play.write(shown(START + DAY + QUARTER, 39, 1970.0, 9.0), received=START + 2 * DAY + HOUR)
        await play.settle(START + 2 * DAY + HOUR)
        assert days(play, "20", "21") == [(950.0, True, ""), (960.0, True, "")]


async def test_a_gap_over_the_end_of_a_month_makes_neither_month_certain_and_loses_nothing(url: str) -> None:
    """The months add up to what was measured, and neither is valid: nobody is convicted by how a gain was shared out."""
    end = beijing("2026-12-01T00:00")
    async with played(url, county(unit()), end - DAY) as play:
        await play.write(shown(end - DAY, 81, 1000.0) + shown(end + 4 * HOUR, 81, 2000.0))
        await play.settle(end + DAY + HOUR)
        months = [play.month(KWH, month) for month in ("2026-11-01", "2026-12-01")]
        assert sum(month.value or 0 for month in months) == pytest.approx(1800)
        assert months[0].value == pytest.approx(800 + 200 / 2)
        assert [(month.valid, month.marks) for month in months] == [(False, "Ne")] * 2
        assert {one.outcome for one in play.verdicts("energy_budget", "unit/budget")} == {"not_judgeable"}


@pytest.mark.parametrize(("lacking", "valid"), [(9, True), (10, False)])
async def test_an_interval_meter_is_valid_with_nine_tenths_of_its_values(url: str, lacking: int, valid: bool) -> None:  # noqa: FBT001
    """NHJC, house reference 5.3: completeness of 90 %; what is missing is not filled in. 86.4 of 96 values are needed."""
    point = {"factor": "yx_e_gas_m3", "interval_s": 900, "kind": "interval", "carrier": "natural_gas"}
    async with played(url, county(unit(point)), START) as play:
        await play.write(every(METER, START, QUARTER, 96 - lacking, {"yx_e_gas_m3": 2.0}))
        await play.settle(START + DAY + HOUR)
        found = play.day("unit/meters/yx_e_gas_m3", "2026-11-20")
        assert (found.value, found.n_valid, found.valid) == (2.0 * (96 - lacking), 96 - lacking, valid)
        assert found.note == f"缺数 {lacking}/96 个时段，未补"
        assert play.day(TCE, "2026-11-20").value == pytest.approx((found.value or 0) * 1.33e-3)


async def test_the_leap_day_is_a_day(url: str) -> None:
    """2028-02-29 has its hours, its row and its place in the month: February 2028 has 29 days."""
    since = beijing("2028-02-28T00:00")
    async with played(url, county(unit()), since) as play:
        await play.write(shown(since, 96 * 3 + 1, 1000.0))
        await play.settle(since + 3 * DAY + HOUR)
        assert [play.day(KWH, f"2028-{day}").value for day in ("02-28", "02-29", "03-01")] == [960.0] * 3
        month = play.month(KWH, "2028-02-01")
        assert (month.value, month.n_valid, month.n_expected, month.note) == (1920.0, 2, 29, "缺数或无效 27 天")
        [february] = [one for one in play.verdicts("energy_budget", "unit/budget") if one.window_start.month == 1]
        assert february.limit_value == pytest.approx(18000 * 29 / 366)
