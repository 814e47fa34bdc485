"""The registry as flat tables: whole, in step with the registry in force, never empty, and free when nothing changed."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg
import pytest

from alerts import shown
from alerts.judge import rules
from alerts.judge.families import subjects_of
from schemas.catalog.factors import FACTORS
from schemas.registry import store
from schemas.registry.derived import point_keys
from schemas.registry.model import Document
from schemas.runtime import database

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alerts.judge.rules import Rule
    from schemas.registry.store import Registry

TABLES = ("shown_site", "shown_point", "shown_subject", "shown_rule", "shown_bureau")
TODAY = date(2026, 11, 23)
RULES = rules.load()


def _refresh(url: str, by: Mapping[str, Rule] = RULES, today: date = TODAY) -> bool:
    async def work() -> bool:
        async with database.connect(url, "tests") as db:
            return await shown.refresh(db, by, today=today)

    return asyncio.run(work())


def _apply(url: str, registry: Registry, **fields: Any) -> None:
    raw = registry.document.model_dump(mode="json", exclude_none=True) | fields

    async def work() -> None:
        async with database.connect(url, "tests") as db:
            assert await store.apply(db, Document.model_validate(raw), applied_by="tests")

    asyncio.run(work())


def _rows(url: str, text: str, *parameters: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(text.encode(), parameters or None).fetchall()


def _written(url: str) -> dict[str, set[tuple[Any, ...]]]:
    """Where each row lies and what wrote it: a row written anew, even with the same content, is another one."""
    return {table: set(_rows(url, f"SELECT ctid::text, xmin::text FROM {table}")) for table in TABLES}


def test_every_point_of_the_registry_is_there_once(url: str, registry: Registry) -> None:
    assert _refresh(url)
    found = {
        row[:3]: row[3:]
        for row in _rows(url, "SELECT site_id, place, factor, point_id, name, unit, decimals FROM shown_point")
    }
    assert found == {
        key: (registry.points[key], FACTORS[key[2]].zh, FACTORS[key[2]].unit, FACTORS[key[2]].decimals)
        for key in point_keys(registry.document)
    }


@pytest.mark.parametrize(
    ("key", "said"),
    [
        pytest.param(("bj-wwtp", "outlet", "w21003"), ("device", "DW001", 3600, False), id="a device's point belongs to its outlet"),
        pytest.param(("bj-wwtp", "DW001", "yx_l_w21003"), ("outlet", "DW001", None, False), id="a load stands under the outlet"),
        pytest.param(("lyt-boiler", "B1", "yx_b_efficiency"), ("boiler", "", None, False), id="an efficiency stands under its boiler"),
        pytest.param(("th-paper", "energy", "yx_e_tce"), ("energy", "", None, False), id="standard coal stands under the balance"),
        pytest.param(("th-paper", "meters", "yx_e_kwh"), ("device", "", 900, True), id="a register is a counter"),
    ],
)  # fmt: skip
def test_a_point_says_whose_it_is(url: str, key: tuple[str, str, str], said: tuple[object, ...]) -> None:
    _refresh(url)
    rows = _rows(
        url, "SELECT place_kind, outlet, interval_s, counter FROM shown_point WHERE (site_id, place, factor) = (%s, %s, %s)", *key
    )  # fmt: skip
    assert rows == [said]


def test_places_have_the_names_people_gave_them(url: str, registry: Registry) -> None:
    _refresh(url)
    named = dict(_rows(url, "SELECT DISTINCT site_id || '/' || place, place_name FROM shown_point"))
    boiler = next(site for site in registry.document.sites if site.id == "lyt-boiler").boilers[0]
    assert named["lyt-boiler/B1"] == boiler.name
    assert named["th-paper/energy"] == "能源平衡"
    assert all(named.values())


def test_all_that_is_judged_has_a_title_and_a_rule(url: str, registry: Registry) -> None:
    _refresh(url)
    assert (
        _rows(
            url, "SELECT rule, subject FROM shown_subject WHERE title = '' OR rule NOT IN (SELECT rule FROM shown_rule)"
        )
        == []
    )
    judged = dict(_rows(url, "SELECT rule, count(*) FROM shown_subject GROUP BY rule"))
    devices = sum(len(site.devices) for site in registry.document.sites)
    assert (judged["sewage_day"], judged["offline"], judged["energy_budget"]) == (18, devices, 5)
    ((point,),) = _rows(url, "SELECT DISTINCT point_id FROM shown_subject WHERE rule = 'offline'")
    assert point is None


def test_rules_have_their_names_and_tasks(url: str) -> None:
    _refresh(url)
    rows = {name: said for name, *said in _rows(url, "SELECT rule, name, task, level, lead_bureau FROM shown_rule")}
    assert rows == {
        name: [one.zh, one.task or None, one.level, one.lead_bureau] for name, one in RULES.items()
    }  # fmt: skip


def test_nothing_new_writes_nothing(url: str) -> None:
    assert _refresh(url)
    before = _written(url), _rows(url, "SELECT xmin::text FROM shown_version")
    assert not _refresh(url)
    assert (_written(url), _rows(url, "SELECT xmin::text FROM shown_version")) == before


def test_another_day_leaves_rows_that_say_the_same_untouched(url: str) -> None:
    _refresh(url)
    before = _written(url)
    assert _refresh(url, today=date(2026, 11, 24))
    assert _written(url) == before


def test_a_site_that_is_gone_vanishes_and_the_others_stay_as_they_are(url: str, registry: Registry) -> None:
    _refresh(url)
    before = _written(url)
    sites = [
        site
        for site in registry.document.model_dump(mode="json", exclude_none=True)["sites"]
        if site["id"] != "th-paper"
    ]
    _apply(url, registry, sites=sites)
    assert _refresh(url)
    for table in ("shown_site", "shown_point", "shown_subject"):
        assert _rows(url, f"SELECT count(*) FROM {table} WHERE site_id = 'th-paper'") == [(0,)]
    assert all(rows <= before[table] for table, rows in _written(url).items())
    assert len(_rows(url, "SELECT FROM shown_site")) == len(sites)


def test_a_new_name_is_shown_and_touches_one_site_alone(url: str, registry: Registry) -> None:
    _refresh(url)
    before = _written(url)["shown_site"]
    sites = registry.document.model_dump(mode="json", exclude_none=True)["sites"]
    sites[0]["name"] = "便江第二污水处理厂"
    _apply(url, registry, sites=sites)
    assert _refresh(url)
    assert _rows(url, "SELECT name FROM shown_site WHERE site_id = %s", sites[0]["id"]) == [("便江第二污水处理厂",)]
    assert len(_written(url)["shown_site"] - before) == 1


def test_another_rule_is_shown(url: str) -> None:
    _refresh(url)
    changed = RULES | {"sewage_day": msgspec.structs.replace(RULES["sewage_day"], zh="出水日均值超标")}
    assert _refresh(url, changed)
    assert _rows(url, "SELECT name FROM shown_rule WHERE rule = 'sewage_day'") == [("出水日均值超标",)]


def test_a_rule_switched_off_has_no_subjects(url: str) -> None:
    assert _refresh(url, RULES | {"sewage_day": msgspec.structs.replace(RULES["sewage_day"], enabled=False)})
    assert _rows(url, "SELECT count(*) FROM shown_subject WHERE rule = 'sewage_day'") == [(0,)]


async def test_of_several_at_once_one_fills(url: str) -> None:
    async def work() -> bool:
        async with database.connect(url, "tests") as db:
            return await shown.refresh(db, RULES, today=TODAY)

    assert sorted(await asyncio.gather(*(work() for _ in range(4)))) == [False, False, False, True]


async def test_a_round_that_is_undone_undoes_it_too(url: str) -> None:
    async with database.connect(url, "tests") as db:
        with suppress(ZeroDivisionError):
            async with db.transaction():
                assert await shown.refresh(db, RULES, today=TODAY)
                raise ZeroDivisionError
        assert await shown.refresh(db, RULES, today=TODAY)


async def test_what_the_caller_has_read_off_is_taken(url: str, registry: Registry) -> None:
    judged = [one for one in subjects_of(registry, TODAY) if one.rule == "sewage_day"]
    async with database.connect(url, "tests") as db:
        assert await shown.refresh(db, RULES, today=TODAY, registry=registry, judged=judged)
    assert _rows(url, "SELECT count(*), count(DISTINCT rule) FROM shown_subject") == [(18, 1)]


def test_without_a_registry_nothing_happens(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE registry_version SET valid_to = now()")
    assert not _refresh(url)
    assert _rows(url, "SELECT FROM shown_version") == []


def test_incidents_show_names_not_ids(url: str) -> None:
    _refresh(url)
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO incident (rule, subject, site_id, state, level, lead_bureau, began_at, last_window, body) VALUES"
            " ('sewage_day', 'bj-wwtp/DW001/w21003', 'bj-wwtp', 'open', 'orange', 'epb', now(), now(),"
            """ '{"value": 6.5, "limit": 5, "unit": "mg/L"}')"""
        )
    ((rule, site, severity, bureau, value),) = _rows(
        url, "SELECT rule_zh, site, severity, bureau, value FROM screen.incident"
    )
    assert (rule, site, severity, value) == (RULES["sewage_day"].zh, "清泓示例水务便江污水处理厂", 3, 6.5)
    assert bureau not in {"epb", ""}
