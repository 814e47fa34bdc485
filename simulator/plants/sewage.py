"""The outlet of a town's sewage plant of class 1-A: influent by the clock, water by the season, effluent by biology."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from simulator.plants.effects import Effect, EffectKind, strength
from simulator.plants.figures import FIGURES, Swing
from simulator.signals import HOUR_S, Week, between, noises, season, smooth, stream

if TYPE_CHECKING:
    from collections.abc import Sequence

# A town's water: least before dawn, peaks after breakfast and supper; a little more at the weekend.
_DAY = (
    0.72, 0.62, 0.55, 0.52, 0.54, 0.64, 0.85, 1.10, 1.24, 1.26, 1.20, 1.14,
    1.12, 1.08, 1.02, 1.00, 1.03, 1.10, 1.20, 1.28, 1.26, 1.15, 1.00, 0.86,
)  # fmt: skip
_WEEK = Week.of(_DAY, (1.0, 0.99, 0.99, 1.0, 1.01, 1.05, 1.06))


class SewagePlant(msgspec.Struct, frozen=True):
    """What a simulated sewage plant needs to know of itself."""

    key: bytes
    flow_ls: float


class _Water(msgspec.Struct):
    """Effluent on its way to the instruments, in mg/L."""

    cod: float
    nh3n: float
    tn: float
    tp: float
    ss: float


def sewage_plant(seed: int, site: str, device: str) -> SewagePlant:
    """Return the plant behind an outlet's *device*; its size belongs to the seed and the site."""
    low, high = FIGURES.sewage.flow_ls
    return SewagePlant(stream(seed, site, device), between(stream(seed, site, "size"), low, high))


def values(plant: SewagePlant, at_s: int, effects: Sequence[Effect] = ()) -> dict[str, float]:
    """Return what the outlet's instruments show at *at_s*: factor → value in the factor's unit, rounded as shown."""
    figures = FIGURES.sewage
    flicker = noises(plant.key, at_s)
    hours = at_s / HOUR_S
    inflow = _WEEK.at(at_s)
    water = _clean(plant, hours, inflow, flicker)
    for effect in effects:
        if effect.kind is EffectKind.AERATION_FAILURE:
            _starve(water, effect, strength(effect, at_s, figures.ramp_s), flicker)
    flow_ls = plant.flow_ls * inflow * (1.0 + 0.06 * smooth(plant.key, hours / 6) + 0.02 * flicker[0])
    middle_c, swing_c = figures.water_c
    water_c = middle_c + swing_c * season(at_s) + 0.8 * smooth(plant.key, hours / 30 + 0.1) + 0.1 * flicker[1]
    return {
        "w00000": round(flow_ls, 1),
        "w01001": round(_swing(figures.ph, smooth(plant.key, hours / 9 + 0.2), flicker[2]), 2),
        "w01010": round(water_c, 1),
        "w01018": round(water.cod, 1),
        "w21003": round(water.nh3n, 2),
        "w21001": round(water.tn, 2),
        "w21011": round(water.tp, 3),
        "w01012": round(water.ss, 1),
    }


def _swing(swing: Swing, slow: float, quick: float) -> float:
    """Return middle plus swing, mostly by the slow noise: never further from the middle than the swing."""
    middle, reach = swing
    return middle + reach * (0.8 * slow + 0.2 * quick)


def _clean(plant: SewagePlant, hours: float, inflow: float, flicker: Sequence[float]) -> _Water:
    figures = FIGURES.sewage
    # A plant answers its influent hours later and weakly: part of the slow swing is the inflow itself.
    push = max(-1.0, min(1.0, 0.7 * smooth(plant.key, hours / 8 + 0.5) + 0.6 * (inflow - 1.0)))
    return _Water(
        cod=_swing(figures.cod_mgl, push, flicker[3]),
        nh3n=_swing(figures.nh3n_mgl, push, flicker[4]),
        tn=_swing(figures.tn_mgl, smooth(plant.key, hours / 12 + 0.6), flicker[5]),
        tp=_swing(figures.tp_mgl, smooth(plant.key, hours / 15 + 0.9), flicker[6]),
        ss=_swing(figures.ss_mgl, smooth(plant.key, hours / 10 + 0.4), flicker[7]),
    )


def _starve(water: _Water, effect: Effect, share: float, flicker: Sequence[float]) -> None:
    """Let *water* go the way it goes without air: ammonia is no longer nitrified, COD less oxidised."""
    # The normal swing stays in the failed state, smaller, so that the curve does not look drawn with a ruler.
    nh3n = effect.nh3n_mgl * (1.0 + 0.04 * flicker[4]) + 0.4 * (water.nh3n - FIGURES.sewage.nh3n_mgl[0])
    cod = effect.cod_mgl * (1.0 + 0.02 * flicker[3]) + 0.4 * (water.cod - FIGURES.sewage.cod_mgl[0])
    tn = max(water.tn, nh3n + FIGURES.sewage.nitrate_left_mgl)
    water.nh3n += share * max(0.0, nh3n - water.nh3n)
    water.cod += share * max(0.0, cod - water.cod)
    water.tn += share * (tn - water.tn)
