from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from alerts.report import period, report
from schemas.errors import UseError
from schemas.times import day_start
from tests.integration.play import county, every, played, sewage, unit

if TYPE_CHECKING:
    from tests.integration.play import Play

START = day_start(date(2026, 11, 20))
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TEN_MINUTES = timedelta(minutes=10)
WATER = {"w01018": 30.0, "w21003": 2.0}


async def water(play: Play, start: datetime, hours: int) -> None:
    """Send *hours* of a plant's outlet: concentrations hourly, 100 L/s each ten minutes."""
    await play.write(every("plant/out", start, TEN_MINUTES, 6 * hours, {"w00000": 100.0}))
    await play.write(every("plant/out", start, HOUR, hours, WATER))


async def told(play: Play, what: str, of: str, today: date) -> list[list[str]]:
    text = await report(play.db, what, period(of, today))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()[4:]]


async def test_rates_by_point_outlet_and_county(url: str) -> None:
    """传输有效率 = 传输率 x 有效率 (ministry's note of 2022): 23 of 24 hours came, all valid."""
    async with played(url, county(sewage("w01018", "w21003")), START - DAY) as play:
        await water(play, START - DAY, 24)
        await water(play, START, 23)
        await play.settle(START + DAY + HOUR)
        rows = await told(play, "rates", "2026-11", date(2026, 11, 21))
    cod, ammonia, outlet, whole = rows
    assert cod[2:] == ["24", "23", "95.83%", "100.00%", "95.83%", "95.83%"]
    assert ammonia[2:] == cod[2:]
    assert outlet[1:4] == ["**合计**", "48", "46"]
    assert whole[2:] == outlet[2:]


async def test_loads_of_an_outlet_and_the_county(url: str) -> None:
    """kg = mg/L x m3 x 1e-3 (HJ 212-2017 D.1): 30 mg/L in 8,640 m3 a day are 0.2592 t."""
    async with played(url, county(sewage("w01018", "w21003")), START) as play:
        await water(play, START, 48)
        await play.settle(START + 2 * DAY + HOUR)
        rows = await told(play, "loads", "2026Q4", date(2026, 11, 22))
    loads = {(row[0], row[1]): row[2:] for row in rows}
    [outlet] = [key for key in loads if key[1] == "化学需氧量" and "在线监测" not in key[0]]
    assert loads[outlet][0] == "0.518"
    [whole] = [key for key in loads if key[1] == "化学需氧量" and "在线监测" in key[0]]
    assert (loads[whole][0], loads[whole][3]) == ("**0.518**", "8783")


async def test_energy_by_carrier_unit_and_county(url: str) -> None:
    """GB/T 2589-2020: 0.1229 kgce/kWh; a register that gains 1,000 kWh an hour."""
    meter = {"factor": "yx_e_kwh", "interval_s": 3600, "kind": "counter", "carrier": "electricity", "register_max": 1e8}
    async with played(url, county(unit(meter)), START) as play:
        await play.write(every("unit/meters", START, HOUR, 49, lambda n: {"yx_e_kwh": 5e6 + 1000.0 * n}))
        await play.settle(START + 2 * DAY + HOUR)
        rows = await told(play, "energy", "2026-11", date(2026, 11, 22))
    carrier, works, whole = rows
    assert carrier[1:5] == ["电力", "48000.0 kWh", "0.1229", "5.90"]
    assert works[4] == whole[4] == "**5.90**"


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-11-20", date(2026, 11, 20), date(2026, 11, 20)),
        ("2026-02", date(2026, 2, 1), date(2026, 2, 28)),
        ("2028-02", date(2028, 2, 1), date(2028, 2, 29)),
        ("2026Q4", date(2026, 10, 1), date(2026, 12, 31)),
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
    ],
)
def test_periods_are_calendar_periods(text: str, first: date, last: date) -> None:
    assert period(text, date(2029, 1, 1))[1:3] == (first, last)


def test_a_period_ends_yesterday() -> None:
    assert period("2026-11", datetime(2026, 11, 23, tzinfo=UTC).date()).last == date(2026, 11, 22)


@pytest.mark.parametrize("text", ["", "2026-13", "2026-02-30", "2026Q5", "november", "2030"])
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(UseError):
        period(text, date(2026, 11, 23))
