from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.limit import Limiter

SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US
NOW_US = 1_732_242_601_000_000
WHO = ("s", "d")


def admitted(limiter: Limiter, times: list[int], who: tuple[str, str] = WHO) -> list[bool]:
    return [limiter.admits(who, at) for at in times]


@pytest.mark.parametrize("burst", [1, 2, 50])
def test_a_burst_of_one_instant_passes_and_no_more(burst: int) -> None:
    assert admitted(Limiter(1.0, burst), [NOW_US] * (burst + 3)) == [True] * burst + [False] * 3


@pytest.mark.parametrize("direction", [1, -1])
def test_time_that_moves_refills_forwards_and_backwards(direction: int) -> None:
    limiter = Limiter(2.0, 2)
    later = NOW_US + direction * SECOND_US // 2
    assert admitted(limiter, [NOW_US, NOW_US, NOW_US, later, later]) == [True, True, False, True, False]


@pytest.mark.parametrize(("moved_us", "passes"), [(999_999, False), (1_000_000, True)])
def test_the_refill_is_exact(moved_us: int, *, passes: bool) -> None:
    limiter = Limiter(1.0, 1)
    assert admitted(limiter, [NOW_US, NOW_US + moved_us]) == [True, passes]


def test_a_long_pause_gives_no_more_than_a_burst() -> None:
    limiter = Limiter(100.0, 3)
    admitted(limiter, [NOW_US] * 3)
    assert admitted(limiter, [NOW_US + DAY_US] * 5) == [True] * 3 + [False] * 2


@pytest.mark.parametrize("order", ["oldest first", "newest first", "shuffled"])
def test_an_honest_backlog_of_a_week_passes_at_once(order: str) -> None:
    times = [NOW_US - n * 60 * SECOND_US for n in range(7 * 24 * 60)]
    if order == "oldest first":
        times.reverse()
    elif order == "shuffled":
        random.Random(1).shuffle(times)
    assert all(admitted(Limiter(50.0, 5_000), times))


def test_a_mad_device_with_one_timestamp_is_stopped() -> None:
    assert sum(admitted(Limiter(50.0, 5_000), [NOW_US] * 20_000)) == 5_000


def test_a_device_faster_than_its_own_clock_is_held_to_the_rate() -> None:
    times = [NOW_US + n * SECOND_US // 200 for n in range(200 * 60)]
    assert sum(admitted(Limiter(50.0, 100), times)) == pytest.approx(50 * 60 + 100, abs=2)


def test_a_refused_message_costs_nothing() -> None:
    limiter = Limiter(1.0, 1)
    admitted(limiter, [NOW_US] * 100)
    assert limiter.admits(WHO, NOW_US + SECOND_US)


def test_devices_are_independent() -> None:
    limiter = Limiter(1.0, 1)
    for who in (("s", "d"), ("s", "e"), ("t", "d")):
        assert admitted(limiter, [NOW_US, NOW_US], who) == [True, False]


TIMES = st.lists(st.integers(0, 10**8) | st.integers(-(10**30), 10**30) | st.just(0), max_size=80)


@given(TIMES, st.floats(0.001, 1000), st.integers(1, 20))
def test_never_more_than_the_burst_and_the_rate_times_all_movement(times: list[int], per_s: float, burst: int) -> None:
    moved_us = sum(abs(after - before) for before, after in pairwise(times))
    assert sum(admitted(Limiter(per_s, burst), times)) <= burst + per_s * moved_us / SECOND_US + 1


@given(TIMES, TIMES, st.integers(1, 5))
def test_what_one_device_does_changes_nothing_for_another(mine: list[int], others: list[int], burst: int) -> None:
    alone, among = Limiter(1.0, burst), Limiter(1.0, burst)
    expected = admitted(alone, mine)
    found = []
    for number, at in enumerate(mine):
        admitted(among, others[number : number + 2], ("other", "d"))
        found.append(among.admits(WHO, at))
    assert found == expected
