"""What the fast lane remembers is bounded, and what it hands back keeps its origin."""

from __future__ import annotations

from ingest.columns import Lane
from tests.unit.ingest.test_columns import CONTEXT, NOW_MS, fast, message, sample


def plans_held(lane: Lane) -> int:
    return sum(1 + len(plans) for plans in lane._plans.values())


def test_ever_new_key_sets_of_a_device_do_not_fill_the_memory() -> None:
    lane = Lane(CONTEXT)
    for number in range(2_000):
        fast([message(sample(NOW_MS, **{f"n{number}": 1}))], lane)
    assert plans_held(lane) <= 65


def test_ever_new_topics_do_not_fill_the_memory() -> None:
    lane = Lane(CONTEXT)
    for number in range(2_000):
        fast([message(sample(NOW_MS, a=1), f"yx/v1/s/d/telemetry/{number}")], lane)
    assert plans_held(lane) <= 100


def test_the_origin_of_a_reading_read_again_is_its_own_message() -> None:
    messages = [message(sample(NOW_MS, a=1, b=9)), message(sample(NOW_MS + 1, a=1))]
    batch = fast(messages, Lane(CONTEXT))
    assert list(batch.readings) == [(1, NOW_MS * 1000)]
    assert batch.origin(0) == messages[0]
