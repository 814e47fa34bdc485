from __future__ import annotations

import itertools
import math
from statistics import fmean
from typing import TYPE_CHECKING

import pytest
from iapws import IAPWS97

from schemas.catalog.enums import Medium
from simulator.plants import boiler
from simulator.plants.effects import Effect, EffectKind
from simulator.plants.steam import steam_kjkg, water_c, water_kjkg

if TYPE_CHECKING:
    from schemas.registry.model import Boiler, Document

START = 1_793_462_400
DROP = Effect(EffectKind.EFFICIENCY_DROP, START + 86_400, math.inf, points=6.5)
SITES = ("lyt-boiler", "zs-boiler", "bl-boiler", "yl-boiler")
ATMOSPHERE = 0.101325


def entry(county: Document, site: str) -> Boiler:
    return next(each for each in county.sites if each.id == site).boilers[0]


def direct_pct(unit: Boiler, samples: list[dict[str, float]]) -> float:
    """The direct method on hour means, written apart from the simulator."""
    mean = {factor: fmean(sample[factor] for sample in samples) for factor in samples[0]}
    fuel = mean.get("yx_b_coal_flow") or mean["yx_b_gas_flow"]
    if unit.medium is Medium.HOT_WATER:
        pressure = mean["yx_b_water_pressure"] + ATMOSPHERE
        supply, back = (
            float(IAPWS97(P=pressure, T=mean[factor] + 273.15).h) for factor in ("yx_b_supply_temp", "yx_b_return_temp")
        )
        return mean["yx_b_water_flow"] * 1000 * (supply - back) / (fuel * unit.lhv) * 100
    pressure = mean["yx_b_steam_pressure"] + ATMOSPHERE
    dry, water = float(IAPWS97(P=pressure, x=1).h), float(IAPWS97(P=pressure, x=0).h)
    feed = float(IAPWS97(P=pressure, T=mean["yx_b_feed_temp"] + 273.15).h)
    rise = dry - feed - (dry - water) * unit.wetness_pct / 100
    return mean["yx_b_steam_flow"] * 1000 * rise / (fuel * unit.lhv) * 100


@pytest.mark.parametrize("site", SITES)
def test_the_direct_method_finds_the_true_efficiency_every_hour(county: Document, site: str) -> None:
    unit = entry(county, site)
    plant = boiler.boiler_plant(unit, 1, site)
    for hour in range(0, 24 * 35, 7):
        instants = range(START + hour * 3600, START + (hour + 1) * 3600, 60)
        found = direct_pct(unit, [boiler.values(plant, at_s, (DROP,)) for at_s in instants])
        truth = fmean(boiler.true_efficiency_pct(plant, at_s, (DROP,)) for at_s in instants)
        assert found == pytest.approx(truth, abs=0.5)


@pytest.mark.parametrize(
    ("site", "low", "high"),
    [("lyt-boiler", 82, 83), ("zs-boiler", 93, 94), ("bl-boiler", 93.3, 94.3), ("yl-boiler", 74, 75)],
)
def test_healthy_boilers_are_on_the_good_side(county: Document, site: str, low: float, high: float) -> None:
    plant = boiler.boiler_plant(entry(county, site), 1, site)
    assert all(low <= boiler.true_efficiency_pct(plant, START + hour * 3600) <= high for hour in range(24 * 366))


@pytest.mark.parametrize("site", SITES)
def test_load_stays_between_60_and_92_percent_and_steady(county: Document, site: str) -> None:
    unit = entry(county, site)
    plant = boiler.boiler_plant(unit, 2, site)
    if unit.medium is Medium.HOT_WATER:
        return
    loads = [
        fmean(
            boiler.values(plant, START + quarter * 900 + minute * 60)["yx_b_steam_flow"] / unit.rated
            for minute in range(15)
        )
        for quarter in range(4 * 24 * 14)
    ]
    assert 0.59 < min(loads) < max(loads) < 0.93
    assert max(abs(after - before) for before, after in itertools.pairwise(loads)) < 0.05


def test_lost_efficiency_sets_in_within_half_an_hour_and_shows_in_the_flue(county: Document) -> None:
    plant = boiler.boiler_plant(entry(county, "lyt-boiler"), 1, "lyt-boiler")
    at_s = int(DROP.from_s)
    assert boiler.true_efficiency_pct(plant, at_s, (DROP,)) == boiler.true_efficiency_pct(plant, at_s)
    later = at_s + 1800
    assert boiler.true_efficiency_pct(plant, later, (DROP,)) == boiler.true_efficiency_pct(plant, later) - 6.5
    assert boiler.values(plant, later, (DROP,))["a01012"] > boiler.values(plant, later)["a01012"] + 10


def test_every_value_is_inside_the_points_range(county: Document) -> None:
    for site in county.sites:
        for unit in site.boilers:
            plant = boiler.boiler_plant(unit, 1, site.id)
            points = {point.factor: point for point in site.devices[0].points}
            for hour in range(24 * 35):
                for factor, value in boiler.values(plant, START + hour * 3600, (DROP,)).items():
                    low, high = points[factor].low, points[factor].high
                    assert low is not None
                    assert high is not None
                    assert low <= value <= high


def test_enthalpies_agree_with_the_formulation() -> None:
    assert steam_kjkg(1.25, 2.0) == pytest.approx(2787.76 - 0.02 * 1965.01, abs=0.02)
    assert water_kjkg(60.0, 1.0 - ATMOSPHERE) == pytest.approx(251.98, abs=0.02)
    assert water_c(water_kjkg(87.3, 0.7), 0.7) == pytest.approx(87.3, abs=1e-6)
