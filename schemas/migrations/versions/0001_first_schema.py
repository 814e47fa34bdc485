"""The first schema: registry, readings with their batches, derived values, verdicts, incidents, notices."""

from alembic import op

revision = "0001"
down_revision = None

READING = """
CREATE TABLE reading (
    ts TIMESTAMP WITH TIME ZONE NOT NULL,
    value DOUBLE PRECISION NOT NULL,
    batch_id BIGINT NOT NULL,
    point_id INTEGER NOT NULL,
    mark CHAR(1) NOT NULL,
    PRIMARY KEY (point_id, ts)
)

"""

# One row a batch and hour, not one a reading: the marks must cost less than the readings they follow.
TABLES = """
CREATE TABLE batch (
    batch_id BIGINT GENERATED ALWAYS AS IDENTITY,
    worker TEXT NOT NULL,
    received_from TIMESTAMP WITH TIME ZONE NOT NULL,
    received_to TIMESTAMP WITH TIME ZONE NOT NULL,
    messages INTEGER NOT NULL,
    stored INTEGER NOT NULL,
    duplicate INTEGER NOT NULL,
    rejected INTEGER NOT NULL,
    payload BYTEA NOT NULL,
    digest BYTEA NOT NULL,
    previous_digest BYTEA,
    PRIMARY KEY (batch_id)
);

CREATE INDEX batch_worker ON batch (worker, batch_id);

CREATE TABLE daily (
    point_id INTEGER NOT NULL,
    day DATE NOT NULL,
    value DOUBLE PRECISION,
    low DOUBLE PRECISION,
    high DOUBLE PRECISION,
    n_valid INTEGER NOT NULL,
    n_expected INTEGER NOT NULL,
    valid BOOLEAN NOT NULL,
    marks TEXT NOT NULL,
    note TEXT NOT NULL,
    rule_version TEXT NOT NULL,
    derived_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    PRIMARY KEY (point_id, day)
);

CREATE INDEX daily_time ON daily (day);

CREATE TABLE device_state (
    site_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    online BOOLEAN NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (site_id, device_id)
);

CREATE TABLE fresh_fact (
    fact_id BIGINT GENERATED ALWAYS AS IDENTITY,
    basis TEXT NOT NULL,
    point_id INTEGER NOT NULL,
    window_start TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (fact_id)
);

CREATE TABLE hourly (
    point_id INTEGER NOT NULL,
    hour TIMESTAMP WITH TIME ZONE NOT NULL,
    value DOUBLE PRECISION,
    low DOUBLE PRECISION,
    high DOUBLE PRECISION,
    n_valid INTEGER NOT NULL,
    n_expected INTEGER NOT NULL,
    valid BOOLEAN NOT NULL,
    marks TEXT NOT NULL,
    note TEXT NOT NULL,
    rule_version TEXT NOT NULL,
    derived_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    PRIMARY KEY (point_id, hour)
);

CREATE INDEX hourly_time ON hourly (hour);

CREATE TABLE incident (
    incident_id BIGINT GENERATED ALWAYS AS IDENTITY,
    rule TEXT NOT NULL,
    subject TEXT NOT NULL,
    site_id TEXT NOT NULL,
    state TEXT NOT NULL,
    level TEXT NOT NULL,
    lead_bureau TEXT NOT NULL,
    began_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    last_window TIMESTAMP WITH TIME ZONE NOT NULL,
    body JSONB NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    PRIMARY KEY (incident_id),
    CONSTRAINT incident_identity UNIQUE (rule, subject, began_at)
);

CREATE INDEX incident_open ON incident (state, began_at);

CREATE TABLE point (
    point_id INTEGER GENERATED ALWAYS AS IDENTITY,
    site_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    factor TEXT NOT NULL,
    PRIMARY KEY (point_id),
    CONSTRAINT point_identity UNIQUE (site_id, device_id, factor)
);

CREATE TABLE registry_version (
    version_id BIGINT GENERATED ALWAYS AS IDENTITY,
    valid_from TIMESTAMP WITH TIME ZONE NOT NULL,
    valid_to TIMESTAMP WITH TIME ZONE,
    applied_by TEXT NOT NULL,
    document JSONB NOT NULL,
    PRIMARY KEY (version_id)
);

CREATE TABLE rejection (
    rejection_id BIGINT GENERATED ALWAYS AS IDENTITY,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    reason TEXT NOT NULL,
    topic TEXT NOT NULL,
    site_id TEXT,
    device_id TEXT,
    details TEXT[] NOT NULL,
    refused INTEGER NOT NULL,
    payload BYTEA NOT NULL,
    batch_id BIGINT NOT NULL,
    PRIMARY KEY (rejection_id)
);

CREATE INDEX rejection_time ON rejection (received_at);

CREATE TABLE stale_window (
    stale_id BIGINT GENERATED ALWAYS AS IDENTITY,
    hour TIMESTAMP WITH TIME ZONE NOT NULL,
    point_ids INTEGER[] NOT NULL,
    PRIMARY KEY (stale_id)
);

CREATE TABLE tally (
    worker TEXT NOT NULL,
    received BIGINT NOT NULL,
    stored BIGINT NOT NULL,
    duplicate BIGINT NOT NULL,
    rejected BIGINT NOT NULL,
    committed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (worker)
);

CREATE TABLE verdict (
    verdict_id BIGINT GENERATED ALWAYS AS IDENTITY,
    rule TEXT NOT NULL,
    subject TEXT NOT NULL,
    point_id INTEGER,
    window_start TIMESTAMP WITH TIME ZONE NOT NULL,
    window_end TIMESTAMP WITH TIME ZONE NOT NULL,
    outcome TEXT NOT NULL,
    value DOUBLE PRECISION,
    limit_value DOUBLE PRECISION,
    limit_id TEXT NOT NULL,
    body JSONB NOT NULL,
    judged_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    amended_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (verdict_id)
);

CREATE UNIQUE INDEX verdict_current ON verdict (subject, rule, window_start) WHERE amended_at IS NULL;

CREATE TABLE incident_event (
    event_id BIGINT GENERATED ALWAYS AS IDENTITY,
    incident_id BIGINT NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    kind TEXT NOT NULL,
    body JSONB NOT NULL,
    PRIMARY KEY (event_id),
    FOREIGN KEY(incident_id) REFERENCES incident (incident_id)
);

CREATE INDEX incident_event_incident ON incident_event (incident_id, event_id);

CREATE TABLE notice (
    notice_id BIGINT GENERATED ALWAYS AS IDENTITY,
    incident_id BIGINT NOT NULL,
    step TEXT NOT NULL,
    channel TEXT NOT NULL,
    body JSONB NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    attempts INTEGER DEFAULT '0' NOT NULL,
    next_attempt_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE,
    receipt TEXT,
    PRIMARY KEY (notice_id),
    CONSTRAINT notice_once UNIQUE (incident_id, step, channel),
    FOREIGN KEY(incident_id) REFERENCES incident (incident_id)
);

CREATE INDEX notice_due ON notice (next_attempt_at) WHERE sent_at IS NULL;

CREATE TABLE registry_change (
    version_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    action TEXT NOT NULL,
    before JSONB,
    after JSONB,
    PRIMARY KEY (version_id, kind, key),
    FOREIGN KEY(version_id) REFERENCES registry_version (version_id)
);
"""

# Called by the writer before each batch, with the UTC days the batch touches: late data make their own room.
MAKE_ROOM_PLAIN = """
CREATE FUNCTION make_room(days date[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    one date;
    room text;
BEGIN
    FOREACH one IN ARRAY days LOOP
        room := 'reading_' || to_char(one, 'YYYYMMDD');
        IF to_regclass(room) IS NULL THEN
            PERFORM pg_advisory_xact_lock(hashtext('make_room'));
            IF to_regclass(room) IS NULL THEN
                -- LIKE + ATTACH takes a weaker lock on the parent than PARTITION OF: readers go on reading.
                EXECUTE format('CREATE TABLE %I (LIKE reading INCLUDING ALL)', room);
                EXECUTE format(
                    'ALTER TABLE reading ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                    room, one::text || ' 00:00:00+00', (one + 1)::text || ' 00:00:00+00');
            END IF;
        END IF;
    END LOOP;
END $$
"""

MAKE_ROOM_HYPERTABLE = """
CREATE FUNCTION make_room(days date[]) RETURNS void LANGUAGE sql AS $$ SELECT $$
"""


def upgrade() -> None:
    connection = op.get_bind()
    hypertable = connection.exec_driver_sql("SELECT 1 FROM pg_extension WHERE extname = 'timescaledb'").scalar()
    if hypertable:
        op.execute(READING)
        op.execute(
            "SELECT create_hypertable('reading', by_range('ts', INTERVAL '1 day'), create_default_indexes => false)"
        )
        op.execute(MAKE_ROOM_HYPERTABLE)
    else:
        op.execute(READING.rstrip() + " PARTITION BY RANGE (ts)")
        op.execute(MAKE_ROOM_PLAIN)
    op.execute(TABLES)
