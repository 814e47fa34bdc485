"""The policy as it is written: its tables, read from policy.toml and proved, and read again when a person changes them."""

from __future__ import annotations

from datetime import time
from enum import StrEnum
from fnmatch import fnmatchcase
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from alerts.judge.lines import Lines, TomlError, nearest, problem, read_toml
from alerts.watched import Watched
from schemas.catalog.duty import EventKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from schemas.catalog.enums import Level

_NAME = "policy.toml"
_GLOB = "*?[]"
_KINDS = tuple(kind.value for kind in EventKind)

Count = Annotated[int, msgspec.Meta(ge=1)]
Hours = Annotated[float, msgspec.Meta(gt=0)]


class Audience(StrEnum):
    """Who is told."""

    #: Whoever is on the rung that is being called.
    RUNG = "rung"
    #: All who were told of this incident before.
    TOLD = "told"
    #: Whoever has it in hand.
    ASSIGNEE = "assignee"
    #: The lead bureau's chiefs.
    CHIEFS = "chiefs"
    NOBODY = "nobody"


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of the tables of the policy."""


class LevelPolicy(Table, frozen=True):
    """How people are called for incidents of one level; the file says what each figure means. Minutes, hours, working days."""

    hours: Literal["always", "work"]
    ladder_min: tuple[Count, ...]
    repeat_h: Hours
    ack_lasts_h: Hours
    ack_min: Count
    feedback_h: Hours
    supervise_h: Hours
    close_workdays: Count


class Levels(Table, frozen=True):
    """One policy a level."""

    blue: LevelPolicy
    yellow: LevelPolicy
    orange: LevelPolicy
    red: LevelPolicy


class WorkingHours(Table, frozen=True):
    """Working hours of a working day, from *since* until before *until*, in Beijing."""

    since: time
    until: time


class Storm(Table, frozen=True):
    """At most *notices* to one recipient within *window_min* minutes; the rest come as a digest, again every *digest_min*."""

    notices: Count
    window_min: Count
    digest_min: Count


class Flapping(Table, frozen=True):
    """What opened *opens* times within *within_h* hours is folded, until it has not opened for *quiet_h*."""

    opens: Annotated[int, msgspec.Meta(ge=2)]
    within_h: Hours
    quiet_h: Hours


class Inhibit(Table, frozen=True):
    """While an incident of a *source* rule lasts, those of *target* rules (patterns) at the same *equal* are its consequence."""

    source: tuple[str, ...]
    target: tuple[str, ...]
    equal: Literal["device", "site", "county"]

    def hits(self, rule: str) -> bool:
        """Say whether incidents of *rule* are a target. A source never is: two of a kind do not silence each other."""
        return rule not in self.source and any(fnmatchcase(rule, pattern) for pattern in self.target)


class Nobody(Table, frozen=True):
    """Names of the channels that are told where the registry names nobody at all."""

    channels: tuple[str, ...]


class Policy(Table, frozen=True):
    """Who is told, when, and when the next one is called."""

    levels: Levels
    hours: WorkingHours
    storm: Storm
    flapping: Flapping
    nobody: Nobody
    told: dict[str, Audience]
    inhibit: tuple[Inhibit, ...] = ()

    def of(self, level: Level) -> LevelPolicy:
        """Return how people are called for *level*."""
        found: LevelPolicy = getattr(self.levels, level.value)
        return found

    def ack_hours(self, level: Level) -> float:
        """Return how many hours an acknowledgement of *level* may last at most."""
        return self.of(level).ack_lasts_h

    def sources(self) -> tuple[str, ...]:
        """Return the rules whose incidents may inhibit others, each once."""
        return tuple(dict.fromkeys(name for row in self.inhibit for name in row.source))


def load(text: str | None = None, name: str = _NAME, rules: Collection[str] | None = None) -> Policy:
    """Return the policy that *text* spells, None: the shipped one. A kind of happening it does not name is told as shipped.

    With *rules*, the names of all rules, a row of inhibit that speaks of none of them is refused too. *name* is the file's.

    Raises:
        TomlError: with every fault, each with its line and a mend.

    """
    shipped = files(__package__).joinpath(_NAME).read_text(encoding="utf-8")
    written = shipped if text is None else text
    read = read_toml(written, Policy)
    if isinstance(read, list):
        raise TomlError(name or _NAME, read)
    wrong = list(_wrong(read, rules))
    if wrong:
        lines = Lines(written)
        raise TomlError(name or _NAME, [problem(lines, *one) for one in wrong])
    return read if text is None else msgspec.structs.replace(read, told=load().told | read.told)


class PolicyFile(Watched[Policy]):
    """The policy of *path*, or (None) the shipped one, watched; *rules* as for `load`. Raises as `Watched` does."""

    def __init__(self, path: Path | None, rules: Collection[str] | None = None) -> None:
        super().__init__(path, lambda text, name: load(text, name, rules))


_Wrong = tuple[str, str, str]


def _wrong(policy: Policy, rules: Collection[str] | None) -> Iterator[_Wrong]:
    """Yield what the types do not show: place, sentence, mend."""
    if not policy.hours.since < policy.hours.until:
        yield (
            "hours.until",
            "下班不晚于上班 (until is not after since)",
            "写成 write: since = 08:30:00, until = 17:30:00",
        )
    for kind in policy.told:
        if kind not in _KINDS:
            yield f"told.{kind}", "没有这种事项 (unknown kind of happening)", nearest(kind, _KINDS)
    if policy.flapping.quiet_h > policy.flapping.within_h:
        said = "安静时长超过统计时段，永远用不上 (quiet_h is above within_h and never comes to bear)"
        yield "flapping.quiet_h", said, "使 quiet_h ≤ within_h (lower it)"
    for number, row in enumerate(policy.inhibit):
        yield from _wrong_row(row, f"inhibit.{number}", rules)
    yield from _circles(policy)


def _wrong_row(row: Inhibit, place: str, rules: Collection[str] | None) -> Iterator[_Wrong]:
    for number, source in enumerate(row.source):
        if set(source) & set(_GLOB):
            yield (
                f"{place}.source.{number}",
                "来源须写全名，不用通配符 (a source is a name)",
                "逐个写出 write each name",
            )
        elif rules is not None and source not in rules:
            yield f"{place}.source.{number}", f"没有这条规则 (unknown rule): {source}", nearest(source, rules)
    for number, target in enumerate(row.target):
        if rules is not None and not any(fnmatchcase(rule, target) for rule in rules):
            yield f"{place}.target.{number}", f"没有一条规则符合 (no rule matches): {target}", nearest(target, rules)


def _circles(policy: Policy) -> Iterator[_Wrong]:
    """Yield the rows that close a circle: then each would be the other's consequence, and nobody would be told of either."""
    leads: dict[str, set[str]] = {name: set() for name in policy.sources()}
    for number, row in enumerate(policy.inhibit):
        for source in row.source:
            targets = {name for name in leads if row.hits(name)}
            if any(source in _reached(leads, target) for target in targets):
                said = f"互相抑制成环 (inhibition goes in a circle): {source}"
                yield f"inhibit.{number}", said, "删去其中一条 remove one of the rows"
                return
            leads[source] |= targets


def _reached(leads: Mapping[str, set[str]], start: str) -> set[str]:
    found, ahead = {start}, [start]
    while ahead:
        new = leads[ahead.pop()] - found
        found |= new
        ahead += new
    return found
