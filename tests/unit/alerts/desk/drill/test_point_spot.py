from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from alerts.desk.drill import spot
from alerts.judge import rules as rulebook
from schemas.catalog.enums import Basis
from schemas.registry.derived import EFFICIENCY, TCE, point_keys
from schemas.registry.store import Registry
from tests.integration.play import boiler, county, sewage, stacked, unit

if TYPE_CHECKING:
    from schemas.registry.model import Document

RULES = rulebook.load()
TODAY = date(2026, 11, 24)
PERMIT = {
    "outlet": "DW001",
    "factor": "w21003",
    "basis": "day",
    "high": 3.0,
    "number": "P-1",
    "valid_from": "2026-06-01",
}


def registry(*sites: dict[str, Any]) -> Registry:
    document: Document = county(*sites)
    return Registry(1, document, {key: number for number, key in enumerate(point_keys(document), 1)})


def found(county_of: Registry, *key: str) -> spot.Spot:
    one = spot.find(county_of, (key[0], key[1], key[2]), TODAY)
    assert one is not None
    return one


def bound(one: spot.Spot, first: date = TODAY, last: date = TODAY) -> list[tuple[str, str]]:
    return [(each.limit.basis, each.value) for each in spot.bounds(one, RULES, first, last)]


def test_a_point_is_found_by_its_device_and_by_the_outlet_that_names_its_subject() -> None:
    plants = registry(sewage("w01018", "w21003"))
    sent = found(plants, "plant", "out", "w21003")
    assert sent.key == found(plants, "plant", "DW001", "w21003").key == ("plant", "out", "w21003")
    assert (sent.title, sent.is_sent, sent.device) == ("示例污水厂 总排口水质站 氨氮", True, "out")
    assert spot.find(plants, ("plant", "out", "w99999"), TODAY) is None
    assert spot.find(plants, ("nowhere", "out", "w21003"), TODAY) is None


def test_a_converted_concentration_is_found_by_what_was_measured() -> None:
    heat = registry(stacked(boiler("B1")))
    one = found(heat, "heat", "DA001", "a21026")
    assert one.key == ("heat", "DA001", "yx_zs_a21026")
    assert (one.is_sent, one.device) == (False, "cems")


def test_both_of_ammonias_limits_bind_each_in_its_water_and_say_whether_they_are_verified() -> None:
    ammonia = found(registry(sewage("w01018", "w21003")), "plant", "out", "w21003")
    assert bound(ammonia) == [
        ("instant", "≤ 15 mg/L"),
        ("instant", "≤ 10 mg/L"),
        ("day", "≤ 8 mg/L"),
        ("day", "≤ 5 mg/L"),
    ]
    held = spot.bounds(ammonia, RULES, TODAY, TODAY)
    assert {each.limit.basis: each.limit.verified for each in held} == {"instant": False, "day": True}


def test_a_permit_stands_beside_the_standard_it_replaced_in_the_span() -> None:
    plants = found(registry(sewage("w01018", "w21003", permits=[PERMIT])), "plant", "out", "w21003")
    assert ("day", "≤ 3.00 mg/L") in bound(plants)
    assert ("day", "≤ 5 mg/L") not in bound(plants)
    assert {("day", "≤ 3.00 mg/L"), ("day", "≤ 5 mg/L")} <= set(bound(plants, date(2026, 5, 1)))


def test_the_limit_of_a_day_before_the_amendment_is_not_todays() -> None:
    ph = found(registry(sewage("w01018", "w21003")), "plant", "out", "w01001")
    before, after = bound(ph, date(2026, 2, 1), date(2026, 2, 28)), bound(ph)
    assert {basis for basis, _ in before} == {"day"}
    assert {basis for basis, _ in after} == {"instant"}
    assert set(bound(ph, date(2026, 2, 1), TODAY)) == {*before, *after}


def test_a_boiler_owes_its_efficiency_and_one_in_service_five_points_above_its_baseline() -> None:
    heat = registry(stacked(boiler("B1"), boiler("B2", manufactured="2010-01-01", baseline_efficiency_pct=70)))
    assert [basis for basis, _ in bound(found(heat, "heat", "B1", EFFICIENCY))] == ["hour"]
    [(basis, value)] = bound(found(heat, "heat", "B2", EFFICIENCY))
    assert (basis, value) == ("month", "≥ 基线 70 % + 5 个百分点")


def test_a_units_budgets_bind_each_until_the_next() -> None:
    later = {"valid_from": "2026-07-01", "annual_tce": 15000, "electricity": "calorific"}
    first = {"valid_from": "2026-01-01", "annual_tce": 18000, "electricity": "calorific"}
    energy = found(registry(unit(budgets=[later, first])), "unit", "energy", TCE)
    assert bound(energy) == [("year", "≤ 15000 tce")]
    assert bound(energy, date(2026, 6, 1)) == [("year", "≤ 18000 tce"), ("year", "≤ 15000 tce")]


def test_what_speaks_of_a_point_are_its_rules_suspicions_and_the_silence_of_device_and_site() -> None:
    pairs = found(registry(sewage("w01018", "w21003")), "plant", "out", "w21003").concerned()
    assert {("sewage_day", "plant/DW001/w21003"), ("offline", "plant/out"), ("site_offline", "plant")} <= set(pairs)
    assert any(rule.startswith("suspect_") for rule, _ in pairs)
    assert len(pairs) == len(set(pairs))


def test_a_temperature_that_nobody_judges_has_no_limit() -> None:
    assert bound(found(registry(sewage("w01018", "w21003")), "plant", "out", "w01010")) == []


@pytest.mark.parametrize(
    ("basis", "names"),
    [(Basis.HOUR, ["sewage_instant", "sewage_hour"]), (Basis.DAY, ["sewage_day"]), (Basis.MONTH, [])],
)
def test_a_chart_draws_the_limits_its_windows_are_held_against(basis: Basis, names: list[str]) -> None:
    ammonia = found(registry(sewage("w01018", "w21003")), "plant", "out", "w21003")
    assert [subject.rule for _, subject in spot.limit_rules(ammonia, RULES, basis)] == names


def test_a_point_that_left_the_registry_keeps_its_history_and_loses_its_limits() -> None:
    gone = registry(sewage("w01018", "w21003"))
    gone.points["old", "out", "w21003"] = 99
    one = found(gone, "old", "out", "w21003")
    assert (one.site, one.title) == (None, "old out 氨氮")
    assert bound(one) == []
