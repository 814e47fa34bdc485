"""The schema as it stands after all migrations. A test proves both equal.

Times are ``timestamptz``; days are Asia/Shanghai days. ``reading`` is a hypertable where TimescaleDB is present and
a table partitioned by UTC day where it is not; nothing outside `schemas.runtime` can tell.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP

metadata = sa.MetaData()


def _when(name: str, *, nullable: bool = False, default: bool = False) -> sa.Column[object]:
    return sa.Column(
        name, TIMESTAMP(timezone=True), nullable=nullable, server_default=sa.text("now()") if default else None
    )


def _id(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, sa.Identity(always=True), primary_key=True)


registry_version = sa.Table(
    "registry_version",
    metadata,
    _id("version_id"),
    _when("valid_from"),
    _when("valid_to", nullable=True),
    sa.Column("applied_by", sa.Text, nullable=False),
    sa.Column("document", JSONB, nullable=False),
)

registry_change = sa.Table(
    "registry_change",
    metadata,
    sa.Column("version_id", sa.ForeignKey("registry_version.version_id"), primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("before", JSONB),
    sa.Column("after", JSONB),
)

point = sa.Table(
    "point",
    metadata,
    sa.Column("point_id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("site_id", sa.Text, nullable=False),
    sa.Column("device_id", sa.Text, nullable=False),
    sa.Column("factor", sa.Text, nullable=False),
    sa.UniqueConstraint("site_id", "device_id", "factor", name="point_identity"),
)

batch = sa.Table(
    "batch",
    metadata,
    _id("batch_id"),
    sa.Column("worker", sa.Text, nullable=False),
    _when("received_from"),
    _when("received_to"),
    sa.Column("messages", sa.Integer, nullable=False),
    sa.Column("stored", sa.Integer, nullable=False),
    sa.Column("duplicate", sa.Integer, nullable=False),
    sa.Column("rejected", sa.Integer, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.Column("previous_digest", sa.LargeBinary),
    sa.Column("told", sa.Integer),
    sa.Index("batch_worker", "worker", "batch_id"),
    sa.Index("batch_time", "received_to"),
)

tally = sa.Table(
    "tally",
    metadata,
    sa.Column("worker", sa.Text, primary_key=True),
    sa.Column("received", sa.BigInteger, nullable=False),
    sa.Column("stored", sa.BigInteger, nullable=False),
    sa.Column("duplicate", sa.BigInteger, nullable=False),
    sa.Column("rejected", sa.BigInteger, nullable=False),
    _when("committed_at"),
    sa.Column("head", sa.LargeBinary),
)

self_check = sa.Table(
    "self_check",
    metadata,
    sa.Column("worker", sa.Text, primary_key=True),
    _when("checked_at"),
    _when("wrong_since", nullable=True),
    sa.Column("body", JSONB, nullable=False),
)

worker = sa.Table(
    "worker",
    metadata,
    sa.Column("worker", sa.Text, primary_key=True),
    _when("seen_at"),
)

share_lease = sa.Table(
    "share_lease",
    metadata,
    sa.Column("share", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("worker", sa.Text, nullable=False),
    sa.Column("instance", sa.Text, nullable=False),
    _when("until"),
)

share_plan = sa.Table(
    "share_plan",
    metadata,
    sa.Column("shares", sa.Integer, primary_key=True, autoincrement=False),
)

reading = sa.Table(
    "reading",
    metadata,
    _when("ts"),
    sa.Column("value", sa.Double, nullable=False),
    sa.Column("batch_id", sa.BigInteger, nullable=False),
    sa.Column("point_id", sa.Integer, nullable=False),
    sa.Column("mark", sa.CHAR(1), nullable=False),
    sa.Column("late", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.PrimaryKeyConstraint("point_id", "ts"),
    postgresql_partition_by="RANGE (ts)",
)

rejection = sa.Table(
    "rejection",
    metadata,
    _id("rejection_id"),
    _when("received_at"),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("site_id", sa.Text),
    sa.Column("device_id", sa.Text),
    sa.Column("details", ARRAY(sa.Text), nullable=False),
    sa.Column("refused", sa.Integer, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sa.Column("batch_id", sa.BigInteger, nullable=False),
    _when("replayed_at", nullable=True),
    sa.Index("rejection_time", "received_at"),
)

device_state = sa.Table(
    "device_state",
    metadata,
    sa.Column("site_id", sa.Text, primary_key=True),
    sa.Column("device_id", sa.Text, primary_key=True),
    sa.Column("online", sa.Boolean, nullable=False),
    _when("changed_at"),
)

device_clock = sa.Table(
    "device_clock",
    metadata,
    sa.Column("site_id", sa.Text, primary_key=True),
    sa.Column("device_id", sa.Text, primary_key=True),
    _when("received_at"),
    sa.Column("lag_s", sa.Double, nullable=False),
)

stale_window = sa.Table(
    "stale_window",
    metadata,
    _id("stale_id"),
    _when("hour"),
    sa.Column("point_ids", ARRAY(sa.Integer), nullable=False),
    sa.Column("whole", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("stale_window_newest", sa.text("hour DESC"), "stale_id"),
)


def _derived(name: str, window: str, window_type: sa.types.TypeEngine[Any]) -> sa.Table:
    return sa.Table(
        name,
        metadata,
        sa.Column("point_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column(window, window_type, primary_key=True),
        sa.Column("value", sa.Double),
        sa.Column("low", sa.Double),
        sa.Column("high", sa.Double),
        sa.Column("n_valid", sa.Integer, nullable=False),
        sa.Column("n_expected", sa.Integer, nullable=False),
        sa.Column("valid", sa.Boolean, nullable=False),
        sa.Column("marks", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("rule_version", sa.Text, nullable=False),
        _when("derived_at", default=True),
        *(
            sa.Column(counted, sa.Integer, nullable=False, server_default="0")
            for counted in ("n_received", "n_late", "n_stopped", "n_checked")
        ),
        sa.Index(f"{name}_time", window),
    )


hourly = _derived("hourly", "hour", TIMESTAMP(timezone=True))
daily = _derived("daily", "day", sa.Date())
monthly = _derived("monthly", "month", sa.Date())

mark = sa.Table(
    "mark",
    metadata,
    _id("mark_id"),
    sa.Column("site_id", sa.Text, nullable=False),
    sa.Column("device_id", sa.Text, nullable=False),
    sa.Column("point_ids", ARRAY(sa.Integer), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    _when("since"),
    _when("until"),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("evidence", sa.Text, nullable=False),
    sa.Column("made_by", sa.Text, nullable=False),
    _when("made_at", default=True),
    sa.Column("withdrawn_by", sa.Text),
    _when("withdrawn_at", nullable=True),
    sa.CheckConstraint("since < until"),
    sa.Index("mark_end", "until"),
)

plan_seen = sa.Table(
    "plan_seen",
    metadata,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False),
)

progress = sa.Table(
    "progress",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    _when("at"),
)

fresh_fact = sa.Table(
    "fresh_fact",
    metadata,
    _id("fact_id"),
    sa.Column("basis", sa.Text, nullable=False),
    sa.Column("point_id", sa.Integer, nullable=False),
    _when("window_start"),
    sa.Index("fresh_fact_once", "window_start", "basis", "point_id", unique=True),
)

verdict = sa.Table(
    "verdict",
    metadata,
    _id("verdict_id"),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("point_id", sa.Integer),
    _when("window_start"),
    _when("window_end"),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("value", sa.Double),
    sa.Column("limit_value", sa.Double),
    sa.Column("limit_id", sa.Text, nullable=False),
    sa.Column("body", JSONB, nullable=False),
    _when("judged_at", default=True),
    _when("amended_at", nullable=True),
    sa.Index(
        "verdict_current",
        "subject",
        "rule",
        "window_start",
        unique=True,
        postgresql_where=sa.text("amended_at IS NULL"),
    ),
    sa.Index(
        "verdict_exceeding",
        "subject",
        "rule",
        "window_start",
        postgresql_where=sa.text("amended_at IS NULL AND outcome = 'exceeding'"),
    ),
)

incident = sa.Table(
    "incident",
    metadata,
    _id("incident_id"),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("site_id", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("lead_bureau", sa.Text, nullable=False),
    _when("began_at"),
    _when("ended_at", nullable=True),
    sa.Column("last_window", TIMESTAMP(timezone=True), nullable=False),
    sa.Column("body", JSONB, nullable=False),
    _when("opened_at", default=True),
    sa.UniqueConstraint("rule", "subject", "began_at", name="incident_identity"),
    sa.Index("incident_open", "state", "began_at"),
    sa.Index("incident_newest", "began_at", "incident_id"),
)

incident_event = sa.Table(
    "incident_event",
    metadata,
    _id("event_id"),
    sa.Column("incident_id", sa.ForeignKey("incident.incident_id"), nullable=False),
    _when("at", default=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("body", JSONB, nullable=False),
    sa.Index("incident_event_incident", "incident_id", "event_id"),
)

notice = sa.Table(
    "notice",
    metadata,
    _id("notice_id"),
    sa.Column("incident_id", sa.ForeignKey("incident.incident_id"), nullable=False),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("body", JSONB, nullable=False),
    _when("made_at", default=True),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    _when("next_attempt_at", default=True),
    _when("sent_at", nullable=True),
    sa.Column("receipt", sa.Text),
    sa.UniqueConstraint("incident_id", "step", "channel", name="notice_once"),
    sa.Index("notice_due", "next_attempt_at", postgresql_where=sa.text("sent_at IS NULL")),
)
