"""Boiler efficiency by the indirect method 反平衡: η = 100 − (q2 + q3 + q4 + q5 + q6), in the form of TSG G0003-2010. Pure.

q2 flue gas, q3 unburnt gas, q4 unburnt solids (laboratory), q5 surface, q6 ash. It stands on oxygen and temperature at
the boiler's exit: behind a scrubber the gas is cold and thinned and η would be far too high, so there nothing is said;
in the stack only for gas and oil. A condensing boiler gives back latent heat that q2 does not know: direct method only.
The oxygen is taken as that of dry gas. Coefficients: schemas/catalog/boilers.toml.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec

from ingest.derive import boiler as direct
from schemas.catalog import boilers as tables
from schemas.catalog.boilers import DEFAULTS, MW_PER_T_H, UNCERTAINTIES, Flue
from schemas.catalog.enums import Medium, Position
from schemas.records import Mean

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from schemas.registry.model import Boiler

_O2_IN_AIR_PCT = 21.0
#: CO of 1 % by volume in mg/m3 at 273 K and 101 325 Pa: 28.01 g/mol in 22.4 L/mol, rounded as the house reference does.
_CO_MG_PER_PCT = 12_500.0
#: A part of the inputs was not measured but taken from a table (records.Mean).
_ESTIMATED = "Ne"


class Losses(msgspec.Struct, frozen=True, kw_only=True):
    """The losses of one hour in % of the heat fired, and the excess air they rest on."""

    q2: float
    q3: float
    q4: float
    q5: float
    q6: float
    alpha: float

    @property
    def efficiency_pct(self) -> float:
        """100 % less all losses."""
        return 100 - math.fsum((self.q2, self.q3, self.q4, self.q5, self.q6))


class _Given(msgspec.Struct, frozen=True, kw_only=True):
    """What the losses are computed from; *assumed* says what of it was not measured."""

    flue: Flue
    o2_pct: float
    flue_c: float
    air_c: float
    q3_pct: float
    q4_pct: float
    q5_rated_pct: float
    load_pct: float
    q6_pct: float
    assumed: tuple[str, ...]
    air_assumed: bool
    load_assumed: bool


class _RefusedError(ValueError):
    """The indirect method says nothing; the message is the reason, as officers read it."""


def excess_air(o2_pct: float) -> float:
    """Return the excess air coefficient α 过量空气系数 = 21/(21 − O2) (HJ 212-2017 D.2.3 eq. 27); O2 in % of dry gas.

    Raises:
        ValueError: O2 is 21 % or more: that is air, not flue gas.

    """
    if not o2_pct < _O2_IN_AIR_PCT:
        raise ValueError(f"O2 {o2_pct} % is not below that of air")
    return _O2_IN_AIR_PCT / (_O2_IN_AIR_PCT - o2_pct)


def q2(flue: Flue, *, o2_pct: float, flue_c: float, air_c: float, q4_pct: float) -> float:
    """Return the flue gas loss 排烟热损失 in %: (m + n·α)·(t_ex − t_air)/100·(1 − q4/100) (TSG G0003-2010).

    Raises:
        ValueError: O2 is that of air, or the flue gas is colder than the air.

    """
    if not flue_c >= air_c:
        raise ValueError(f"flue gas of {flue_c} °C is colder than air of {air_c} °C")
    return (flue.m + flue.n * excess_air(o2_pct)) * (flue_c - air_c) / 100 * (1 - q4_pct / 100)


def losses(boiler: Boiler, means: Mapping[str, Mean], *, findings: direct.Findings, day: date) -> Losses:
    """Return the losses of one hour, without asking where the instruments sit or whether the hour was steady.

    *means*: hour means by factor in the catalogue's units; a factor that is absent has no instrument, one that failed
    stands there invalid. *day*: the hour's Shanghai day, for the tables and the age of q4.

    Raises:
        ValueError: the losses cannot be computed; the message says why, in Chinese.
        LookupError: no table was in force that day.

    """
    return _losses(_given(boiler, means, findings, day))


def indirect(
    boiler: Boiler,
    means: Mapping[str, Mean],
    *,
    findings: direct.Findings,
    day: date,
    position: Position | None,
    unsteady: str,
) -> Mean:
    """Return η in % of one hour by the indirect method, or why it cannot be said (value None, valid False).

    *means* and *day* as in `losses`; *position* of the flue gas instruments, None where the registry does not say.
    *unsteady*: the reason, empty when the hour was steady. ``low`` and ``high`` are the band of uncertainty at 95 %
    (JJF 1059.1-2012 4.4). ``marks`` has an e where an input was assumed; the note says which.

    Raises:
        LookupError: no table was in force that day.

    """
    metered = [factor for factor in direct.load_inputs(boiler) if factor in means]
    counted, expected = direct.counts((direct.FLUE_TEMP, direct.O2, *metered), means)
    reason = _not_applicable(boiler, position) or _stopped(boiler, means) or unsteady
    if reason:
        return direct.unknown(reason, counted, expected)
    try:
        given = _given(boiler, means, findings, day)
    except _RefusedError as refused:
        return direct.unknown(str(refused), counted, expected)
    found = _losses(given)
    eta = found.efficiency_pct
    reason = direct.load_refused(given.load_pct) or direct.efficiency_refused(eta, DEFAULTS.max_efficiency_pct)
    if reason:
        return direct.unknown(reason, counted, expected)
    half = _half_width(given, found)
    return Mean(
        value=eta, low=eta - half, high=eta + half, n_valid=counted, n_expected=expected, valid=True,
        marks=_ESTIMATED if given.assumed else "N", note=_note(given, found),
    )  # fmt: skip


def _not_applicable(boiler: Boiler, position: Position | None) -> str:
    if boiler.condensing:
        return "冷凝锅炉只按正平衡"
    if position is None:
        return "烟温、含氧量测点位置未登记"
    if position is Position.AFTER_SCRUBBER:
        return "烟气测点在脱硫除尘之后，不能用于反平衡"
    if position is Position.STACK and boiler.fuel in direct.SOLID:
        return "固体燃料锅炉的烟气测点在烟囱，不能用于反平衡"
    return ""


def _stopped(boiler: Boiler, means: Mapping[str, Mean]) -> str:
    fuel = direct.inputs(boiler)[-1]
    return "停炉 (燃料为零)" if direct.known(means, (fuel,)).get(fuel, 1.0) <= 0 else ""


def _given(boiler: Boiler, means: Mapping[str, Mean], findings: direct.Findings, day: date) -> _Given:
    values = direct.known(means, (*direct.inputs(boiler), *direct.optional(boiler)))
    reason = direct.missing((direct.FLUE_TEMP, direct.O2), values) or direct.o2_refused(values)
    if reason:
        raise _RefusedError(reason)
    assumed: list[str] = []
    air = values.get(direct.AIR_TEMP)
    if air is None:
        assumed.append(f"送风温度未测，按 {DEFAULTS.air_temp_c:.0f} °C")
    air_c = DEFAULTS.air_temp_c if air is None else air
    if not values[direct.FLUE_TEMP] > air_c:
        raise _RefusedError(f"排烟温度 {values[direct.FLUE_TEMP]:.1f} °C 不高于送风温度 {air_c:.1f} °C")
    co = values.get(direct.CO)
    if co is None:
        assumed.append("CO 未测，q3 按最低档")
    load = _load(boiler, means, values)
    if load is None:
        assumed.append(f"出力无法计量，按额定的 {DEFAULTS.unmetered_output_pct:.0f}% (TSG G0003-2010)")
    q4 = _q4(boiler, findings, day)
    if boiler.fuel in direct.SOLID and findings.q6_pct is None:
        assumed.append("q6 未化验，按经验值")
    capacity = boiler.rated / MW_PER_T_H if boiler.medium is Medium.HOT_WATER else boiler.rated
    return _Given(
        flue=tables.flue(boiler.fuel, boiler.coal_class, day),
        o2_pct=values[direct.O2],
        flue_c=values[direct.FLUE_TEMP],
        air_c=air_c,
        q3_pct=tables.q3_pct(None if co is None else co / _CO_MG_PER_PCT, day),
        q4_pct=q4,
        q5_rated_pct=tables.q5_rated_pct(capacity, day),
        load_pct=DEFAULTS.unmetered_output_pct if load is None else load,
        q6_pct=_q6(boiler, findings, day),
        assumed=tuple(assumed),
        air_assumed=air is None,
        load_assumed=load is None,
    )


def _load(boiler: Boiler, means: Mapping[str, Mean], values: Mapping[str, float]) -> float | None:
    """Return the load in % of rated, or None where there are no meters for it."""
    needed = direct.load_inputs(boiler)
    if any(factor not in means for factor in needed):
        return None
    reason = direct.missing(needed, values)
    if not reason and boiler.medium is Medium.HOT_WATER:
        reason = direct.implausible(boiler, values)
    if reason:
        raise _RefusedError(f"负荷未知: {reason}")
    load = direct.load_pct(boiler, values)
    if load <= 0:
        raise _RefusedError(direct.load_refused(load))
    return load


def _q4(boiler: Boiler, findings: direct.Findings, day: date) -> float:
    if boiler.fuel not in direct.SOLID:
        return 0.0
    if findings.q4_pct is None or findings.q4_day is None:
        raise _RefusedError("q4 未化验")
    if not 0 <= (day - findings.q4_day).days <= DEFAULTS.max_q4_age_days:
        raise _RefusedError(f"q4 化验于 {findings.q4_day}，超过 {DEFAULTS.max_q4_age_days:.0f} 天")
    return findings.q4_pct


def _q6(boiler: Boiler, findings: direct.Findings, day: date) -> float:
    if boiler.fuel in direct.SOLID and findings.q6_pct is not None:
        return findings.q6_pct
    return tables.q6_pct(boiler.fuel, day)


def _losses(given: _Given) -> Losses:
    return Losses(
        q2=_q2(given),
        q3=given.q3_pct,
        q4=given.q4_pct,
        # The surface loses the same heat whatever the output (house reference 4.3: q5 = q5_rated · D_rated/D).
        q5=given.q5_rated_pct * 100 / given.load_pct,
        q6=given.q6_pct,
        alpha=excess_air(given.o2_pct),
    )


def _q2(given: _Given) -> float:
    return q2(
        given.flue, o2_pct=given.o2_pct, flue_c=given.flue_c, air_c=given.air_c, q4_pct=given.q4_pct
    )  # fmt: skip


def _half_width(given: _Given, found: Losses) -> float:
    """Return half the band of η at 95 %, in percentage points."""
    changed = msgspec.structs.replace
    # q2 is proportional to the temperature rise: what a doubtful degree is worth is the q2 of a rise of one degree.
    degree = found.q2 / (given.flue_c - given.air_c)
    shares = [
        degree * UNCERTAINTIES[direct.FLUE_TEMP].at(given.flue_c),
        degree * UNCERTAINTIES["air_assumed" if given.air_assumed else direct.AIR_TEMP].at(given.air_c),
        UNCERTAINTIES[direct.O2].share(lambda at: _q2(changed(given, o2_pct=at)), given.o2_pct),
        UNCERTAINTIES["q2_form"].at(found.q2),
        UNCERTAINTIES["q3"].at(found.q3),
        UNCERTAINTIES["q4"].share(lambda at: at + _q2(changed(given, q4_pct=at)), given.q4_pct),
        UNCERTAINTIES["q5"].at(found.q5),
        UNCERTAINTIES["q6"].at(found.q6),
    ]
    if given.load_assumed:
        shares.append(UNCERTAINTIES["load_assumed"].share(lambda at: given.q5_rated_pct * 100 / at, given.load_pct))
    return math.hypot(*shares)


def _note(given: _Given, found: Losses) -> str:
    parts = [
        f"负荷 {given.load_pct:.0f}%",
        f"α {found.alpha:.3f}",
        f"q2 {found.q2:.2f} q3 {found.q3:.2f} q4 {found.q4:.2f} q5 {found.q5:.2f} q6 {found.q6:.2f}",
    ]
    return "，".join((*parts, *given.assumed))
