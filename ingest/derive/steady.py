"""Whether an hour of a boiler was steady enough to say its efficiency (house reference 4.5; TSG G0003-2010). Pure.

The drum stores heat: while load or pressure change, what went in is not what came out. Rule: from one block of
10 minutes to the next the load must not change by more than 5 % of rated, the absolute pressure not by more than 5 % of
the hour's mean. After a start the hours until thermal equilibrium do not count. Bounds: schemas/catalog/boilers.toml.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from ingest.derive import boiler as direct
from schemas.catalog.boilers import DEFAULTS
from schemas.catalog.enums import Medium

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ingest.derive.means import Value
    from schemas.registry.model import Boiler

_BLOCK_US = 600_000_000
_BLOCKS = 6
#: Mean specific heat of water between 20 and 100 °C (4.18-4.22): the change of the load is wanted, not the load.
_WATER_KJ_PER_KG_K = 4.19
_KG_PER_T = 1000.0
_KJ_PER_MWH = 3.6e6
#: Half the last bit of a sum must not make 5.0 % more than 5 %.
_ROUNDING_PCT = 1e-9


def startup_hours(boiler: Boiler) -> int:
    """Return how many whole hours after a start do not count.

    4 h for solid fuels (TSG G0003-2010: thermal equilibrium 4 h or more after cold ignition); 30 min for gas and oil
    (house rule 4.5), in whole hours 1.
    """
    solid = boiler.fuel in direct.SOLID
    return math.ceil(DEFAULTS.startup_solid_h if solid else DEFAULTS.startup_gas_oil_h)


def unsteady(
    boiler: Boiler, values: Mapping[str, Sequence[Value]], start_us: int, *, earlier_fuel_low: float | None
) -> str:
    """Return why the hour from *start_us* was not steady, in Chinese; empty when it was.

    *values*: the good readings by factor, in any order; those outside the hour do not count. *earlier_fuel_low*: the
    least fuel flow of the `startup_hours` hours before; at 0 or below the boiler was started since, None (not known)
    does not block. A series with fewer than 2 blocks of 10 minutes that have a reading is not judged and does not block:
    a slow instrument is no unsteady boiler. Across blocks without a reading the same rate holds: twice the change is
    allowed over 20 minutes.
    """
    fuel = direct.inputs(boiler)[-1]
    if any(value.value <= 0 for value in _inside(values.get(fuel, ()), start_us)):
        return "启停: 本小时内燃料为零"
    if earlier_fuel_low is not None and earlier_fuel_low <= 0:
        return f"启动后未满 {startup_hours(boiler)} 小时"
    most = DEFAULTS.max_change_pct
    load = _steepest(_load_blocks(boiler, values, start_us))
    if load > most + _ROUNDING_PCT:
        return f"负荷不稳: 10 分钟变化 {load:.1f}%，超过 {most:.0f}%"
    pressure = _steepest(_pressure_blocks(boiler, values, start_us))
    if pressure > most + _ROUNDING_PCT:
        return f"压力不稳: 10 分钟变化 {pressure:.1f}%，超过 {most:.0f}%"
    return ""


def _load_blocks(boiler: Boiler, values: Mapping[str, Sequence[Value]], start_us: int) -> dict[int, float]:
    """Return the load in % of rated by block."""
    if boiler.medium is not Medium.HOT_WATER:
        steam = _blocks(values.get(direct.STEAM_FLOW, ()), start_us)
        return {block: flow / boiler.rated * 100 for block, flow in steam.items()}
    flows = _blocks(values.get(direct.WATER_FLOW, ()), start_us)
    supply = _blocks(values.get(direct.SUPPLY_TEMP, ()), start_us)
    back = _blocks(values.get(direct.RETURN_TEMP, ()), start_us)
    per_t_and_k = _KG_PER_T * _WATER_KJ_PER_KG_K / (boiler.rated * _KJ_PER_MWH) * 100
    return {
        block: flows[block] * (supply[block] - back[block]) * per_t_and_k
        for block in sorted(flows.keys() & supply.keys() & back.keys())
    }


def _pressure_blocks(boiler: Boiler, values: Mapping[str, Sequence[Value]], start_us: int) -> dict[int, float]:
    """Return the absolute pressure in % of the hour's mean by block."""
    factor = direct.WATER_PRESSURE if boiler.medium is Medium.HOT_WATER else direct.STEAM_PRESSURE
    inside = _inside(values.get(factor, ()), start_us)
    if not inside:
        return {}
    mean = math.fsum(value.value for value in inside) / len(inside) + direct.ATMOSPHERE_MPA
    if mean <= 0:
        return {}  # no such pressure: the efficiency itself refuses it
    blocks = _blocks(inside, start_us)
    return {block: (gauge + direct.ATMOSPHERE_MPA) / mean * 100 for block, gauge in blocks.items()}


def _inside(values: Sequence[Value], start_us: int) -> list[Value]:
    return [value for value in values if start_us <= value.ts_us < start_us + _BLOCKS * _BLOCK_US]


def _blocks(values: Sequence[Value], start_us: int) -> dict[int, float]:
    """Return the means of the hour's blocks of 10 minutes, in order of time; a block without readings is not in it."""
    held: dict[int, list[float]] = {}
    for value in _inside(values, start_us):
        held.setdefault((value.ts_us - start_us) // _BLOCK_US, []).append(value.value)
    # fsum is exact, so the order within a block does not show in its mean.
    return {block: math.fsum(held[block]) / len(held[block]) for block in sorted(held)}


def _steepest(blocks: Mapping[int, float]) -> float:
    """Return the greatest change per 10 minutes between successive blocks; 0 with fewer than 2."""
    return max(
        (abs(later - earlier) / (at - before) for (before, earlier), (at, later) in pairwise(blocks.items())),
        default=0.0,
    )
