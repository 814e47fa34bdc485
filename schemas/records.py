"""One record per fact, from the message on the wire to the incident a person reads.

``_us`` are microseconds since 1970 (UTC); ``_id`` numbers are the database's.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from schemas.catalog.duty import IncidentState
from schemas.catalog.enums import Level, Outcome, Reason

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Mark of a normal value that carried no time of its own: counted as N, and seen to be stamped by us.
STAMPED_ON_RECEIPT = "n"
#: Name of the instant (table progress) from which silence is noticed: the service's first closed hour.
WATCHING_SINCE = "watching since"


class Message(NamedTuple):
    """One message as it came off the broker, not yet acknowledged."""

    topic: str
    payload: bytes
    received_us: int
    mid: int
    connection: int


class Sample(NamedTuple):
    """One value as decoded: the device's own key, not yet looked up."""

    ts_us: int
    key: str
    value: float
    mark: str


class Refusal(NamedTuple):
    """One value refused, with the word for people."""

    reason: Reason
    detail: str


class Reading(NamedTuple):
    """One value of a known point, believed. *late*: it came longer after its instant than is usual (a backlog)."""

    point_id: int
    ts_us: int
    value: float
    mark: str
    late: bool = False


class Rejection(msgspec.Struct, frozen=True, kw_only=True):
    """What of one message was refused for one reason; *refused* values, at least 1."""

    reason: Reason
    topic: str
    payload: bytes
    received_us: int
    details: tuple[str, ...]
    refused: int
    site_id: str | None = None
    device_id: str | None = None


class Mean(msgspec.Struct, frozen=True, kw_only=True):
    """A derived value of one point and window; *value* is None when nothing can be said.

    Counts of an hour are readings, of a day hours, of a month days. *marks*: the distinct marks seen, ``e`` where a part
    is estimated 估算; small letters were set by a person. *n_received*: values that came, whatever their mark (a day: hours
    of which enough came); *n_late* of them came late; *n_stopped* were not due because the source stood; *n_checked*
    fell to calibration or a standard check (a day: hours that leave the denominator for it).
    """

    value: float | None
    low: float | None
    high: float | None
    n_valid: int
    n_expected: int
    valid: bool
    marks: str
    note: str = ""
    n_received: int = 0
    n_late: int = 0
    n_stopped: int = 0
    n_checked: int = 0


def mean_of(columns: Iterable[Any]) -> Mean:
    """Return the mean that a row of `hourly` or `daily` holds: its columns in the order of the record's fields."""
    value, low, high, n_valid, n_expected, valid, marks, note, n_received, n_late, n_stopped, n_checked = columns
    return Mean(
        value=value, low=low, high=high, n_valid=n_valid, n_expected=n_expected, valid=valid, marks=marks, note=note,
        n_received=n_received, n_late=n_late, n_stopped=n_stopped, n_checked=n_checked,
    )  # fmt: skip


class Limit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A legal limit in force from a day until a day; *low* and *high* are allowed values.

    *suspected*: a breach is a suspicion 疑似 to be proved by a sample, not a finding. *rated_above*, *rated_up_to*: t/h of steam
    (0.7 MW of hot water count as 1 t/h). *built…*: days of EIA approval or manufacture, see the limit's scope.
    """

    id: str
    scope: str
    factor: str
    basis: str
    unit: str
    decimals: int
    standard: str
    clause: str
    edition: str
    task: int
    source: str
    verified: bool
    valid_from: str
    valid_to: str | None = None
    low: float | None = None
    high: float | None = None
    water_temp_above_c: float | None = None
    water_temp_up_to_c: float | None = None
    built_from: str | None = None
    built_to: str | None = None
    rated_above: float | None = None
    rated_up_to: float | None = None
    suspected: bool = False


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Value × limit in force × validity, for one subject and window."""

    rule: str
    subject: str
    point_id: int | None
    window_start: datetime
    window_end: datetime
    outcome: Outcome
    value: float | None
    limit_value: float | None
    limit_id: str
    body: dict[str, object]


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """One span of breach of one rule by one subject, in event time.

    *began_at*: start of the first exceeding window that counts. *opened_at_window*: end of the window with which the rule's
    hold was full, so when it could first be known; None while pending. *last_window*: end of the last exceeding window, or of
    the one that closed it. *ended_at*: start of the window that closed it. *latest*: the last exceeding verdict.
    """

    rule: str
    subject: str
    state: IncidentState
    level: Level
    began_at: datetime
    opened_at_window: datetime | None
    last_window: datetime
    ended_at: datetime | None
    worst: Verdict
    latest: Verdict
