"""Legal limits as dated data, and which of them binds a given thing on a given day. Read once from limits.toml."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import TYPE_CHECKING

import msgspec

from schemas.records import Limit

if TYPE_CHECKING:
    from datetime import date


def load() -> list[Limit]:
    """Return all limits. Raises msgspec.ValidationError when the shipped file is broken."""
    text = files(__package__).joinpath("limits.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text)["limit"], list[Limit])


LIMITS = load()


def in_force(
    scope: str, factor: str, basis: str, *, day: date, built: date, water_temp_c: float | None = None
) -> Limit | None:
    """Return the limit that binds *factor* of *scope* on *day*, or None where none does.

    *built* is the EIA approval date of a sewage plant (GB 18918-2002 4.5) or a boiler's date of manufacture.
    Without a water temperature the stricter of NH3-N's two values binds (table 1 note 2).
    """
    on = day.isoformat()
    made = built.isoformat()
    held = [
        limit
        for limit in LIMITS
        if (limit.scope, limit.factor, limit.basis) == (scope, factor, basis)
        and limit.valid_from <= on <= (limit.valid_to or "9999-12-31")
        and (limit.built_from or "0000") <= made <= (limit.built_to or "9999-12-31")
        and _fits_water(limit, water_temp_c)
    ]
    return max(held, key=lambda limit: limit.valid_from, default=None)


def _fits_water(limit: Limit, water_temp_c: float | None) -> bool:
    if limit.water_temp_up_to_c is not None:
        return water_temp_c is not None and water_temp_c <= limit.water_temp_up_to_c
    if limit.water_temp_above_c is not None:
        return water_temp_c is None or water_temp_c > limit.water_temp_above_c
    return True
