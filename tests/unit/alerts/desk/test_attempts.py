from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.desk.attempts import ADDRESS_SPAN, ADDRESS_TRIES, LONGEST_LOCK, Addresses, Strangers, lock_for

T0 = datetime(2026, 6, 2, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("failed", "minutes"), [(0, 0), (1, 0), (4, 0), (5, 1), (6, 2), (7, 4), (10, 32), (11, 60), (10_000, 60)]
)
def test_a_lock_begins_with_the_fifth_wrong_try_and_doubles_up_to_an_hour(failed: int, minutes: int) -> None:
    assert lock_for(failed) == timedelta(minutes=minutes)


def test_an_address_waits_until_its_oldest_try_is_past() -> None:
    addresses = Addresses()
    for number in range(ADDRESS_TRIES):
        assert not addresses.wait("a", T0)
        addresses.count("a", T0 + timedelta(seconds=number))
    now = T0 + timedelta(minutes=5)
    assert addresses.wait("a", now) == timedelta(minutes=5)
    assert not addresses.wait("b", now)
    assert not addresses.wait("a", T0 + ADDRESS_SPAN)


def test_a_right_try_is_taken_back() -> None:
    addresses = Addresses()
    for _ in range(ADDRESS_TRIES):
        addresses.count("a", T0)
    addresses.forgive("a")
    assert not addresses.wait("a", T0)
    addresses.forgive("unheard of")


def test_a_name_without_account_is_locked_like_one_with() -> None:
    strangers = Strangers()
    for expected in (0, 0, 0, 0, 1):
        strangers.count("nobody", T0)
        assert strangers.wait("nobody", T0) == timedelta(minutes=expected)
    assert not strangers.wait("nobody", T0 + timedelta(minutes=1))
    assert not strangers.wait("another", T0)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 900)), max_size=200))
def test_however_many_knock_what_is_kept_is_bounded(knocks: list[tuple[int, int]]) -> None:
    addresses, strangers = Addresses(most=4), Strangers(most=4)
    for who, later in sorted(knocks, key=lambda knock: knock[1]):
        now = T0 + timedelta(seconds=later)
        addresses.count(str(who), now)
        strangers.count(str(who), now)
        assert timedelta(0) <= addresses.wait(str(who), now) <= ADDRESS_SPAN
        assert timedelta(0) <= strangers.wait(str(who), now) <= LONGEST_LOCK
    assert len(addresses._tries) <= 4
    assert len(strangers._failed) <= 4
    assert all(len(tries) <= ADDRESS_TRIES for tries in addresses._tries.values())
