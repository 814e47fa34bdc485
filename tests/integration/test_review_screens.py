"""What a second reader of the screens found: each a number, a colour or a name that told something else than the facts."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest

from alerts.actor import Actor
from alerts.desk import dials, judgement, parts
from alerts.desk.drill import outlets, overview, reads, tables
from alerts.desk.drill.site_facts import SiteFacts
from alerts.desk.facts import BoilerView, Snapshot
from alerts.desk.parts_facts import Facts, Said, frame
from alerts.desk.parts_sites import Sites
from alerts.desk.reports.access import may_read, scopes_of
from alerts.desk.wallparts import incidents
from alerts.desk.wallparts.boilers import verdict
from alerts.judge import rules
from alerts.judge.subjects import subjects
from alerts.reports.known import Counted
from alerts.reports.sections_boiler import boiler_day
from grafana.boards.queries import sql_text
from schemas.catalog.duty import Role
from schemas.catalog.enums import Outcome
from schemas.records import Mean
from schemas.registry.derived import point_keys
from schemas.registry.store import Registry
from schemas.runtime import database
from tests.boards.expand import Span, Variable, expand
from tests.browser import wall_counties as made
from tests.integration.play import boiler, county, house, sewage, unit
from tests.unit.alerts.reports.facts_made import HOUR, START, filed, known

NOW = datetime(2026, 6, 20, 4, 0, tzinfo=UTC)
TODAY = date(2026, 6, 20)
DAY = timedelta(days=1)
COD = "w01018"
_INCIDENT = """
INSERT INTO incident (rule, subject, site_id, state, level, lead_bureau, began_at, opened_at, ended_at, last_window, body)
VALUES ('sewage_day', %s, 'plant', %s, 'orange', 'epb', %s, %s, %s, %s, '{}')
"""


def facts(*sites: dict[str, Any], **fields: Any) -> Facts:
    document = county(*sites)
    registry = Registry(1, document, {key: n for n, key in enumerate(point_keys(document), 1)})
    return Facts(now=NOW, frame=frame(registry, TODAY), **fields)


def asked(db: psycopg.Connection, name: str, days: int, **words: str) -> list[tuple[Any, ...]]:
    now = datetime.now(UTC)
    said = {"outlet": Variable("outlet", "plant/DW001")}
    return db.execute(expand(sql_text(name, **words), said, Span(now - days * DAY, now, HOUR)).encode()).fetchall()


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("incidents_by_rule", {}),
        ("incidents_by_site", {}),
        ("incidents_by_bureau", {}),
        ("incidents_course", {}),
        ("place_incidents", {"variable": "outlet"}),
    ],
)
def test_what_has_lapsed_was_never_an_incident_on_a_board(url: str, query: str, words: dict[str, str]) -> None:
    began = datetime.now(UTC) - DAY
    with psycopg.connect(url, autocommit=True) as db:
        db.execute(_INCIDENT, ["plant/DW001/w21003", "lapsed", began, began, began + HOUR, began + HOUR])
        assert asked(db, query, 7, **words) == []
        db.execute(_INCIDENT, [f"plant/DW001/{COD}", "closed", began, began, began + HOUR, began + HOUR])
        assert asked(db, query, 7, **words) != []


def test_a_board_never_shows_days_it_did_not_ask_for_as_days_without_incidents(url: str) -> None:
    at = datetime.now(UTC) - 200 * DAY
    with psycopg.connect(url, autocommit=True) as db:
        db.execute(_INCIDENT, [f"plant/DW001/{COD}", "closed", at, at, at + HOUR, at + HOUR])
        rows = asked(db, "incidents_opened", 365)
    assert 92 <= len(rows) <= 94


def _judged(db: psycopg.Connection, rule: str, subject: str, until: datetime, value: float, body: str = "{}") -> None:
    db.execute(
        "INSERT INTO point (point_id, site_id, device_id, factor) OVERRIDING SYSTEM VALUE VALUES (1, 'plant', 'out', 'w01001') ON CONFLICT DO NOTHING"
    )
    db.execute(
        "INSERT INTO verdict (rule, subject, point_id, window_start, window_end, outcome, value, limit_value, limit_id, body)"
        " VALUES (%s, %s, 1, %s, %s, 'not_judgeable', %s, 9, 'x', %s)",
        [rule, subject, until, until, value, body],
    )


@pytest.mark.parametrize(("age", "shown"), [(HOUR, 7.2), (30 * HOUR, None)])
def test_a_ph_of_yesterday_is_not_shown_as_the_newest_of_now(url: str, age: timedelta, shown: float | None) -> None:
    with psycopg.connect(url, autocommit=True) as db:
        _judged(db, "sewage_ph", "plant/DW001/w01001", datetime.now(UTC) - age, 7.2)
        [(value, *_)] = asked(db, "sewage_ph_newest", 7)
    assert value == shown


@pytest.mark.parametrize(("n_known", "shown"), [(0, None), (1, 0.0)])
def test_a_sum_of_which_no_day_is_known_is_no_zero_on_a_board(url: str, n_known: int, shown: float | None) -> None:
    with psycopg.connect(url, autocommit=True) as db:
        body = f'{{"n_known": {n_known}, "n_valid": 0, "through": "2999-01-01"}}'
        _judged(db, "energy_cap", "county/yx_e_tce", datetime.now(UTC), 0.0, body)
        [(value,)] = asked(db, "energy_cap", 7)
    assert value == shown


def test_a_sum_of_which_no_day_is_known_is_no_zero_on_the_desk() -> None:
    assert judgement.used({"used": 0.0, "n_known": 0, "n_valid": 0}) is None
    assert judgement.used({"used": 0.0, "n_known": 3, "n_valid": 3}) == 0.0
    assert judgement.used({"used": 900.0}) == 900.0


def test_an_outlet_is_held_against_its_permit_where_that_is_stricter_than_the_standard() -> None:
    permit = {
        "number": "91431023TEST0001X", "outlet": "DW001", "factor": COD, "basis": "day", "high": 30, "decimals": 0,
        "valid_from": "2024-01-01",
    }  # fmt: skip
    plant = sewage(COD, permits=[permit])
    number = facts(plant).frame.registry.points["plant", "out", COD]
    days = {number: {"point_id": number, "day": TODAY - DAY, "value": 41.0}}
    [outlet] = parts.outlets(facts(plant, days=days), rules.load()["sewage_day"])
    [cell] = [one for one in outlet.cells if one.factor == COD]
    assert (cell.limit, cell.exceeding) == (30.0, True)


@pytest.mark.parametrize(
    ("why", "rule", "level", "colours"),
    [
        ("the day's mean was above its limit", "sewage_day", "orange", True),
        ("the year's budget is used up", "energy_year", "red", True),
        ("80 % of the year's budget in October is no breach", "energy_year", "blue", False),
        ("a month's projection is no finding", "energy_budget", "orange", False),
        ("nor 90 % of a permit", "load_permit", "yellow", False),
    ],
)
def test_a_site_is_red_for_what_was_found_and_not_for_what_is_expected(
    why: str,
    rule: str,
    level: str,
    colours: bool,  # noqa: FBT001
) -> None:
    counts = [{"site_id": "unit", "rule": rule, "level": level, "n": 1}]
    [site] = Sites().of(facts(unit(), counts=counts, latest=_heard(facts(unit()))))
    assert (site.state == "exceeding") is colours, why


def _heard(found: Facts) -> dict[int, Any]:
    return dict.fromkeys(found.frame.measured, (NOW, 7.0, "N", False))


@pytest.mark.parametrize(("kind", "state"), [("over", "exceeding"), ("projected", "not_judgeable")])
def test_a_unit_that_is_expected_to_pass_its_budget_is_neither_red_nor_green(kind: str, state: str) -> None:
    said = judgement.finding({"rule": "energy_budget", "outcome": "exceeding", "body": {"kind": kind}})
    held = {("energy_budget", "unit/budget"): Said(said, NOW + DAY)}
    [site] = Sites().of(facts(unit(), said=held, latest=_heard(facts(unit()))))
    assert site.state == state


def test_an_efficiency_within_its_uncertainty_is_a_suspicion_on_the_wall() -> None:
    one = BoilerView(
        site="厂", name="1号", fuel="燃煤", hour=NOW - HOUR, value=79.4, note="", limit=80.0, baseline=None, checks=[],
        low=78.9, high=80.3,
    )  # fmt: skip
    assert dials.state(one, NOW) == dials.PLAIN
    assert "疑似" in verdict(one, NOW)


@pytest.mark.parametrize(("met", "said"), [(2, ["达标", "达标"]), (1, ["未判定", "未判定"]), (0, ["未判定", "未判定"])])
def test_a_boilers_hour_is_called_met_only_where_a_verdict_says_so(met: int, said: list[str]) -> None:
    document = county(house(boiler("B1")))
    point = known(document).registry.points["heat", "B1", "yx_b_efficiency"]
    mean = Mean(value=83.0, low=82.0, high=84.0, n_valid=60, n_expected=60, valid=True, marks="")
    key = ("boiler_efficiency", "heat/B1")
    over = filed("exceeding", 70.0, at=START + 2 * HOUR, hours=1, rule=key[0], subject=key[1], low=80.0, high=None)
    found = known(
        document,
        hours={point: {START: mean, START + HOUR: mean, START + 2 * HOUR: mean}},
        over={key: [over]},
        outcomes={key: [Counted("compliant", "plan2018.13.coal", met, "1")]},
    )
    [site] = found.registry.document.sites
    hours = next(iter(boiler_day(found, site)))
    words = [row[5].words or "" for row in hours.rows[:3]]
    assert words[:2] == said
    assert words[2].startswith("低于限值")


def test_an_operator_of_a_site_called_county_reads_no_papers_of_the_county() -> None:
    actor = Actor(name="x", role=Role.OPERATOR, site="county")
    assert not may_read(actor, "county")
    assert scopes_of(actor) == []


SUSPECTED = reads.Said(
    rule="sewage_instant",
    outcome=Outcome.EXCEEDING,
    is_warning=False,
    limit_value=60.0,
    limit=None,
    why="",
    suspected=True,
)


def test_a_suspicion_is_never_called_a_breach_on_a_points_page_or_in_its_export() -> None:
    row = {"rule": "sewage_instant", "outcome": "exceeding", "kind": None, "limit_id": "x", "limit_value": 60.0, "why": None,
           "note": None, "suspected": True}  # fmt: skip
    said = reads.said_of(row, {})
    assert said == SUSPECTED
    assert (tables.verdict_words(said), tables.kind_of(said), said.is_finding) == ("疑似超标", "warned", False)
    found = reads.said_of(row | {"suspected": False}, {})
    assert (tables.verdict_words(found), tables.kind_of(found), found.is_finding) == ("超标", "over", True)


def test_a_suspicion_comes_back_from_the_database_as_one(url: str) -> None:
    at = datetime(2026, 6, 1, tzinfo=UTC)

    async def verdicts() -> list[dict[str, Any]]:
        async with database.connect(url, "tests") as db:
            return await db.fetch_dicts(
                "drill_point_verdicts", rules=["sewage_instant"], subjects=["s"], since=at - DAY, until=at + DAY
            )

    with psycopg.connect(url, autocommit=True) as db:
        _judged(db, "sewage_instant", "s", at, 61.0, '{"suspected": true}')
    assert [one["suspected"] for one in asyncio.run(verdicts())] == [True]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"used": 900.0, "allowed": 1500.0, "projected": 1421.0, "unit": "tce"}, "<b>900</b> / 月预算 1,500 tce，推算月末 1,421"),
        ({"used": 15100.0, "allowed": 18000.0, "plan_to_date": 14000.0, "unit": "tce"}, "<b>15,100</b> / 年限额 18,000 tce"),
        ({"used": 2.75, "allowed": 3.2, "plan_to_date": 1.4, "projected": 5.5, "unit": "t"}, "<b>2.75</b> / 年限额 3.20 t，推算年末 5.50"),
    ],
)  # fmt: skip
def test_an_incident_of_a_years_sum_is_not_told_as_a_months(body: dict[str, Any], said: str) -> None:
    one = made.incident(7, "厂", "orange", body=body)
    assert said in incidents.overview(Snapshot(county="县", now=NOW, incidents=[one]), NOW).html


def test_an_old_verdict_on_a_boiler_is_no_newest_value_on_its_board(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as db:
        _judged(db, "boiler_efficiency", "heat/B1", datetime.now(UTC) - 9 * HOUR, 83.0)
        said = {"boiler": Variable("boiler", "heat/B1")}
        now = datetime.now(UTC)
        query = expand(sql_text("boiler_newest"), said, Span(now - DAY, now, HOUR))
        assert db.execute(query.encode()).fetchall() == [(None, 9.0)]


@pytest.mark.parametrize(("back", "tone"), [(1, "under"), (2, "under"), (3, "quiet"), (300, "quiet")])
def test_a_day_that_says_nothing_of_now_is_not_green_on_a_sites_page(back: int, tone: str) -> None:
    plant = sewage(COD)
    held = facts(plant).frame.registry
    number = held.points["plant", "out", COD]
    days = {number: {"point_id": number, "day": TODAY - back * DAY, "value": 20.0}}
    found = SiteFacts(at=NOW, site=held.document.sites[0], registry=held, subjects=subjects(held, TODAY), days=days)
    [place] = outlets.outlets(found, rules.load(), {}, NOW)
    assert next(one for one in place.lines if COD in one.link).tone == tone


@pytest.mark.parametrize(("through", "tone"), [("2026-06-19", "under"), ("2025-06-19", "quiet")])
def test_a_budget_of_a_year_ago_is_not_green_in_the_list_of_sites(through: str, tone: str) -> None:
    row = {
        "rule": "energy_budget", "outcome": "compliant", "window_end": NOW + 11 * DAY,
        "body": {"used": 3.0, "allowed": 9.0, "n_known": 3, "through": through},
    }  # fmt: skip
    found = overview.use(row, NOW)
    assert found is not None
    assert found.tone == tone


@pytest.mark.parametrize(
    ("body", "said"),
    [("{}", "exceeding"), ('{"suspected": true, "kind": "within_uncertainty"}', "suspected"), ('{"kind": "projected"}', "ahead")],
)  # fmt: skip
def test_a_board_tells_a_finding_from_a_suspicion_and_from_what_is_expected(url: str, body: str, said: str) -> None:
    with psycopg.connect(url, autocommit=True) as db:
        _judged(db, "boiler_efficiency", "heat/B1", datetime.now(UTC), 79.4, body)
        db.execute("UPDATE verdict SET outcome = 'exceeding'")
        db.execute(
            "INSERT INTO shown_subject (rule, subject, site_id, title, basis) VALUES ('boiler_efficiency', 'heat/B1', 'heat', 'B1', 'hour')"
        )
        db.execute(
            "INSERT INTO shown_rule (rule, name, level, lead_bureau) VALUES ('boiler_efficiency', 'x', 'orange', 'mkt') ON CONFLICT DO NOTHING"
        )
        found = [row[4] for row in asked(db, "wall_boilers", 1) if row[0] == "B1"]
    assert found == [said]


@pytest.mark.parametrize(("suspected", "state"), [(True, "not_judgeable"), (False, "exceeding")])
def test_one_hour_within_its_uncertainty_makes_no_site_red_nor_green(suspected: bool, state: str) -> None:  # noqa: FBT001
    row = {"rule": "boiler_efficiency", "outcome": "exceeding", "suspected": suspected}
    document = house(boiler("B1"), boiler("B2"))
    said = {
        ("boiler_efficiency", "heat/B1"): Said(judgement.finding(row), NOW + DAY),
        ("boiler_efficiency", "heat/B2"): Said("compliant", NOW + DAY),
    }
    [site] = Sites().of(facts(document, said=said, latest=_heard(facts(document))))
    assert site.state == state
    assert judgement.colours("boiler_efficiency", "yellow") is False
    assert judgement.colours("boiler_efficiency", "orange") is True
