from __future__ import annotations

from datetime import date

import pytest

from schemas.catalog.energy import FACTORS, KJ_PER_KGCE, CoalFactor, factor_on, tce_per_unit
from schemas.catalog.enums import Carrier, ElectricityBasis
from schemas.catalog.factors import FACTORS as CODES

DAY = date(2026, 6, 1)
CALORIFIC = ElectricityBasis.CALORIFIC
NOT_BURNED = {Carrier.ELECTRICITY, Carrier.HEAT, Carrier.STEAM, Carrier.WATER}


@pytest.mark.parametrize("factor", FACTORS, ids=lambda factor: f"{factor.carrier}-{factor.basis}")
def test_every_factor_has_source_clause_and_date(factor: CoalFactor) -> None:
    assert factor.source.strip()
    assert factor.clause.strip()
    assert factor.standard.strip()
    assert factor.kgce > 0
    assert CODES[factor.register].unit in {"kWh", "t", "m3", "GJ"}
    assert date.fromisoformat(factor.valid_from).isoformat() == factor.valid_from
    assert (factor.basis is not None) == (factor.carrier is Carrier.ELECTRICITY)
    assert (factor.lhv_kj is None) == (factor.carrier in NOT_BURNED)
    # What nobody but the house reference's memory says is not called verified.
    assert not (factor.verified and "[mem]" in factor.source)


@pytest.mark.parametrize("factor", [row for row in FACTORS if row.lhv_kj is not None], ids=lambda row: row.carrier)
def test_a_fuel_s_factor_is_its_heating_value_over_that_of_standard_coal(factor: CoalFactor) -> None:
    # GB/T 2589-2020: 1 kgce = 29 307.6 kJ; the table rounds to four decimals of kgce per kg or m3.
    per = 1000 if CODES[factor.register].unit == "t" else 1
    assert factor.lhv_kj is not None
    assert factor.kgce / per == pytest.approx(factor.lhv_kj / KJ_PER_KGCE, abs=0.5e-4)


@pytest.mark.parametrize(
    ("carrier", "kgce"),
    [
        (Carrier.ELECTRICITY, 0.1229),
        (Carrier.RAW_COAL, 714.3),
        (Carrier.CLEANED_COAL, 900.0),
        (Carrier.COKE, 971.4),
        (Carrier.FUEL_OIL, 1428.6),
        (Carrier.GASOLINE, 1471.4),
        (Carrier.DIESEL, 1457.1),
        (Carrier.LPG, 1714.3),
        (Carrier.LNG, 1757.2),
        (Carrier.NATURAL_GAS, 1.33),
        (Carrier.BIOGAS, 0.8286),
        (Carrier.HEAT, 34.12),
        (Carrier.STEAM, 128.6),
        (Carrier.WATER, 0.2571),
    ],
)
def test_the_table_of_the_standard(carrier: Carrier, kgce: float) -> None:
    # GB/T 2589-2020 appendices A and B, kgce per kWh, t, m3 or GJ.
    row = factor_on(carrier, CALORIFIC, DAY)
    assert (row.carrier, row.kgce) == (carrier, kgce)
    assert tce_per_unit(carrier, CALORIFIC, DAY) == kgce / 1000


def test_the_worked_example_of_the_standard() -> None:
    bought = {Carrier.ELECTRICITY: 1_000_000, Carrier.NATURAL_GAS: 500_000, Carrier.RAW_COAL: 3000}
    tce = {carrier: amount * tce_per_unit(carrier, CALORIFIC, DAY) for carrier, amount in bought.items()}
    assert tce[Carrier.ELECTRICITY] == pytest.approx(122.9)
    assert tce[Carrier.NATURAL_GAS] == pytest.approx(665.0)
    assert tce[Carrier.RAW_COAL] == pytest.approx(2142.9)
    assert sum(tce.values()) == pytest.approx(2930.8)


@pytest.mark.parametrize("carrier", list(Carrier))
@pytest.mark.parametrize("basis", list(ElectricityBasis))
def test_every_carrier_counts_today(carrier: Carrier, basis: ElectricityBasis) -> None:
    assert tce_per_unit(carrier, basis, DAY) > 0


def test_the_basis_moves_electricity_alone() -> None:
    equivalent = ElectricityBasis.EQUIVALENT
    for carrier in Carrier:
        same = tce_per_unit(carrier, CALORIFIC, DAY) == tce_per_unit(carrier, equivalent, DAY)
        assert same == (carrier is not Carrier.ELECTRICITY)
    assert tce_per_unit(Carrier.ELECTRICITY, equivalent, DAY) == pytest.approx(0.3055e-3)


@pytest.mark.parametrize("carrier", [Carrier.NATURAL_GAS, Carrier.BIOGAS])
def test_a_range_of_the_standard_says_which_value_was_chosen(carrier: Carrier) -> None:
    assert "取上限" in factor_on(carrier, CALORIFIC, DAY).clause


@pytest.mark.parametrize(
    ("carrier", "lhv_kj", "tce"),
    [
        (Carrier.RAW_COAL, 29_307.6, 1.0),
        (Carrier.RAW_COAL, 18_317.25, 0.625),
        (Carrier.NATURAL_GAS, 29_307.6, 0.001),
        (Carrier.NATURAL_GAS, 35_544.0, 1.2127912e-3),
        (Carrier.DIESEL, 42_705.0, 1.4571306),
    ],
)
def test_a_measured_heating_value_goes_before_the_table(carrier: Carrier, lhv_kj: float, tce: float) -> None:
    # House reference 5.1: factor = LHV / 29 307.6 where a measured LHV exists.
    row = factor_on(carrier, CALORIFIC, DAY, lhv_kj=lhv_kj)
    assert tce_per_unit(carrier, CALORIFIC, DAY, lhv_kj=lhv_kj) == pytest.approx(tce, rel=1e-7)
    assert (row.lhv_kj, row.carrier) == (lhv_kj, carrier)
    assert "实测低位发热量" in row.clause


@pytest.mark.parametrize("carrier", sorted(NOT_BURNED))
def test_what_is_not_burned_has_no_heating_value(carrier: Carrier) -> None:
    assert factor_on(carrier, CALORIFIC, DAY, lhv_kj=1000.0) == factor_on(carrier, CALORIFIC, DAY)


@pytest.mark.parametrize("lhv_kj", [0.0, -1.0, float("nan"), float("inf")])
def test_a_heating_value_that_cannot_be_is_refused(lhv_kj: float) -> None:
    # GB/T 2589-2020: a fuel's factor is its heating value over 29 307.6 kJ; none of these is one.
    with pytest.raises(ValueError, match="raw_coal"):
        tce_per_unit(Carrier.RAW_COAL, CALORIFIC, DAY, lhv_kj=lhv_kj)


def test_before_the_first_factor_nothing_is_guessed() -> None:
    # GB/T 2589-2020 is in force from 2021-04-01.
    assert tce_per_unit(Carrier.RAW_COAL, CALORIFIC, date(2021, 4, 1)) > 0
    with pytest.raises(LookupError, match="raw_coal"):
        tce_per_unit(Carrier.RAW_COAL, CALORIFIC, date(2021, 3, 31))


def test_the_unverified_rows_are_those_nobody_confirmed() -> None:
    assert {factor.basis or factor.carrier for factor in FACTORS if not factor.verified} == {
        ElectricityBasis.EQUIVALENT,
        Carrier.COKE,
        Carrier.FUEL_OIL,
        Carrier.LPG,
        Carrier.BIOGAS,
        Carrier.WATER,
    }
