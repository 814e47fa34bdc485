"""Which points are judged by each single reading."""

from __future__ import annotations

from typing import Any

from schemas.registry import document
from schemas.registry.derived import instant_points, point_keys
from schemas.registry.store import Registry
from simulator.example import example_path

COUNTY = document.load_checked(example_path())


def numbered(county: Any = COUNTY) -> Registry:
    return Registry(1, county, {key: number for number, key in enumerate(point_keys(county), 1)})


def test_the_ph_of_every_outlet_and_nothing_else_is_judged_reading_by_reading() -> None:
    registry = numbered()
    keys = {key for key, number in registry.points.items() if number in instant_points(registry)}
    assert keys == {(site.id, outlet.device, "w01001") for site in COUNTY.sites for outlet in site.outlets}
    assert keys


def test_the_ph_of_a_device_without_an_outlet_is_not() -> None:
    sites = [site.model_copy(update={"outlets": []}) for site in COUNTY.sites]
    assert instant_points(numbered(COUNTY.model_copy(update={"sites": sites}))) == frozenset()


def test_an_outlet_whose_device_sends_no_ph_has_no_such_point() -> None:
    registry = numbered()
    points = {key: number for key, number in registry.points.items() if key[2] != "w01001"}
    assert instant_points(Registry(1, COUNTY, points)) == frozenset()
