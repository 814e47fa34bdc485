"""What the server does for each named query, on a database with a million readings: no part of them is read in vain."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
import pytest
from psycopg.types.json import Jsonb

from schemas import sql
from schemas.tables import metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Cluster

FIRST = datetime(2026, 3, 2, tzinfo=UTC)
NOW = FIRST + timedelta(days=7, seconds=-1)
TODAY = date(2026, 3, 9)  # in Shanghai
NOON = datetime(2026, 3, 6, 12, tzinfo=UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
MIDNIGHT = datetime(2026, 3, 8, 16, tzinfo=UTC)  # in Shanghai, of TODAY
Span = tuple[datetime, datetime]
POINTS = list(range(1, 101))
SUBJECTS = [f"plant-{number}/outlet" for number in range(1, 41)]
#: A table with more rows is read by an index, or the test says why not.
LARGE = 10_000

FILL = """
SELECT make_room(array_agg(day::date)) FROM generate_series('2026-03-02'::date, '2026-03-08', '1 day') AS day;
INSERT INTO point (site_id, device_id, factor)
SELECT 'plans', 'meter', 'f' || n FROM generate_series((SELECT count(*) + 1 FROM point), 100) AS n;
INSERT INTO reading (ts, value, batch_id, point_id, mark)
SELECT '2026-03-02 00:00+00'::timestamptz + make_interval(mins => minute - 1), minute + point, minute, point, 'N'
FROM generate_series(1, 10080) AS minute, generate_series(1, 100) AS point;
INSERT INTO batch (batch_id, worker, received_from, received_to, messages, stored, duplicate, rejected, told, payload, digest)
OVERRIDING SYSTEM VALUE
SELECT n, 'w' || n % 2, ts, ts, 10, 100, 0, 0, 0, convert_to(repeat(md5(n::text), 20), 'UTF8'), sha256(n::text::bytea)
FROM generate_series(1, 10080) AS n, LATERAL (SELECT '2026-03-02 00:00+00'::timestamptz + make_interval(mins => n)) AS t (ts);
INSERT INTO tally SELECT 'w' || n, 504000, 504000, 0, 0, now() FROM generate_series(0, 1) AS n;
INSERT INTO self_check SELECT 'w' || n, now(), NULL, '{}' FROM generate_series(0, 1) AS n;
INSERT INTO hourly (point_id, hour, value, n_valid, n_expected, valid, marks, note, rule_version)
SELECT point, '2026-03-09 00:00+00'::timestamptz - make_interval(hours => n), n, 60, 60, true, '', '', '1'
FROM generate_series(1, 720) AS n, generate_series(1, 100) AS point;
INSERT INTO daily (point_id, day, value, n_valid, n_expected, valid, marks, note, rule_version)
SELECT point, '2026-03-09'::date - n, n, 1440, 1440, true, '', '', '1'
FROM generate_series(1, 400) AS n, generate_series(1, 100) AS point;
INSERT INTO verdict (rule, subject, point_id, window_start, window_end, outcome, value, limit_value, limit_id, body)
SELECT 'outlet_hour', 'plant-' || s || '/outlet', s, at, at + '1 hour', 'compliant', 1, 2, 'x', '{}'
FROM generate_series(1, 40) AS s,
     generate_series('2026-02-07 00:00+00'::timestamptz, '2026-03-08 23:00+00', '1 hour') AS at;
INSERT INTO incident (rule, subject, site_id, device_id, state, level, lead_bureau, began_at, opened_at, ended_at, last_window,
                      body, next_step_at, settled_at)
SELECT 'outlet_hour', 'plant-' || s || '/outlet', 'plant-' || s, 'out',
       CASE WHEN n > 1 OR s > 10 THEN 'closed' WHEN s % 2 = 0 THEN 'unknown' ELSE 'open' END,
       'orange', 'epb', at, at, at + '3 hours', at + '2 hours', jsonb_build_object('title', repeat('x', 200)),
       CASE WHEN n <= 2 THEN at + '1 hour' END, CASE WHEN n > 20 THEN at + '9 hours' END
FROM generate_series(1, 40) AS s, generate_series(1, 500) AS n,
     LATERAL (SELECT '2026-03-09 00:00+00'::timestamptz - make_interval(hours => n * 12)) AS t (at);
-- Chained line by line, in one transaction, it would take minutes.
ALTER TABLE incident_event DISABLE TRIGGER incident_event_append;
INSERT INTO incident_event (incident_id, kind, body, at, seq, digest)
SELECT incident_id, kind, body, began_at, row_number() OVER (ORDER BY began_at), sha256(convert_to(kind, 'UTF8'))
FROM incident, (VALUES ('opened'), ('acked'), ('closed')) AS k (kind);
ALTER TABLE incident_event ENABLE TRIGGER incident_event_append;
UPDATE chain_head SET seq = (SELECT max(seq) FROM incident_event);
INSERT INTO notice (incident_id, event_id, step, channel, recipient, level, body, made_at, next_attempt_at, attempts, sent_at)
SELECT incident_id, event_id, kind, channel, CASE channel WHEN 'log' THEN '' ELSE 'chen' END, 'orange', e.body, e.at, e.at, 1,
       CASE WHEN state = 'closed' THEN e.at END
FROM incident_event e JOIN incident USING (incident_id), (VALUES ('log'), ('epb')) AS c (channel);
UPDATE notice SET digest_id = 7 WHERE notice_id BETWEEN 8 AND 17;
INSERT INTO rejection (received_at, reason, topic, site_id, device_id, details, refused, payload, batch_id)
SELECT '2026-03-02 00:00+00'::timestamptz + make_interval(secs => n * 6), 'OUT_OF_RANGE', 'yx/v1/s/d/telemetry', 's',
       'd' || n % 20, ARRAY['out of range'], 1, convert_to(repeat(md5(n::text), 5), 'UTF8'), n % 10080
FROM generate_series(1, 100000) AS n;
INSERT INTO stale_window (hour, point_ids)
SELECT '2026-03-08 23:00+00'::timestamptz - make_interval(hours => n / 120), ARRAY[1, 2, 3, 4, 5, 6, 7, 8]
FROM generate_series(1, 20000) AS n;
INSERT INTO fresh_fact (basis, point_id, window_start)
SELECT 'hour', n % 100, '2026-03-08 23:00+00'::timestamptz - make_interval(hours => n / 100)
FROM generate_series(1, 100000) AS n;
INSERT INTO fresh_fact (basis, point_id, window_start)
SELECT 'signal', n % 100, '2026-03-08 16:00+00'::timestamptz - make_interval(days => n / 100)
FROM generate_series(1, 800) AS n;
"""
#: A batch as it lies in staging: 6,000 rows of the newest half-hour, every second one stored before.
STAGED = (
    "INSERT INTO staging SELECT '2026-03-08 23:30+00'::timestamptz + make_interval(secs => n * 30), n, 10081, point, 'N', false"
    " FROM generate_series(0, 59) AS n, generate_series(1, 100) AS point"
)


class Case(NamedTuple):
    """One call as it is made: *asked* is the span of the readings it may plan for, *touched* of those it comes to."""

    query: str
    parameters: dict[str, Any]
    asked: Span | None = None
    touched: Span | None = None
    is_staged: bool = False
    #: Why it may read all of a table or room.
    whole: str = ""
    #: What goes wrong today.
    wrong: str = ""


_ONE = {"rule": "outlet_hour", "subject": SUBJECTS[0]}
_ASKED: dict[str, Any] = {
    "states": ["open"], "site": None, "level": None, "bureau": None, "since": None, "before": None, "at_most": 500,
}  # fmt: skip
_VERDICT: dict[str, Any] = {
    "rules": ["outlet_hour"] * 3, "subjects": SUBJECTS[:3], "starts": [NOON] * 3, "outcomes": ["exceeding"] * 3,
    "values": [3.0] * 3, "limits": [2.0] * 3, "limit_ids": ["x"] * 3, "bodies": ["{}"] * 3,
}  # fmt: skip
_FILTER: dict[str, Any] = {
    "reasons": ["OUT_OF_RANGE"], "site": "", "device": "", "since": None, "contains": "", "replayed_too": False,
    "after": 0, "at_most": 50,
}  # fmt: skip


def _between(points: list[int], since: datetime, until: datetime) -> Case:
    parameters = {"points": points, "since": since, "until": until}
    return Case("reading_between", parameters, (since, until), (since, until))


CASES = [
    # Readings, as the desk asks for them,
    Case("desk_latest", {"points": POINTS, "since": NOW - 3 * DAY}, (NOW - 3 * DAY, NOW), (NOW, NOW)),
    Case("desk_point_latest", {"point": 7, "since": NOW - 40 * DAY}, (FIRST, NOW), (NOW, NOW)),
    # as deriving does,
    _between(POINTS, NOON - 2 * HOUR, NOON + HOUR),
    _between([7], NOON - 20 * HOUR, NOON + 4 * HOUR),
    Case("reading_before", {"points": [7, 8, 9], "at": NOON}, (FIRST, NOON), (NOON, NOON)),
    Case("reading_after", {"points": [7, 8, 9], "at": NOON}, (NOON, NOW), (NOON, NOON)),
    Case("room_underived", {"since": NOON - 12 * HOUR, "until": NOON + 12 * HOUR, "points": POINTS},
         (NOON - 12 * HOUR, NOON + 11 * HOUR), (NOON - 12 * HOUR, NOON + 11 * HOUR),
         whole="each reading of a room is looked at once, before it is dropped"),
    # as the writer does, and as a person who asks where a value came from.
    Case("staging_merge", {}, is_staged=True),
    Case("staging_losers", {"since": NOW - HOUR, "until": NOW}, (NOW - HOUR, NOW), (NOW, NOW), is_staged=True),
    Case("reading_origin", {"site": "plans", "device": "meter", "factor": "f100", "at": NOON}, (NOON, NOON), (NOON, NOON)),
    # The desk's every second,
    Case("desk_hours", {"points": POINTS[:20], "since": NOW - 3 * DAY, "until": NOW}),
    Case("desk_days", {"points": POINTS[:30], "since": TODAY - 40 * DAY, "today": TODAY}),
    Case("desk_sum_days", {"points": POINTS[:10], "since": date(2026, 3, 1), "through": TODAY}),
    Case("desk_verdicts", {"subjects": SUBJECTS, "rules": ["outlet_hour"] * len(SUBJECTS)}),
    Case("desk_incidents_open", {}),
    # and its pages.
    Case("desk_incidents", {**_ASKED, "states": ["open", "unknown", "recovering"]}),
    Case("desk_incidents", {**_ASKED, "states": ["open", "closed"], "site": "plant-7", "before": 77}),
    Case("desk_events", {"incidents": list(range(1, 201))}),
    Case("desk_notices", {"incidents": list(range(1, 201))}),
    Case("desk_incident", {"incident_id": 7}),
    Case("desk_incident_events", {"incident_id": 7}),
    Case("desk_incident_notices", {"incident_id": 7}),
    Case("desk_page_queue", {"live": 500, "rest": 200}),
    Case("desk_page_incident", {"incident_id": 7}),
    Case("desk_page_events", {"incident_id": 7, "at_most": 500}),
    Case("desk_page_notices", {"incident_id": 7, "at_most": 500}),
    Case("desk_page_hours", {"point": 7, "since": NOON - 3 * DAY, "until": NOON}),
    Case("desk_page_days", {"point": 7, "since": TODAY - 40 * DAY, "until": TODAY}),
    Case("desk_page_verdicts", {**_ONE, "since": NOON - 3 * DAY, "until": NOON}),
    Case("desk_page_amended", {**_ONE, "since": NOON - 3 * DAY, "until": NOON, "at_most": 100}),
    Case("desk_page_readings",
         {"point": 7, "since": NOON - 20 * HOUR, "until": NOON + 4 * HOUR, "after": NOON - 4 * HOUR, "at_most": 500},
         (NOON - 4 * HOUR, NOON + 4 * HOUR), (NOON - 4 * HOUR, NOON + 4 * HOUR)),
    # What people and the desk's clock do.
    Case("act_incident", {"incident_id": 7}),
    Case("step_due", {"now": NOW, "at_most": 500}),
    Case("step_take", {"incident_id": 7, "now": NOW}),
    Case("event_untold", {"kinds": ["acked", "settled"], "at_most": 500}),
    Case("incident_live", {"rules": ["ingest_down", "site_offline", "offline"]}),
    Case("incident_muted_by", {"muted": "inhibited:7", "now": NOW}),
    Case("incident_opened_lately", {**_ONE, "since": NOW - DAY}),
    Case("notice_told", {"incident_id": 7}),
    # Deriving, every second;
    Case("stale_take", {"at_most": 1000, "most": 20_000}),
    Case("hourly_between", {"points": POINTS[:10], "since": NOON, "until": NOON + HOUR}),
    Case("hourly_between", {"points": POINTS, "since": NOON - 12 * HOUR, "until": NOON + 12 * HOUR}),
    Case("monthly_between", {"points": POINTS, "since": date(2026, 1, 1), "until": date(2026, 3, 1)}),
    Case("mark_between", {"points": POINTS[:10], "since": NOON, "until": NOON + HOUR}),
    Case("stale_again", {"points": [7, 8], "since": NOW - 29 * DAY}),
    # judging, every second;
    Case("facts_take", {"now": NOW, "at_most": 5000, "basis": None}),
    Case("facts_take", {"now": NOW, "at_most": 5000, "basis": "instant"}),
    Case("facts_waiting", {"now": NOW, "at_most": 10_001}),
    Case("signals_take", {"now": NOW, "today": MIDNIGHT, "at_most": 500}),
    Case("instants_at", {"points": [7] * 24, "instants": [NOON - n * MINUTE for n in range(24)]},
         (FIRST, NOW), (NOON - 23 * MINUTE, NOON)),
    Case("suspicion_hours", {"points": [7, 8], "sinces": [NOON - 8 * DAY] * 2, "untils": [NOON] * 2}),
    Case("suspicion_days", {"points": [7, 8], "sinces": [TODAY - 31 * DAY] * 2, "untils": [TODAY] * 2}),
    Case("suspicion_raw", {"points": [7, 8], "sinces": [NOON - 20 * HOUR] * 2, "untils": [NOON + 4 * HOUR] * 2},
         (FIRST, NOW), (NOON - 20 * HOUR, NOON + 3 * HOUR)),
    Case("watch_standing", {"rules": ["outlet_hour"] * 3, "subjects": SUBJECTS[:3]}),
    Case("watch_starts", {"rule": "outlet_hour", "subjects": SUBJECTS[:3]}),
    Case("self_checks", {"rule": "conservation"}),
    Case("hourly_at", {"points": [7] * 24, "windows": [NOON - n * HOUR for n in range(24)]}),
    Case("daily_at", {"points": [7, 8], "windows": [TODAY - DAY, TODAY]}),
    Case("daily_between", {"points": [7, 8], "since": date(2026, 3, 1), "until": TODAY}),
    Case("daily_first", {"points": POINTS[:10]}),
    Case("facts_again", {"bases": ["hour"], "points": [7, 8], "since": NOON, "until": NOON + DAY}),
    Case("facts_again", {"bases": ["instant"], "points": [7, 8], "since": NOON, "until": NOON + HOUR},
         (NOON, NOON + HOUR), (NOON, NOON + HOUR)),
    Case("verdict_amend", _VERDICT),
    Case("verdict_void", {name: _VERDICT[name] for name in ("rules", "subjects", "starts")}),
    Case("verdict_void_subject", _ONE),
    Case("incident_concerned", {"rules": ["outlet_hour"] * 20, "subjects": SUBJECTS[:20], "since": [NOW - 7 * DAY] * 20}),
    Case("incident_cover", {"rules": ["outlet_hour"], "subject": SUBJECTS[0], "since": NOW - 62 * DAY}),
    Case("verdict_walk", {**_ONE, "since": NOW - 62 * DAY}),
    Case("verdict_walk_first", {**_ONE, "since": NOW - 62 * DAY}),
    Case("incident_since", {**_ONE, "since": NOW - 62 * DAY}),
    Case("incident_stored", {**_ONE, "since": NOW - 62 * DAY}),
    Case("incident_withdraw", {"incident_id": 7, "body": "{}"}),
    Case("incident_lapse", {"incident_id": 7}),
    # sending, whenever a round has ended.
    Case("notice_due", {}),
    Case("notice_free", {"channel": "epb", "now": NOW}),
    Case("notice_fold",
         {"channel": "epb", "now": NOW, "since": NOW - HOUR, "most": 10, "every": HOUR, "gather": HOUR / 120, "quiet": False}),
    Case("notice_claim", {"channel": "epb", "now": NOW, "until": NOW + MINUTE, "at_most": 5}),
    Case("notice_write", {"notice_id": 7, "body": Jsonb({})}),
    Case("notice_folded", {"notice_id": 7}),
    Case("notice_sent", {"notice_id": 7, "at": NOW, "receipt": ""}),
    Case("notice_folded_sent", {"notice_id": 7, "at": NOW, "receipt": ""}),
    Case("notice_release", {"notices": [7], "claim": NOW}),
    Case("notice_retry", {"notice_id": 7, "claim": NOW, "at": NOW, "receipt": "", "refused": 0}),
    Case("notice_give_up", {"notice_id": 7, "at": NOW, "receipt": ""}),
    Case("notice_fall_back", {"notice_id": 7, "at": NOW}),
    # Evidence and rejections, a page at a time.
    Case("batch_walk", {"worker": "w1", "after": 5000, "at_most": 200}),
    Case("rejection_newest", _FILTER),
    Case("rejection_oldest", _FILTER),
    Case("rejection_last", {}),
    Case("rejection_replayed", {"ids": list(range(1, 501))}),
    # `monitor explain`: one Shanghai day.
    Case("explain_batches", {"points": [7, 8], "since": NOON - 20 * HOUR, "until": NOON + 4 * HOUR},
         (NOON - 20 * HOUR, NOON + 4 * HOUR), (NOON - 20 * HOUR, NOON + 4 * HOUR)),
    Case("explain_marks", {"points": [7, 8], "since": NOON - 20 * HOUR, "until": NOON + 4 * HOUR}),
    Case("explain_versions",
         {"points": [7, 8], "since": NOON - 20 * HOUR, "until": NOON + 4 * HOUR, "day": date(2026, 3, 6)}),
    # The evidence of one incident, a page at a time, and the whole chain.
    Case("chain_walk", {"after": 20_000, "at_most": 1000}),
    Case("evidence_chain", {"incident_id": 7, "after": 0, "at_most": 1000}),
    Case("evidence_history", {"incident_id": 7, "after": 0, "at_most": 1000}),
    Case("evidence_incident", {"incident_id": 7}),
    Case("evidence_notices", {"incident_id": 7}),
    Case("evidence_batch", {"batch_id": 77}),
    Case("evidence_readings", {"point": 7, "after": NOON - 20 * HOUR, "until": NOON + 4 * HOUR, "at_most": 5000},
         (NOON - 20 * HOUR, NOON + 4 * HOUR), (NOON - 20 * HOUR, NOON + 4 * HOUR)),
    Case("evidence_size", {"points": [7, 8], "since": NOON - 20 * HOUR, "until": NOON + 4 * HOUR},
         (NOON - 20 * HOUR, NOON + 4 * HOUR), (NOON - 20 * HOUR, NOON + 4 * HOUR)),
    Case("evidence_hours", {"point": 7, "after": NOON - DAY, "until": NOON, "at_most": 1000}),
    Case("evidence_days", {"point": 7, "first": TODAY - 31 * DAY, "last": TODAY}),
    Case("evidence_dropped", {"points": [7, 8], "since": NOON - DAY, "before": NOON}),
    Case("evidence_stale", {"points": [7, 8], "since": NOON - DAY, "until": NOON}),
    Case("evidence_verdict_heads", {"subject": SUBJECTS[0], "since": NOON - DAY, "until": NOON}),
    Case("evidence_verdicts",
         {"subject": SUBJECTS[0], "since": NOON - DAY, "until": NOON, "after_at": FIRST, "after_id": 0, "at_most": 1000}),
    # Every six hours: a little is too old.
    Case("batch_old", {"before": FIRST + HOUR}),
    Case("batch_drop", {"before": FIRST + HOUR, "at_most": 20_000}),
    Case("rejection_old", {"before": FIRST + HOUR}),
    Case("rejection_drop", {"before": FIRST + HOUR, "at_most": 20_000}),
    Case("hourly_old", {"before": NOW - 29 * DAY}),
    Case("daily_old", {"before": TODAY - 390 * DAY}),
    Case("room_stale", {"since": FIRST, "until": FIRST + DAY}),
]  # fmt: skip

#: Queries without a case, and why.
WITHOUT = {
    "a COPY into place: it reads nothing": "reading_copy staging_copy",
    "reads everything, by design: `monitor verify`, called by hand": "batch_rows batch_workers",
    "`monitor explain`, called by hand: verdicts that were amended stand in no index": "explain_verdicts",
    "every six hours, 20,000 rows a time: of the tables here so much that reading all is right": "daily_drop hourly_drop",
    "sessions of the server, no table": "lease_former_end predecessor_end",
    "no table": "line_check notice_lock wake",
    "a table with a row for each lease": "desk_page_evaluator lease_holder lease_release lease_renew lease_take",
    "a table with a row for each account or token": (
        "account_admins account_any account_disable account_enable account_first account_insert account_list account_lock"
        " account_named account_password account_rehash account_session account_tried account_try desk_page_accounts token_insert"
        " token_list token_revoke token_session_ended token_use token_used"
    ),
    "a table of what people plan ahead, a few a week": (
        "desk_page_silences desk_page_swaps desk_silences desk_swaps silence_in_force silence_insert silence_withdraw swap_ahead"
        " swap_insert swap_withdraw"
    ),
    "one row": "acts_told chain_head chain_lock",
    "a table with a row for each thing of the registry": "plan_seen",
    "called by hand, marks and months are few": "evidence_marks evidence_months mark_list",
    "called by hand: `monitor judge`, twice over all incidents, once over what its own transaction wrote": (
        "incident_between judge_changes"
    ),
    "rooms, not rows": "retention_lock retention_patience room_ahead room_drop room_first room_list room_size",
    "writes by key alone, reads no table": (
        "batch_file daily_upsert device_clock_set device_state_set facts_instant hourly_upsert incident_event_insert incident_insert"
        " mark_insert mark_withdraw monthly_upsert plan_forget plan_see progress_get progress_set stale_span notice_insert point_insert registry_change_insert registry_insert rejection_insert room_refresh self_check_set signals_put staging_create"
        " tally_open verdict_insert worker_beat worker_leave"
    ),
    "by the key that incident_withdraw uses": "act_set incident_update",
    "a lock, no table": "derive_lock judge_lock registry_lock",
    "says how the transaction sees, no table": "explain_snapshot",
    "a table with a row for each share": "share_release share_renew share_take",
    "a table of a few rows for each worker": "batch_next desk_tally share_plan tally_astray watch_workers",
    "a table with a row for each device, read whole": "desk_device_clocks desk_device_states watch_heard",
    "the registry: few versions, read when they change": (
        "evidence_registry point_list registry_close registry_current registry_history registry_version"
    ),
}

_BY_INDEX = ("Index Scan", "Index Only Scan", "Bitmap Heap Scan")
_SCANS = (*_BY_INDEX, "Seq Scan")


@pytest.fixture(scope="module")
def filled(cluster: Cluster) -> Iterator[psycopg.Connection]:
    """A connection to a database with a million readings and what belongs to them."""
    place = cluster.url.rsplit("/", 1)[0] + "/plans"
    with psycopg.connect(cluster.admin_url, autocommit=True) as admin:
        admin.execute("CREATE DATABASE plans TEMPLATE monitor OWNER monitor")
    with psycopg.connect(place, autocommit=True, options="-c timezone=UTC") as connection:
        connection.execute("SET synchronous_commit = off")
        connection.execute(FILL)
        connection.execute("ANALYZE " + ", ".join(metadata.tables))
        assert connection.execute("SELECT count(*), max(point_id) FROM point").fetchone() == (100, 100)
        yield connection
    with psycopg.connect(cluster.admin_url, autocommit=True) as admin:
        admin.execute("DROP DATABASE plans WITH (FORCE)")


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def scans(connection: psycopg.Connection, case: Case) -> list[dict[str, Any]]:
    """Run the query of *case* for nothing; return where its plan reads tables, with how often it came to it."""
    with connection.transaction(force_rollback=True):
        if case.is_staged:
            connection.execute(sql.load("staging_create"))
            connection.execute(STAGED)
        # psycopg binds on the server: these are the parameters, and their types, that the service sends.
        statement = f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON)\n{sql.load(case.query)}"
        (found,) = connection.execute(statement.encode(), case.parameters or None).fetchone() or ([],)
    # A custom node stands for a hypertable and has its chunks below it.
    return [node for node in nodes(found[0]["Plan"]) if "Relation Name" in node and node["Node Type"] in _SCANS]


def is_whole(node: dict[str, Any], rows: dict[str, float]) -> bool:
    """Say whether all of a large table was read: a scan that its limit ends early is none."""
    there = rows.get(node["Relation Name"], 0)
    looked_at = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    return node["Node Type"] == "Seq Scan" and there > LARGE and looked_at > there / 4


def rooms(connection: psycopg.Connection, span: Span | None = None) -> set[str]:
    """Partitions or chunks that may hold readings of *span*; all of them without."""
    since, until = span or (FIRST, NOW)
    found = connection.execute("SELECT room, since, until FROM rooms()").fetchall()
    return {room.rsplit(".", 1)[-1].strip('"') for room, begin, end in found if begin <= until and end > since}


def _cases(*, of_readings: bool) -> list[object]:
    return [
        pytest.param(
            case,
            id=case.query,
            marks=[pytest.mark.xfail(strict=True, raises=AssertionError, reason=case.wrong)] if case.wrong else [],
        )
        for case in CASES
        if (case.asked is not None) is of_readings
    ]


@pytest.mark.parametrize("case", _cases(of_readings=False))
def test_no_large_table_is_read_whole(filled: psycopg.Connection, case: Case) -> None:
    rows: dict[str, float] = dict(
        filled.execute("SELECT relname, reltuples FROM pg_class WHERE relkind = 'r'").fetchall()
    )
    whole = [node["Relation Name"] for node in scans(filled, case) if is_whole(node, rows)]
    assert case.whole or whole == []


@pytest.mark.parametrize("case", _cases(of_readings=True))
def test_readings_are_found_by_their_key_in_the_rooms_asked_for(filled: psycopg.Connection, case: Case) -> None:
    found = [node for node in scans(filled, case) if node["Relation Name"] in rooms(filled)]
    if not case.whole:
        for node in found:
            assert node["Node Type"] in _BY_INDEX, node
            assert "point_id" in node.get("Index Cond", node.get("Recheck Cond", "")), node
    assert {node["Relation Name"] for node in found} <= rooms(filled, case.asked)
    assert {node["Relation Name"] for node in found if node["Actual Loops"]} == rooms(filled, case.touched)


def test_every_named_query_has_its_expectation() -> None:
    names = {path.name.removesuffix(".sql") for path in files(sql).iterdir() if path.name.endswith(".sql")}
    with_case = {case.query for case in CASES}
    without = {name for words in WITHOUT.values() for name in words.split()}
    assert with_case | without == names
    assert with_case & without == set()
