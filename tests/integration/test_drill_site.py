"""What the pages of sites read, on a real database."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from alerts.desk.drill import site_facts, sums
from alerts.desk.drill.sums import Rate
from alerts.desk.source import Source
from alerts.judge.rates import rates
from schemas.records import mean_of
from schemas.times import DAY, HOUR
from tests.integration.play import MEAN, MINUTE, Play, beijing, county, every, marked, played, sewage, unit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from alerts.desk.drill.site_facts import SiteFacts

START = beijing("2026-06-01T00:00")
NOW = beijing("2026-06-04T10:30")
FACTOR = "w01018"
OFTEN = {"w00000": 30.0, "w01010": 20.0, "w01001": 7.0}


async def fill(play: Play) -> None:
    """Three days and ten hours: the second day lacks six hours, two hours of the third were those of a calibration."""
    for n in range(82):
        at = START + n * HOUR
        if 30 <= n < 36:
            continue
        value = marked(0.1, "C") if n in {50, 51} else 3.0 + n % 5
        await play.write(every("plant/out", at, 10 * MINUTE, 6, OFTEN))
        await play.write(every("plant/out", at, HOUR, 1, {FACTOR: value}))
    await play.derive(NOW)


def run(url: str, story: Callable[[Play], Awaitable[None]]) -> None:
    async def told() -> None:
        document = county(sewage(FACTOR), unit())
        async with played(url, document, START) as play:
            await fill(play)
            await story(play)

    asyncio.run(told())


async def read(play: Play, site: str = "plant") -> SiteFacts:
    registry = site_facts.alone(play.registry, site)
    assert registry is not None
    return await site_facts.read(play.db, registry, NOW)


def test_the_newest_valid_day_todays_hours_and_the_day_data_were_last_seen_are_read(url: str) -> None:
    async def story(play: Play) -> None:
        found = await read(play)
        oxygen_demand = found.point("out", FACTOR)
        assert oxygen_demand is not None
        assert found.days[oxygen_demand]["day"] == date(2026, 6, 3)
        assert found.days[oxygen_demand]["value"] == play.day(f"plant/out/{FACTOR}", date(2026, 6, 3)).value
        assert [row["hour"] for row in found.today[oxygen_demand]] == [
            beijing("2026-06-04T00:00") + n * HOUR for n in range(10)
        ]
        assert found.last[oxygen_demand] == date(2026, 6, 4)

    run(url, story)


def test_a_day_that_is_not_valid_does_not_hide_the_one_before(url: str) -> None:
    async def story(play: Play) -> None:
        play.change("UPDATE daily SET valid = false WHERE day = '2026-06-03'")
        found = await read(play)
        newest = play.query(
            "SELECT point_id, max(day) FROM daily WHERE valid AND value IS NOT NULL AND day < '2026-06-03' GROUP BY point_id"
        )
        shown = {number: row["day"] for number, row in found.days.items()}
        assert shown
        assert shown == {number: day for number, day in newest if number in shown}

    run(url, story)


def test_the_rate_of_the_month_is_that_of_the_judges_rule_from_the_day_after_the_first_data(url: str) -> None:
    async def story(play: Play) -> None:
        [rate] = (await read(play)).rates.values()
        point = play.point(f"plant/out/{FACTOR}")
        days = play.query(
            f"SELECT {MEAN} FROM daily WHERE point_id = %s AND day BETWEEN '2026-06-02' AND '2026-06-03'", point
        )
        judged = rates([mean_of(row) for row in days], 2, prompt=False)
        assert rate == Rate(date(2026, 6, 2), judged.due, judged.valid)
        assert rate.share == pytest.approx(judged.effective)
        # A day without a row counts as due and nothing of it as valid.
        play.change("DELETE FROM daily WHERE day = '2026-06-03'")
        [lost] = (await read(play)).rates.values()
        assert (lost.due, lost.valid) == (rates([mean_of(days[0])], 2, prompt=False).due, 18)

    run(url, story)


def test_the_newest_hour_stands_beside_the_newest_valid_one(url: str) -> None:
    async def story(play: Play) -> None:
        point, last = play.point(f"plant/out/{FACTOR}"), beijing("2026-06-04T09:00")
        play.change(
            f"UPDATE hourly SET valid = false, note = '核查' WHERE point_id = {point} AND hour = '{last.isoformat()}'"
        )
        [row] = await play.db.fetch_dicts("drill_site_hours", points=[point], since=START, until=last + HOUR)
        assert (row["hour"], row["valid"], row["note"]) == (last, False, "核查")
        assert (row["valid_hour"], row["valid_value"]) == (
            last - HOUR,
            play.hour(f"plant/out/{FACTOR}", last - HOUR).value,
        )

    run(url, story)


def test_incidents_that_are_over_are_those_of_the_site_and_of_the_last_month(url: str) -> None:
    async def story(play: Play) -> None:
        for number, (site, state, days) in enumerate(
            (("plant", "closed", 2), ("plant", "open", 3), ("unit", "closed", 2), ("plant", "closed", 40))
        ):
            play.change(
                "INSERT INTO incident (rule, subject, site_id, state, level, lead_bureau, began_at, last_window, body)"
                f" VALUES ('sewage_day', 's{number}', '{site}', '{state}', 'red', 'epb', '{(NOW - days * DAY).isoformat()}', now(), '{{}}')"
            )
        assert [case.subject for case in (await read(play)).over if case.subject.startswith("s")] == ["s0"]

    run(url, story)


def test_refusals_are_counted_by_reason_and_their_bytes_are_given_for_the_own_site_alone(url: str) -> None:
    async def story(play: Play) -> None:
        for site, reason, hours, payload in (
            ("plant", "malformed", 3, "old"), ("plant", "malformed", 1, "new"), ("plant", "future", 2, "x"),
            ("plant", "future", 24 * 8, "long ago"), ("unit", "malformed", 1, "other"),
        ):  # fmt: skip
            play.change(
                "INSERT INTO rejection (received_at, reason, topic, site_id, details, refused, payload, batch_id) VALUES"
                f" ('{(NOW - hours * HOUR).isoformat()}', '{reason}', 't', '{site}', '{{because}}', 2, '{payload}', 1)"
            )
        found = (await read(play)).rejections
        assert [(row["reason"], row["messages"], row["refused"]) for row in found] == [
            ("malformed", 2, 4),
            ("future", 1, 2),
        ]
        newest = found[0]["rejection_id"]
        shown = await site_facts.rejection(play.db, "plant", newest)
        assert shown is not None
        assert shown["payload"] == b"new"
        assert await site_facts.rejection(play.db, "unit", newest) is None

    run(url, story)


def test_marks_that_hold_or_will_and_those_of_yesterday_are_shown_unless_taken_back(url: str) -> None:
    async def story(play: Play) -> None:
        spans = ((-2, 2), (24, 30), (-20, -10), (-90, -80))
        numbers = [
            await play.mark("plant/out", "maintenance", NOW + since * HOUR, NOW + until * HOUR)
            for since, until in spans
        ]
        play.change(f"UPDATE mark SET withdrawn_at = now() WHERE mark_id = {numbers[0]}")
        assert [row["mark_id"] for row in (await read(play)).marks] == [numbers[1], numbers[2]]

    run(url, story)


def test_the_sums_of_the_county_hold_rates_budgets_and_since_when_the_silent_are_silent(url: str) -> None:
    async def story(play: Play) -> None:
        play.change(
            "INSERT INTO verdict (rule, subject, window_start, window_end, outcome, limit_id, body)"
            " VALUES ('energy_budget', 'unit/budget', now(), now(), 'compliant', 'x', '{\"used\": 5}')"
        )
        play.change("UPDATE daily SET n_received = 0")
        point = play.point("unit/meters/yx_e_kwh")
        play.change(
            "INSERT INTO daily (point_id, day, n_valid, n_expected, valid, marks, note, rule_version, n_received)"
            f" VALUES ({point}, '2025-03-04', 24, 24, true, '', '', 'x', 24)"
        )
        found = await sums.read(play.db, play.registry, {"unit", "plant"}, NOW)
        assert found.verdicts["energy_budget", "unit"]["body"] == {"used": 5}
        assert found.last == {"unit": date(2025, 3, 4)}
        assert found.rates == {}

    run(url, story)


def test_pages_that_look_at_the_same_time_share_one_reading(url: str) -> None:
    async def story(play: Play) -> None:
        source = Source(url)
        ledger = sums.Ledger(source)
        first, second = await asyncio.gather(
            ledger.current(play.registry, [], NOW), ledger.current(play.registry, [], NOW + timedelta(seconds=1))
        )
        assert first is second is ledger.newest
        later = await ledger.current(play.registry, [], NOW + timedelta(seconds=31))
        assert later is not first
        assert set(later.rates) == {"plant"}
        await source.close()

    run(url, story)


def test_on_the_first_of_a_month_nothing_is_due(url: str) -> None:
    async def story(play: Play) -> None:
        found = await sums.rates(play.db, play.registry, play.registry.document.sites, beijing("2026-07-01T08:00"))
        assert [one.share for one in found.values()] == [None]

    run(url, story)


def test_a_site_that_is_not_in_the_registry_is_none(url: str) -> None:
    async def story(play: Play) -> None:
        assert site_facts.alone(play.registry, "elsewhere") is None
        own = site_facts.alone(play.registry, "unit")
        assert own is not None
        assert {key[0] for key in own.points} == {"unit"}

    run(url, story)
