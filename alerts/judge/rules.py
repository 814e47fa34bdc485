"""The rules, read from rules.toml and proved at load: all that is wrong is told at once, with its line and a mend."""

from __future__ import annotations

import math
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import msgspec

from alerts.judge.lines import Lines, TomlError, TomlProblem, nearest, problem, read_toml
from schemas.catalog.enums import Basis, Level

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

#: Version of all that judging computes; stands in every verdict beside that of deriving.
RULES_VERSION = "2026.3"
#: Which limits a window of a basis may be held against: hours also as suspicion (instant) and early warning (day).
_LIMITS = {
    Basis.INSTANT: (Basis.INSTANT,),
    Basis.HOUR: (Basis.HOUR, Basis.INSTANT, Basis.DAY),
    Basis.DAY: (Basis.DAY,),
    Basis.MONTH: (Basis.MONTH,),
    Basis.QUARTER: (Basis.QUARTER,),
    Basis.YEAR: (Basis.YEAR,),
}
_NAME = "rules.toml"
#: Key, what is wrong with it, what mends it.
_Wrong = tuple[str, str, str]


class RulesError(TomlError):
    """The rules are wrong; those in force before stay in force."""


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


def load(
    text: str | None = None, name: str = _NAME, *, known_numbers: Mapping[str, Collection[str]] | None = None
) -> dict[str, Rule]:
    """Return name → rule of *text* (None: the shipped file), the graver before those that yield to them.

    *name* is that of the file, for the error. *known_numbers*: rule → figures that it declares, a rule not named declares
    none; None: not checked.

    Raises:
        RulesError: with every problem found; its sentence names line, place and mend of each.

    """
    read = _read(shipped_text() if text is None else text)
    if isinstance(read, list):
        raise RulesError(name, read)
    rules, lines = read
    known = rules if text is None else _shipped()
    found = [*_names(rules, known), *_each(rules, known), *_numbers(rules, known_numbers)]
    if found:
        problems = [problem(lines, *one) for one in found]
        raise RulesError(name, sorted(problems, key=lambda one: one.line or math.inf))
    return rules


@cache
def shipped_text() -> str:
    """Return the text of the shipped file."""
    return files(__package__).joinpath(_NAME).read_text(encoding="utf-8")


@cache
def _shipped() -> Mapping[str, Rule]:
    return load()


def _read(text: str) -> tuple[dict[str, Rule], Lines] | list[TomlProblem]:
    read = read_toml(text, dict[str, Rule])
    return read if isinstance(read, list) else (read, Lines(text))


def _names(rules: Mapping[str, Rule], known: Mapping[str, Rule]) -> Iterable[_Wrong]:
    for name in rules:
        if name not in known:
            yield name, "没有这条规则 (unknown rule)", nearest(name, known)
    for name in known:
        if name not in rules:
            mend = "从随附文件抄来，不用则写 copy it from the shipped file, to switch it off write: enabled = false"
            yield name, "缺少这条规则 (rule missing)", mend


def _each(rules: Mapping[str, Rule], known: Mapping[str, Rule]) -> Iterable[_Wrong]:
    before: list[str] = []
    for name, rule in rules.items():
        wrong = [*_texts(rule), *_runs(rule), *_levels(rule), *_figures(rule), *_yields(name, rule, rules, before)]
        if name in known:
            wrong += _bases(rule, known[name])
        yield from ((f"{name}.{key}", sentence, mend) for key, sentence, mend in wrong)
        before.append(name)


def _texts(rule: Rule) -> Iterable[_Wrong]:
    for key in ("zh", "lead_bureau", "source"):
        if not getattr(rule, key).strip():
            yield key, "不能为空 (empty)", "写上文字 write a text"
    if rule.task < 0:
        yield (
            "task",
            "任务编号不能为负 (below 0)",
            "县方案任务编号，系统自身为 0 number in the county plan, 0: the service itself",
        )
    if rule.lead_bureau in rule.also:
        yield "also", "牵头单位不必再列 (the lead bureau stands here again)", f"删去 take out {rule.lead_bureau}"


def _runs(rule: Rule) -> Iterable[_Wrong]:
    for key in ("open_after", "close_after"):
        if getattr(rule, key) < 1:
            yield key, "至少为 1 个时段 (at least 1 window)", "写 1 或更大的整数 write 1 or more"
    if rule.open_within and rule.open_within < rule.open_after:
        yield (
            "open_within",
            f"{rule.open_within} 个时段内不可能有 {rule.open_after} 个超标 (fewer windows than open_after)",
            f"写 0（连续）或不小于 {rule.open_after} write 0 (in a row) or at least {rule.open_after}",
        )


def _levels(rule: Rule) -> Iterable[_Wrong]:
    if rule.level_repeated is None and rule.repeated_after:
        yield (
            "repeated_after",
            "没有 level_repeated (stands alone)",
            "补上 level_repeated 或删去本行 add it, or take this out",
        )
    if rule.level_repeated is not None:
        if rule.repeated_after < 1:
            yield (
                "repeated_after",
                "有 level_repeated 时至少为 1 (at least 1)",
                "写超标时段数 write a number of windows",
            )
        if _rank(rule.level_repeated) <= _rank(rule.level):
            graver = [level.value for level in Level if _rank(level) > _rank(rule.level)]
            mend = (
                f"可写 one of: {', '.join(graver)}" if graver else "删去 level_repeated 和 repeated_after take both out"
            )
            yield "level_repeated", f"不重于 level {rule.level.value} (not graver than level)", mend
    if rule.level_suspected is not None and _rank(rule.level_suspected) > _rank(rule.level):
        yield (
            "level_suspected",
            f"重于 level {rule.level.value} (graver than level)",
            "疑似不得重于认定 write a lesser level",
        )


def _figures(rule: Rule) -> Iterable[_Wrong]:
    if not 0 < rule.share <= 1:
        yield "share", "不在 0 到 1 之间 (outside 0 to 1)", "写大于 0、不大于 1 的数 write more than 0, at most 1"
    if not 0 <= rule.deadband < math.inf:
        yield "deadband", "不是 0 或正数 (below 0)", "写 0 或正数 write 0 or more"
    for key, value in rule.numbers.items():
        if not math.isfinite(value):
            yield f"numbers.{key}", "不是有限的数 (not finite)", "写一个普通的数 write a plain number"


def _yields(name: str, rule: Rule, rules: Mapping[str, Rule], before: Collection[str]) -> Iterable[_Wrong]:
    for number, other in enumerate(rule.yields_to):
        key = f"yields_to.{number}"
        if other == name:
            yield key, "规则不能让位于自身 (yields to itself)", f"删去 take out {other}"
        elif other not in rules:
            mend = nearest(other, before) if before else f"删去 take out {other}"
            yield key, f"没有这条规则 (unknown rule) {other}", mend
        elif other not in before:
            yield key, f"{other} 须写在本规则之前 (must stand before)", f"把 [{other}] 移到 [{name}] 之前 move it up"


def _bases(rule: Rule, shipped: Rule) -> Iterable[_Wrong]:
    """Yield what the program cannot follow: its facts come by the shipped basis, its limits by the shipped use of them."""
    if rule.basis is not shipped.basis:
        yield "basis", "时段类型不能改 (cannot be changed)", f"写 write: {shipped.basis.value}"
    if rule.limit is None and shipped.limit is not None:
        yield "limit", "缺少限值类型 (missing)", f'写 write: limit = "{shipped.limit.value}"'
    elif rule.limit is not None and shipped.limit is None:
        yield "limit", "本规则不比对限值 (this rule is not held against limits)", "删去 take it out"
    elif rule.limit is not None and rule.limit not in _LIMITS[shipped.basis]:
        allowed = ", ".join(limit.value for limit in _LIMITS[shipped.basis])
        yield (
            "limit",
            f"{shipped.basis.value} 值不能比对 {rule.limit.value} 限值 (does not go with the basis)",
            f"可写 one of: {allowed}",
        )


def _numbers(rules: Mapping[str, Rule], known: Mapping[str, Collection[str]] | None) -> Iterable[_Wrong]:
    for name, rule in rules.items():
        declared = () if known is None else known.get(name, ())
        for key in rule.numbers:
            if known is not None and key not in declared:
                mend = nearest(key, declared) if declared else "删去，本规则没有参数 take it out, this rule takes none"
                yield f"{name}.numbers.{key}", "没有这个参数 (unknown figure)", mend


def _rank(level: Level) -> int:
    return list(Level).index(level)
