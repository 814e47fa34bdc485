from __future__ import annotations

import msgspec
import pytest

from alerts.judge.rules import Rule, load
from schemas.catalog.enums import Basis, Level
from schemas.catalog.limits import LIMITS

RULES = load()


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_rule_is_whole(rule: Rule) -> None:
    assert rule.zh.strip()
    assert rule.source.strip()
    assert rule.lead_bureau.strip()
    # Only the service's own sums stand for no task of the plan.
    assert (rule.task > 0) == (rule.zh != "接收数据不守恒")
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


@pytest.mark.parametrize("change", [{"level": "pink"}, {"basis": "week"}, {"opn_after": 1}, {"open_after": "1"}])
def test_a_broken_rule_is_refused(change: dict[str, object]) -> None:
    whole = msgspec.to_builtins(RULES["sewage_day"])
    assert msgspec.convert(whole, Rule) == RULES["sewage_day"]
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(whole | change, Rule)
