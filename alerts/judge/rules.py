"""The rules, read from rules.toml and proved at load."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import msgspec

from schemas.catalog.enums import Basis, Level


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When verdicts become an incident, how grave it is and who leads."""

    zh: str
    task: int
    basis: Basis
    lead_bureau: str
    level: Level
    open_after: int
    close_after: int
    source: str
    deadband: float = 0.0
    level_repeated: Level | None = None
    repeated_after: int = 0


def load() -> dict[str, Rule]:
    """Return name → rule. Raises msgspec.ValidationError naming the field when the file is broken."""
    text = files(__package__).joinpath("rules.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, Rule])
