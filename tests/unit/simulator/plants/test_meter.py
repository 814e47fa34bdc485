from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.catalog.enums import ElectricityBasis
from schemas.registry.model import Budget, Device, Document, Point, Site
from simulator.plants import meter
from simulator.plants.effects import Effect, EffectKind

START = 1_793_462_400  # 2026-11-01T00:00+08:00
DAY = 86_400
KGCE = {"yx_e_kwh": 0.1229, "yx_e_coal_t": 714.3, "yx_e_gas_m3": 1.33, "yx_e_steam_t": 128.6}
EDGE = Effect(EffectKind.OVERSPEND, START + 10_000, START + 5 * DAY, multiplier=1.5)


def small(register_max: float) -> meter.MeterPlant:
    points = [Point(factor="yx_e_kwh", unit=None, low=None, high=None, interval_s=900, register_max=register_max)]
    budget = Budget(valid_from="2026-01-01", annual_tce=5000, electricity=ElectricityBasis.CALORIFIC, shares=None)
    device = Device(id="meters", name="m", mn=None, points=points)
    site = Site(
        id="s",
        name="s",
        kind="energy_unit",
        town="t",
        lead_bureau="b",
        contact=None,
        devices=[device],
        budgets=[budget],
    )
    return meter.meter_plant(site, device, 1)


def spent_tce(county: Document, site_id: str, from_s: int, to_s: int) -> float:
    site = next(each for each in county.sites if each.id == site_id)
    plant = meter.meter_plant(site, site.devices[0], 1)
    return sum(
        (meter.consumed(plant, each, to_s) - meter.consumed(plant, each, from_s)) * KGCE[each.factor] / 1000
        for each in plant.meters
    )


@pytest.mark.parametrize("site_id", ["xyj-silver", "ht-cement", "mt-ceramic", "th-paper", "hn-food"])
def test_each_month_spends_nine_tenths_of_its_budget(county: Document, site_id: str) -> None:
    site = next(each for each in county.sites if each.id == site_id)
    budget = site.budgets[0]
    share = budget.shares[10] if budget.shares else 30 / 365
    spent = spent_tce(county, site_id, START, START + 30 * DAY)
    assert spent / (budget.annual_tce * share) == pytest.approx(0.90, abs=0.015)


@pytest.mark.parametrize("days", [1, 2, 3, 5, 8])
def test_no_beginning_of_a_month_projects_over_the_budget(county: Document, days: int) -> None:
    for site in county.sites:
        for budget in site.budgets:
            share = budget.shares[10] if budget.shares else 30 / 365
            projected = spent_tce(county, site.id, START, START + days * DAY) * 30 / days
            assert projected < 0.96 * budget.annual_tce * share


@given(st.integers(min_value=-DAY, max_value=7 * DAY), st.integers(min_value=1, max_value=DAY))
def test_registers_rise_across_the_edges_of_overspending(offset_s: int, later_s: int) -> None:
    plant = small(1e9)
    only = plant.meters[0]
    before, after = (meter.consumed(plant, only, START + s, (EDGE,)) for s in (offset_s, offset_s + later_s))
    assert before < after


def test_overspending_has_no_jump_and_its_multiple() -> None:
    plant = small(1e9)
    only = plant.meters[0]
    for edge_s in (EDGE.from_s, EDGE.to_s):
        step = meter.consumed(plant, only, edge_s + 1, (EDGE,)) - meter.consumed(plant, only, edge_s - 1, (EDGE,))
        assert 0 < step < 2 * 3 * only.per_s
    clean, spent = (
        meter.consumed(plant, only, EDGE.to_s, effects) - meter.consumed(plant, only, EDGE.from_s, effects)
        for effects in ((), (EDGE,))
    )
    assert spent == pytest.approx(1.5 * clean)


@given(st.integers(min_value=0, max_value=400 * 96))
def test_rollover_loses_nothing(quarter: int) -> None:
    plant = small(99_999.9)
    only = plant.meters[0]
    at_s = START + quarter * 900
    before, after = (meter.values(plant, instant)["yx_e_kwh"] for instant in (at_s, at_s + 900))
    truth = meter.consumed(plant, only, at_s + 900) - meter.consumed(plant, only, at_s)
    assert 0 <= before < 99_999.9
    assert (after - before) % 99_999.9 == pytest.approx(truth, abs=0.11)


def test_it_does_roll_over() -> None:
    plant = small(99_999.9)
    shown = [meter.values(plant, START + quarter * 900)["yx_e_kwh"] for quarter in range(400)]
    assert any(after < before for before, after in itertools.pairwise(shown))


def test_an_open_end_stays_on() -> None:
    plant = small(1e9)
    endless = Effect(EffectKind.OVERSPEND, START, math.inf, multiplier=2.0)
    extra = meter.consumed(plant, plant.meters[0], START + DAY, (endless,)) - meter.consumed(
        plant, plant.meters[0], START + DAY
    )
    assert extra == pytest.approx(DAY * plant.meters[0].per_s, rel=0.1)
