"""Flue gas brought to the dry gas at 273 K and 101 325 Pa, and to the reference O2 折算. Pure.

Formulas: HJ 212-2017 appendix D.2 (working to standard state, wet to dry), GB 13271-2014 5.2 (reference O2). Limits hold
for converted concentrations, amounts are computed from those that are not. Small negative values within the zero drift
stay as they are (house reference 3.5). What cannot be converted has no value and says why.
"""

from __future__ import annotations

from typing import NamedTuple

from msgspec.structs import replace

from schemas.catalog.enums import GasState
from schemas.catalog.validity import number
from schemas.records import Mean

_KELVIN = 273.0
_STANDARD_KPA = 101.325
_S_PER_H = 3600.0
#: O2 of air as GB 13271-2014 5.2 has it.
_AIR_O2_PCT = 21.0
_ALL_PCT = 100.0


class Conditions(NamedTuple):
    """Hour means of the gas itself: moisture %, temperature °C, static (gauge) and ambient pressure kPa."""

    moisture: Mean | None = None
    temperature: Mean | None = None
    pressure: Mean | None = None
    ambient: Mean | None = None


def oxygen_dry(o2_pct: float, state: GasState, moisture_pct: float | None) -> float | None:
    """Return O2 (volume %) of the dry gas (HJ 212-2017 D.2): a share knows no pressure, only moisture dilutes it."""
    wet = state is not GasState.DRY_STANDARD
    dry = _dry_share(moisture_pct) if wet else 1.0
    return None if dry is None else o2_pct / dry


def _dry_share(moisture_pct: float | None) -> float | None:
    if moisture_pct is None or not 0 <= moisture_pct < _ALL_PCT:
        return None
    return 1 - moisture_pct / _ALL_PCT


def _shrinkage(
    state: GasState,
    moisture_pct: float | None,
    temp_c: float | None,
    pressure_kpa: float | None,
    ambient_kpa: float | None,
) -> float | None:
    """Return dry standard m3 in one m3 of *state*."""
    if state is GasState.DRY_STANDARD:
        return 1.0
    dry = _dry_share(moisture_pct)
    if dry is None or state is GasState.WET_STANDARD:
        return dry
    if temp_c is None or pressure_kpa is None or ambient_kpa is None:
        return None
    absolute_kpa = ambient_kpa + pressure_kpa
    if temp_c <= -_KELVIN or absolute_kpa <= 0:
        return None
    return dry * _KELVIN / (_KELVIN + temp_c) * absolute_kpa / _STANDARD_KPA


def standard_dry_hour(concentration: Mean, state: GasState, gas: Conditions) -> Mean:
    """Return the hour of a concentration as of the dry gas at 273 K, 101 325 Pa; not valid where a condition it needs is not.

    Csn = Cs x 101325/(Ba+Ps) x (273+ts)/273; Cdry = Cwet/(1 - Xsw) (HJ 212-2017 D.2).
    """
    shrunk = _shrinkage(state, *(_known(mean) for mean in gas))
    return _scaled(concentration, None if shrunk is None else 1 / shrunk)


def flow_hour(flow: Mean, state: GasState, gas: Conditions, *, area_m2: float | None = None) -> Mean:
    """Return the hour of a flow as dry standard m3/h, from m3/s, or with *area_m2* from a velocity in m/s (working state).

    Qsh = 3600 x F x Vs; Qsn = Qsh x 273/(273+ts) x (Ba+Ps)/101325 x (1 - Xsw) (HJ 212-2017 D.2).
    """
    shrunk = _shrinkage(state if area_m2 is None else GasState.ACTUAL, *(_known(mean) for mean in gas))
    return _scaled(flow, None if shrunk is None else shrunk * _S_PER_H * (1.0 if area_m2 is None else area_m2))


def oxygen_dry_hour(o2: Mean, state: GasState, moisture: Mean | None) -> Mean:
    """Return the hour of O2 as volume % of the dry gas."""
    return _scaled(o2, oxygen_dry(1.0, state, _known(moisture)))


def _known(mean: Mean | None) -> float | None:
    return mean.value if mean is not None and mean.valid else None


def _scaled(mean: Mean, ratio: float | None) -> Mean:
    if ratio is None:
        return _without(mean, "湿度、温度或压力无效，不能换算为标态干基")
    value, low, high = (None if part is None else part * ratio for part in (mean.value, mean.low, mean.high))
    return replace(mean, value=value, low=low, high=high)


def _without(mean: Mean, why: str) -> Mean:
    note = "；".join(part for part in (mean.note, why) if part)
    return replace(mean, value=None, low=None, high=None, valid=False, note=note)


def converted(c: float, o2_pct: float, o2_ref: float) -> float:
    """Return *c* (mg/m3, dry standard) at the reference O2: C = C' x (21 - O2ref)/(21 - O2') (GB 13271-2014 5.2).

    Raises:
        ValueError: O2 is that of air or above; there is no such conversion.

    """
    if o2_pct >= _AIR_O2_PCT:
        raise ValueError(f"O2 of {o2_pct} % cannot be converted")
    return c * (_AIR_O2_PCT - o2_ref) / (_AIR_O2_PCT - o2_pct)


def converted_hour(pollutant: Mean, o2: Mean | None, o2_ref: float) -> Mean:
    """Return the hour of *pollutant* (dry standard) at *o2_ref* % from both hour means (GB 13271-2014 5.2, table 6).

    Without valid O2 (dry volume %) there is no converted value. From 19 % O2 on the boiler stands: the hour is not valid
    and counts as stopped, the value is never clamped. n_valid is the smaller of both, as a share of what was due.
    """
    if o2 is None or not o2.valid or o2.value is None:
        return replace(_without(pollutant, "氧含量无效，不能折算"), n_valid=0)
    if o2.value >= number("o2_guard"):
        stood = _without(pollutant, f"停炉(氧含量≥{number('o2_guard'):g}%)")
        return replace(stood, n_valid=0, n_stopped=pollutant.n_expected)
    both = min(pollutant.n_valid, pollutant.n_expected * o2.n_valid // o2.n_expected)
    parts = (pollutant.value, pollutant.low, pollutant.high)
    value, low, high = (None if part is None else converted(part, o2.value, o2_ref) for part in parts)
    return replace(pollutant, value=value, low=low, high=high, n_valid=both)
