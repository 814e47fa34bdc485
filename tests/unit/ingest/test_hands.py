from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.hands import Hands

TIMED = b'{"ts": 1, "values": {"a": 1}}'
BARE = b'{"a": 1}'


def comes(hands: Hands, mid: int, payload: bytes = TIMED, *, is_marked: bool = False, topic: bytes = b"t") -> object:
    return hands.is_repeat(topic, payload, mid, is_marked=is_marked)


NEW, KNOWN = (False, 0), (True, 0)


def test_a_number_in_hand_is_a_repeat_whatever_it_says() -> None:
    hands = Hands()
    assert comes(hands, 1) == NEW
    assert comes(hands, 1, is_marked=True) == KNOWN
    hands.settle([1])
    assert comes(hands, 1) == NEW, "the number was free again"


@pytest.mark.parametrize(
    ("mid", "payload", "is_marked", "expected"),
    [
        (1, TIMED, True, KNOWN),
        (1, TIMED, False, NEW),
        (1, BARE, True, NEW),
        (1, TIMED + b" ", True, NEW),
        (2, TIMED, True, NEW),
    ],
)
def test_what_was_under_way_when_it_was_acknowledged(
    mid: int, payload: bytes, is_marked: object, expected: object
) -> None:
    hands = Hands()
    comes(hands, 1)
    hands.settle([1])
    assert comes(hands, mid, payload, is_marked=bool(is_marked)) == expected


def test_held_over_a_reconnect_it_is_acknowledged_under_its_new_number_when_it_is_stored() -> None:
    hands = Hands()
    comes(hands, 1)
    hands.lose_connection()
    assert comes(hands, 7, is_marked=True) == KNOWN
    assert len(hands) == 1
    assert hands.settle_orphan(b"t", TIMED) == 7
    assert len(hands) == 0
    assert hands.settle_orphan(b"t", TIMED) == 0, "one repeat, one acknowledgement"


def test_stored_between_two_connections_it_is_acknowledged_as_soon_as_it_comes_again() -> None:
    hands = Hands()
    comes(hands, 1)
    hands.lose_connection()
    assert hands.settle_orphan(b"t", TIMED) == 0
    assert comes(hands, 7, is_marked=True) == (True, 7)
    assert comes(hands, 8, is_marked=True) == NEW, "and only once"


def test_a_new_number_is_no_better_after_the_next_reconnect() -> None:
    hands = Hands()
    comes(hands, 1)
    hands.lose_connection()
    comes(hands, 7, is_marked=True)
    hands.lose_connection()
    assert comes(hands, 7, b'{"ts": 2}') == NEW, "number 7 names another message now"
    assert hands.settle_orphan(b"t", TIMED) == 0
    assert comes(hands, 9, is_marked=True) == (True, 9)


@pytest.mark.parametrize(
    ("payload", "topic", "is_marked"),
    [(TIMED, b"t", False), (TIMED, b"u", True), (TIMED + b" ", b"t", True), (BARE, b"t", True)],
)
def test_anything_else_after_a_reconnect_is_new(payload: bytes, topic: bytes, is_marked: object) -> None:
    hands = Hands()
    comes(hands, 1)
    comes(hands, 2, BARE)
    hands.lose_connection()
    assert comes(hands, 7, payload, is_marked=bool(is_marked), topic=topic) == NEW


def test_of_a_session_that_was_lost_nothing_is_awaited() -> None:
    hands = Hands()
    comes(hands, 1)
    hands.lose_connection()
    hands.lose_session()
    assert comes(hands, 7, is_marked=True) == NEW
    assert hands.settle_orphan(b"t", TIMED) == 0


class Play:
    """A broker that numbers anew on each connection and marks what it has sent before, and a worker at its own pace."""

    def __init__(self) -> None:
        self.hands = Hands()
        self.unacked = set(range(6))
        self.numbers: dict[int, int] = {}
        self.sent: set[int] = set()
        self.in_hand: list[tuple[int, int, int]] = []
        self.stored: set[int] = set()
        self.connection = 1
        self.free = 1

    def body(self, n: int) -> bytes:
        return b'{"ts": %d}' % n

    def acknowledged(self, mid: int) -> None:
        n = self.numbers.pop(mid)
        assert n in self.stored, "acknowledged before it was stored"
        self.unacked.discard(n)

    def deliver(self) -> None:
        for n in sorted(self.unacked - set(self.numbers.values())):
            self.numbers[self.free] = n
            is_known, now = self.hands.is_repeat(b"t", self.body(n), self.free, is_marked=n in self.sent)
            self.sent.add(n)
            if not is_known:
                self.in_hand.append((n, self.free, self.connection))
            elif now:
                self.acknowledged(now)
            self.free += 1

    def settle(self, count: int) -> None:
        for n, mid, made in self.in_hand[:count]:
            self.stored.add(n)
            if made == self.connection:
                self.hands.settle([mid])
                self.acknowledged(mid)
            elif again := self.hands.settle_orphan(b"t", self.body(n)):
                self.acknowledged(again)
        del self.in_hand[:count]

    def cut(self) -> None:
        self.hands.lose_connection()
        self.numbers.clear()
        self.connection, self.free = self.connection + 1, 1


@given(st.lists(st.sampled_from(["deliver", "settle one", "settle all", "cut"]), max_size=60))
def test_only_what_is_stored_is_ever_acknowledged_and_all_of_it_in_the_end(steps: list[str]) -> None:
    play = Play()
    do = {
        "deliver": play.deliver,
        "settle one": lambda: play.settle(1),
        "settle all": lambda: play.settle(6),
        "cut": play.cut,
    }
    for step in [*steps, "deliver", "settle all", "settle all", "deliver", "settle all"]:
        do[step]()
    assert not play.unacked
    assert len(play.hands) == 0
