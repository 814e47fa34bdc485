"""Each rule of the whole document refuses what it is there for, and names the field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from schemas.registry.check import check
from schemas.registry.model import Document

COUNTY = Path(__file__).parents[4] / "simulator" / "county" / "yongxing.yaml"
SEWAGE, COAL, HOT, UNIT = 0, 3, 5, 8


def put(*path: str | int, value: Any) -> Any:
    """Return a change: set the value at *path*; a list grows by a copy of its first entry where *value* is "again"."""

    def change(tree: Any) -> None:
        for step in path[:-1]:
            tree = tree[step]
        if value == "again":
            tree[path[-1]].append(dict(tree[path[-1]][0]))
        elif value is None:
            del tree[path[-1]]
        else:
            tree[path[-1]] = value

    return change


CASES = [
    (put("bureaus", value="again"), "bureaus[epb].id", "duplicate"),
    (put("people", value="again"), "people[epb-chen].id", "duplicate"),
    (put("duties", value="again"), "duties[epb].bureau", "duplicate"),
    (put("sites", 1, "id", value="bj-wwtp"), "sites[bj-wwtp].id", "duplicate"),
    (put("sites", UNIT, "devices", value="again"), "sites[ht-cement].devices[meters].id", "duplicate"),
    (put("sites", SEWAGE, "outlets", value="again"), "sites[bj-wwtp].outlets[DW001].id", "duplicate"),
    (put("sites", COAL, "boilers", value="again"), "sites[lyt-boiler].boilers[B1].id", "duplicate"),
    (
        put("sites", COAL, "devices", 0, "points", value="again"),
        "sites[lyt-boiler].devices[dcs].points[yx_b_steam_flow].factor",
        "duplicate",
    ),
    (
        put("sites", 1, "devices", 0, "mn", value="YX4310230000000000000001"),
        "sites[mt-wwtp].devices[outlet].mn",
        "duplicate",
    ),
    (put("sites", 1, "id", value="County"), "sites[County].id", "whole county"),
    (put("people", 0, "bureau", value="epc"), "people[epb-chen].bureau", "unknown"),
    (put("duties", 0, "bureau", value="nobody"), "duties[nobody].bureau", "unknown"),
    (put("duties", 0, "people", 1, value="epb-lo"), "duties[epb].people[epb-lo]", "unknown"),
    (put("sites", 0, "lead_bureau", value="x"), "sites[bj-wwtp].lead_bureau", "unknown"),
    (put("sites", SEWAGE, "outlets", 0, "device", value="out"), "sites[bj-wwtp].outlets[DW001].device", "unknown"),
    (put("sites", COAL, "boilers", 0, "device", value="dc"), "sites[lyt-boiler].boilers[B1].device", "unknown"),
    (
        put("sites", COAL, "boilers", 0, "checks", 0, "next_due", value="2025-09-09"),
        "sites[lyt-boiler].boilers[B1].checks[safety].next_due",
        "before done",
    ),
    (put("sites", UNIT, "budgets", value="again"), "sites[ht-cement].budgets[2026-01-01].valid_from", "two budgets"),
    (
        put("sites", UNIT, "budgets", 0, "shares", value=[0.5, 0.5]),
        "sites[ht-cement].budgets[2026-01-01].shares",
        "twelve",
    ),
    (
        put("sites", UNIT, "budgets", 0, "shares", value=[0.085] * 12),
        "sites[ht-cement].budgets[2026-01-01].shares",
        "1.0200",
    ),
    (
        put("sites", UNIT, "budgets", 0, "shares", value=[-0.1, 1.1] + [0] * 10),
        "sites[ht-cement].budgets[2026-01-01].shares",
        "negative",
    ),
]
POINT_CASES = [
    ({"factor": "w01019"}, "factor", "not in the catalogue"),
    ({"unit": "g/L"}, "unit", "no unit conversion"),
    ({"low": 500, "high": 500}, "low", "not below"),
    ({"low": None, "high": 0}, "high", "not below"),
    ({"low": -1}, "low", "outside"),
    ({"high": 5001}, "high", "outside"),
    ({"carrier": "steam"}, "carrier", "counters and interval values only"),
    ({"register_max": 10}, "register_max", "counters only"),
    ({"carrier": "steam", "kind": "counter"}, "carrier", "counted in t"),
]


def problems(tree: Any) -> list[tuple[str, str]]:
    found = check(Document.model_validate(tree))
    assert all(problem.mend and problem.place for problem in found)
    return [(problem.field, problem.sentence) for problem in found]


@pytest.fixture
def county() -> Any:
    return yaml.safe_load(COUNTY.read_text(encoding="utf-8"))


def test_the_example_county_has_no_problem(county: Any) -> None:
    assert problems(county) == []


@pytest.mark.parametrize(("change", "field", "said"), CASES)
def test_a_fault_of_the_whole_is_found_alone(county: Any, change: Any, field: str, said: str) -> None:
    change(county)
    found = problems(county)

    # A changed id is missed by those who named it, hence not always alone.
    assert any(name == field and said in sentence for name, sentence in found), found


@pytest.mark.parametrize(("fields", "field", "said"), POINT_CASES)
def test_a_point_must_fit_its_factor(county: Any, fields: dict[str, Any], field: str, said: str) -> None:
    points = county["sites"][SEWAGE]["devices"][0]["points"]
    points[3].update(fields)
    county["sites"][SEWAGE]["outlets"] = []
    where = f"sites[bj-wwtp].devices[outlet].points[{points[3]['factor']}].{field}"

    found = problems(county)

    assert {name for name, _ in found} == {where}
    assert said in found[0][1]


def test_the_factors_own_unit_may_be_written(county: Any) -> None:
    county["sites"][SEWAGE]["devices"][0]["points"][3]["unit"] = "mg/L"
    assert problems(county) == []


@pytest.mark.parametrize(
    ("site", "name", "code"),
    [
        (COAL, "lyt-boiler", "yx_b_steam_flow"),
        (COAL, "lyt-boiler", "yx_b_steam_pressure"),
        (COAL, "lyt-boiler", "yx_b_feed_temp"),
        (COAL, "lyt-boiler", "yx_b_coal_flow"),
        (HOT, "bl-boiler", "yx_b_water_flow"),
        (HOT, "bl-boiler", "yx_b_water_pressure"),
        (HOT, "bl-boiler", "yx_b_supply_temp"),
        (HOT, "bl-boiler", "yx_b_return_temp"),
        (HOT, "bl-boiler", "yx_b_gas_flow"),
    ],
)
def test_a_boiler_needs_what_its_efficiency_needs(county: Any, site: int, name: str, code: str) -> None:
    device = county["sites"][site]["devices"][0]
    device["points"] = [point for point in device["points"] if point["factor"] != code]

    ((field, sentence),) = problems(county)

    assert field == f"sites[{name}].boilers[B1].device"
    assert sentence.endswith(code)


def test_an_outlet_needs_cod(county: Any) -> None:
    del county["sites"][SEWAGE]["devices"][0]["points"][3]
    assert [field for field, _ in problems(county)] == ["sites[bj-wwtp].outlets[DW001].device"]


def test_a_budget_needs_a_counter_with_a_carrier(county: Any) -> None:
    for point in county["sites"][UNIT]["devices"][0]["points"]:
        del point["carrier"]
    assert [field for field, _ in problems(county)] == ["sites[ht-cement].budgets"]


@pytest.mark.parametrize("last", [0.0834, 0.0846])
def test_shares_may_miss_one_by_a_thousandth(county: Any, last: float) -> None:
    county["sites"][UNIT]["budgets"][0]["shares"] = [0.0833] * 11 + [last]
    assert problems(county) == []
