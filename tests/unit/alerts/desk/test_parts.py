from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from alerts.desk import parts
from alerts.desk.parts_facts import Facts, frame
from alerts.judge import rules
from schemas.registry.derived import point_keys
from schemas.registry.store import Registry
from tests.integration.play import boiler, county, house, sewage

NOW = datetime(2026, 6, 2, 4, 0, tzinfo=UTC)
TODAY = date(2026, 6, 2)
HOUR = timedelta(hours=1)
RULE = rules.load()["sewage_day"]


def facts(*sites: dict[str, Any], **fields: Any) -> Facts:
    document = county(*sites)
    registry = Registry(1, document, {key: n for n, key in enumerate(point_keys(document), 1)})
    return Facts(now=NOW, frame=frame(registry, TODAY), **fields)


def incident(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "incident_id": number, "rule": "sewage_day", "subject": "plant/DW001/w01018", "site_id": "plant", "state": "open",
        "level": "orange", "lead_bureau": "epb", "began_at": NOW - HOUR, "last_window": NOW, "acked_until": None, "body": {},
    } | fields  # fmt: skip


def shown(**fields: Any) -> Any:
    [found] = parts.incidents(facts(sewage("w01018"), incidents=[incident(1, **fields)]), rules.load())
    return found


def test_an_incident_is_named_as_the_registry_names_its_subject() -> None:
    found = shown()
    assert (found.site, found.site_id, found.subject, found.bureau) == (
        "示例污水厂",
        "plant",
        "总排口 化学需氧量",
        "示例epb",
    )
    assert (found.state, found.acked, found.task) == ("open", False, 26)


def test_the_countys_own_incident_and_one_of_a_site_that_is_gone_are_shown() -> None:
    own = shown(site_id="", rule="energy_cap", subject="county/yx_e_tce", body={"title": "示例县 能源消费总量"})
    assert (own.site, own.site_id, own.subject) == ("示例县", "", "能源消费总量")
    gone = shown(site_id="former", subject="former/DW001/w01018", lead_bureau="gone", rule="no_such_rule")
    assert (gone.site, gone.subject, gone.bureau, gone.rule) == (
        "former",
        "former/DW001/w01018",
        "gone",
        "no_such_rule",
    )


def test_an_acknowledgement_holds_until_it_has_run_out() -> None:
    found = [shown(acked_until=at).acked for at in (None, NOW - HOUR, NOW, NOW + HOUR)]
    assert found == [False, False, False, True]
    assert shown(state="unknown").state == "unknown"


def test_incidents_come_gravest_first_then_newest_and_are_counted_by_level() -> None:
    rows = [
        incident(1, level="blue"), incident(2, level="red", began_at=NOW - 9 * HOUR), incident(3, level="red"),
        incident(4, level="yellow"),
    ]  # fmt: skip
    counts = [{"site_id": "plant", "rule": "x", "level": level, "n": n} for level, n in
              (("blue", 400), ("red", 1), ("red", 2), ("yellow", 7))]  # fmt: skip
    found = facts(sewage("w01018"), incidents=rows, counts=counts)
    assert [one.id for one in parts.incidents(found, rules.load())] == [3, 2, 4, 1]
    assert list(parts.levels(found).items()) == [("red", 3), ("yellow", 7), ("blue", 400)]
    assert parts.levels(facts()) == {}


def test_an_outlet_without_data_shows_its_limits_and_no_values() -> None:
    [outlet] = parts.outlets(facts(sewage("w01018")), RULE)
    assert (outlet.site_id, outlet.outlet, outlet.device, outlet.day) == ("plant", "DW001", "out", None)
    assert {(cell.factor, cell.value, cell.exceeding) for cell in outlet.cells if cell.factor == "w01018"} == {
        ("w01018", None, False)
    }
    assert [cell.limit for cell in outlet.cells if cell.factor == "w01018"] == [50.0]


def test_an_outlets_cell_says_its_own_day_and_whether_it_is_over() -> None:
    found = facts(sewage("w01018", "w21011"))
    cod = found.frame.registry.points["plant", "out", "w01018"]
    days = {cod: {"point_id": cod, "day": date(2026, 5, 30), "value": 50.6}}
    [outlet] = parts.outlets(facts(sewage("w01018", "w21011"), days=days), RULE)
    assert outlet.day == date(2026, 5, 30)
    over = {cell.factor: cell.exceeding for cell in outlet.cells}
    assert (over["w01018"], over["w21011"]) == (True, False)


def test_a_boiler_without_an_hour_says_so_and_an_invalid_hour_has_no_value() -> None:
    heat = house(boiler("b1"))
    [bare] = parts.boilers(facts(heat))
    assert (bare.site_id, bare.boiler, bare.value, bare.note, bare.limit) == ("heat", "b1", None, "暂无小时数据", 80.0)
    number = facts(heat).frame.registry.points["heat", "b1", "yx_b_efficiency"]
    hour = {"point_id": number, "hour": NOW - HOUR, "value": 70.0, "valid": False, "note": "负荷不足"}
    [invalid] = parts.boilers(facts(heat, hours={number: hour}))
    assert (invalid.value, invalid.note) == (None, "负荷不足")
    [valid] = parts.boilers(facts(heat, hours={number: hour | {"valid": True, "note": ""}}))
    assert (valid.value, valid.note) == (70.0, "")
