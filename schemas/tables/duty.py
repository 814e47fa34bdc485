"""Tables of incidents and of the people who look after them."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from schemas.tables.base import metadata, number, when

incident = sa.Table(
    "incident",
    metadata,
    number("incident_id"),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("site_id", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("lead_bureau", sa.Text, nullable=False),
    when("began_at"),
    when("ended_at", nullable=True),
    when("last_window"),
    sa.Column("body", JSONB, nullable=False),
    when("opened_at", default=True),
    sa.Column("device_id", sa.Text, nullable=False, server_default=""),
    sa.Column("acked_by", sa.Text),
    when("acked_at", nullable=True),
    when("acked_until", nullable=True),
    sa.Column("assignee", sa.Text),
    sa.Column("rung", sa.Integer, nullable=False, server_default="0"),
    when("ladder_at", nullable=True),
    when("next_step_at", nullable=True),
    sa.Column("overdue", sa.Text, nullable=False, server_default=""),
    sa.Column("muted", sa.Text),
    when("ack_due", nullable=True),
    when("feedback_due", nullable=True),
    when("feedback_at", nullable=True),
    when("supervise_due", nullable=True),
    when("close_due", nullable=True),
    when("settled_at", nullable=True),
    sa.Column("settled_by", sa.Text),
    sa.Column("cause", sa.Text),
    sa.UniqueConstraint("rule", "subject", "began_at", name="incident_identity"),
    sa.Index("incident_open", "state", "began_at"),
    sa.Index("incident_newest", "began_at", "incident_id"),
    sa.Index("incident_site", "site_id", "began_at"),
    sa.Index("incident_step", "next_step_at", postgresql_where=sa.text("next_step_at IS NOT NULL")),
    sa.Index("incident_muted", "incident_id", postgresql_where=sa.text("muted IS NOT NULL")),
    sa.Index("incident_subject_opened", "rule", "subject", "opened_at"),
)

chain_head = sa.Table(
    "chain_head",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.LargeBinary),
)

#: Append-only: changes are refused by a trigger, digest and seq are the database's.
incident_event = sa.Table(
    "incident_event",
    metadata,
    number("event_id"),
    sa.Column("incident_id", sa.ForeignKey("incident.incident_id")),
    when("at", default=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("body", JSONB, nullable=False),
    sa.Column("actor", sa.Text, nullable=False, server_default=""),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.Column("previous_digest", sa.LargeBinary),
    sa.Index("incident_event_incident", "incident_id", "event_id"),
    sa.Index("incident_event_seq", "seq", unique=True),
)

_WAITING = "sent_at IS NULL AND given_up_at IS NULL AND digest_id IS NULL"

notice = sa.Table(
    "notice",
    metadata,
    number("notice_id"),
    sa.Column("incident_id", sa.ForeignKey("incident.incident_id")),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("body", JSONB, nullable=False),
    when("made_at", default=True),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    when("next_attempt_at", default=True),
    when("sent_at", nullable=True),
    sa.Column("receipt", sa.Text),
    sa.Column("event_id", sa.BigInteger),
    sa.Column("recipient", sa.Text, nullable=False, server_default=""),
    sa.Column("level", sa.Text, nullable=False, server_default="blue"),
    when("claimed_until", nullable=True),
    when("given_up_at", nullable=True),
    sa.Column("digest_id", sa.BigInteger),
    sa.Index("notice_once", "event_id", "channel", "recipient", unique=True),
    sa.Index("notice_due", "next_attempt_at", postgresql_where=sa.text(_WAITING)),
    sa.Index("notice_incident", "incident_id"),
    sa.Index("notice_time", "made_at"),
    sa.Index("notice_sent", "channel", "sent_at", postgresql_where=sa.text("sent_at IS NOT NULL")),
    sa.Index("notice_digest", "digest_id", postgresql_where=sa.text("digest_id IS NOT NULL")),
)


def _planned(name: str, key: str, *columns: sa.Column[str]) -> sa.Table:
    """Return a table of what people plan ahead for a span, and may take back."""
    return sa.Table(
        name,
        metadata,
        number(key),
        *columns,
        when("since"),
        when("until"),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        when("made_at", default=True),
        sa.Column("withdrawn_by", sa.Text),
        when("withdrawn_at", nullable=True),
        sa.CheckConstraint("since < until"),
        sa.Index(f"{name}_end", "until"),
    )


silence = _planned(
    "silence",
    "silence_id",
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("site_id", sa.Text, nullable=False, server_default=""),
    sa.Column("device_id", sa.Text, nullable=False, server_default=""),
    sa.Column("rule", sa.Text, nullable=False, server_default=""),
)

duty_swap = _planned(
    "duty_swap",
    "swap_id",
    sa.Column("bureau", sa.Text, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
)

account = sa.Table(
    "account",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("person", sa.Text),
    sa.Column("site_id", sa.Text),
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("must_change", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("session_epoch", sa.Integer, nullable=False, server_default="0"),
    sa.Column("failed", sa.Integer, nullable=False, server_default="0"),
    when("locked_until", nullable=True),
    when("made_at", default=True),
    when("disabled_at", nullable=True),
)

account_token = sa.Table(
    "account_token",
    metadata,
    number("token_id"),
    sa.Column("account", sa.ForeignKey("account.name"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    when("made_at", default=True),
    when("expires_at", nullable=True),
    when("last_used_at", nullable=True),
    when("revoked_at", nullable=True),
    sa.Index("account_token_digest", "digest", unique=True),
)

lease = sa.Table(
    "lease",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    when("until"),
)
