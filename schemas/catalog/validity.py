"""When a derived value may be used, what stands in for a missing amount, which rates are asked. Read once from validity.toml."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import msgspec


class Number(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One number of the validity rules, in *unit*, with where it stands and whether that text was read."""

    zh: str
    value: float
    unit: str
    standard: str
    clause: str
    source: str
    verified: bool


class Substitution(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row of the substitution table 替代: the largest of the *last* valid amounts (in *unit*: h or d) before a gap.

    Holds for capture_from <= capture rate (%) < capture_below and gaps of at most *gap_up_to* hours (None: of any length).
    """

    medium: str
    last: int
    unit: str
    standard: str
    clause: str
    source: str
    verified: bool
    capture_from: float = 0.0
    capture_below: float | None = None
    gap_up_to: int | None = None


class Validity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of validity.toml."""

    number: dict[str, Number]
    substitution: list[Substitution]


def load() -> Validity:
    """Return all rules. Raises msgspec.ValidationError when the shipped file is broken."""
    text = files(__package__).joinpath("validity.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Validity)


_LOADED = load()
NUMBERS = _LOADED.number
SUBSTITUTIONS = _LOADED.substitution

#: Factors the rates are counted for (house reference 7.2, part II 6: water COD, NH3-N, TP, TN; gas PM, SO2, NOx).
WATER_COUNTED = frozenset({"w01018", "w21003", "w21011", "w21001"})
GAS_COUNTED = frozenset({"a34013", "a21026", "a21002"})


def number(name: str) -> float:
    """Return the value of the number *name*, in its own unit.

    Raises:
        KeyError: there is no such number.

    """
    return NUMBERS[name].value


def substitution(medium: str, capture_pct: float, gap: int) -> Substitution | None:
    """Return the row for a gap of *gap* hours (gas) or days (water) at a capture rate in %, or None: measure by hand."""
    for row in SUBSTITUTIONS:
        if (
            row.medium == medium
            and row.capture_from <= capture_pct
            and (row.capture_below is None or capture_pct < row.capture_below)
            and (row.gap_up_to is None or gap <= row.gap_up_to)
        ):
            return row
    return None
