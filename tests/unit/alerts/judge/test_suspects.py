from __future__ import annotations

from datetime import date

import pytest

from alerts.judge.signals.registry import NEEDS, PLACE_WIDE, SIGNALS
from alerts.judge.subjects import Subject, subjects
from alerts.judge.suspects import Place, asked, places, suspects
from schemas.registry.derived import point_keys
from schemas.registry.document import load_checked
from schemas.registry.model import Document
from schemas.registry.store import Registry
from simulator.example import example_path
from tests.integration.play import boiler, changed, county, sewage, stacked, unit

TODAY = date(2026, 11, 1)
WATER = ("w01018", "w21003", "w21001", "w21011", "w01012")
PLANT = sewage(*WATER)


def registry(document: Document) -> Registry:
    return Registry(1, document, {key: number for number, key in enumerate(point_keys(document), 1)})


def found(document: Document) -> list[Subject]:
    held = registry(document)
    return suspects(held, [one for one in subjects(held, TODAY) if one.rule not in SIGNALS])


def keys(document: Document, rule: str) -> list[str]:
    return [one.key for one in found(document) if one.rule == rule]


def place(document: Document, key: str) -> Place:
    held = registry(document)
    [one] = [one for one in places(held, subjects(held, TODAY)) if one.key == key]
    return one


@pytest.mark.parametrize(
    ("rule", "names"),
    [
        ("suspect_constant", ("w00000", "w01001", *WATER)),
        ("suspect_zero", ("w01001", *WATER)),
        ("suspect_copied", ("w00000", "w01001", *WATER)),
        ("suspect_low_variance", WATER),
        ("suspect_limit_hugging", WATER),
        ("suspect_ammonia", ("w21003",)),
    ],
)
def test_an_outlet_is_asked_factor_by_factor_under_the_key_of_its_limits(rule: str, names: tuple[str, ...]) -> None:
    assert keys(county(PLANT), rule) == [f"plant/DW001/{name}" for name in names]


def test_a_probe_is_asked_of_the_outlet_as_a_whole() -> None:
    [one] = [one for one in found(county(PLANT)) if one.rule == "suspect_probe"]
    assert (one.key, one.factor, one.basis, one.site_id, one.device) == ("plant/DW001", "", "day", "plant", "out")
    assert one.title == "示例污水厂 总排口"


def test_whatever_is_measured_at_the_place_makes_its_day_judged_again() -> None:
    document = county(PLANT)
    held = registry(document)
    sent = {number for (_, device, _), number in held.points.items() if device == "out"}
    for one in found(document):
        assert sent <= set(one.watch)
        assert one.point_id in one.watch


def test_without_ammonia_or_nitrogen_nothing_can_contradict() -> None:
    assert keys(county(sewage("w01018", "w21003")), "suspect_ammonia") == []


def test_only_a_county_of_several_places_has_twins_each_pair_once() -> None:
    assert keys(county(PLANT), "suspect_twins") == []
    three = [PLANT | {"id": name, "name": f"示例{name}厂"} for name in ("a", "b", "c")]
    held = [one for one in asked(registry(county(*three)), []) if one.rule == "suspect_twins"]
    assert [(one.key, [other.key for other in one.before]) for one in held] == [
        ("b/DW001", ["a/DW001"]),
        ("c/DW001", ["a/DW001", "b/DW001"]),
    ]


def test_the_later_of_two_places_is_judged_again_when_the_other_changes() -> None:
    two = county(*[PLANT | {"id": name, "name": f"示例{name}厂"} for name in ("a", "b")])
    held = registry(two)
    [one] = [one for one in found(two) if one.rule == "suspect_twins"]
    assert held.points["a", "out", "w01018"] in one.watch


@pytest.mark.parametrize(
    ("fuel", "rules"),
    [("coal", {"suspect_constant", "suspect_zero", "suspect_low_variance"}), ("gas", set())],
)
def test_of_gas_hardly_any_sulphur_is_expected(fuel: str, rules: set[str]) -> None:
    raw = county(stacked(boiler("B1", eia_approved="2020-12-01"))).model_dump(mode="json", exclude_none=True)
    raw["sites"][0]["boilers"][0]["fuel"] = fuel
    document = Document.model_validate(raw)
    asks = {one.rule for one in found(document) if one.key == "heat/DA001/a21026"}
    assert asks & {"suspect_constant", "suspect_zero", "suspect_low_variance"} == rules
    assert "suspect_copied" in asks
    assert "suspect_constant" in {one.rule for one in found(document) if one.key == "heat/DA001/a21002"}


def test_a_stack_sees_its_boiler_and_what_it_is_judged_by() -> None:
    held = place(county(stacked(boiler("B1", eia_approved="2020-12-01"))), "heat/DA001")
    assert {"yx_b_steam_flow", "yx_zs_a21026", "a00000"} <= held.series.keys()
    assert "yx_b_steam_flow" not in held.own
    assert {limit.factor for limit in held.limits} >= {"yx_zs_a21026"}
    two = place(county(stacked(boiler("B1"), boiler("B2"))), "heat/DA001")
    assert "yx_b_steam_flow" not in two.series, "with two boilers nobody knows whose steam it is"


def test_a_conversion_the_device_sends_stands_beside_ours() -> None:
    document = county(stacked(boiler("B1", eia_approved="2020-12-01")))
    site = document.sites[0].model_dump(mode="json", exclude_none=True)
    for device in site["devices"]:
        if device["id"] == "cems":
            device["points"].append({"factor": "yx_zs_a21026"})
    document = changed(document, devices=site["devices"])
    held, numbers = place(document, "heat/DA001"), registry(document).points
    assert held.sent["yx_zs_a21026"].point_id == numbers["heat", "cems", "yx_zs_a21026"]
    assert held.series["yx_zs_a21026"].point_id == numbers["heat", "DA001", "yx_zs_a21026"]


def test_a_meter_is_asked_once_though_its_plant_sees_it_too() -> None:
    meters = {"id": "meters", "name": "电表", "points": [unit()["devices"][0]["points"][0]]}
    document = county(PLANT | {"devices": [*PLANT["devices"], meters]})
    assert "yx_e_kwh" in place(document, "plant/DW001").series
    assert keys(document, "suspect_meter_constant") == ["plant/meters/yx_e_kwh"]


def test_every_signal_is_asked_of_each_point_once_and_each_key_is_one_subject() -> None:
    held = found(load_checked(example_path()))
    assert len({(one.rule, one.key) for one in held}) == len(held)
    by_point = [(one.rule, one.point_id) for one in held if one.rule not in PLACE_WIDE]
    assert len(set(by_point)) == len(by_point)
    assert {one.rule for one in held} <= NEEDS.keys()


def test_a_range_that_changes_is_judged_again_and_nothing_else_is() -> None:
    before = {(one.rule, one.key): one.digest() for one in found(county(PLANT))}
    devices = [PLANT["devices"][0] | {"points": [*PLANT["devices"][0]["points"]]}]
    devices[0]["points"][-1] = devices[0]["points"][-1] | {"high": 250}
    after = {(one.rule, one.key): one.digest() for one in found(county(PLANT | {"devices": devices}))}
    assert before.keys() == after.keys()
    assert all(before[key] != after[key] for key in before)
    assert before == {(one.rule, one.key): one.digest() for one in found(county(PLANT))}
