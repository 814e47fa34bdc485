from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.desk.cookies import LogIn, Seal

SEAL = Seal("one secret", is_https=False)
T0 = datetime(2026, 6, 2, 4, 0, tzinfo=UTC)
LOG_IN = LogIn("chen.yi", 3, "k" * 24, int(T0.timestamp()))


@given(st.text(), st.integers(0, 2**31), st.text(), st.integers(0, 2**40))
def test_what_is_sealed_is_opened_as_it_was(account: str, epoch: int, key: str, at: int) -> None:
    log_in = LogIn(account, epoch, key, at)
    assert SEAL.open(SEAL.seal(log_in)) == log_in


@given(st.text() | st.none())
def test_what_strangers_wrote_opens_to_nobody(text: str | None) -> None:
    assert SEAL.open(text) is None
    assert not SEAL.is_form_token("key", text)


@given(st.integers(0, 200), st.characters(min_codepoint=33, max_codepoint=126))
def test_one_changed_letter_breaks_the_seal(place: int, letter: str) -> None:
    text = SEAL.seal(LOG_IN)
    place %= len(text)
    changed = text[:place] + letter + text[place + 1 :]
    assert changed == text or SEAL.open(changed) in {None, LOG_IN}
    # The last letter of base64 has bits that mean nothing; every other one counts.
    assert changed == text or place == len(text) - 1 or SEAL.open(changed) is None


def test_another_secret_and_another_purpose_are_nothing() -> None:
    other = Seal("another secret", is_https=False)
    assert other.open(SEAL.seal(LOG_IN)) is None
    assert not other.is_form_token("key", SEAL.form_token("key"))
    assert SEAL.open(SEAL.form_token("key")) is None
    assert not SEAL.is_form_token("key", SEAL.seal(LOG_IN))


@pytest.mark.parametrize(
    ("key", "token", "is_own"),
    [
        ("key", SEAL.form_token("key"), True),
        ("another browser", SEAL.form_token("key"), False),
        ("", SEAL.form_token(""), False),
        (None, SEAL.form_token("key"), False),
        ("key", None, False),
        ("key", "签名", False),
    ],
)
def test_a_form_token_is_of_one_browser(key: str | None, token: str | None, is_own: bool) -> None:  # noqa: FBT001
    assert SEAL.is_form_token(key, token) is is_own


@pytest.mark.parametrize(
    ("after", "over"), [(-1, True), (0, False), (12 * 3600 - 1, False), (12 * 3600, True), (10**6, True)]
)
def test_a_log_in_lasts_from_its_beginning_to_its_end(after: int, over: bool) -> None:  # noqa: FBT001
    assert LOG_IN.over(T0 + timedelta(seconds=after), timedelta(hours=12)) is over


def test_over_https_the_cookies_can_be_set_by_this_host_alone() -> None:
    seal = Seal("s", is_https=True)
    assert seal.session_cookie.startswith("__Host-")
    assert seal.form_cookie.startswith("__Host-")
