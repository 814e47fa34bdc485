from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ingest.inbox import Inbox
from schemas.records import Message

if TYPE_CHECKING:
    from collections.abc import Coroutine

OVERHEAD = 600


def made(number: int, size: int = 10) -> Message:
    return Message("t", bytes(size), number, 1, 1)


def many(begin: int, end: int, size: int = 10) -> list[Message]:
    return [made(number, size) for number in range(begin, end)]


def ignore(_has_room: bool) -> None:  # noqa: FBT001 - the callback's one argument
    pass


async def test_messages_come_out_in_the_order_received_and_at_most_so_many() -> None:
    inbox = Inbox(ignore)
    inbox.add(many(0, 3))
    inbox.add(many(3, 5))
    assert await inbox.take(4) == many(0, 4)
    assert await inbox.take(4) == many(4, 5)


async def test_who_takes_from_an_empty_inbox_waits_for_the_first() -> None:
    inbox = Inbox(ignore)
    taking = asyncio.create_task(inbox.take(10))
    await asyncio.sleep(0)
    assert not taking.done()
    inbox.add(many(0, 2))
    assert await asyncio.wait_for(taking, 1) == many(0, 2)


async def test_an_empty_add_wakes_nobody_with_nothing() -> None:
    inbox = Inbox(ignore)
    taking = asyncio.create_task(inbox.take(10))
    await asyncio.sleep(0)
    inbox.add([])
    await asyncio.sleep(0.01)
    assert not taking.done()
    inbox.add(many(0, 1))
    assert await asyncio.wait_for(taking, 1) == many(0, 1)


async def test_what_is_taken_is_in_flight_until_settled() -> None:
    inbox = Inbox(ignore)
    inbox.add(many(0, 5))
    taken = await inbox.take(3)
    assert (inbox.in_flight, inbox.waiting, inbox.received, inbox.settled) == (5, 2, 5, 0)
    inbox.settle(taken)
    assert (inbox.in_flight, inbox.waiting, inbox.received, inbox.settled) == (2, 2, 5, 3)


@pytest.mark.parametrize(("size", "is_full"), [(400, False), (401, True)])
async def test_it_is_full_above_its_bytes_the_overhead_counted(size: int, *, is_full: bool) -> None:
    said: list[bool] = []
    inbox = Inbox(said.append, max_held_bytes=1000)
    inbox.add([made(0, size)])
    assert said == ([False] if is_full else [])
    assert inbox.has_room.is_set() is not is_full


async def test_it_says_full_once_and_room_once_below_the_half() -> None:
    said: list[bool] = []
    inbox = Inbox(said.append, max_held_bytes=10 * OVERHEAD)
    inbox.add(many(0, 11, 0))
    inbox.add(many(11, 20, 0))
    assert said == [False]
    taken = await inbox.take(20)
    assert said == [False], "taking frees nothing: what is taken is still held"
    inbox.settle(taken[:15])
    assert said == [False], "exactly the half is not below it"
    inbox.settle(taken[15:16])
    assert said == [False, True]
    inbox.settle(taken[16:])
    assert said == [False, True]


async def test_one_message_larger_than_all_room_goes_through() -> None:
    said: list[bool] = []
    inbox = Inbox(said.append, max_held_bytes=1000)
    inbox.add([made(0, 5000)])
    inbox.settle(await inbox.take(1))
    assert said == [False, True]
    assert inbox.has_room.is_set()


class AnyUse(RuleBasedStateMachine):
    """Any order of adding, taking and settling."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[bool] = []
        self.inbox = Inbox(self.said.append, max_held_bytes=5000)
        self.waiting: list[Message] = []
        self.taken: list[Message] = []
        self.number = 0

    @rule(sizes=st.lists(st.integers(0, 2000), min_size=1, max_size=5))
    def add(self, sizes: list[int]) -> None:
        fresh = [made(self.number + place, size) for place, size in enumerate(sizes)]
        self.number += len(fresh)
        self.waiting += fresh
        self.inbox.add(fresh)

    @precondition(lambda self: self.waiting)
    @rule(at_most=st.integers(1, 4))
    def take(self, at_most: int) -> None:
        found = _finish(self.inbox.take(at_most))
        assert found == self.waiting[:at_most]
        self.taken += found
        del self.waiting[:at_most]

    @rule(count=st.integers(0, 4))
    def settle(self, count: int) -> None:
        self.inbox.settle(self.taken[:count])
        del self.taken[:count]

    @invariant()
    def counts_hold(self) -> None:
        held = [*self.waiting, *self.taken]
        assert self.inbox.in_flight == len(held)
        assert self.inbox.waiting == len(self.waiting)
        held_bytes = sum(len(message.payload) + OVERHEAD for message in held)
        if held_bytes > 5000:
            assert not self.inbox.has_room.is_set()
        if held_bytes < 2500:
            assert self.inbox.has_room.is_set()
        assert self.said == [place % 2 == 1 for place in range(len(self.said))], "full and room take turns"
        assert self.inbox.has_room.is_set() is (self.said[-1] if self.said else True)


def _finish(taking: Coroutine[None, None, list[Message]]) -> list[Message]:
    """Run a coroutine that has nothing to wait for."""
    try:
        taking.send(None)
    except StopIteration as done:
        found: list[Message] = done.value
        return found
    raise AssertionError("it waited although messages were there")


TestAnyUse = AnyUse.TestCase
TestAnyUse.settings = settings(max_examples=60, stateful_step_count=30)


@pytest.mark.parametrize(
    ("sizes", "at_most", "at_most_bytes", "taken"),
    [
        ([10, 10, 10], 2, 1000, 2),
        ([10, 10, 10], 9, 20, 2),
        ([10, 10, 10], 9, 19, 1),
        ([500, 10], 9, 100, 1),
        ([10, 500, 10], 9, 100, 1),
        ([0, 0, 0], 9, 0, 3),
    ],
)
async def test_what_is_taken_is_bounded_by_bytes_but_never_nothing(
    sizes: list[int], at_most: int, at_most_bytes: int, taken: int
) -> None:
    inbox = Inbox(lambda _: None)
    inbox.add([Message("t", bytes(size), 0, 0, 0) for size in sizes])
    assert len(await inbox.take(at_most, at_most_bytes)) == taken
    assert inbox.waiting == len(sizes) - taken
