"""The direct method 正平衡 once more, from an hour's means and steam tables (IAPWS-IF97), to hold the stored η against. Pure.

Written apart from the deriving on purpose: two ways to one number. Source: GB/T 10180-2017; house reference 4.1-4.3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from iapws import IAPWS97

from schemas.catalog.enums import Medium

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from schemas.registry.model import Analysis, Boiler

_ATMOSPHERE_MPA, _KELVIN, _KG_PER_T = 0.101325, 273.15, 1000.0
#: Pressures are taken to 0.1 kPa and temperatures to 0.001 °C, finer than any instrument on a boiler.
_MPA_DECIMALS, _C_DECIMALS = 4, 3


class Heat(NamedTuple):
    """Enthalpies in kJ/kg, by the name they have in the formula, and η in %."""

    enthalpies: dict[str, float]
    efficiency_pct: float


def names(boiler: Boiler, *, blowdown: bool) -> list[str]:
    """Return the names of the enthalpies in the formula of *boiler*."""
    if boiler.medium is Medium.HOT_WATER:
        return ["h供 supply", "h回 return"]
    return ["h汽 steam", "h给 feed", *(["h′ boiling"] if blowdown else [])]


def lower_heating_value(boiler: Boiler, analyses: Sequence[Analysis], day: date) -> tuple[float, date | None]:
    """Return kJ/kg or kJ/Nm3 of the fuel on *day*, and of which analysis it is: None, as registered."""
    held = [
        (one.day, one.lhv) for one in analyses if one.boiler == boiler.id and one.day <= day and one.lhv is not None
    ]
    newest = max(held, default=None)
    return (boiler.lhv, None) if newest is None else (newest[1], newest[0])


def heat(boiler: Boiler, values: Mapping[str, float], lhv: float) -> Heat:
    """Return enthalpies and η of an hour.

    *values*: valid hour means by factor; all that the direct method needs is there.
    """
    fuel = values[f"yx_b_{boiler.fuel}_flow"]
    if boiler.medium is Medium.HOT_WATER:
        supply, back = (_water(values, "yx_b_water_pressure", f"yx_b_{end}_temp") for end in ("supply", "return"))
        useful = _KG_PER_T * values["yx_b_water_flow"] * (supply - back)
        return Heat(dict(zip(names(boiler, blowdown=False), (supply, back), strict=True)), useful / (fuel * lhv) * 100)
    pressure = _absolute(values["yx_b_steam_pressure"])
    feed, steam = _water(values, "yx_b_steam_pressure", "yx_b_feed_temp"), _steam(boiler, values, pressure)
    blown = values.get("yx_b_blowdown_flow")
    boiling = float(IAPWS97(P=pressure, x=0).h)
    useful = _KG_PER_T * (values["yx_b_steam_flow"] * (steam - feed) + (blown or 0.0) * (boiling - feed))
    found = dict(zip(names(boiler, blowdown=True), (steam, feed, boiling), strict=True))
    return Heat(found, useful / (fuel * lhv) * 100)


def _steam(boiler: Boiler, values: Mapping[str, float], pressure: float) -> float:
    if boiler.medium is Medium.SUPERHEATED_STEAM:
        return _enthalpy(pressure, values["yx_b_steam_temp"])
    dry, boiling = (float(IAPWS97(P=pressure, x=quality).h) for quality in (1, 0))
    return dry - (dry - boiling) * boiler.wetness_pct / 100


def _water(values: Mapping[str, float], pressure: str, temperature: str) -> float:
    return _enthalpy(_absolute(values[pressure]), values[temperature])


def _enthalpy(pressure_mpa: float, temperature_c: float) -> float:
    return float(IAPWS97(P=pressure_mpa, T=round(temperature_c, _C_DECIMALS) + _KELVIN).h)


def _absolute(gauge_mpa: float) -> float:
    return round(gauge_mpa + _ATMOSPHERE_MPA, _MPA_DECIMALS)
