"""The fast lane: what nearly every message is, kept as columns and packed at once. Pure.

A message goes this way when it is one plain sample of a registered device with registered factors and an accepted time;
values out of range are found when the batch is finished and their messages go the general way (`ingest.batch`). The
general way can read all of these too, and a test proves that both say the same of every message.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ingest.context import Who
from ingest.validate import bounds
from schemas.catalog.enums import Mark
from schemas.topics import Kind, parse_topic
from schemas.wire.json import decode_plain

if TYPE_CHECKING:
    from ingest.context import Context
    from schemas.records import Message

#: 1970 → 2000, the epoch of PostgreSQL's binary timestamps.
PG_EPOCH_US = 946_684_800_000_000
HOUR_US = 3_600_000_000
COPY_HEAD = b"PGCOPY\n\xff\r\n\x00" + struct.pack("!ii", 0, 0)
COPY_TAIL = struct.pack("!h", -1)
#: ts, value, batch_id, point_id, mark, late: a binary COPY row, each field with its length before it.
_ROW = np.dtype(
    [
        ("fields", ">i2"),
        ("ts_size", ">i4"), ("ts", ">i8"),
        ("value_size", ">i4"), ("value", ">f8"),
        ("batch_size", ">i4"), ("batch", ">i8"),
        ("point_size", ">i4"), ("point", ">i4"),
        ("mark_size", ">i4"), ("mark", "S1"),
        ("late_size", ">i4"), ("late", "?"),
    ]
)  # fmt: skip
_SIZES = {"fields": 6, "ts_size": 8, "value_size": 8, "batch_size": 8, "point_size": 4, "mark_size": 1, "late_size": 1}
_NORMAL = Mark.NORMAL.value.encode()
_MAX_PLANS = 64


class Plan(msgspec.Struct, frozen=True, eq=False):
    """The points of one device in the order in which it names its factors."""

    who: Who
    points: NDArray[np.int32]


class Lane:
    """What the columns of one registry version need: plans as devices show their keys, and ranges by point number."""

    def __init__(self, context: Context) -> None:
        self.caps = context.caps
        self._context = context
        self._plans: dict[str, dict[tuple[str, ...], Plan | None]] = {}
        known = [point for points in context.index.values() for point in points.values()]
        size = max((point.point_id for point in known), default=0) + 1
        self.lows = np.full(size, np.inf)
        self.highs = np.full(size, -np.inf)
        self.counts = np.zeros(size, dtype=bool)
        self.instants = np.zeros(size, dtype=bool)
        for point in known:
            self.lows[point.point_id], self.highs[point.point_id] = point.low, point.high
            self.counts[point.point_id] = point.point_id in context.counters
            self.instants[point.point_id] = point.point_id in context.instants
        self.has_instants = bool(self.instants.any())

    def plan(self, topic: str, keys: tuple[str, ...]) -> Plan | None:
        """Return the plan for the *keys* that a message on *topic* holds; None when it must go the general way."""
        plans = self._plans.get(topic)
        if plans is not None and keys in plans:
            return plans[keys]
        parsed = parse_topic(self._context.root, topic)
        who = (parsed.site, parsed.device) if parsed is not None and parsed.kind is Kind.TELEMETRY else None
        if who is None or who not in self._context.index:
            return None
        # A device that never names the same factors twice must not fill our memory.
        if plans is None or len(plans) >= _MAX_PLANS:
            plans = self._plans[topic] = {}
        plans[keys] = self._make(who, keys)
        return plans[keys]

    def _make(self, who: Who, keys: tuple[str, ...]) -> Plan | None:
        points = self._context.index[who]
        if any(key not in points for key in keys) or len(keys) > self.caps.max_message_values:
            return None
        return Plan(who, np.array([points[key].point_id for key in keys], dtype=np.int32))


def lay_out(
    times: NDArray[np.int64], values: NDArray[np.float64], points: NDArray[np.int32], lates: NDArray[np.bool_]
) -> NDArray[Any]:
    """Return readings as rows of a binary COPY but for their batch, sorted by their key; *times* are µs since 2000.

    In the order of arrival each row would touch another leaf of the index, which in a half-full day costs the database
    twice the time (measured).
    """
    order = np.lexsort((times, points))
    times, values, points, lates = times[order], values[order], points[order], lates[order]
    rows = np.empty(values.size, dtype=_ROW)
    for name, size in _SIZES.items():
        rows[name] = size
    rows["ts"], rows["value"], rows["point"], rows["late"] = times, values, points, lates
    rows["mark"] = _NORMAL
    return rows


class Columns:
    """The plain messages of one batch."""

    def __init__(self, lane: Lane) -> None:
        self._lane = lane
        self._plans: list[Plan] = []
        self._times: list[int] = []
        self._lates: list[bool] = []
        self._values: list[float] = []
        self._positions: list[int] = []
        self._bounds_at = 0
        self._bounds = (0, 0, 0)
        self._rows: NDArray[Any] | None = None

    def read(self, message: Message) -> tuple[Plan, int, dict[str, float]] | None:
        """Return the plan, time (µs) and values of *message*, or None when it must go the general way."""
        if len(message.payload) > self._lane.caps.max_message_bytes:
            return None
        found = decode_plain(message.payload)
        if found is None or not found.values:
            return None
        plan = self._lane.plan(message.topic, tuple(found.values))
        if plan is None:
            return None
        ts_us = found.ts * 1000
        if message.received_us != self._bounds_at:
            caps = self._lane.caps
            self._bounds_at = message.received_us
            self._bounds = bounds(
                message.received_us,
                max_age_days=caps.max_age_days,
                late_after_s=caps.late_after_s,
                max_future_s=caps.max_future_s,
            )
        if not self._bounds[0] <= ts_us <= self._bounds[2]:
            return None
        return plan, ts_us, found.values

    def keep(self, position: int, plan: Plan, ts_us: int, values: dict[str, float]) -> None:
        """Keep what `read` has returned for the message at *position* of the batch."""
        self._plans.append(plan)
        self._times.append(ts_us)
        self._lates.append(ts_us < self._bounds[1])
        self._values += values.values()
        self._positions.append(position)

    def finish(self) -> list[int]:
        """Lay out the rows; return the positions of messages with a value out of range, which are not among them."""
        sizes = np.fromiter((plan.points.size for plan in self._plans), dtype=np.int64, count=len(self._plans))
        points = np.concatenate([plan.points for plan in self._plans]) if self._plans else np.empty(0, np.int32)
        values = np.array(self._values, dtype=np.float64)
        times = np.repeat(np.array(self._times, dtype=np.int64) - PG_EPOCH_US, sizes)
        lates = np.repeat(np.array(self._lates, dtype=bool), sizes)
        back: list[int] = []
        # Written so that NaN fails too.
        wrong = ~((self._lane.lows[points] <= values) & (values <= self._lane.highs[points]))
        if wrong.any():
            owners = np.repeat(np.arange(sizes.size), sizes)
            wrongs = np.unique(owners[wrong])
            right = ~np.isin(owners, wrongs)
            times, values, points, lates = times[right], values[right], points[right], lates[right]
            back = [self._positions[owner] for owner in wrongs]
        self._rows = lay_out(times, values, points, lates)
        self._plans, self._times, self._lates, self._values = [], [], [], []
        return back

    @property
    def size(self) -> int:
        """Readings, once finished."""
        return 0 if self._rows is None else int(self._rows.size)

    @property
    def late(self) -> int:
        """Readings that came late, once finished."""
        return 0 if self._rows is None else int(np.count_nonzero(self._rows["late"]))

    def copy_rows(self, batch_id: int) -> bytes:
        """Return the readings as rows of a binary COPY, without its head and tail."""
        if self._rows is None:
            return b""
        self._rows["batch"] = batch_id
        return self._rows.tobytes()

    def windows(self) -> dict[int, list[int]]:
        """Return hour (µs since 1970) → points whose hour must be derived again; see `ingest.batch.windows`."""
        if self._rows is None or not self._rows.size:
            return {}
        times = self._rows["ts"].astype(np.int64) + PG_EPOCH_US
        points = self._rows["point"].astype(np.int64)
        hours = times // HOUR_US
        is_counter = self._lane.counts[points]
        if is_counter.any():
            beside = np.where(times % HOUR_US == 0, hours - 1, hours + 1)[is_counter]
            hours, points = np.concatenate((hours, beside)), np.concatenate((points, points[is_counter]))
        pairs = np.unique((hours << 32) | points)
        starts = np.flatnonzero(np.diff(pairs >> 32, prepend=-1))
        return {int(part[0] >> 32) * HOUR_US: (part & 0xFFFFFFFF).tolist() for part in np.split(pairs, starts[1:])}

    def instants(self) -> list[tuple[int, int]]:
        """Return point and time (µs since 1970) of the readings that are each judged by themselves."""
        if self._rows is None or not self._lane.has_instants:
            return []
        rows = self._rows[self._lane.instants[self._rows["point"]]]
        times = rows["ts"].astype(np.int64) + PG_EPOCH_US
        return list(zip(rows["point"].tolist(), times.tolist(), strict=True))
