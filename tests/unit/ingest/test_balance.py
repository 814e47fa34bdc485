from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.balance import Balance

EVEN = {
    "messages_received": 10,
    "messages_settled": 7,
    "messages_in_hand": 3,
    "values_received": 40,
    "values_stored": 20,
    "values_duplicate": 5,
    "values_rejected": 3,
    "values_in_hand": 12,
}


def test_sums_that_agree() -> None:
    balance = Balance(**EVEN)
    assert (balance.messages_astray, balance.values_astray, balance.agrees) == (0, 0, True)


@pytest.mark.parametrize(
    ("field", "messages", "values"),
    [
        ("messages_received", 2, 0),
        ("messages_settled", -2, 0),
        ("messages_in_hand", -2, 0),
        ("values_received", 0, 2),
        ("values_stored", 0, -2),
        ("values_duplicate", 0, -2),
        ("values_rejected", 0, -2),
        ("values_in_hand", 0, -2),
    ],
)
def test_each_number_counts_and_on_its_side(field: str, messages: int, values: int) -> None:
    balance = Balance(**(EVEN | {field: EVEN[field] + 2}))
    assert (balance.messages_astray, balance.values_astray, balance.agrees) == (messages, values, False)


COUNTS = st.integers(0, 10**12)


@given(COUNTS, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS, st.integers(-5, 5), st.integers(-5, 5))
def test_what_is_astray_is_exactly_what_is_missing(  # noqa: PLR0917 - eight numbers are the record
    settled: int, in_hand: int, stored: int, duplicate: int, rejected: int, held: int, lost: int, gone: int
) -> None:
    balance = Balance(
        messages_received=settled + in_hand + lost,
        messages_settled=settled,
        messages_in_hand=in_hand,
        values_received=stored + duplicate + rejected + held + gone,
        values_stored=stored,
        values_duplicate=duplicate,
        values_rejected=rejected,
        values_in_hand=held,
    )
    assert (balance.messages_astray, balance.values_astray) == (lost, gone)
    assert balance.agrees == (lost == 0 and gone == 0)


def test_two_faults_that_cancel_in_one_sum_are_still_seen_in_the_other() -> None:
    assert not Balance(**(EVEN | {"messages_received": 11, "values_received": 39})).agrees
