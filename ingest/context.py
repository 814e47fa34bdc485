"""What messages are read against. Pure."""

from __future__ import annotations

import msgspec

from ingest.validate import Known

Who = tuple[str, str]
Index = dict[Who, dict[str, Known]]


class Caps(msgspec.Struct, frozen=True, kw_only=True):
    """How much one message may hold, and how far from our clock its readings may lie."""

    max_message_bytes: int
    max_message_values: int
    max_age_days: int
    late_after_s: int
    max_future_s: int


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What messages are read against: the registry's points, the counters among them, the topic root, the caps.

    *instants*: points whose every reading is a fact for the judge (`schemas.registry.derived.instant_points`).
    """

    index: Index
    counters: frozenset[int]
    root: str
    caps: Caps
    instants: frozenset[int] = frozenset()
