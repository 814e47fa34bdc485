"""The factor catalogue: code → names, unit, decimals, plausible range. Read once from factors.toml."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import msgspec


class Factor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One monitored factor 监测因子; low and high are in *unit*."""

    zh: str
    en: str
    unit: str
    decimals: int
    low: float
    high: float
    source: str


def load() -> dict[str, Factor]:
    """Return code → factor. Raises msgspec.ValidationError when the shipped file is broken."""
    text = files(__package__).joinpath("factors.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, Factor])


FACTORS = load()
