"""What the server does for each named query, on a database with a million readings: no part of them is read in vain."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from schemas import sql
from schemas.tables import metadata
from tests.integration import plan_cases, plan_cases_screens
from tests.integration.plan_cases import FIRST, NOW, Case, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Cluster

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
UPDATE chain_head SET seq = (SELECT max(seq) FROM incident_event) WHERE name = 'incident_event';
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
INSERT INTO report (kind, scope, period, first_day, last_day, version, made_by, digest, paper)
SELECT k, 'plant-' || s, d::date::text, d, d, v, 'schedule', md5(d::text), jsonb_build_object('title', repeat('x', 200))
FROM unnest(ARRAY['day', 'publicity']) AS k, generate_series(1, 40) AS s, generate_series(1, 2) AS v,
     generate_series('2025-08-01'::date, '2026-03-08', '1 day') AS d;
INSERT INTO publication (report_id, released_by) SELECT report_id, 'he' FROM report
WHERE kind = 'publicity' AND scope = 'plant-1' AND version = 2 AND extract(day FROM last_day) = 1;
"""
CASES = plan_cases.CASES + plan_cases_screens.CASES
#: A batch as it lies in staging: 6,000 rows of the newest half-hour, every second one stored before.
STAGED = (
    "INSERT INTO staging SELECT '2026-03-08 23:30+00'::timestamptz + make_interval(secs => n * 30), n, 10081, point, 'N', false"
    " FROM generate_series(0, 59) AS n, generate_series(1, 100) AS point"
)

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
    without = {
        name for where in (plan_cases, plan_cases_screens) for words in where.WITHOUT.values() for name in words.split()
    }
    assert with_case | without == names
    assert with_case & without == set()
