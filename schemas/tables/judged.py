"""Tables of what is derived, judged and told."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP

from schemas.tables.base import metadata, number, when

stale_window = sa.Table(
    "stale_window",
    metadata,
    number("stale_id"),
    when("hour"),
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
        when("derived_at", default=True),
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
    number("mark_id"),
    sa.Column("site_id", sa.Text, nullable=False),
    sa.Column("device_id", sa.Text, nullable=False),
    sa.Column("point_ids", ARRAY(sa.Integer), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    when("since"),
    when("until"),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("evidence", sa.Text, nullable=False),
    sa.Column("made_by", sa.Text, nullable=False),
    when("made_at", default=True),
    sa.Column("withdrawn_by", sa.Text),
    when("withdrawn_at", nullable=True),
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
    when("at"),
)

fresh_fact = sa.Table(
    "fresh_fact",
    metadata,
    number("fact_id"),
    sa.Column("basis", sa.Text, nullable=False),
    sa.Column("point_id", sa.Integer, nullable=False),
    when("window_start"),
    sa.Index("fresh_fact_once", "window_start", "basis", "point_id", unique=True),
    sa.Index("fresh_fact_instant", "window_start", postgresql_where=sa.text("basis = 'instant'")),
)

verdict = sa.Table(
    "verdict",
    metadata,
    number("verdict_id"),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("point_id", sa.Integer),
    when("window_start"),
    when("window_end"),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("value", sa.Double),
    sa.Column("limit_value", sa.Double),
    sa.Column("limit_id", sa.Text, nullable=False),
    sa.Column("body", JSONB, nullable=False),
    when("judged_at", default=True),
    when("amended_at", nullable=True),
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
    sa.Index("verdict_amended", "subject", "rule", "window_start", postgresql_where=sa.text("amended_at IS NOT NULL")),
)
