"""The rules, read from rules.toml and proved at load."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import msgspec

from schemas.catalog.enums import Basis, Level

#: Version of all that judging computes; stands in every verdict beside that of deriving.
RULES_VERSION = "2026.2"


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When verdicts become an incident, how grave it is and who leads.

    *limit*: basis of the limit entries that bind; *share* of them that counts as reached. *yields_to*: rules that speak of the
    same thing more gravely; while one of their incidents lasts, this one is part of it. *level_suspected*: as long as
    nothing but suspicion stands behind it.
    """

    zh: str
    task: int
    basis: Basis
    lead_bureau: str
    level: Level
    open_after: int
    close_after: int
    source: str
    limit: Basis | None = None
    share: float = 1.0
    deadband: float = 0.0
    level_repeated: Level | None = None
    repeated_after: int = 0
    level_suspected: Level | None = None
    yields_to: tuple[str, ...] = ()
    enabled: bool = True
    #: N of M: *open_after* exceeding windows among the last so many that could be judged; 0: in a row.
    open_within: int = 0
    #: Bureaus that take part: told at the opening and the end, not called up the ladder.
    also: tuple[str, ...] = ()
    #: The plant's own operator is told first.
    operator: bool = False
    #: Figures of a signal, by the names it declares.
    numbers: dict[str, float] = {}


def load() -> dict[str, Rule]:
    """Return name → rule, the graver before those that yield to them.

    Raises:
        msgspec.ValidationError: naming the field that is broken.
        ValueError: a rule yields to one that is unknown or stands after it.

    """
    text = files(__package__).joinpath("rules.toml").read_text(encoding="utf-8")
    rules = msgspec.convert(tomllib.loads(text), dict[str, Rule])
    known: set[str] = set()
    for name, rule in rules.items():
        if not known.issuperset(rule.yields_to):
            raise ValueError(f"rules.toml: {name} yields to a rule that does not stand before it: {rule.yields_to}")
        known.add(name)
    return rules
