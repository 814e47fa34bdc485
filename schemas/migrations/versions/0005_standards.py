"""Deriving and judging by the standards: counts behind a mean, months, marks set by people, what was derived under which plan."""

from alembic import op

revision = "0005"
down_revision = "0004"

COUNTS = "n_received", "n_late", "n_stopped", "n_checked"
CHANGES = """
CREATE TABLE monthly (
    point_id INTEGER NOT NULL,
    month DATE NOT NULL,
    value DOUBLE PRECISION,
    low DOUBLE PRECISION,
    high DOUBLE PRECISION,
    n_valid INTEGER NOT NULL,
    n_expected INTEGER NOT NULL,
    valid BOOLEAN NOT NULL,
    marks TEXT NOT NULL,
    note TEXT NOT NULL,
    rule_version TEXT NOT NULL,
    derived_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
    n_received INTEGER NOT NULL DEFAULT 0,
    n_late INTEGER NOT NULL DEFAULT 0,
    n_stopped INTEGER NOT NULL DEFAULT 0,
    n_checked INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (point_id, month)
);
CREATE INDEX monthly_time ON monthly (month);

CREATE TABLE mark (
    mark_id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    point_ids INTEGER[] NOT NULL,
    kind TEXT NOT NULL,
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    until TIMESTAMP WITH TIME ZONE NOT NULL,
    reason TEXT NOT NULL,
    evidence TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
    withdrawn_by TEXT,
    withdrawn_at TIMESTAMP WITH TIME ZONE,
    CHECK (since < until)
);
CREATE INDEX mark_end ON mark (until);

CREATE TABLE plan_seen (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (kind, key)
);

CREATE TABLE progress (
    name TEXT PRIMARY KEY,
    at TIMESTAMP WITH TIME ZONE NOT NULL
);

ALTER TABLE stale_window ADD COLUMN whole BOOLEAN NOT NULL DEFAULT false;

-- A window that changes every minute waits once, not sixty times.
DELETE FROM fresh_fact a USING fresh_fact b
WHERE a.fact_id > b.fact_id AND (a.window_start, a.basis, a.point_id) = (b.window_start, b.basis, b.point_id);
DROP INDEX fresh_fact_time;
-- Whether anything was exceeded lately is asked with every window; most windows are compliant.
CREATE INDEX verdict_exceeding ON verdict (subject, rule, window_start) WHERE amended_at IS NULL AND outcome = 'exceeding';
CREATE UNIQUE INDEX fresh_fact_once ON fresh_fact (window_start, basis, point_id);
"""


def upgrade() -> None:
    op.execute(CHANGES)
    for table in ("hourly", "daily"):
        for column in COUNTS:
            op.execute(f"ALTER TABLE {table} ADD COLUMN {column} INTEGER NOT NULL DEFAULT 0")
