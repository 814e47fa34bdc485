from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.desk import passwords


def test_a_hash_matches_its_password_only_and_no_two_are_alike() -> None:
    first, second = passwords.hashed("correct horse 1"), passwords.hashed("correct horse 1")
    assert first != second
    assert first.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert passwords.matches(first, "correct horse 1")
    assert not passwords.matches(first, "correct horse 2")
    assert not passwords.matches("no hash", "correct horse 1")


def test_the_same_letters_from_another_keyboard_match() -> None:
    assert passwords.matches(passwords.hashed("Ａbc１２３４５６７é"), "Abc1234567é")


def test_nobodys_hash_is_a_real_one_with_todays_parameters() -> None:
    assert not passwords.is_outdated(passwords.nobodys())
    assert not passwords.matches(passwords.nobodys(), "")


def test_a_hash_with_other_parameters_is_outdated() -> None:
    assert passwords.is_outdated(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("x"))


@pytest.mark.parametrize(
    ("password", "word"),
    [
        ("short-one", "太短"),
        ("Ab1-" * 32 + "x", "太长"),
        ("1234567890", "太常见"),
        ("Password123", "太常见"),
        ("aaaabbbbcccc", "太常见"),
        ("chen.yichen.yi", "账号名"),
        ("CHEN.YI2026!", "账号名"),
    ],
)
def test_weak_passwords_are_refused_with_a_reason(password: str, word: str) -> None:
    assert word in (passwords.why_weak(password, "chen.yi") or "")


@pytest.mark.parametrize("password", ["便江街道的老槐树开花了", "correct horse 1", "chen.yi likes tea"])
def test_long_ones_of_ones_own_will_do(password: str) -> None:
    assert passwords.why_weak(password, "chen.yi") is None


def test_a_one_time_password_can_be_typed_and_would_do() -> None:
    made = {passwords.one_time() for _ in range(50)}
    assert len(made) == 50
    for one in made:
        assert [len(group) for group in one.split("-")] == [4, 4, 4, 4]
        assert not set(one) & set("01loiLOI")
        assert passwords.why_weak(one, "admin") is None


@given(st.text(max_size=200), st.text(max_size=20))
@settings(max_examples=200)
def test_any_text_gets_an_answer_and_never_too_short_a_yes(password: str, name: str) -> None:
    why = passwords.why_weak(password, name)
    assert why is None or why.endswith(".")
    assert why is not None or 10 <= len(password) <= 128 or len(password) < 10  # NFKC may lengthen
