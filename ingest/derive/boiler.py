"""Boiler efficiency by the direct method 正平衡 (GB/T 10180-2017), from valid hour means. Pure.

Saturated steam: η = D·(h″ − h_fw − r·ω/100) / (B·Q) · 100; hot water: η = G·(h_out − h_in) / (B·Q) · 100.
Enthalpies by IAPWS-IF97 at absolute pressure = gauge + 0.101325 MPa. Blow-down is not measured here and counts as 0,
which understates η by about half a point; it is said in the note.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from iapws import IAPWS97

from schemas.catalog.enums import Fuel, Medium
from schemas.records import Mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schemas.registry.model import Boiler

_ATMOSPHERE_MPA = 0.101325
_KELVIN = 273.15
_KG_PER_T = 1000.0
_KJ_PER_MWH = 3.6e6
#: Engineering bounds, no standard value found (house reference 4.5): outside them an instrument is wrong, not the boiler.
_MIN_LOAD_PCT = 50.0
_LOW_PCT, _HIGH_PCT, _HIGH_CONDENSING_PCT = 30.0, 100.0, 110.0


def inputs(boiler: Boiler) -> tuple[str, ...]:
    """Return the factors whose hour means the efficiency of *boiler* needs."""
    fuel = "yx_b_coal_flow" if boiler.fuel is Fuel.COAL else "yx_b_gas_flow"
    if boiler.medium is Medium.HOT_WATER:
        return ("yx_b_water_flow", "yx_b_water_pressure", "yx_b_supply_temp", "yx_b_return_temp", fuel)
    return ("yx_b_steam_flow", "yx_b_steam_pressure", "yx_b_feed_temp", fuel)


def efficiency(boiler: Boiler, means: Mapping[str, Mean]) -> Mean:
    """Return η in % of one hour, or why it cannot be said. *means*: hour means by factor, in the catalogue's units."""
    missing = [factor for factor in inputs(boiler) if factor not in means or not means[factor].valid]
    expected = min((means[factor].n_expected for factor in inputs(boiler) if factor in means), default=1)
    counted = min((means[factor].n_valid if factor in means else 0 for factor in inputs(boiler)), default=0)
    if missing:
        return _unknown(f"输入无效: {', '.join(missing)}", counted, expected)
    values = {factor: means[factor].value or 0.0 for factor in inputs(boiler)}
    fuel = values[inputs(boiler)[-1]]
    if fuel <= 0:
        return _unknown("停炉 (燃料为零)", counted, expected)
    useful_kj, load_pct = _useful_heat(boiler, values)
    eta = useful_kj / (fuel * boiler.lhv) * 100
    high = _HIGH_CONDENSING_PCT if boiler.condensing else _HIGH_PCT
    if load_pct < _MIN_LOAD_PCT:
        return _unknown(f"负荷 {load_pct:.0f}% 低于 {_MIN_LOAD_PCT:.0f}%", counted, expected)
    if not _LOW_PCT <= eta <= high:
        return _unknown(f"效率 {eta:.1f}% 超出可信范围 {_LOW_PCT:.0f}–{high:.0f}%", counted, expected)
    note = f"负荷 {load_pct:.0f}%，未计排污"
    return Mean(value=eta, low=None, high=None, n_valid=counted, n_expected=expected, valid=True, marks="N", note=note)


def _useful_heat(boiler: Boiler, values: Mapping[str, float]) -> tuple[float, float]:
    """Return kJ of the hour and the load in % of rated."""
    if boiler.medium is Medium.HOT_WATER:
        pressure = round(values["yx_b_water_pressure"] + _ATMOSPHERE_MPA, 3)
        rise = _water(pressure, round(values["yx_b_supply_temp"], 2)) - _water(
            pressure, round(values["yx_b_return_temp"], 2)
        )
        heat = values["yx_b_water_flow"] * _KG_PER_T * rise
        return heat, heat / (boiler.rated * _KJ_PER_MWH) * 100
    pressure = round(values["yx_b_steam_pressure"] + _ATMOSPHERE_MPA, 4)
    dry, boiling = _saturated(pressure)
    feed = _water(pressure, round(values["yx_b_feed_temp"], 2))
    rise = dry - feed - (dry - boiling) * boiler.wetness_pct / 100
    steam = values["yx_b_steam_flow"]
    return steam * _KG_PER_T * rise, steam / boiler.rated * 100


@lru_cache(maxsize=4096)
def _saturated(pressure_mpa: float) -> tuple[float, float]:
    return float(IAPWS97(P=pressure_mpa, x=1).h), float(IAPWS97(P=pressure_mpa, x=0).h)


@lru_cache(maxsize=16384)
def _water(pressure_mpa: float, temperature_c: float) -> float:
    return float(IAPWS97(P=pressure_mpa, T=temperature_c + _KELVIN).h)


def _unknown(note: str, n_valid: int, n_expected: int) -> Mean:
    return Mean(
        value=None, low=None, high=None, n_valid=n_valid, n_expected=n_expected, valid=False, marks="", note=note
    )
