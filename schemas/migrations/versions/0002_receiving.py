"""Receiving at full strength: late readings, replayed rejections, chain heads, clocks, self checks, shares of sites."""

from alembic import op

revision = "0002"
down_revision = "0001"

# The payload is compressed before it comes: the server would try again in vain.
CHANGES = """
ALTER TABLE reading ADD COLUMN late BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE batch ALTER COLUMN payload SET STORAGE EXTERNAL;
ALTER TABLE batch ADD COLUMN told INTEGER;
ALTER TABLE rejection ADD COLUMN replayed_at TIMESTAMP WITH TIME ZONE;
ALTER TABLE tally ADD COLUMN head BYTEA;
UPDATE tally SET head = (
    SELECT digest FROM batch WHERE batch.worker = tally.worker ORDER BY batch_id DESC LIMIT 1
);

CREATE TABLE device_clock (
    site_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    lag_s DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (site_id, device_id)
);

CREATE TABLE self_check (
    worker TEXT NOT NULL,
    checked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    wrong_since TIMESTAMP WITH TIME ZONE,
    body JSONB NOT NULL,
    PRIMARY KEY (worker)
);

CREATE TABLE share_lease (
    share INTEGER NOT NULL,
    worker TEXT NOT NULL,
    instance TEXT NOT NULL,
    until TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (share)
);

CREATE TABLE share_plan (
    shares INTEGER NOT NULL,
    PRIMARY KEY (shares)
);

CREATE TABLE worker (
    worker TEXT NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (worker)
);
"""


def upgrade() -> None:
    op.execute(CHANGES)
