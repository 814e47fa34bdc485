from __future__ import annotations

from datetime import date
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.derive.boiler import inputs
from schemas.catalog import boilers
from schemas.catalog.boilers import DEFAULTS, TABLES, UNCERTAINTIES, Default, flue, q3_pct, q5_rated_pct, q6_pct
from schemas.catalog.enums import CoalClass, Fuel, Medium
from schemas.catalog.factors import FACTORS
from schemas.registry.model import Boiler

DAY = date(2026, 6, 1)
BITUMINOUS = CoalClass.BITUMINOUS_2
DATED = [*TABLES.flue, *TABLES.q3, *TABLES.q5, *TABLES.q6, *TABLES.default]


def test_every_table_has_its_source_and_date() -> None:
    for table in DATED:
        assert table.standard.strip()
        assert table.clause.strip()
        assert table.source.strip()
        assert date.fromisoformat(table.valid_from).isoformat() == table.valid_from


def test_nothing_taken_from_memory_is_called_verified() -> None:
    told = [(one.source, one.verified) for one in DATED] + [(one.source, one.verified) for one in TABLES.uncertainty]
    assert any("memory" in source for source, _ in told)
    assert not [source for source, verified in told if verified and ("memory" in source or "engineering" in source)]


@pytest.mark.parametrize(
    ("fuel", "coal_class", "m", "n"),
    [
        (Fuel.COAL, CoalClass.LIGNITE, 0.6, 3.8),
        (Fuel.COAL, CoalClass.BITUMINOUS_1, 0.4, 3.6),
        (Fuel.COAL, CoalClass.BITUMINOUS_3, 0.4, 3.6),
        (Fuel.COAL, CoalClass.ANTHRACITE_2, 0.3, 3.5),
        (Fuel.COAL, CoalClass.ANTHRACITE_3, 0.3, 3.5),
        (Fuel.GAS, CoalClass.LIGNITE, 0.5, 3.45),
        (Fuel.OIL, CoalClass.LIGNITE, 0.5, 3.45),
    ],
)
def test_flue_gas_coefficients(fuel: Fuel, coal_class: CoalClass, m: float, n: float) -> None:
    # TSG G0003-2010 by house reference 4.3; the class of coal says nothing of gas and oil.
    row = flue(fuel, coal_class, DAY)
    assert (row.m, row.n) == (m, n)


@pytest.mark.parametrize("fuel", list(Fuel))
@pytest.mark.parametrize("coal_class", list(CoalClass))
def test_every_fuel_has_exactly_one_row(fuel: Fuel, coal_class: CoalClass) -> None:
    wanted = coal_class if fuel is Fuel.COAL else None
    for table in TABLES.flue:
        assert [(row.fuel, row.coal_class) for row in table.rows].count((fuel, wanted)) == 1
    assert flue(fuel, coal_class, DAY).fuel is fuel
    assert q6_pct(fuel, DAY) >= 0


@pytest.mark.parametrize(
    ("co", "loss"), [(None, 0.2), (-0.1, 0.2), (0.05, 0.2), (0.0501, 0.5), (0.1, 0.5), (0.1001, 1.0), (50.0, 1.0)]
)
def test_unburnt_gas(co: float | None, loss: float) -> None:
    assert q3_pct(co, DAY) == loss


@pytest.mark.parametrize(
    ("capacity", "loss"),
    [(0.5, 3.5), (2, 3.5), (3, 3.2), (4, 2.9), (6, 2.4), (8, 2.05), (10, 1.7), (15, 1.5), (20, 1.3), (35, 1.1), (50, 0.95),
     (65, 0.8), (130, 0.8)],
)  # fmt: skip
def test_surface_loss_is_linear_between_the_rows(capacity: float, loss: float) -> None:
    assert q5_rated_pct(capacity, DAY) == pytest.approx(loss)


@given(st.floats(0.1, 200), st.floats(0.1, 200))
def test_a_greater_boiler_never_loses_a_greater_share(one: float, other: float) -> None:
    assert q5_rated_pct(max(one, other), DAY) <= q5_rated_pct(min(one, other), DAY) + 1e-12


def test_rows_rise() -> None:
    for table in TABLES.q5:
        assert all(low.capacity_t_h < high.capacity_t_h for low, high in pairwise(table.rows))
    for steps in TABLES.q3:
        ends = [step.up_to for step in steps.rows]
        assert ends[-1] is None
        assert ends[:-1] == sorted(end for end in ends if end is not None)


def test_the_ash_of_gas_and_oil_is_nothing() -> None:
    assert (q6_pct(Fuel.GAS, DAY), q6_pct(Fuel.OIL, DAY)) == (0, 0)
    assert q6_pct(Fuel.COAL, DAY) == 0.3


def test_the_table_in_force_is_the_newest_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    (old,) = TABLES.q6
    new = msgspec.structs.replace(old, valid_from="2026-07-01", rows=[boilers.Ash(fuel=Fuel.COAL, loss_pct=0.4)])
    monkeypatch.setattr(boilers, "TABLES", msgspec.structs.replace(TABLES, q6=[new, old]))
    assert q6_pct(Fuel.COAL, date(2026, 6, 30)) == 0.3
    assert q6_pct(Fuel.COAL, date(2026, 7, 1)) == 0.4
    with pytest.raises(LookupError, match="gas"):
        q6_pct(Fuel.GAS, date(2026, 7, 1))


def test_before_the_first_table_nothing_is_known() -> None:
    before = date(2010, 11, 30)
    with pytest.raises(LookupError, match="2010-11-30"):
        flue(Fuel.COAL, BITUMINOUS, before)
    with pytest.raises(LookupError):
        q3_pct(0.0, before)
    with pytest.raises(LookupError):
        q5_rated_pct(10, before)


def test_the_defaults_of_the_house_reference() -> None:
    # 4.5 and part II 3.3.
    assert (DEFAULTS.min_load_pct, DEFAULTS.min_o2_pct, DEFAULTS.max_o2_pct) == (50, 1, 15)
    assert (DEFAULTS.startup_solid_h, DEFAULTS.startup_gas_oil_h, DEFAULTS.unmetered_output_pct) == (4, 1, 65)


def test_a_default_nobody_knows_is_an_error() -> None:
    stray = msgspec.structs.replace(TABLES.default[0], name="min_laod_pct")
    rows: list[Default] = [*TABLES.default, stray]
    with pytest.raises(msgspec.ValidationError, match="min_laod_pct"):
        boilers._defaults(rows)
    with pytest.raises(msgspec.ValidationError, match="min_load_pct"):
        boilers._defaults(TABLES.default[1:])


@pytest.mark.parametrize("fuel", list(Fuel))
@pytest.mark.parametrize("medium", list(Medium))
def test_every_instrument_has_an_uncertainty(fuel: Fuel, medium: Medium) -> None:
    one = Boiler(
        id="b", name="b", device="d", fuel=fuel, medium=medium, rated=1, manufactured=date(2020, 1, 1), lhv=20_000
    )
    assert set(inputs(one)) <= UNCERTAINTIES.keys() & FACTORS.keys()
    assert len(UNCERTAINTIES) == len(TABLES.uncertainty)
    assert all(row.half_width > 0 for row in TABLES.uncertainty)


def test_half_widths() -> None:
    relative, absolute = UNCERTAINTIES["yx_b_steam_flow"], UNCERTAINTIES["yx_b_feed_temp"]
    assert relative.at(8.0) == relative.at(-8.0) == pytest.approx(0.2)
    assert absolute.at(8.0) == 1.0
    assert absolute.share(lambda at: -3 * at, 60.0) == pytest.approx(-3.0)
