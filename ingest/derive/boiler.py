"""Boiler efficiency by the direct method 正平衡 (GB/T 10180-2017), from valid hour means. Pure.

Steam: η = [D·(h − h_fw) + D_bd·(h′ − h_fw)] / (B·Q) · 100 with h = h″ − r·ω/100 when saturated and h(p, t) when
superheated; hot water: η = G·(h_out − h_in) / (B·Q) · 100. Q is the lower heating value of the fuel as received.
Enthalpies by IAPWS-IF97 at absolute pressure = gauge + 0.101325 MPa. Blow-down that is not metered counts as 0, which
understates η by about half a point; it is said in the note. Bounds and uncertainties: schemas/catalog/boilers.toml.
"""

from __future__ import annotations

import math
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from iapws import IAPWS97

from schemas.catalog.boilers import DEFAULTS, UNCERTAINTIES
from schemas.catalog.enums import Fuel, Medium
from schemas.catalog.factors import FACTORS
from schemas.records import Mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from schemas.registry.model import Analysis, Boiler

STEAM_FLOW, STEAM_PRESSURE, STEAM_TEMP = "yx_b_steam_flow", "yx_b_steam_pressure", "yx_b_steam_temp"
FEED_TEMP, BLOWDOWN, AIR_TEMP = "yx_b_feed_temp", "yx_b_blowdown_flow", "yx_b_air_temp"
WATER_FLOW, WATER_PRESSURE = "yx_b_water_flow", "yx_b_water_pressure"
SUPPLY_TEMP, RETURN_TEMP = "yx_b_supply_temp", "yx_b_return_temp"
O2, FLUE_TEMP, CO = "a19001", "a01012", "a21005"
SOLID = frozenset({Fuel.COAL, Fuel.BIOMASS})
ATMOSPHERE_MPA = 0.101325
_KELVIN = 273.15
_HOURS_A_DAY = 24
_KG_PER_T = 1000.0
_KJ_PER_MWH = 3.6e6
#: Beyond these IAPWS-IF97 does not hold, and no industrial boiler stands (factors.toml is narrower).
_MAX_PRESSURE_MPA, _MAX_TEMP_C = 20.0, 700.0


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """What the laboratory says of a boiler's fuel on a day; *lhv* in kJ/kg or kJ/Nm3, *q4_day*: of the q4 value."""

    lhv: float | None = None
    q4_pct: float | None = None
    q4_day: date | None = None
    q6_pct: float | None = None


def analysis_on(analyses: Sequence[Analysis], boiler_id: str, day: date) -> Findings:
    """Return, for each quantity by itself, the newest value of *boiler_id* found on or before *day* (Shanghai)."""
    # Two analyses of one day: the greater values stand last, whatever order they are handed over in.
    held = sorted(
        (one for one in analyses if one.boiler == boiler_id and one.day <= day),
        key=lambda one: (one.day, one.lhv or 0, one.q4_pct or 0, one.q6_pct or 0),
    )
    found = Findings()
    for one in held:
        found = Findings(
            lhv=found.lhv if one.lhv is None else one.lhv,
            q4_pct=found.q4_pct if one.q4_pct is None else one.q4_pct,
            q4_day=found.q4_day if one.q4_pct is None else one.day,
            q6_pct=found.q6_pct if one.q6_pct is None else one.q6_pct,
        )
    return found


def load_inputs(boiler: Boiler) -> tuple[str, ...]:
    """Return the factors from which the load of *boiler* is known: the steam, or the heat of the water."""
    if boiler.medium is Medium.HOT_WATER:
        return (WATER_FLOW, WATER_PRESSURE, SUPPLY_TEMP, RETURN_TEMP)
    return (STEAM_FLOW,)


def inputs(boiler: Boiler) -> tuple[str, ...]:
    """Return the factors whose hour means the direct method needs; the last one is the fuel flow."""
    fuel = f"yx_b_{boiler.fuel}_flow"
    if boiler.medium is Medium.HOT_WATER:
        return (*load_inputs(boiler), fuel)
    superheated = (STEAM_TEMP,) if boiler.medium is Medium.SUPERHEATED_STEAM else ()
    return (STEAM_FLOW, STEAM_PRESSURE, FEED_TEMP, *superheated, fuel)


def optional(boiler: Boiler) -> tuple[str, ...]:
    """Return the factors that are used where they are measured: blow-down (steam only), flue gas, combustion air."""
    blowdown = () if boiler.medium is Medium.HOT_WATER else (BLOWDOWN,)
    return (*blowdown, O2, FLUE_TEMP, CO, AIR_TEMP)


def efficiency(boiler: Boiler, means: Mapping[str, Mean], *, findings: Findings, unsteady: str) -> Mean:
    """Return η in % of one hour by the direct method, or why it cannot be said (value None, valid False).

    *means*: hour means by factor, in the catalogue's units. *unsteady*: the reason, empty when the hour was steady.
    ``low`` and ``high`` are the band of uncertainty at 95 %: the instruments' shares combined by root of sum of squares
    (JJF 1059.1-2012 4.4).
    """
    counted, expected = counts(inputs(boiler), means)
    values = known(means, (*inputs(boiler), *optional(boiler)))
    reason = _refused(boiler, values) or unsteady or o2_refused(values)
    if reason:
        return unknown(reason, counted, expected)
    load = load_pct(boiler, values)
    eta = _eta(boiler, values, findings.lhv or boiler.lhv, boiler.wetness_pct)
    high = DEFAULTS.max_efficiency_condensing_pct if boiler.condensing else DEFAULTS.max_efficiency_pct
    reason = load_refused(load) or efficiency_refused(eta, high)
    if reason:
        return unknown(reason, counted, expected)
    half = _half_width(boiler, values, findings)
    return Mean(
        value=eta, low=eta - half, high=eta + half, n_valid=counted, n_expected=expected, valid=True, marks="N",
        note=_note(boiler, values, findings, load),
    )  # fmt: skip


def load_pct(boiler: Boiler, values: Mapping[str, float]) -> float:
    """Return the output in % of rated, from the values of `load_inputs`."""
    if boiler.medium is Medium.HOT_WATER:
        return _useful_kj(boiler, values, 0.0) / (boiler.rated * _KJ_PER_MWH) * 100
    return values[STEAM_FLOW] / boiler.rated * 100


def day_efficiency(hours: Sequence[tuple[Mean, float | None]]) -> Mean:
    """Return η in % of one Shanghai day: Σ η·B / Σ B over its valid hours whose fuel B (kg/h or Nm3/h) is known.

    Within a day the heating value is one, so this is useful heat over heat fired. ``low`` and ``high`` are the least and
    the greatest hour; valid from 4 valid hours on (house rule 4.5: judged on 4-24 h).
    """
    return _weighted(hours, _HOURS_A_DAY, math.ceil(DEFAULTS.min_hours_a_day), "小时")


def month_efficiency(days: Sequence[tuple[Mean, float | None]], days_in_month: int) -> Mean:
    """Return η in % of one month, its valid days weighted with their fuel; valid from 1 valid day on."""
    return _weighted(days, days_in_month, 1, "日")


def _weighted(parts: Sequence[tuple[Mean, float | None]], expected: int, least: int, name: str) -> Mean:
    held = [
        (mean.value, fuel)
        for mean, fuel in parts
        if mean.valid and mean.value is not None and fuel is not None and fuel > 0
    ]
    if not held:
        return unknown(f"无有效{name}或燃料量", 0, expected)
    values = [value for value, _ in held]
    valid = len(held) >= least
    eta = math.fsum(value * fuel for value, fuel in held) / math.fsum(fuel for _, fuel in held)
    return Mean(
        value=eta, low=min(values), high=max(values), n_valid=len(held), n_expected=expected, valid=valid,
        marks="".join(sorted({mark for mean, _ in parts if mean.valid for mark in mean.marks})),
        note="燃料量加权" if valid else f"有效{name} {len(held)} 个，少于 {least} 个",
    )  # fmt: skip


def known(means: Mapping[str, Mean], factors: Iterable[str]) -> dict[str, float]:
    """Return the valid values among *factors*; what is missing, invalid or no number is not in it."""
    held = {factor: means[factor].value for factor in factors if factor in means and means[factor].valid}
    return {factor: value for factor, value in held.items() if value is not None and math.isfinite(value)}


def counts(factors: Sequence[str], means: Mapping[str, Mean]) -> tuple[int, int]:
    """Return valid readings and readings due of the scarcest of *factors*."""
    counted = min((means[factor].n_valid if factor in means else 0 for factor in factors), default=0)
    return counted, min((means[factor].n_expected for factor in factors if factor in means), default=1)


def missing(factors: Iterable[str], values: Mapping[str, float]) -> str:
    """Return which of *factors* have no valid value; empty when none."""
    lacking = [f"{FACTORS[factor].zh} {factor}" for factor in factors if factor not in values]
    return f"输入无效: {', '.join(lacking)}" if lacking else ""


def o2_refused(values: Mapping[str, float]) -> str:
    """Return why the oxygen, where it is measured, cannot be that of a boiler's flue gas; empty when it can."""
    o2 = values.get(O2)
    if o2 is None or DEFAULTS.min_o2_pct <= o2 <= DEFAULTS.max_o2_pct:
        return ""
    return f"含氧量 {o2:.2f}% 超出 {DEFAULTS.min_o2_pct:.0f}–{DEFAULTS.max_o2_pct:.0f}%"


def load_refused(load: float) -> str:
    """Return that *load* (% of rated) is too low to judge by; empty when it is not."""
    return "" if load >= DEFAULTS.min_load_pct else f"负荷 {load:.1f}% 低于 {DEFAULTS.min_load_pct:.0f}%"


def efficiency_refused(eta: float, high: float) -> str:
    """Return that *eta* (%) is the instruments' and not the boiler's; empty when it may be the boiler's."""
    low = DEFAULTS.min_efficiency_pct
    return "" if low <= eta <= high else f"效率 {eta:.2f}% 超出可信范围 {low:.0f}–{high:.0f}%"


def unknown(note: str, n_valid: int, n_expected: int) -> Mean:
    """Return a mean that says nothing but why."""
    return Mean(
        value=None, low=None, high=None, n_valid=n_valid, n_expected=n_expected, valid=False, marks="", note=note
    )


def implausible(boiler: Boiler, values: Mapping[str, float]) -> str:
    """Return why pressure and temperatures among *values* contradict the boiler's medium; empty when they do not."""
    pressure = values[WATER_PRESSURE if boiler.medium is Medium.HOT_WATER else STEAM_PRESSURE]
    temperatures = [values[one] for one in (FEED_TEMP, STEAM_TEMP, SUPPLY_TEMP, RETURN_TEMP) if one in values]
    if not 0 <= pressure <= _MAX_PRESSURE_MPA or not all(0 <= one <= _MAX_TEMP_C for one in temperatures):
        return "压力或温度读数不可信"
    boils_at = _saturated(_absolute(pressure)).temp_c
    for water in (FEED_TEMP, SUPPLY_TEMP):
        if water in values and values[water] >= boils_at:
            return f"{FACTORS[water].zh} {values[water]:.1f} °C 不低于饱和温度 {boils_at:.1f} °C"
    if boiler.medium is Medium.SUPERHEATED_STEAM and values[STEAM_TEMP] <= boils_at:
        return f"过热蒸汽温度 {values[STEAM_TEMP]:.1f} °C 不高于饱和温度 {boils_at:.1f} °C"
    return ""


def _refused(boiler: Boiler, values: Mapping[str, float]) -> str:
    needed = inputs(boiler)
    lacking = missing(needed, values)
    if lacking:
        return lacking
    return "停炉 (燃料为零)" if values[needed[-1]] <= 0 else implausible(boiler, values)


def _note(boiler: Boiler, values: Mapping[str, float], findings: Findings, load: float) -> str:
    parts = [f"负荷 {load:.0f}%", "热值按化验" if findings.lhv else "热值按登记"]
    if boiler.medium is not Medium.HOT_WATER:
        parts.append(f"计排污 {values[BLOWDOWN]:.3f} t/h" if BLOWDOWN in values else "未计排污")
    return "，".join(parts)


def _eta(boiler: Boiler, values: Mapping[str, float], lhv: float, wetness_pct: float) -> float:
    return _useful_kj(boiler, values, wetness_pct) / (values[inputs(boiler)[-1]] * lhv) * 100


def _half_width(boiler: Boiler, values: Mapping[str, float], findings: Findings) -> float:
    """Return half the band of η at 95 %, in percentage points."""
    lhv, wetness = findings.lhv or boiler.lhv, boiler.wetness_pct

    def moved(factor: str) -> float:
        return UNCERTAINTIES[factor].share(
            lambda at: _eta(boiler, {**values, factor: at}, lhv, wetness), values[factor]
        )

    shares = [moved(factor) for factor in (*inputs(boiler), BLOWDOWN) if factor in values]
    state = f"lhv_{'analysed' if findings.lhv else 'registered'}_{'solid' if boiler.fuel in SOLID else 'fluid'}"
    shares.append(UNCERTAINTIES[state].share(lambda at: _eta(boiler, values, at, wetness), lhv))
    # Nothing where the steam is superheated or water is made: there η does not move with the wetness.
    shares.append(UNCERTAINTIES["wetness"].share(lambda at: _eta(boiler, values, lhv, at), wetness))
    return math.hypot(*shares)


def _useful_kj(boiler: Boiler, values: Mapping[str, float], wetness_pct: float) -> float:
    """Return the useful heat of one hour in kJ."""
    if boiler.medium is Medium.HOT_WATER:
        pressure = _absolute(values[WATER_PRESSURE])
        rise = _water(pressure, round(values[SUPPLY_TEMP], 3)) - _water(pressure, round(values[RETURN_TEMP], 3))
        return values[WATER_FLOW] * _KG_PER_T * rise
    pressure = _absolute(values[STEAM_PRESSURE])
    state = _saturated(pressure)
    feed = _water(pressure, round(values[FEED_TEMP], 3))
    if boiler.medium is Medium.SUPERHEATED_STEAM:
        steam = _superheated(pressure, round(values[STEAM_TEMP], 3))
    else:
        steam = state.dry - (state.dry - state.boiling) * wetness_pct / 100
    blowdown = values.get(BLOWDOWN, 0.0) * (state.boiling - feed)
    return _KG_PER_T * (values[STEAM_FLOW] * (steam - feed) + blowdown)


class _Saturation(NamedTuple):
    dry: float
    boiling: float
    temp_c: float


def _absolute(gauge_mpa: float) -> float:
    # Rounded to 0.1 kPa so that the hours of a boiler share their entries in the caches below.
    return round(gauge_mpa + ATMOSPHERE_MPA, 4)


@lru_cache(maxsize=4096)
def _saturated(pressure_mpa: float) -> _Saturation:
    dry = IAPWS97(P=pressure_mpa, x=1)
    return _Saturation(float(dry.h), float(IAPWS97(P=pressure_mpa, x=0).h), float(dry.T) - _KELVIN)


@lru_cache(maxsize=16384)
def _water(pressure_mpa: float, temperature_c: float) -> float:
    """Return the enthalpy of water in kJ/kg; at and above boiling that of boiling water, for the edges of the band."""
    state = _saturated(pressure_mpa)
    if temperature_c >= state.temp_c:
        return state.boiling
    return float(IAPWS97(P=pressure_mpa, T=max(temperature_c, 0.0) + _KELVIN).h)


@lru_cache(maxsize=16384)
def _superheated(pressure_mpa: float, temperature_c: float) -> float:
    """Return the enthalpy of superheated steam in kJ/kg; at and below boiling that of dry saturated steam."""
    state = _saturated(pressure_mpa)
    return state.dry if temperature_c <= state.temp_c else float(IAPWS97(P=pressure_mpa, T=temperature_c + _KELVIN).h)
