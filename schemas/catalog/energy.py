"""Standard-coal factors, dated, with their source. Read once from energy.toml."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import TYPE_CHECKING

import msgspec

from schemas.catalog.enums import Carrier, ElectricityBasis

if TYPE_CHECKING:
    from datetime import date


class CoalFactor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much standard coal one unit of a register stands for; *kgce* per register unit."""

    carrier: Carrier
    register: str
    kgce: float
    standard: str
    clause: str
    source: str
    verified: bool
    valid_from: str
    basis: ElectricityBasis | None = None


def load() -> list[CoalFactor]:
    """Return all factors. Raises msgspec.ValidationError when the shipped file is broken."""
    text = files(__package__).joinpath("energy.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text)["factor"], list[CoalFactor])


FACTORS = load()


def tce_per_unit(carrier: Carrier, basis: ElectricityBasis, day: date) -> float:
    """Return tonnes of standard coal per register unit of *carrier* on *day*.

    Raises:
        LookupError: no factor is in force that day.

    """
    wanted = basis if carrier is Carrier.ELECTRICITY else None
    held = [f for f in FACTORS if f.carrier is carrier and f.basis == wanted and f.valid_from <= day.isoformat()]
    if not held:
        raise LookupError(f"no standard-coal factor for {carrier} on {day}")
    return max(held, key=lambda factor: factor.valid_from).kgce / 1000
