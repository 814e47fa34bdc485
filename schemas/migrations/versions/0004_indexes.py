"""Indexes for the queries that run every second, on every page, or over a table that grows with every commit."""

from alembic import op

revision = "0004"
down_revision = "0003"

INDEXES = """
CREATE INDEX stale_window_newest ON stale_window (hour DESC, stale_id);
CREATE INDEX fresh_fact_time ON fresh_fact (window_start);
CREATE INDEX incident_newest ON incident (began_at, incident_id);
CREATE INDEX batch_time ON batch (received_to);
"""


def upgrade() -> None:
    op.execute(INDEXES)
