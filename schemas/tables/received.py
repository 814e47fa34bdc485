"""Tables of the registry and of what is received."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from schemas.tables.base import metadata, number, when

registry_version = sa.Table(
    "registry_version",
    metadata,
    number("version_id"),
    when("valid_from"),
    when("valid_to", nullable=True),
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
    number("batch_id"),
    sa.Column("worker", sa.Text, nullable=False),
    when("received_from"),
    when("received_to"),
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
    when("committed_at"),
    sa.Column("head", sa.LargeBinary),
)

self_check = sa.Table(
    "self_check",
    metadata,
    sa.Column("worker", sa.Text, primary_key=True),
    when("checked_at"),
    when("wrong_since", nullable=True),
    sa.Column("body", JSONB, nullable=False),
)

worker = sa.Table(
    "worker",
    metadata,
    sa.Column("worker", sa.Text, primary_key=True),
    when("seen_at"),
)

share_lease = sa.Table(
    "share_lease",
    metadata,
    sa.Column("share", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("worker", sa.Text, nullable=False),
    sa.Column("instance", sa.Text, nullable=False),
    when("until"),
)

share_plan = sa.Table(
    "share_plan",
    metadata,
    sa.Column("shares", sa.Integer, primary_key=True, autoincrement=False),
)

reading = sa.Table(
    "reading",
    metadata,
    when("ts"),
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
    number("rejection_id"),
    when("received_at"),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("site_id", sa.Text),
    sa.Column("device_id", sa.Text),
    sa.Column("details", ARRAY(sa.Text), nullable=False),
    sa.Column("refused", sa.Integer, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sa.Column("batch_id", sa.BigInteger, nullable=False),
    when("replayed_at", nullable=True),
    sa.Index("rejection_time", "received_at"),
    sa.Index("rejection_site", "site_id", "received_at"),
)

device_state = sa.Table(
    "device_state",
    metadata,
    sa.Column("site_id", sa.Text, primary_key=True),
    sa.Column("device_id", sa.Text, primary_key=True),
    sa.Column("online", sa.Boolean, nullable=False),
    when("changed_at"),
)

device_clock = sa.Table(
    "device_clock",
    metadata,
    sa.Column("site_id", sa.Text, primary_key=True),
    sa.Column("device_id", sa.Text, primary_key=True),
    when("received_at"),
    sa.Column("lag_s", sa.Double, nullable=False),
)
