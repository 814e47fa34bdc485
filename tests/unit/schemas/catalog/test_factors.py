from __future__ import annotations

import re

import pytest

from schemas.catalog.factors import FACTORS, Factor, load


@pytest.mark.parametrize("factor", FACTORS.values(), ids=FACTORS)
def test_every_factor_is_whole(factor: Factor) -> None:
    assert factor.zh.strip()
    assert factor.en.strip()
    assert factor.unit.strip()
    assert factor.source.strip()
    assert factor.low < factor.high
    assert 0 <= factor.decimals <= 4


@pytest.mark.parametrize("code", FACTORS)
def test_codes_are_of_hj_212_or_our_own(code: str) -> None:
    assert re.fullmatch(r"[wa]\d{5}|yx_zs_a\d{5}|yx_l_[wa]\d{5}|yx_[be]_[a-z0-9_]+", code)
    assert FACTORS[code].source.startswith("own code" if code.startswith("yx_") else "HJ 212-2017 app. B")


@pytest.mark.parametrize("code", [code for code in FACTORS if re.match("yx_(zs|l)_", code)])
def test_what_is_derived_of_a_factor_stands_beside_it(code: str) -> None:
    origin = FACTORS[code.rpartition("_")[2]]
    converted = code.startswith("yx_zs_")
    assert FACTORS[code].unit == (origin.unit if converted else "kg")
    assert FACTORS[code].zh == origin.zh + ("(折算)" if converted else "排放量")
    # GB 13271-2014 table 1: 0.05 mg/m3 of mercury; what is shown must tell 0.05 from 0.0504.
    assert FACTORS[code].decimals == (origin.decimals if converted else 3)
    assert FACTORS["a20057"].decimals == FACTORS["yx_zs_a20057"].decimals == 4


@pytest.mark.parametrize(
    ("code", "en", "unit"),
    [
        ("w00000", "sewage flow", "L/s"),
        ("w01001", "pH", "pH"),
        ("w01010", "water temperature", "°C"),
        ("w01012", "suspended solids", "mg/L"),
        ("w01018", "COD", "mg/L"),
        ("w21001", "total nitrogen", "mg/L"),
        ("w21003", "NH3-N", "mg/L"),
        ("w21011", "total phosphorus", "mg/L"),
        ("a19001", "O2", "%"),
        ("a34013", "particulate matter", "mg/m3"),
        ("a21026", "SO2", "mg/m3"),
        ("a21002", "NOx as NO2", "mg/m3"),
        ("a20057", "Hg compounds", "mg/m3"),
        ("a01013", "flue gas static pressure", "kPa"),
        ("a01014", "flue gas moisture", "%"),
        ("yx_b_efficiency", "boiler efficiency, direct", "%"),
        ("yx_e_tce", "comprehensive energy consumption", "tce"),
    ],
)
def test_codes_stand_for_what_the_standard_says(code: str, en: str, unit: str) -> None:
    assert (FACTORS[code].en, FACTORS[code].unit) == (en, unit)


def test_ph_ends_at_0_and_14_and_names_are_unique() -> None:
    assert (FACTORS["w01001"].low, FACTORS["w01001"].high) == (0, 14)
    assert len({factor.zh for factor in FACTORS.values()}) == len(FACTORS)
    assert load() == FACTORS
