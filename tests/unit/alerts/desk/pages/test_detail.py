from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from alerts.desk.pages import detail
from schemas.registry import document
from schemas.registry.derived import EFFICIENCY, converted_factor, point_keys
from schemas.registry.model import Document
from schemas.registry.store import Registry
from schemas.times import HOUR
from simulator.example import example_path

START = datetime(2026, 11, 20, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def county() -> Registry:
    found = document.load_checked(example_path())
    return Registry(1, found, {key: number for number, key in enumerate(point_keys(found), 1)})


def test_raw_values_of_a_sent_point_are_its_own_first(county: Registry) -> None:
    point = county.points["bj-wwtp", "outlet", "w21003"]
    found = detail.raw_points(county, point)
    assert next(iter(found.items())) == (point, "氨氮")
    assert county.points["bj-wwtp", "outlet", "w01018"] in found


def test_raw_values_of_a_derived_point_are_those_its_boilers_device_sends(county: Registry) -> None:
    found = detail.raw_points(county, county.points["lyt-boiler", "B1", EFFICIENCY])
    sent = {number for key, number in county.points.items() if key[:2] == ("lyt-boiler", "dcs")}
    assert set(found) == sent


def test_raw_values_of_a_converted_concentration_begin_with_what_was_measured(county: Registry) -> None:
    raw = county.document.model_dump(mode="json", exclude_none=True)
    site = next(one for one in raw["sites"] if one["id"] == "lyt-boiler")
    site["devices"][0]["points"].append({"factor": "a21026"})
    site["stacks"] = [{"id": "S1", "name": "烟囱", "device": "dcs", "boilers": ["B1"]}]
    found = Document.model_validate(raw)
    registry = Registry(1, found, {key: number for number, key in enumerate(point_keys(found), 1)})
    shown = detail.raw_points(registry, registry.points["lyt-boiler", "S1", converted_factor("a21026")])
    assert next(iter(shown)) == registry.points["lyt-boiler", "dcs", "a21026"]
    assert len(shown) > 1


def test_a_point_that_the_registry_does_not_know_has_no_raw_values(county: Registry) -> None:
    assert detail.raw_points(None, 1) == {}
    assert detail.raw_points(county, 0) == {}


@pytest.mark.parametrize(
    ("body", "limit", "bounds"),
    [
        ({}, 5.0, (None, 5.0)),
        ({"high": 5}, 4.5, (None, 4.5)),
        ({"low": 80}, 80.0, (80.0, None)),
        ({"low": 6, "high": 9}, 9.0, (6, 9)),
        ({}, None, (None, None)),
    ],
)
def test_the_limit_drawn_is_the_one_the_verdict_was_held_against(
    body: dict[str, Any], limit: float | None, bounds: tuple[float | None, float | None]
) -> None:
    assert detail._bounds({"body": body, "limit_value": limit}) == bounds


def test_hours_without_a_row_stand_as_nothing_and_judged_ones_carry_their_limit() -> None:
    rows = [{"at": START, "value": 6.0, "valid": True, "n_valid": 1, "n_expected": 1, "n_received": 1, "n_late": 0, "marks": "N",
             "note": ""}]  # fmt: skip
    verdicts = [{"window_start": START, "outcome": "exceeding", "limit_value": 5.0, "body": {"high": 5}}]
    first, second = detail._windows([START, START + HOUR], rows, verdicts, daily=False)
    assert (first.standing, first.high, first.exceeding, first.value) == ("valid", 5.0, True, 6.0)
    assert (second.standing, second.high, second.exceeding, second.value) == ("nothing", None, False, None)
