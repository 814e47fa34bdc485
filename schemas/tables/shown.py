"""Tables of what screens show and of reports. The ``shown_…`` are the registry in force, flattened by the evaluator for queries."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from schemas.tables.base import metadata, number, when

shown_version = sa.Table(
    "shown_version",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("registry_version", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    when("filled_at", default=True),
)

shown_bureau = sa.Table(
    "shown_bureau",
    metadata,
    sa.Column("bureau_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
)

shown_site = sa.Table(
    "shown_site",
    metadata,
    sa.Column("site_id", sa.Text, primary_key=True),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("name", "kind", "kind_zh", "town", "bureau_id", "bureau")),
)

shown_point = sa.Table(
    "shown_point",
    metadata,
    sa.Column("point_id", sa.ForeignKey("point.point_id"), primary_key=True, autoincrement=False),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("site_id", "place", "place_name", "place_kind")),
    sa.Column("outlet", sa.Text, nullable=False, server_default=""),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("factor", "name", "unit")),
    sa.Column("decimals", sa.Integer, nullable=False),
    sa.Column("interval_s", sa.Integer),
    sa.Column("counter", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("shown_point_site", "site_id", "place", "factor"),
    sa.Index("shown_point_factor", "factor"),
)

shown_subject = sa.Table(
    "shown_subject",
    metadata,
    sa.Column("rule", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("site_id", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("point_id", sa.Integer),
    sa.Column("factor", sa.Text, nullable=False, server_default=""),
    sa.Column("basis", sa.Text, nullable=False),
    sa.Index("shown_subject_point", "point_id", "rule"),
    sa.Index("shown_subject_site", "site_id", "rule"),
)

shown_rule = sa.Table(
    "shown_rule",
    metadata,
    sa.Column("rule", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("task", sa.Integer),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("lead_bureau", sa.Text, nullable=False),
)

#: Append-only, by trigger: a correction is a new version.
report = sa.Table(
    "report",
    metadata,
    number("report_id"),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("period", sa.Text, nullable=False),
    sa.Column("first_day", sa.Date, nullable=False),
    sa.Column("last_day", sa.Date, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    when("made_at", default=True),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("paper", JSONB, nullable=False),
    sa.Column("changes", JSONB, nullable=False, server_default="[]"),
    sa.UniqueConstraint("kind", "scope", "period", "version", name="report_version"),
    sa.Index("report_newest", "last_day", "kind", "scope"),
)

publication = sa.Table(
    "publication",
    metadata,
    number("publication_id"),
    sa.Column("report_id", sa.ForeignKey("report.report_id"), nullable=False),
    sa.Column("released_by", sa.Text, nullable=False),
    when("released_at", default=True),
    sa.Column("withdrawn_by", sa.Text),
    when("withdrawn_at", nullable=True),
    sa.Column("reason", sa.Text),
    sa.Index("publication_once", "report_id", unique=True, postgresql_where=sa.text("withdrawn_at IS NULL")),
)
