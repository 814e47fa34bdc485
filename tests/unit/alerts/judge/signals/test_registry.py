from __future__ import annotations

import pytest

from alerts.judge.rules import load
from alerts.judge.signals.registry import EXPECT_A_LEVEL, NEEDS, PLACE_WIDE, SIGNALS
from alerts.judge.signals.scene import Unknown
from schemas.catalog.enums import Basis
from schemas.catalog.factors import FACTORS
from tests.unit.alerts.judge.signals.scenery import scene

RULES = load()


def test_every_signal_says_where_it_is_asked() -> None:
    assert SIGNALS.keys() == NEEDS.keys()
    assert SIGNALS.keys() >= (PLACE_WIDE | EXPECT_A_LEVEL)
    for needs in NEEDS.values():
        for start in (*needs.factors, *needs.beside):
            assert start == "e101" or any(factor.startswith(start) for factor in FACTORS), start


@pytest.mark.parametrize("rule", SIGNALS)
def test_every_signal_has_a_rule_that_calls_it_suspicion_and_names_only_its_figures(rule: str) -> None:
    held = RULES[rule]
    assert "疑似" in held.zh
    assert held.basis is Basis.DAY
    assert held.task == 39
    assert held.numbers.keys() <= SIGNALS[rule].numbers.keys()


@pytest.mark.parametrize("rule", SIGNALS)
def test_a_signal_that_sees_nothing_says_that_it_cannot_say(rule: str) -> None:
    factor = "" if rule in PLACE_WIDE else "w01018"
    declared = SIGNALS[rule]
    empty = scene({"w01018": [None] * declared.hours_back, "w00000": [None] * declared.hours_back})
    assert isinstance(declared.find(empty, factor, declared.numbers), Unknown | None)
