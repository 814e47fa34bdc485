"""Coefficients of boiler efficiency as dated data, with their source. Read once from boilers.toml."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from schemas.catalog.enums import CoalClass, Fuel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

#: 0.7 MW of hot water count as 1 t/h of steam (GB 13271-2014 4.1).
MW_PER_T_H = 0.7


class Flue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Coefficients of the flue gas loss q2 of one fuel; *coal_class* for coal only."""

    fuel: Fuel
    m: float
    n: float
    coal_class: CoalClass | None = None


class CoStep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The loss q3 in % for CO up to and including *up_to* % by volume of dry gas; the last step has no end."""

    loss_pct: float
    up_to: float | None = None


class Radiation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The loss q5 in % of a boiler of *capacity_t_h* at rated output."""

    capacity_t_h: float
    loss_pct: float


class Ash(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The loss q6 in % taken where it was not analysed."""

    fuel: Fuel
    loss_pct: float


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    standard: str
    clause: str
    source: str
    verified: bool
    valid_from: str


class FlueTable(_Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """m and n by fuel and class of coal."""

    rows: list[Flue]


class CoTable(_Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """q3 by CO, steps rising."""

    rows: list[CoStep]


class RadiationTable(_Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """q5 by capacity, rows rising."""

    rows: list[Radiation]


class AshTable(_Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """q6 by fuel."""

    rows: list[Ash]


class Default(_Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One engineering default by name."""

    name: str
    value: float
    unit: str


class Uncertainty(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Half-width at 95 % of one quantity: % of its value where *relative*, else in its own unit."""

    of: str
    half_width: float
    relative: bool
    source: str
    verified: bool

    def at(self, value: float) -> float:
        """Return the half-width at *value*, in the quantity's unit, not negative."""
        return abs(value) * self.half_width / 100 if self.relative else self.half_width

    def share(self, of: Callable[[float], float], at: float) -> float:
        """Return how far *of* moves when its argument *at* moves by the half-width; the sign is the slope's."""
        by = self.at(at)
        return (of(at + by) - of(at - by)) / 2


class Defaults(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The engineering defaults, each with its unit in boilers.toml. They carry no dates: they judge instruments."""

    min_load_pct: float
    min_efficiency_pct: float
    max_efficiency_pct: float
    max_efficiency_condensing_pct: float
    min_o2_pct: float
    max_o2_pct: float
    max_change_pct: float
    startup_solid_h: float
    startup_gas_oil_h: float
    unmetered_output_pct: float
    air_temp_c: float
    max_q4_age_days: float
    min_hours_a_day: float


class Tables(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole of boilers.toml."""

    flue: list[FlueTable]
    q3: list[CoTable]
    q5: list[RadiationTable]
    q6: list[AshTable]
    default: list[Default]
    uncertainty: list[Uncertainty]


def load() -> Tables:
    """Return all tables. Raises msgspec.ValidationError when the shipped file is broken."""
    text = files(__package__).joinpath("boilers.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Tables)


def _defaults(rows: Sequence[Default]) -> Defaults:
    named: dict[str, Any] = {row.name: row.value for row in rows}
    return msgspec.convert(named, Defaults)


TABLES = load()
DEFAULTS = _defaults(TABLES.default)
UNCERTAINTIES = {row.of: row for row in TABLES.uncertainty}

T = TypeVar("T", bound=_Table)


def flue(fuel: Fuel, coal_class: CoalClass, day: date) -> Flue:
    """Return m and n of q2 for *fuel* on *day*; *coal_class* counts for coal only.

    Raises:
        LookupError: no table was in force that day, or it has no such row.

    """
    wanted = coal_class if fuel is Fuel.COAL else None
    for row in _in_force(TABLES.flue, day).rows:
        if (row.fuel, row.coal_class) == (fuel, wanted):
            return row
    raise LookupError(f"no flue gas coefficients for {fuel} {wanted} on {day}")


def q3_pct(co_pct: float | None, day: date) -> float:
    """Return the loss q3 in % for *co_pct* % of CO by volume of dry gas; None (not measured): the least step.

    Raises:
        LookupError: no table was in force that day.

    """
    steps = _in_force(TABLES.q3, day).rows
    if co_pct is None:
        return steps[0].loss_pct
    return next(step.loss_pct for step in steps if step.up_to is None or co_pct <= step.up_to)


def q5_rated_pct(capacity_t_h: float, day: date) -> float:
    """Return the loss q5 in % at rated output, linear between the table's rows and flat beyond its ends.

    Raises:
        LookupError: no table was in force that day.

    """
    rows = _in_force(TABLES.q5, day).rows
    if capacity_t_h <= rows[0].capacity_t_h:
        return rows[0].loss_pct
    for low, high in pairwise(rows):
        if capacity_t_h <= high.capacity_t_h:
            share = (capacity_t_h - low.capacity_t_h) / (high.capacity_t_h - low.capacity_t_h)
            return low.loss_pct + share * (high.loss_pct - low.loss_pct)
    return rows[-1].loss_pct


def q6_pct(fuel: Fuel, day: date) -> float:
    """Return the loss q6 in % taken for *fuel* where it was not analysed.

    Raises:
        LookupError: no table was in force that day, or it has no such row.

    """
    for row in _in_force(TABLES.q6, day).rows:
        if row.fuel is fuel:
            return row.loss_pct
    raise LookupError(f"no ash loss for {fuel} on {day}")


def _in_force(tables: Sequence[T], day: date) -> T:
    held = [table for table in tables if table.valid_from <= day.isoformat()]
    if not held:
        raise LookupError(f"no table of boiler coefficients was in force on {day}")
    return max(held, key=lambda table: table.valid_from)
