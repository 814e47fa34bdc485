"""The wall's snapshot on a real database: what was judged is shown, and what changed is read. Its keeper: test_snapshot_keeper.py."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg
import pytest

from alerts.desk.snapshot import Follower, Reader
from schemas.registry import store
from schemas.runtime import database
from schemas.times import DAY, HOUR
from tests.integration.play import MINUTE, SECOND, Sent, beijing, county, every, played, sewage, unit

if TYPE_CHECKING:
    from collections.abc import Callable

    from alerts.desk.facts import SiteView, Snapshot
    from schemas.registry.store import Registry

START = beijing("2026-11-28T00:00")
OUT, METERS = "plant/out", "unit/meters"
COUNTED = ("w01018", "w21003", "w21011", "w21001")


def kwh(per_quarter: float, count: int) -> list[Sent]:
    return every(METERS, START, 15 * MINUTE, count, lambda n: {"yx_e_kwh": per_quarter * n})


def water(days: float, cod: float = 30.0) -> list[Sent]:
    values = dict.fromkeys(COUNTED, 0.3) | {"w01018": cod}
    flow = {"w00000": 100.0, "w01010": 20.0, "w01001": 7.0}
    return [
        *every(OUT, START, 10 * MINUTE, round(144 * days), flow),
        *every(OUT, START, HOUR, round(24 * days), values),
    ]


def cap(snapshot: Snapshot, factor: str) -> Any:
    [found] = [one for one in snapshot.caps if one.factor == factor]
    return found


async def test_caps_and_budgets_are_those_of_the_newest_verdicts(url: str) -> None:
    async with played(url, county(unit(), sewage(*COUNTED), energy_cap_tce=0.2), START) as play:
        await play.write([*kwh(10.0, 193), *water(2)])
        await play.settle(START + DAY + HOUR)
        early = await Reader().read(play.db, START + DAY + HOUR)
        assert (cap(early, "yx_e_tce").outcome, cap(early, "yx_e_tce").through) == ("not_judgeable", date(2026, 11, 28))
        await play.settle(START + 2 * DAY + HOUR)
        now = START + 2 * DAY + HOUR
        snapshot = await Reader().read(play.db, now)
        tce = cap(snapshot, "yx_e_tce")
        [verdict] = play.verdicts("energy_cap", "county/yx_e_tce")
        assert (tce.used, tce.allowed, tce.outcome, tce.kind) == (verdict.value, 0.2, "exceeding", "over")
        assert tce.through == date(2026, 11, 29)
        assert "monitored sources only" in tce.note
        cod = cap(snapshot, "w01018")
        [load] = play.verdicts("load_cap", "county/w01018")
        assert (cod.used, cod.allowed) == (load.value, 8783.0)
        assert (cod.used > 0, cod.through) == (True, date(2026, 11, 29))
        assert cap(snapshot, "a21026").why == "无在线监测源"
        [budget] = snapshot.budgets
        [month] = play.verdicts("energy_budget", "unit/budget")
        assert (budget.outcome, budget.used, budget.allowed) == (month.outcome, month.value, month.limit_value)
        assert (budget.through, budget.site_id) == ("2026-11-29", "unit")
        stale = await Reader().read(play.db, now + 9 * DAY)
        assert cap(stale, "yx_e_tce").outcome == "not_judgeable"
        assert cap(stale, "yx_e_tce").why == "判定截至 2026-11-29，此后尚无判定"
        assert cap(stale, "yx_e_tce").used == verdict.value


async def test_a_budget_says_on_which_day_it_will_be_passed(url: str) -> None:
    since = beijing("2026-11-01T00:00")
    small = unit(budgets=[{"valid_from": "2026-01-01", "annual_tce": 12, "electricity": "calorific"}])
    async with played(url, county(small), since) as play:
        # 480 kWh a day are 0.059 tce; a twelfth of 12 tce would last 16 or 17 days.
        await play.write(every(METERS, since, 15 * MINUTE, 96 * 5 + 1, lambda n: {"yx_e_kwh": 5.0 * n}))
        await play.settle(since + 5 * DAY + HOUR)
        [budget] = (await Reader().read(play.db, since + 5 * DAY + HOUR)).budgets
        assert budget.used is not None
        assert budget.allowed is not None
        daily = budget.used / 5
        assert (budget.outcome, budget.kind) == ("exceeding", "projected")
        assert budget.projected == pytest.approx(daily * 30)
        assert budget.crosses is not None
        assert not budget.crosses_year
        assert daily * (budget.crosses.day - 1) <= budget.allowed < daily * budget.crosses.day


async def test_the_rate_is_of_the_month_that_was_judged_and_amended_verdicts_never_count(url: str) -> None:
    end = beijing("2026-12-01T00:00")
    async with played(url, county(sewage(*COUNTED)), START) as play:
        await play.write(water(2.5))
        await play.settle(end - MINUTE)
        assert (await Reader().read(play.db, end - MINUTE)).rate is None
        await play.settle(end + 15 * MINUTE)
        rate = (await Reader().read(play.db, end + 15 * MINUTE)).rate
        assert rate is not None
        assert (rate.month, rate.rate, rate.outlets, rate.below) == (date(2026, 11, 1), 0.75, 1, 1)
        missing = [one._replace(at=one.at + 2.5 * DAY) for one in water(0.5)]
        await play.write(missing, received=end + HOUR)
        await play.settle(end + HOUR)
        assert [one.value for one in play.verdicts("data_rate", "plant/DW001", amended=True)] == [75.0]
        rate = (await Reader().read(play.db, end + HOUR)).rate
        assert rate is not None
        assert (rate.rate, rate.below) == (1.0, 0)


async def test_a_site_is_green_red_and_grey_as_its_verdicts_and_its_silence_say(url: str) -> None:
    now = START + 2 * DAY + 15 * MINUTE
    async with played(url, county(sewage(*COUNTED)), START) as play:
        await play.write([*water(2), *[one._replace(at=one.at + 2 * DAY) for one in water(1 / 24)]])
        await play.write([Sent(OUT, START + 2 * DAY + 51 * MINUTE, {"w00000": 100.0})])

        async def seen(at: datetime) -> SiteView:
            [site] = (await Reader().read(play.db, at)).sites
            return site

        assert (await seen(now)).state == "not_judgeable"
        await play.settle(now)
        green = await seen(now)
        assert (green.state, green.newest) == ("compliant", START + 2 * DAY + 51 * MINUTE)
        silent = await seen(START + 2 * DAY + 3 * HOUR)
        assert (silent.state, silent.age_s) == ("stale", (3 * HOUR - 51 * MINUTE).total_seconds())
        year = await seen(START + 365 * DAY)
        assert (year.state, year.newest) == ("stale", green.newest)
        play.change("INSERT INTO incident (rule, subject, site_id, state, level, lead_bureau, began_at, last_window, body)"
                    " VALUES ('sewage_day', 'x', 'plant', 'open', 'red', 'epb', now(), now(), '{}')")  # fmt: skip
        assert (await seen(now)).state == "exceeding"
        play.change("UPDATE incident SET settled_at = now()")
        assert (await seen(now)).state == "compliant"


def incident(url: str, **fields: Any) -> int:
    values = {
        "rule": "sewage_day", "subject": f"s{fields}", "site_id": "plant", "state": "open", "level": "blue",
        "lead_bureau": "epb", "began_at": START, "last_window": START, "body": "{}",
    } | fields  # fmt: skip
    names, places = ", ".join(values), ", ".join(["%s"] * len(values))
    with psycopg.connect(url) as connection:
        statement = f"INSERT INTO incident ({names}) VALUES ({places}) RETURNING incident_id"
        row = connection.execute(statement.encode(), list(values.values())).fetchone()
    assert row is not None
    return int(row[0])


async def test_the_gravest_incidents_are_listed_and_all_are_counted(url: str) -> None:
    now = START + DAY
    async with played(url, county(sewage("w01018")), START) as play:
        for number in range(305):
            incident(url, subject=f"a{number}", began_at=START + number * SECOND)
        red = incident(url, level="red", subject="old", began_at=START - DAY, state="unknown", site_id="")
        acked = incident(url, level="orange", subject="acked", acked_until=now + HOUR, site_id="former")
        incident(url, level="red", subject="done", settled_at=now)
        incident(url, level="red", subject="pending", state="pending")
        snapshot = await Reader().read(play.db, now)
        assert (snapshot.incidents_total, len(snapshot.incidents)) == (307, 300)
        assert snapshot.incident_levels == {"red": 1, "orange": 1, "blue": 305}
        first, second, third, *_ = snapshot.incidents
        assert (first.id, first.site, first.state, first.acked) == (red, "示例县", "unknown", False)
        assert (second.id, second.site, second.acked) == (acked, "former", True)
        assert third.began_at == START + 304 * SECOND
        [site] = snapshot.sites
        assert (site.state, site.detail) == ("exceeding", "305 起预警未解除")


async def test_a_county_without_sites_and_a_database_without_registry_have_a_snapshot(url: str) -> None:
    async with database.connect(url, "tests") as db:
        await store.apply(db, county(), applied_by="tests")
        snapshot = await Reader().read(db, START)
        assert (snapshot.county, snapshot.sites, snapshot.incidents_total) == ("示例县", [], 0)
        with psycopg.connect(url) as other:
            other.execute("UPDATE registry_version SET valid_to = now() WHERE valid_to IS NULL")
        assert (await Reader().read(db, START)).county == ""


async def test_who_follows_sees_what_one_who_reads_all_anew_would_see(url: str) -> None:
    async with played(url, county(unit(), sewage(*COUNTED)), START) as play:
        follower, reader = Follower(), Reader()

        async def same(now: datetime) -> None:
            followed, read = await follower.read(play.db, now), await reader.read(play.db, now)
            assert msgspec.to_builtins(followed) == msgspec.to_builtins(read)

        await same(START + HOUR)
        await play.write(water(1))
        await same(START + HOUR + 6 * SECOND)
        await play.settle(START + DAY + HOUR)
        await same(START + DAY + HOUR)
        incident(url)
        await same(START + DAY + HOUR + 6 * SECOND)
        # A value that comes late is not the newest; one that is newer than the newest comes late too.
        await play.write([Sent(OUT, START + 20 * MINUTE + SECOND, {"w00000": 3.0})], received=START + DAY)
        await play.write([Sent(OUT, START + 25 * HOUR, {"w00000": 4.0})], received=START + 26 * HOUR)
        await same(START + DAY + 2 * HOUR)
        play.change("UPDATE verdict SET amended_at = now() WHERE rule = 'sewage_day'")
        await same(START + DAY + 3 * HOUR)
        await play.apply(county(sewage(*COUNTED, name="示例更名厂")))
        await same(START + DAY + 3 * HOUR + 6 * SECOND)
        # A clock that was set back.
        await same(START + HOUR)
        await same(START + 9 * DAY)


async def test_there_is_news_exactly_where_something_was_committed(url: str) -> None:
    async with played(url, county(sewage(*COUNTED)), START) as play:
        follower, now = Follower(), START + DAY + HOUR
        assert await follower.has_news(play.db)
        changes: tuple[Callable[[], Any], ...] = (
            lambda: play.write(water(1)),
            lambda: play.settle(now),
            lambda: play.apply(county(sewage(*COUNTED, name="示例更名厂"))),
            lambda: _said_farewell(url),
        )
        for change in changes:
            # Twice a second apart: what tells often is not read again at once, and stays news until it is.
            now += 2 * SECOND
            await follower.read(play.db, now)
            assert not await follower.has_news(play.db)
            await change()
            assert await follower.has_news(play.db)


async def _said_farewell(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO device_state (site_id, device_id, online, changed_at) VALUES ('plant', 'out', false, now())"
        )


async def test_a_thousand_sites_of_ten_points_are_all_there(url: str) -> None:
    points = [{"factor": one} for one in ("w00000", "w01001", "w01010", "w01012", *COUNTED)]
    device = {"id": "out", "name": "水质站", "points": points}
    more = {"id": "meters", "name": "表", "points": [{"factor": "yx_b_power"}, {"factor": "yx_b_coal_flow"}]}
    sites = [
        {"id": f"p{n}", "name": "名" * 40, "kind": "sewage_plant", "town": "便江街道", "lead_bureau": "epb",
         "devices": [device, more]}
        for n in range(1000)
    ]  # fmt: skip
    async with database.connect(url, "tests") as db:
        await store.apply(db, county(*sites), applied_by="tests")
        follower = Follower()
        snapshot = await follower.read(db, START)
        assert (len(snapshot.sites), snapshot.devices, snapshot.online) == (1000, 2000, 0)
        assert {site.state for site in snapshot.sites} == {"stale"}
        registry: Registry | None = await store.current(db)
        assert registry is not None
        number = registry.points["p999", "out", "w01018"]
        heard_at = (START - HOUR).astimezone(UTC)
        with psycopg.connect(url) as other:
            other.execute("SELECT make_room(%s::date[])", [[heard_at.date()]])
            other.execute("INSERT INTO reading VALUES (%s, 3.5, 1, %s, 'N')", [heard_at, number])
        snapshot = await follower.read(db, START + SECOND)
        heard = [site for site in snapshot.sites if site.newest]
        assert [(site.id, site.age_s) for site in heard] == [("p999", 3601.0)]
