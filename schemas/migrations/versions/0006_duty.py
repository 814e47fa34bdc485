"""Incidents in people's hands: their acts, whom they were told to, who is on duty; the history chained and append-only."""

from alembic import op

revision = "0006"
down_revision = "0005"

INCIDENT = """
ALTER TABLE incident
    ADD COLUMN device_id TEXT NOT NULL DEFAULT '',
    ADD COLUMN acked_by TEXT,
    ADD COLUMN acked_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN acked_until TIMESTAMP WITH TIME ZONE,
    ADD COLUMN assignee TEXT,
    ADD COLUMN rung INTEGER NOT NULL DEFAULT 0,
    ADD COLUMN ladder_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN next_step_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN overdue TEXT NOT NULL DEFAULT '',
    ADD COLUMN muted TEXT,
    ADD COLUMN ack_due TIMESTAMP WITH TIME ZONE,
    ADD COLUMN feedback_due TIMESTAMP WITH TIME ZONE,
    ADD COLUMN feedback_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN supervise_due TIMESTAMP WITH TIME ZONE,
    ADD COLUMN close_due TIMESTAMP WITH TIME ZONE,
    ADD COLUMN settled_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN settled_by TEXT,
    ADD COLUMN cause TEXT;
-- What lasts from before has told nobody by name: the ladder begins with it.
UPDATE incident SET rung = -1, ladder_at = now(), next_step_at = now()
WHERE state IN ('open', 'unknown', 'recovering') AND NOT body ? 'withdrawn';
CREATE INDEX incident_step ON incident (next_step_at) WHERE next_step_at IS NOT NULL;
CREATE INDEX incident_muted ON incident (incident_id) WHERE muted IS NOT NULL;
CREATE INDEX incident_subject_opened ON incident (rule, subject, opened_at);
CREATE INDEX verdict_amended ON verdict (subject, rule, window_start) WHERE amended_at IS NOT NULL;
CREATE INDEX fresh_fact_instant ON fresh_fact (window_start) WHERE basis = 'instant';
"""

NOTICE = """
ALTER TABLE notice
    ADD COLUMN event_id BIGINT,
    ADD COLUMN recipient TEXT NOT NULL DEFAULT '',
    ADD COLUMN level TEXT NOT NULL DEFAULT 'blue',
    ADD COLUMN claimed_until TIMESTAMP WITH TIME ZONE,
    ADD COLUMN given_up_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN digest_id BIGINT,
    ALTER COLUMN incident_id DROP NOT NULL,
    DROP CONSTRAINT notice_once;
DROP INDEX notice_due;
CREATE UNIQUE INDEX notice_once ON notice (event_id, channel, recipient);
CREATE INDEX notice_due ON notice (next_attempt_at)
    WHERE sent_at IS NULL AND given_up_at IS NULL AND digest_id IS NULL;
CREATE INDEX notice_incident ON notice (incident_id);
CREATE INDEX notice_sent ON notice (channel, sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX notice_digest ON notice (digest_id) WHERE digest_id IS NOT NULL;
"""

PEOPLE = """
CREATE TABLE silence (
    silence_id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind TEXT NOT NULL,
    site_id TEXT NOT NULL DEFAULT '',
    device_id TEXT NOT NULL DEFAULT '',
    rule TEXT NOT NULL DEFAULT '',
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    until TIMESTAMP WITH TIME ZONE NOT NULL,
    reason TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
    withdrawn_by TEXT,
    withdrawn_at TIMESTAMP WITH TIME ZONE,
    CHECK (since < until)
);
CREATE INDEX silence_end ON silence (until);

CREATE TABLE duty_swap (
    swap_id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bureau TEXT NOT NULL,
    person TEXT NOT NULL,
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    until TIMESTAMP WITH TIME ZONE NOT NULL,
    reason TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
    withdrawn_by TEXT,
    withdrawn_at TIMESTAMP WITH TIME ZONE,
    CHECK (since < until)
);
CREATE INDEX duty_swap_end ON duty_swap (until);

CREATE TABLE account (
    name TEXT PRIMARY KEY,
    role TEXT NOT NULL,
    person TEXT,
    site_id TEXT,
    password_hash TEXT NOT NULL,
    must_change BOOLEAN NOT NULL DEFAULT true,
    session_epoch INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    locked_until TIMESTAMP WITH TIME ZONE,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
    disabled_at TIMESTAMP WITH TIME ZONE
);

CREATE TABLE account_token (
    token_id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account (name),
    name TEXT NOT NULL,
    digest BYTEA NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
    expires_at TIMESTAMP WITH TIME ZONE,
    last_used_at TIMESTAMP WITH TIME ZONE,
    revoked_at TIMESTAMP WITH TIME ZONE
);
CREATE UNIQUE INDEX account_token_digest ON account_token (digest);

CREATE TABLE lease (
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    until TIMESTAMP WITH TIME ZONE NOT NULL
);
"""

#: Each line of the history holds the digest of the line before it; `chain_head` says how many there are and what the last one's is.
#: The text that is hashed: seq, event, incident (- where none), microseconds since 1970, kind, actor, body as PostgreSQL writes it.
CHAIN = """
CREATE TABLE chain_head (
    name TEXT PRIMARY KEY,
    seq BIGINT NOT NULL,
    digest BYTEA
);
INSERT INTO chain_head (name, seq) VALUES ('incident_event', 0);
ALTER TABLE incident_event
    ALTER COLUMN incident_id DROP NOT NULL,
    ADD COLUMN actor TEXT NOT NULL DEFAULT '',
    ADD COLUMN seq BIGINT,
    ADD COLUMN digest BYTEA,
    ADD COLUMN previous_digest BYTEA;

CREATE FUNCTION chain_incident_event(e incident_event) RETURNS incident_event LANGUAGE plpgsql AS $$
BEGIN
    SELECT seq + 1, digest INTO e.seq, e.previous_digest FROM chain_head WHERE name = 'incident_event' FOR UPDATE;
    e.digest := sha256(coalesce(e.previous_digest, ''::bytea) || convert_to(concat_ws(E'\\n',
        e.seq, e.event_id, coalesce(e.incident_id::text, '-'), (extract(epoch FROM e.at) * 1000000)::bigint,
        e.kind, e.actor, e.body::text), 'UTF8'));
    UPDATE chain_head SET seq = e.seq, digest = e.digest WHERE name = 'incident_event';
    RETURN e;
END $$;

DO $$
DECLARE e incident_event;
BEGIN
    FOR e IN SELECT * FROM incident_event ORDER BY event_id LOOP
        e := chain_incident_event(e);
        UPDATE incident_event SET seq = e.seq, digest = e.digest, previous_digest = e.previous_digest
        WHERE event_id = e.event_id;
    END LOOP;
END $$;
ALTER TABLE incident_event ALTER COLUMN seq SET NOT NULL, ALTER COLUMN digest SET NOT NULL;
CREATE UNIQUE INDEX incident_event_seq ON incident_event (seq);

CREATE FUNCTION incident_event_append() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RETURN chain_incident_event(NEW);
END $$;
CREATE TRIGGER incident_event_append BEFORE INSERT ON incident_event
    FOR EACH ROW EXECUTE FUNCTION incident_event_append();

CREATE FUNCTION incident_event_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'incident_event is append-only: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER incident_event_stands BEFORE UPDATE OR DELETE ON incident_event
    FOR EACH ROW EXECUTE FUNCTION incident_event_stands();
CREATE TRIGGER incident_event_stands_whole BEFORE TRUNCATE ON incident_event
    FOR EACH STATEMENT EXECUTE FUNCTION incident_event_stands();
REVOKE UPDATE, DELETE, TRUNCATE ON incident_event FROM PUBLIC, CURRENT_USER;
"""


def upgrade() -> None:
    for part in (INCIDENT, NOTICE, PEOPLE, CHAIN):
        op.execute(part)
