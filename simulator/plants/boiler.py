"""A boiler whose efficiency is known: fuel follows from useful heat, so the direct method finds it again.

Useful heat and fuel are those of GB/T 10180-2017's direct method (no blow-down, wetness from the registry).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from schemas.catalog.enums import Fuel, Medium
from simulator.plants.effects import Effect, EffectKind, strength
from simulator.plants.figures import FIGURES
from simulator.plants.steam import steam_kjkg, water_c, water_kjkg
from simulator.signals import HOUR_S, Week, noises, season, smooth, stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.registry.model import Boiler

KW_PER_MW = 1000.0
KG_PER_T = 1000.0
_RAMP_S = 1800.0
_RATED_FEED_PRESSURE_MPA = 1.15

# Two shifts and a quieter night; no step is larger than 5 % of rated output an hour, so drum storage stays small.
_DAY = (
    0.70, 0.69, 0.68, 0.68, 0.69, 0.71, 0.74, 0.78, 0.81, 0.83, 0.83, 0.81,
    0.80, 0.81, 0.83, 0.84, 0.84, 0.82, 0.80, 0.78, 0.77, 0.75, 0.73, 0.71,
)  # fmt: skip
_WEEK = Week.of(_DAY, (1.0, 1.0, 1.0, 1.0, 1.0, 0.97, 0.95))
_MEAN_LOAD = 0.765


class BoilerPlant(msgspec.Struct, frozen=True):
    """What a simulated boiler needs to know of itself."""

    key: bytes
    fuel: Fuel
    medium: Medium
    rated: float
    lhv: float
    wetness_pct: float
    efficiency_pct: float


def boiler_plant(boiler: Boiler, seed: int, site: str) -> BoilerPlant:
    """Return the plant of a registry's *boiler*; its true efficiency follows fuel, medium and year of building."""
    figures = FIGURES.efficiency_pct
    if boiler.fuel is Fuel.COAL:
        new = boiler.manufactured.year >= figures.new_since_year
        efficiency_pct = figures.coal_new if new else figures.coal_in_service
    elif boiler.condensing:
        efficiency_pct = figures.gas_condensing
    else:
        efficiency_pct = figures.gas_hot_water if boiler.medium is Medium.HOT_WATER else figures.gas_steam
    key = stream(seed, site, boiler.device, boiler.id)
    return BoilerPlant(key, boiler.fuel, boiler.medium, boiler.rated, boiler.lhv, boiler.wetness_pct, efficiency_pct)


@lru_cache(maxsize=4096)
def _slow(key: bytes, hour: int) -> tuple[float, float, float]:
    """Return load (share of rated), drift of efficiency (points) and drift of temperatures (-1 to 1) at a full hour."""
    at_s = hour * HOUR_S
    load = _MEAN_LOAD * _WEEK.at(at_s) - 0.03 * season(at_s) + 0.03 * smooth(key, hour / 5)
    return min(0.92, max(0.6, load)), 0.25 * smooth(key, hour / 7 + 0.3), smooth(key, hour / 11 + 0.7)


def _state(plant: BoilerPlant, at_s: int) -> tuple[float, float, float]:
    hour, rest_s = divmod(at_s, HOUR_S)
    part = rest_s / HOUR_S
    load, drift, warmth = _slow(plant.key, hour)
    next_load, next_drift, next_warmth = _slow(plant.key, hour + 1)
    return (
        load + (next_load - load) * part,
        drift + (next_drift - drift) * part,
        warmth + (next_warmth - warmth) * part,
    )


def _lost_points(at_s: int, effects: Sequence[Effect]) -> float:
    return sum(
        effect.points * strength(effect, at_s, _RAMP_S)
        for effect in effects
        if effect.kind is EffectKind.EFFICIENCY_DROP
    )


def true_efficiency_pct(plant: BoilerPlant, at_s: int, effects: Sequence[Effect] = ()) -> float:
    """Return the efficiency the boiler really has at *at_s*, in % on LHV basis."""
    load, drift, _ = _state(plant, at_s)
    return plant.efficiency_pct + drift - 4.0 * (load - 0.8) ** 2 - _lost_points(at_s, effects)


def values(plant: BoilerPlant, at_s: int, effects: Sequence[Effect] = ()) -> dict[str, float]:
    """Return what the boiler's instruments show at *at_s*: factor → value in the factor's unit, rounded as shown."""
    load, drift, warmth = _state(plant, at_s)
    lost = _lost_points(at_s, effects) if effects else 0.0
    efficiency = (plant.efficiency_pct + drift - 4.0 * (load - 0.8) ** 2 - lost) / 100.0
    flicker = noises(plant.key, at_s)
    if plant.medium is Medium.HOT_WATER:
        shown, heat_kjh = _hot_water(plant, load, warmth, flicker)
    else:
        shown, heat_kjh = _steam(plant, load, warmth, flicker)
    fuel = heat_kjh / (efficiency * plant.lhv) * (1.0 + 0.008 * flicker[3])
    flue = FIGURES.flue
    if plant.fuel is Fuel.COAL:
        shown["yx_b_coal_flow"] = round(fuel, 0)
        flue_c, o2_pct = flue.coal_c, flue.coal_o2_pct
    else:
        shown["yx_b_gas_flow"] = round(fuel, 1)
        flue_c, o2_pct = flue.gas_c, flue.gas_o2_pct
    flue_c += 30.0 * (load - 0.8) + 3.0 * warmth + lost * flue.c_per_point
    o2_pct += 2.0 * (0.8 - load) + lost * flue.o2_per_point
    shown["a01012"] = round(flue_c + 1.2 * flicker[4], 1)
    shown["a19001"] = round(o2_pct + 0.25 * flicker[5], 2)
    return shown


def _steam(plant: BoilerPlant, load: float, warmth: float, flicker: Sequence[float]) -> tuple[dict[str, float], float]:
    """Return flow, pressure and feed temperature as shown, and the useful heat in kJ/h."""
    figures = FIGURES.steam
    flow_th = plant.rated * load
    pressure_mpa = figures.pressure_mpa - 0.06 * (load - 0.8)
    feed_c = (figures.feed_c_coal if plant.fuel is Fuel.COAL else figures.feed_c_gas) + 3.0 * warmth
    rise_kjkg = steam_kjkg(pressure_mpa, plant.wetness_pct) - water_kjkg(feed_c, _RATED_FEED_PRESSURE_MPA)
    shown = {
        "yx_b_steam_flow": round(flow_th * (1.0 + 0.006 * flicker[0]), 2),
        "yx_b_steam_pressure": round(pressure_mpa + 0.008 * flicker[1], 3),
        "yx_b_feed_temp": round(feed_c + 0.6 * flicker[2], 1),
    }
    return shown, flow_th * KG_PER_T * rise_kjkg


def _hot_water(
    plant: BoilerPlant, load: float, warmth: float, flicker: Sequence[float]
) -> tuple[dict[str, float], float]:
    """Return flow, pressure and both temperatures as shown, and the useful heat in kJ/h."""
    figures = FIGURES.hot_water
    heat_kjh = plant.rated * load * KW_PER_MW * HOUR_S
    return_c = figures.return_c + 2.0 * warmth
    # About 4.19 kJ/kg K: the pump is chosen by the rated spread and then runs at one speed.
    flow_th = plant.rated * KW_PER_MW * HOUR_S / (4.19 * figures.spread_k) / KG_PER_T
    supply_kjkg = water_kjkg(return_c, figures.pressure_mpa) + heat_kjh / (flow_th * KG_PER_T)
    shown = {
        "yx_b_water_flow": round(flow_th * (1.0 + 0.006 * flicker[0]), 1),
        "yx_b_water_pressure": round(figures.pressure_mpa + 0.008 * flicker[1], 3),
        "yx_b_supply_temp": round(water_c(supply_kjkg, figures.pressure_mpa) + 0.12 * flicker[2], 1),
        "yx_b_return_temp": round(return_c + 0.12 * flicker[6], 1),
    }
    return shown, heat_kjh
