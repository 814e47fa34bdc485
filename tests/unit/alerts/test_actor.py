from __future__ import annotations

import pytest

from alerts.actor import Actor, NotAllowedError, NotFoundError, is_bound_to_site, may
from schemas.catalog.duty import Role
from schemas.errors import UseError

A, B, I, O, W = Role.ADMIN, Role.BUREAU, Role.INSPECTOR, Role.OPERATOR, Role.WALL  # noqa: E741 - one letter a column


@pytest.mark.parametrize(
    ("act", "everywhere", "operator_at_own_site", "sentence"),
    [
        ("wall", {A, B, I, O, W}, True, "everybody with an account may look at the wall"),
        ("see", {A, B, I}, True, "names of people are for those who work with them"),
        ("acknowledge", {A, B, I}, False, "a plant does not acknowledge its own breach"),
        ("note", {A, B, I}, True, "a plant may say something about its own site"),
        ("feedback", {A, B, I}, True, "feedback is the plant's own duty"),
        ("reassign", {A, B, I}, False, "who has it in hand is the bureau's business"),
        ("settle", {A, B, I}, False, "a plant does not close its own case"),
        ("silence", {A, B}, False, "holding notices back takes a chief"),
        ("swap", {A, B}, False, "the rota is a chief's"),
        ("publish", {A, B}, False, "what the public sees is decided by the bureau"),
        ("accounts", {A}, False, "accounts are the administrator's alone"),
    ],
)
def test_who_may_do_what(act: str, everywhere: set[Role], operator_at_own_site: bool, sentence: str) -> None:  # noqa: FBT001
    for role in Role:
        actor = Actor(name="x", role=role, site="plant" if role is O else None)
        assert may(actor, act, "elsewhere") is (role in everywhere), (role, sentence)
        assert may(actor, act, "") is (role in everywhere), (role, sentence)
        expected = operator_at_own_site if role is O else role in everywhere
        assert may(actor, act, "plant") is expected, (role, sentence)


def test_an_operator_without_a_site_is_nobody_s() -> None:
    assert not may(Actor(name="x", role=O), "note", "")
    assert not may(Actor(name="x", role=O, site=""), "note", "")


def test_an_unknown_act_is_a_defect_and_never_a_yes() -> None:
    with pytest.raises(KeyError):
        may(Actor(name="x", role=A), "acknowlege", "plant")


def test_refusals_of_acts_are_wrong_use() -> None:
    assert issubclass(NotAllowedError, UseError)
    assert issubclass(NotFoundError, UseError)
    assert is_bound_to_site(Actor(name="x", role=O, site="plant"))
    assert not is_bound_to_site(Actor(name="x", role=I))
