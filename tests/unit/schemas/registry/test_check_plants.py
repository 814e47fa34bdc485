"""Outlets, boilers, stacks, permits, analyses and meter changes: what cannot be true is refused, and the field named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from schemas.catalog.enums import Carrier
from schemas.registry.check import CARRIER_UNITS, check
from schemas.registry.model import Document

COUNTY = Path(__file__).parents[4] / "simulator" / "county" / "yongxing.yaml"
SEWAGE, COAL, GAS, UNIT = 0, 3, 4, 8
FLUE = ("a00000", "a19001", "a34013", "a21026", "a21002", "a01011", "a01012", "a01013", "a01014")


def water_permit(**fields: Any) -> dict[str, Any]:
    whole = {
        "outlet": "DW001",
        "factor": "w01018",
        "basis": "day",
        "high": 50,
        "number": "P1",
        "valid_from": "2024-01-01",
    }
    return whole | fields


def air_permit(**fields: Any) -> dict[str, Any]:
    return water_permit(outlet="DA001", factor="a21026", basis="hour", high=200) | fields


@pytest.fixture
def county() -> Any:
    """Return the example county, with a stack, permits, an analysis and a meter change added to it."""
    tree = yaml.safe_load(COUNTY.read_text(encoding="utf-8"))
    coal = tree["sites"][COAL]
    coal["devices"].append({"id": "cems", "name": "烟气自动监测", "points": [{"factor": code} for code in FLUE]})
    coal["boilers"].append(
        coal["boilers"][0] | {"id": "B2", "name": "2号炉", "eia_approved": "2013-05-06", "checks": []}
    )
    coal["stacks"] = [
        {"id": "DA001", "name": "1号烟囱", "device": "cems", "boilers": ["B1", "B2"], "duct_area_m2": 1.5}
    ]
    coal["permits"] = [air_permit(), air_permit(factor="a21002", basis="year", high=12)]
    coal["analyses"] = [{"boiler": "B1", "day": "2026-03-01", "q4_pct": 8.5}]
    tree["sites"][SEWAGE]["permits"] = [water_permit(valid_to="2025-12-31"), water_permit(valid_from="2026-01-01")]
    tree["sites"][UNIT]["meter_changes"] = [
        {"device": "meters", "factor": "yx_e_kwh", "at": "2026-04-01T08:00:00", "closing": 91234.5, "opening": 0}
    ]
    return tree


def found(tree: Any) -> list[tuple[str, str]]:
    problems = check(Document.model_validate(tree))
    assert all(problem.mend and problem.place for problem in problems)
    return [(problem.field, problem.sentence) for problem in problems]


def test_the_county_with_stacks_and_permits_has_no_problem(county: Any) -> None:
    assert found(county) == []


CASES: list[tuple[int, tuple[str | int, ...], Any, str, str]] = [
    (COAL, ("stacks", 0, "device"), "cem", "stacks[DA001].device", "unknown: cem"),
    (COAL, ("stacks", 0, "boilers"), ["B1", "B9"], "stacks[DA001].boilers[B9]", "unknown: B9"),
    (COAL, ("stacks", 0, "boilers"), ["B1", "B1"], "stacks[DA001].boilers[B1]", "duplicate"),
    (COAL, ("analyses", 0, "boiler"), "B9", "analyses[#1].boiler", "unknown: B9"),
    (COAL, ("analyses", 0, "q4_pct"), None, "analyses[#1]", "without any value"),
    (COAL, ("permits", 0, "outlet"), "DA002", "permits[#1].outlet", "unknown: DA002"),
    (COAL, ("permits", 0, "factor"), "a20057", "permits[#1].factor", "does not measure: a20057"),
    (COAL, ("permits", 0, "factor"), "yx_zs_a21026", "permits[#1].factor", "does not measure"),
    (COAL, ("permits", 0, "basis"), "day", "permits[#1].basis", "不按 day 判定"),
    # GB 13271-2014 table 2: SO2 300; the stack is shared with an older boiler, so the strictest binds (4.6).
    (COAL, ("permits", 0, "high"), 300.1, "permits[#1].high", "300.1 > 300"),
    (COAL, ("permits", 0, "valid_to"), "2023-12-31", "permits[#1].valid_to", "before valid_from"),
    (COAL, ("boilers", 0, "condensing"), True, "boilers[B1].condensing", "only gas boilers"),
    (COAL, ("boilers", 0, "firing"), "chamber", "boilers[B1].firing", "does not burn"),
    (GAS, ("boilers", 0, "firing"), "grate", "boilers[B1].firing", "does not burn"),
    (GAS, ("boilers", 0, "firing"), "pulverised", "boilers[B1].firing", "does not burn"),
    (COAL, ("boilers", 0, "medium"), "superheated_steam", "boilers[B1].device", "yx_b_steam_temp"),
    (GAS, ("boilers", 0, "fuel"), "oil", "boilers[B1].device", "yx_b_oil_flow"),
    (GAS, ("boilers", 0, "fuel"), "biomass", "boilers[B1].device", "yx_b_biomass_flow"),
    (SEWAGE, ("permits", 0, "basis"), "hour", "permits[#1].basis", "不按 hour 判定"),
    (SEWAGE, ("permits", 0, "factor"), "w01017", "permits[#1].factor", "does not measure"),
    # GB 18918-2002 table 1, class 1-A: COD 50.
    (SEWAGE, ("permits", 0, "high"), 60, "permits[#1].high", "许可限值比标准宽 looser than the standard: 60 > 50"),
    # GB 18918-2002 table 1 note 2: only NH3-N has a second value, for cold water, and it is not the smaller one.
    (SEWAGE, ("permits", 0, "high_cold"), 8, "permits[#1].high_cold", "day mean of NH3-N only"),
    (SEWAGE, ("permits", 0, "valid_to"), "2026-01-01", "permits[#2].valid_from", "2026-01-01 permits"),
    (SEWAGE, ("permits", 0, "valid_to"), None, "permits[#2].valid_from", "长期 open"),
    (UNIT, ("meter_changes", 0, "device"), "meter", "meter_changes[#1].device", "unknown: meter"),
    (UNIT, ("meter_changes", 0, "factor"), "yx_e_gas_m3", "meter_changes[#1].factor", "unknown: yx_e_gas_m3"),
    (UNIT, ("meter_changes", 0, "closing"), 100_000_000, "meter_changes[#1].closing", "above register_max 99999999.9"),
    (UNIT, ("meter_changes", 0, "opening"), 100_000_000, "meter_changes[#1].opening", "above register_max 99999999.9"),
    (UNIT, ("devices", 0, "points", 0, "kind"), "interval", "meter_changes[#1].factor", "is no counter"),
]


@pytest.mark.parametrize(("site", "path", "value", "field", "said"), CASES)
def test_what_cannot_be_is_refused(
    county: Any, site: int, path: tuple[str | int, ...], value: Any, field: str, said: str
) -> None:
    spot = county["sites"][site]
    prefix = f"sites[{spot['id']}]."
    for step in path[:-1]:
        spot = spot[step]
    spot[path[-1]] = value

    problems = found(county)

    assert any(name == prefix + field and said in sentence for name, sentence in problems), problems


@pytest.mark.parametrize(
    ("code", "said"),
    [("a19001", "无法折算"), ("a34013", "a34013"), ("a21026", "a21026"), ("a21002", "a21002")],
)
def test_a_stack_needs_oxygen_and_its_pollutants(county: Any, code: str, said: str) -> None:
    site = county["sites"][COAL]
    site["permits"] = []
    site["devices"][1]["points"] = [point for point in site["devices"][1]["points"] if point["factor"] != code]

    ((field, sentence),) = found(county)

    assert field == "sites[lyt-boiler].stacks[DA001].device"
    assert said in sentence


def test_a_duct_area_needs_a_velocity_but_flow_may_be_missing(county: Any) -> None:
    site = county["sites"][COAL]
    site["devices"][1]["points"] = [{"factor": code} for code in FLUE if code not in ("a00000", "a01011")]
    assert [field for field, _ in found(county)] == ["sites[lyt-boiler].stacks[DA001].duct_area_m2"]

    del site["stacks"][0]["duct_area_m2"]
    assert found(county) == []  # loads are not known then; concentrations are


@pytest.mark.parametrize(
    ("fuel", "point", "refused"), [("gas", "yx_b_gas_flow", True), ("biomass", "yx_b_biomass_flow", False)]
)
def test_boilers_of_one_stack_share_a_reference_o2(county: Any, fuel: str, point: str, *, refused: bool) -> None:
    # GB 13271-2014 5.2 table 6: coal and biomass 9 %, oil and gas 3.5 %.
    site = county["sites"][COAL]
    site["devices"][0]["points"].append({"factor": point})
    site["boilers"][1]["fuel"] = fuel
    site["permits"] = []

    problems = found(county)

    assert [field for field, _ in problems] == (["sites[lyt-boiler].stacks[DA001].boilers"] if refused else [])
    assert all("不同基准氧含量的锅炉共用一个烟囱，无法折算" in sentence for _, sentence in problems)


def test_special_limits_bind_the_permit_too(county: Any) -> None:
    # GB 13271-2014 table 3: SO2 200 for coal.
    site = county["sites"][COAL]
    site["permits"][0]["high"] = 201
    assert found(county) == []
    site["stacks"][0]["special"] = True
    assert [field for field, _ in found(county)] == ["sites[lyt-boiler].permits[#1].high"]


@pytest.mark.parametrize(
    ("day", "high", "fits"), [("2027-12-31", 1, True), ("2028-01-01", 1, False), ("2028-01-01", 0.5, True)]
)
def test_a_permit_is_measured_by_the_standard_of_its_first_day(
    county: Any, day: str, high: float, *, fits: bool
) -> None:
    # GB 18918-2002 table 1 row 9: TP 1 for plants approved by 2005, until the amendment's 2028-01-01.
    site = county["sites"][SEWAGE]
    site["outlets"][0]["eia_approved"] = "2004-01-01"
    site["permits"] = [water_permit(factor="w21011", high=high, valid_from=day)]
    assert (found(county) == []) == fits


@pytest.mark.parametrize("other", [{"outlet": "DA001", "factor": "a21026"}, {"basis": "year"}, {"factor": "w21001"}])
def test_permits_of_different_things_do_not_overlap(county: Any, other: dict[str, Any]) -> None:
    site = county["sites"][COAL if "outlet" in other else SEWAGE]
    make = air_permit if "outlet" in other else water_permit
    site["permits"] = [make(high=15), make(**({"basis": "year"} if "outlet" in other else other), high=15)]
    assert found(county) == []


def test_a_long_permit_overlaps_all_that_begin_within_it_in_any_order(county: Any) -> None:
    spans = [("2025-06-01", "2025-07-01"), ("2024-01-01", "2026-12-31"), ("2026-01-01", None)]
    county["sites"][SEWAGE]["permits"] = [water_permit(valid_from=begin, valid_to=end) for begin, end in spans]
    fields = {field for field, _ in found(county)}
    assert fields == {f"sites[bj-wwtp].permits[#{number}].valid_from" for number in (1, 3)}


def test_two_analyses_of_a_day_and_two_changes_of_an_instant_are_refused(county: Any) -> None:
    analyses, changes = county["sites"][COAL]["analyses"], county["sites"][UNIT]["meter_changes"]
    analyses += [analyses[0] | {"lhv": 20000}, analyses[0] | {"boiler": "B2"}]
    # The same instant, written in another zone.
    changes.append(changes[0] | {"at": "2026-04-01T00:00:00+00:00"})
    changes.append(changes[0] | {"at": "2026-04-01T00:00:00"})

    assert {field for field, _ in found(county)} == {
        "sites[lyt-boiler].analyses[#2].day",
        "sites[ht-cement].meter_changes[#2].at",
    }


@pytest.mark.parametrize(
    ("site", "table", "field"), [(SEWAGE, "outlets", "id"), (COAL, "boilers", "id"), (COAL, "stacks", "id")]
)
def test_the_energy_balances_id_is_taken(county: Any, site: int, table: str, field: str) -> None:
    county["sites"][site][table][0][field] = "energy"
    assert any("energy balance" in sentence for _, sentence in found(county))


def test_outlets_and_stacks_of_a_site_are_told_apart(county: Any) -> None:
    site = county["sites"][COAL]
    site["devices"][1]["points"].append({"factor": "w01018"})
    site["outlets"] = [{"id": "DA001", "name": "口", "device": "cems", "eia_approved": "2013-05-06"}]
    assert ("sites[lyt-boiler].stacks[DA001].id", "编号 id 重复 duplicate: DA001") in found(county)


@pytest.mark.parametrize(
    ("state", "code", "refused"),
    [
        ("wet_standard", "a01014", True),
        ("wet_standard", "a01012", False),
        ("wet_standard", "a01013", False),
        ("actual", "a01014", True),
        ("actual", "a01012", True),
        ("actual", "a01013", True),
        ("dry_standard", "a01014", False),
    ],
)
def test_a_gas_state_needs_what_leads_to_the_dry_standard(county: Any, state: str, code: str, *, refused: bool) -> None:
    # HJ 212-2017 app. D.2; the pressure of the air (a01006) may be missing.
    site = county["sites"][COAL]
    points = [{"factor": one} for one in FLUE if one != code]
    points[2]["gas_state"] = state
    site["devices"][1]["points"] = points

    problems = found(county)

    where = f"sites[lyt-boiler].devices[cems].points[{points[2]['factor']}].gas_state"
    assert [field for field, _ in problems] == ([where] if refused else [])
    assert all(sentence.endswith(code) for _, sentence in problems)


def test_water_has_no_gas_state(county: Any) -> None:
    county["sites"][SEWAGE]["devices"][0]["points"][3]["gas_state"] = "actual"
    assert [field for field, _ in found(county)] == ["sites[bj-wwtp].devices[outlet].points[w01018].gas_state"]


UNITS = {
    "kWh": "yx_e_kwh", "t": "yx_e_coal_t", "m3": "yx_e_gas_m3", "GJ": "yx_e_heat_gj",
}  # fmt: skip


@pytest.mark.parametrize("carrier", Carrier)
@pytest.mark.parametrize("unit", UNITS)
def test_a_carrier_is_counted_in_its_unit(county: Any, carrier: Carrier, unit: str) -> None:
    point = {"factor": UNITS[unit], "kind": "interval", "carrier": carrier.value, "balance": "out"}
    county["sites"][UNIT]["devices"].append({"id": "more", "name": "表", "points": [point]})
    assert (found(county) == []) == (unit == CARRIER_UNITS[carrier])


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"carrier": "electricity"}, "carrier", "counters and interval values only"),
        ({"kind": "interval", "carrier": "electricity", "register_max": 9}, "register_max", "counters only"),
        ({"kind": "counter", "balance": "out"}, "balance", "points with a carrier only"),
        ({"kind": "counter", "lhv_kj": 38979}, "lhv_kj", "points with a carrier only"),
        ({"kind": "counter", "carrier": "electricity", "lhv_kj": 3600}, "lhv_kj", "no heating value"),
    ],
)
def test_a_meters_fields_must_fit_each_other(county: Any, fields: dict[str, Any], field: str, said: str) -> None:
    point = {"factor": "yx_e_kwh", **fields}
    county["sites"][UNIT]["devices"].append({"id": "more", "name": "表", "points": [point]})

    ((name, sentence),) = found(county)

    assert name == f"sites[ht-cement].devices[more].points[yx_e_kwh].{field}"
    assert said in sentence


@pytest.mark.parametrize("carrier", ["natural_gas", "raw_coal"])
def test_a_fuel_may_have_a_measured_heating_value(county: Any, carrier: str) -> None:
    factor = UNITS[CARRIER_UNITS[Carrier(carrier)]]
    point = {"factor": factor, "kind": "counter", "carrier": carrier, "lhv_kj": 35544, "balance": "none"}
    county["sites"][UNIT]["devices"].append({"id": "more", "name": "表", "points": [point]})
    assert found(county) == []
