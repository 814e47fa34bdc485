from __future__ import annotations

from datetime import date

import pytest

from schemas.catalog.energy import FACTORS, CoalFactor, tce_per_unit
from schemas.catalog.enums import Carrier, ElectricityBasis
from schemas.catalog.factors import FACTORS as CODES

DAY = date(2026, 6, 1)
CALORIFIC = ElectricityBasis.CALORIFIC


@pytest.mark.parametrize("factor", FACTORS, ids=lambda factor: f"{factor.carrier}-{factor.basis}")
def test_every_factor_has_source_clause_and_date(factor: CoalFactor) -> None:
    assert factor.source.strip()
    assert factor.clause.strip()
    assert factor.standard.strip()
    assert factor.kgce > 0
    assert factor.register in CODES
    assert date.fromisoformat(factor.valid_from).isoformat() == factor.valid_from
    assert (factor.basis is not None) == (factor.carrier is Carrier.ELECTRICITY)


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


def test_steam_and_coal_are_counted_by_the_tonne() -> None:
    assert tce_per_unit(Carrier.STEAM, CALORIFIC, DAY) == pytest.approx(0.1286)
    assert tce_per_unit(Carrier.RAW_COAL, CALORIFIC, DAY) == pytest.approx(0.7143)


def test_before_the_first_factor_nothing_is_guessed() -> None:
    assert tce_per_unit(Carrier.RAW_COAL, CALORIFIC, date(2021, 4, 1)) > 0
    with pytest.raises(LookupError, match="raw_coal"):
        tce_per_unit(Carrier.RAW_COAL, CALORIFIC, date(2021, 3, 31))


def test_the_year_bound_figure_is_marked_unverified() -> None:
    assert [factor.basis for factor in FACTORS if not factor.verified] == [ElectricityBasis.EQUIVALENT]
