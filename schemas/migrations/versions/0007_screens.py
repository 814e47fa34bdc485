"""What screens and reports stand on: the registry in force as flat tables, views for Grafana, reports with their versions."""

from alembic import op

revision = "0007"
down_revision = "0006"

#: Filled from the registry in force, the catalogue and the rules by the evaluator; never edited by hand.
SHOWN = """
CREATE TABLE shown_version (
    name TEXT PRIMARY KEY,
    registry_version BIGINT NOT NULL,
    digest TEXT NOT NULL,
    filled_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now()
);
CREATE TABLE shown_bureau (
    bureau_id TEXT PRIMARY KEY,
    name TEXT NOT NULL
);
CREATE TABLE shown_site (
    site_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    kind_zh TEXT NOT NULL,
    town TEXT NOT NULL,
    bureau_id TEXT NOT NULL,
    bureau TEXT NOT NULL
);
CREATE TABLE shown_point (
    point_id INTEGER PRIMARY KEY REFERENCES point (point_id),
    site_id TEXT NOT NULL,
    place TEXT NOT NULL,
    place_name TEXT NOT NULL,
    place_kind TEXT NOT NULL,
    outlet TEXT NOT NULL DEFAULT '',
    factor TEXT NOT NULL,
    name TEXT NOT NULL,
    unit TEXT NOT NULL,
    decimals INTEGER NOT NULL,
    interval_s INTEGER,
    counter BOOLEAN NOT NULL DEFAULT false
);
CREATE INDEX shown_point_site ON shown_point (site_id, place, factor);
CREATE INDEX shown_point_factor ON shown_point (factor);
CREATE TABLE shown_subject (
    rule TEXT NOT NULL,
    subject TEXT NOT NULL,
    site_id TEXT NOT NULL,
    title TEXT NOT NULL,
    point_id INTEGER,
    factor TEXT NOT NULL DEFAULT '',
    basis TEXT NOT NULL,
    PRIMARY KEY (rule, subject)
);
CREATE INDEX shown_subject_point ON shown_subject (point_id, rule);
CREATE INDEX shown_subject_site ON shown_subject (site_id, rule);
CREATE TABLE shown_rule (
    rule TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    task INTEGER,
    level TEXT NOT NULL,
    lead_bureau TEXT NOT NULL
);
"""

#: Append-only: what a report said on its day is evidence. What may be shown to the public is a person's act.
REPORTS = """
CREATE TABLE report (
    report_id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind TEXT NOT NULL,
    scope TEXT NOT NULL,
    period TEXT NOT NULL,
    first_day DATE NOT NULL,
    last_day DATE NOT NULL,
    version INTEGER NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
    made_by TEXT NOT NULL,
    digest TEXT NOT NULL,
    paper JSONB NOT NULL,
    changes JSONB NOT NULL DEFAULT '[]',
    CONSTRAINT report_version UNIQUE (kind, scope, period, version)
);
CREATE INDEX report_newest ON report (last_day, kind, scope);
CREATE TABLE publication (
    publication_id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    report_id BIGINT NOT NULL REFERENCES report (report_id),
    released_by TEXT NOT NULL,
    released_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
    withdrawn_by TEXT,
    withdrawn_at TIMESTAMP WITH TIME ZONE,
    reason TEXT
);
CREATE UNIQUE INDEX publication_once ON publication (report_id) WHERE withdrawn_at IS NULL;
CREATE FUNCTION report_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'report is append-only: a correction is a new version';
END $$;
CREATE TRIGGER report_stands BEFORE UPDATE OR DELETE ON report FOR EACH ROW EXECUTE FUNCTION report_stands();
"""

VIEWS = """
CREATE SCHEMA IF NOT EXISTS screen;
COMMENT ON SCHEMA screen IS 'What Grafana may read: views alone, no people, no raw messages, no passwords.';

CREATE VIEW screen.site AS
SELECT site_id, name AS site, kind, kind_zh, town, bureau_id, bureau FROM shown_site;

CREATE VIEW screen.point AS
SELECT p.point_id, p.site_id, s.name AS site, s.town, s.kind, p.place, p.place_name, p.place_kind, p.outlet, p.factor, p.name,
       p.unit, p.decimals, p.interval_s, p.counter
FROM shown_point p JOIN shown_site s USING (site_id);

CREATE VIEW screen.subject AS
SELECT j.rule, r.name AS rule_zh, r.task, j.subject, j.site_id, s.name AS site, s.town, j.title, j.point_id, j.factor, j.basis
FROM shown_subject j JOIN shown_rule r USING (rule) LEFT JOIN shown_site s USING (site_id);

-- The newest reading of each point devices send, of the last three days; silent: two of its intervals and five seconds without one.
CREATE VIEW screen.latest AS
SELECT p.*, r.ts AS time, r.value, r.mark, r.late, extract(epoch FROM now() - r.ts)::float8 AS age_s,
       (r.ts IS NULL OR now() - r.ts > make_interval(secs => 2 * p.interval_s + 5)) AS silent
FROM screen.point p
LEFT JOIN LATERAL (
    SELECT ts, value, mark, late FROM reading
    WHERE point_id = p.point_id AND ts > now() - interval '3 days' ORDER BY ts DESC LIMIT 1
) r ON true
WHERE p.interval_s IS NOT NULL;

CREATE VIEW screen.reading AS
SELECT point_id, ts AS time, value, mark, late FROM reading;

CREATE VIEW screen.hour AS
SELECT point_id, hour AS time, value, valid, n_valid, n_expected, n_received, n_late, marks, note, low, high, n_stopped, n_checked
FROM hourly;

CREATE VIEW screen.day AS
SELECT point_id, day, (day::timestamp AT TIME ZONE 'Asia/Shanghai') AS time, value, valid, n_valid, n_expected, n_received, n_late,
       marks, note, low, high, n_stopped, n_checked
FROM daily;

CREATE VIEW screen.month AS
SELECT point_id, month, (month::timestamp AT TIME ZONE 'Asia/Shanghai') AS time, value, low, valid, n_valid, n_expected, marks, note
FROM monthly;

CREATE VIEW screen.verdict AS
SELECT rule, subject, point_id, window_start AS time, window_end, outcome, value, limit_value, limit_id, body, judged_at
FROM verdict WHERE amended_at IS NULL;

CREATE VIEW screen.incident AS
SELECT i.incident_id, i.rule, coalesce(r.name, i.rule) AS rule_zh, r.task, i.subject,
       coalesce(j.title, i.body ->> 'title', i.subject) AS title, i.site_id, s.name AS site, s.town, i.device_id, i.state, i.level,
       CASE i.level WHEN 'red' THEN 4 WHEN 'orange' THEN 3 WHEN 'yellow' THEN 2 ELSE 1 END AS severity,
       i.lead_bureau, i.began_at, i.ended_at, i.opened_at, i.acked_at, i.feedback_at, i.settled_at, i.overdue,
       i.ack_due, i.feedback_due, i.close_due, i.muted IS NOT NULL AS muted, i.body ? 'withdrawn' AS withdrawn,
       (i.body ->> 'value')::float8 AS value, (i.body ->> 'limit')::float8 AS limit_value, i.body ->> 'unit' AS unit,
       i.body ->> 'standard' AS standard, i.body ->> 'clause' AS clause, coalesce(b.name, i.lead_bureau) AS bureau
FROM incident i
LEFT JOIN shown_rule r USING (rule)
LEFT JOIN shown_subject j USING (rule, subject)
LEFT JOIN shown_site s ON s.site_id = i.site_id
LEFT JOIN shown_bureau b ON b.bureau_id = i.lead_bureau;

CREATE VIEW screen.notice AS
SELECT notice_id, incident_id, step, channel, level, made_at AS time, attempts, sent_at, given_up_at, digest_id FROM notice;

CREATE VIEW screen.device AS
SELECT d.site_id, s.name AS site, d.place AS device_id, d.place_name AS device, d.interval_s,
       coalesce(t.online, NOT d.silent) AS online, d.silent, d.time, t.changed_at, c.lag_s
FROM (
    SELECT site_id, place, max(place_name) AS place_name, min(interval_s) AS interval_s, max(time) AS time, bool_and(silent) AS silent
    FROM screen.latest GROUP BY site_id, place
) d
JOIN shown_site s USING (site_id)
LEFT JOIN device_state t ON t.site_id = d.site_id AND t.device_id = d.place
LEFT JOIN device_clock c ON c.site_id = d.site_id AND c.device_id = d.place;

CREATE VIEW screen.tally AS
SELECT worker, received, stored, duplicate, rejected, received - stored - duplicate - rejected AS astray, committed_at FROM tally;

CREATE VIEW screen.batch AS
SELECT received_to AS time, worker, messages, stored, duplicate, rejected FROM batch;

CREATE VIEW screen.rejection AS
SELECT received_at AS time, reason, site_id, device_id, refused, replayed_at IS NOT NULL AS replayed FROM rejection;

-- Since when this service watches: what came or failed before it is nobody's account.
CREATE VIEW screen.watch AS
SELECT at AS time, (at AT TIME ZONE 'Asia/Shanghai')::date AS day FROM progress WHERE name = 'watching since';

CREATE VIEW screen.mark AS
SELECT mark_id, site_id, device_id, point_ids, kind, since, until, made_at, withdrawn_at FROM mark;
"""


#: What a page of one site asks, and a board of the notices of some days.
INDEXES = """
CREATE INDEX rejection_site ON rejection (site_id, received_at);
CREATE INDEX incident_site ON incident (site_id, began_at);
CREATE INDEX notice_time ON notice (made_at);
"""


def upgrade() -> None:
    for part in (SHOWN, REPORTS, VIEWS, INDEXES):
        op.execute(part)
