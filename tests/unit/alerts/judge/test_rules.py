from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from alerts.judge.rules import Rule, RulesError, load, shipped_text
from schemas.catalog.enums import Basis, Level
from schemas.catalog.limits import LIMITS
from tests.unit.alerts.judge.found import find_line

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from alerts.judge.lines import TomlProblem

RULES = load()


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_rule_is_whole(rule: Rule) -> None:
    assert rule.zh.strip()
    assert rule.source.strip()
    assert rule.lead_bureau.strip()
    # Only the service's own sums stand for no task of the plan.
    assert (rule.task > 0) == (rule.lead_bureau != "系统运维")
    assert rule.open_after >= 1
    assert rule.close_after >= 1
    assert rule.deadband >= 0
    assert (rule.level_repeated is None) == (rule.repeated_after == 0)


@pytest.mark.parametrize(
    ("name", "task", "basis", "bureau"),
    [
        ("sewage_day", 26, Basis.DAY, "epb"),
        ("boiler_efficiency", 13, Basis.HOUR, "mkt"),
        ("energy_budget", 12, Basis.MONTH, "drc"),
    ],
)
def test_each_rule_goes_to_the_bureau_that_leads(name: str, task: int, basis: Basis, bureau: str) -> None:
    rule = RULES[name]
    assert (rule.task, rule.basis, rule.lead_bureau) == (task, basis, bureau)


def test_every_limit_an_hour_or_day_is_held_against_has_a_rule_of_its_task() -> None:
    asked = {(rule.task, rule.limit) for rule in RULES.values() if rule.limit is not None}
    for limit in LIMITS:
        if limit.basis in {"instant", "hour", "day"}:
            assert (limit.task, limit.basis) in asked, limit.id


def test_the_graver_stand_before_those_that_yield_to_them() -> None:
    names = list(RULES)
    for name, rule in RULES.items():
        assert all(names.index(graver) < names.index(name) for graver in rule.yields_to)
    assert RULES["sewage_hour"].yields_to == ("sewage_day", "sewage_instant")


def test_a_boiler_is_reported_after_three_hours_and_a_plant_at_once() -> None:
    boiler, sewage = RULES["boiler_efficiency"], RULES["sewage_day"]
    assert (boiler.open_after, boiler.close_after, boiler.deadband) == (3, 3, 1.0)
    assert (sewage.open_after, sewage.close_after, sewage.deadband) == (1, 1, 0.0)
    assert (sewage.level, sewage.level_repeated, sewage.repeated_after) == (Level.ORANGE, Level.RED, 3)


SHIPPED = shipped_text()


def with_row(name: str, key: str, value: str | None, text: str = SHIPPED) -> tuple[str, int]:
    """Return *text* in which ``key = value`` stands under rule *name* (None: no such row), and the line of it or of the rule."""
    rows = text.split("\n")
    head = find_line(text, name, None)
    at = find_line(text, name, key)
    assert head is not None
    if at is not None:
        assert rows[at - 1].startswith(f"{key} = ")
        rows[at - 1 : at] = [] if value is None else [f"{key} = {value}"]
        return "\n".join(rows), head if value is None else at
    rows.insert(head, f"{key} = {value}")
    return "\n".join(rows), head + 1


def problems(text: str, **asked: Mapping[str, Collection[str]]) -> tuple[TomlProblem, ...]:
    with pytest.raises(RulesError) as caught:
        load(text, "mine.toml", **asked)
    assert str(caught.value).startswith(f"mine.toml 有 {len(caught.value.problems)} 处错误")
    return caught.value.problems


@pytest.mark.parametrize(
    ("name", "key", "value", "sentence", "mend"),
    [
        ("sewage_day", "level", '"pink"', "unknown value", "one of: blue, yellow, orange, red"),
        ("sewage_day", "level", '"oragne"', "unknown value", "did you mean orange?"),
        ("sewage_day", "opn_after", "1", "unknown field", "did you mean open_after?"),
        ("sewage_day", "open_after", '"1"', "wrong type", "without quotes"),
        ("sewage_day", "source", None, "missing field", "add: source"),
        ("sewage_day", "open_after", "0", "at least 1", "1 or more"),
        ("sewage_day", "close_after", "-1", "at least 1", "1 or more"),
        ("sewage_hour", "open_within", "1", "fewer windows than open_after", "at least 2"),
        ("sewage_hour", "open_within", "-5", "fewer windows than open_after", "in a row"),
        ("sewage_day", "repeated_after", "0", "at least 1", "number of windows"),
        ("sewage_day", "level_repeated blames repeated_after", None, "stands alone", "take this out"),
        ("sewage_day", "level_repeated", '"orange"', "not graver", "one of: red"),
        ("sewage_day", "level blames level_repeated", '"red"', "not graver", "take both out"),
        ("boiler_efficiency", "level_suspected", '"red"', "graver than level", "lesser"),
        ("sewage_hour", "share", "0", "outside 0 to 1", "at most 1"),
        ("sewage_hour", "share", "1.01", "outside 0 to 1", "at most 1"),
        ("sewage_hour", "share", "nan", "outside 0 to 1", "at most 1"),
        ("boiler_efficiency", "deadband", "-0.1", "below 0", "0 or more"),
        ("boiler_efficiency", "deadband", "inf", "below 0", "0 or more"),
        ("boiler_efficiency", "zh", '" "', "empty", "write a text"),
        ("boiler_efficiency", "task", "-1", "below 0", "county plan"),
        ("boiler_efficiency", "also", '["epb", "mkt"]', "lead bureau", "take out mkt"),
        ("sewage_day", "basis", '"hour"', "cannot be changed", "write: day"),
        ("sewage_day", "basis", '"week"', "unknown value", "one of: instant, hour, day"),
        ("sewage_day", "limit", '"hour"', "does not go with the basis", "one of: day"),
        ("sewage_day", "limit", None, "missing", 'limit = "day"'),
        ("energy_budget", "limit", '"month"', "not held against limits", "take it out"),
        ("sewage_hour", "yields_to.0", '["sewage_hour"]', "yields to itself", "take out sewage_hour"),
        ("sewage_hour", "yields_to.0", '["sewage_dya"]', "unknown rule", "did you mean sewage_day?"),
        ("sewage_day", "yields_to.0", '["none_such"]', "unknown rule", "take out none_such"),
        ("sewage_day", "yields_to.0", '["sewage_hour"]', "must stand before", "[sewage_hour]"),
    ],
)
def test_a_broken_rule_is_refused_with_line_place_and_mend(
    name: str, key: str, value: str | None, sentence: str, mend: str
) -> None:
    row, _, blamed = key.partition(" blames ")
    text, line = with_row(name, row.partition(".")[0], value)
    place = f"{name}.{blamed or row}"
    (one,) = [each for each in problems(text) if each.place == place]
    assert sentence in one.sentence
    assert mend in one.mend
    assert one.line == (find_line(text, name, blamed) if blamed else line)


def test_figures_are_those_that_the_rule_declares() -> None:
    text, line = with_row("sewage_day", "numbers", "{ span_h = 4, runn_h = 2, far = inf }")
    declared = {name: tuple(rule.numbers) for name, rule in RULES.items()}
    known = declared | {"sewage_day": ("span_h", "run_h", "far")}
    found = problems(text, known_numbers=known)
    assert [(one.line, one.place) for one in found] == [
        (line, "sewage_day.numbers.far"),
        (line, "sewage_day.numbers.runn_h"),
    ]
    assert "did you mean run_h?" in found[1].mend
    right, _ = with_row("sewage_day", "numbers", "{ span_h = 4 }")
    assert load(right, known_numbers=known)["sewage_day"].numbers == {"span_h": 4.0}
    assert load(right)["sewage_day"].numbers == {"span_h": 4.0}
    assert "takes none" in problems(right, known_numbers=declared | {"sewage_day": ()})[0].mend


def test_the_rules_are_those_of_the_program_no_more_and_no_less() -> None:
    text = SHIPPED.replace("[sewage_day]", "[sewage_dai]").replace('"sewage_day"', '"sewage_dai"')
    unknown, missing = problems(text)
    assert (unknown.line, unknown.place) == (find_line(SHIPPED, "sewage_day", None), "sewage_dai")
    assert "did you mean sewage_day?" in unknown.mend
    assert (missing.line, missing.place) == (None, "sewage_day")
    assert "enabled = false" in missing.mend
    assert {one.place for one in problems("")} == set(RULES)


def test_all_that_is_wrong_is_told_at_once_in_the_order_of_the_lines() -> None:
    text, _ = with_row("sewage_hour", "share", "7")
    text, _ = with_row("sewage_day", "close_after", "0", text)
    text, _ = with_row("air_hour", "close_after", "0", text)
    assert [one.place for one in problems(text)] == [
        "sewage_day.close_after",
        "sewage_hour.share",
        "air_hour.close_after",
    ]


def test_a_slip_of_the_pen_is_told_with_its_line() -> None:
    text, line = with_row("sewage_hour", "share", "0.9.")
    (one,) = problems(text)
    assert one.line == line
    assert "syntax" in one.sentence


def test_what_may_be_changed_is_taken() -> None:
    text, _ = with_row("sewage_hour", "open_within", "3")
    text, _ = with_row("sewage_hour", "enabled", "false", text)
    text, _ = with_row("sewage_hour", "yields_to", '["sewage_day"]', text)
    text, _ = with_row("sewage_hour", "limit", '"instant"', text)
    text, _ = with_row("sewage_hour", "also", '["zjj"]', text)
    mine = load(text)
    assert {name for name, rule in mine.items() if rule != RULES[name]} == {"sewage_hour"}
    changed = mine["sewage_hour"]
    assert (changed.open_within, changed.enabled, changed.yields_to) == (3, False, ("sewage_day",))
    assert list(mine) == list(RULES)


def test_the_shipped_rules_are_right_and_no_two_readers_share_them() -> None:
    first = load()
    first.clear()
    assert load() == load(SHIPPED) == RULES
