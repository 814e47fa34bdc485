"""What the fast lane remembers is bounded, what it hands back keeps its origin, and what is judged singly is told."""

from __future__ import annotations

import json

from ingest.batch import build, instants_of
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


def test_only_readings_of_the_points_judged_singly_are_told_with_their_own_times() -> None:
    marked = json.dumps({"ts": NOW_MS + 2, "values": {"b": {"v": 3, "flag": "M"}, "a": 4}})
    batch = fast([message(sample(NOW_MS, a=1, b=2)), message(sample(NOW_MS + 1, b=9)), message(marked)], Lane(CONTEXT))
    assert sorted(instants_of(batch, CONTEXT.instants)) == [(2, NOW_MS * 1000), (2, (NOW_MS + 2) * 1000)]


def test_what_lost_to_a_stored_reading_tells_nothing_new() -> None:
    batch = build([message(sample(NOW_MS, b=1)), message(sample(NOW_MS + 1, b=1))], CONTEXT)
    assert instants_of(batch, CONTEXT.instants, losers=[0]) == [(2, (NOW_MS + 1) * 1000)]
