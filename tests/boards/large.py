"""A county of 300 more sewage plants, filled by SQL up to now: what the boards' queries are timed on.

The example's own sites are there too, truly derived and judged, so that every board has something to show.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg

from alerts import shown
from alerts.judge import rules
from alerts.judge.families import subjects_of
from schemas.registry import store
from schemas.runtime import database
from schemas.times import DAY, day_of, day_start
from tests.bench import county as bench
from tests.bench.filling import STEP, Series, fill, fill_daily, fill_hourly, fill_verdicts, flat, say
from tests.boards import filled

if TYPE_CHECKING:
    from schemas.registry.model import Document
    from schemas.registry.store import Registry

_PREFIX = "plant-"
_HOURS, _DAYS = 35 * DAY, 400 * DAY
#: Incidents of a year, some of which last, with three notices each; rejections and batches of a month.
_HAPPENED = """
INSERT INTO incident (rule, subject, site_id, device_id, state, level, lead_bureau, began_at, opened_at, ended_at, last_window, body,
                      acked_at, ack_due, settled_at)
SELECT rule, subject, site_id, 'outlet', CASE WHEN n > 1 OR s %% 10 > 0 THEN 'closed' WHEN s %% 20 = 0 THEN 'unknown' ELSE 'open' END,
       (ARRAY['blue', 'yellow', 'orange', 'red'])[1 + s %% 4], 'epb', at, at, CASE WHEN n > 1 OR s %% 10 > 0 THEN at + interval '5 hours' END,
       at, jsonb_build_object('title', title, 'value', 6.1, 'limit', 5, 'unit', 'mg/L', 'note', repeat('x', 800)),
       at + interval '9 minutes', at + interval '30 minutes', CASE WHEN n > 1 OR s %% 10 > 0 THEN at + interval '1 day' END
FROM (SELECT *, row_number() OVER (ORDER BY subject) AS s FROM shown_subject WHERE rule = 'sewage_hour' AND site_id LIKE %(prefix)s || '%%') AS j,
     generate_series(1, 14) AS n, LATERAL (SELECT now() - make_interval(hours => n::int * 620 + s::int %% 600) AS at) AS t
ON CONFLICT DO NOTHING;
INSERT INTO notice (incident_id, event_id, step, channel, recipient, level, body, made_at, next_attempt_at, attempts, sent_at)
SELECT incident_id, -incident_id * 10 - c.n, 'opened', c.channel, '', level, body, opened_at, opened_at, 1, opened_at + interval '3 seconds'
FROM incident, (VALUES (1, 'log'), (2, 'epb'), (3, 'mail')) AS c (n, channel) WHERE site_id LIKE %(prefix)s || '%%';
INSERT INTO rejection (received_at, reason, topic, site_id, device_id, details, refused, payload, batch_id)
SELECT now() - make_interval(secs => n * 26), 'out_of_range', 't', 'plant-00' || n %% 10, 'outlet', ARRAY['x'], 1,
       convert_to(repeat(md5(n::text), 5), 'UTF8'), n FROM generate_series(1, 100000) AS n;
INSERT INTO batch (worker, received_from, received_to, messages, stored, duplicate, rejected, told, payload, digest)
SELECT 'w', at, at, 300, 2400, 0, 0, 0, convert_to(repeat(md5(n::text), 20), 'UTF8'), sha256(n::text::bytea)
FROM generate_series(1, 44640) AS n, LATERAL (SELECT now() - make_interval(mins => n)) AS t (at)
"""


def fill_large(url: str, rows: int, sites: int) -> None:
    """Fill the migrated database at *url* with *rows* raw readings of *sites* plants and all that follows from such."""
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    more = bench.document(sites, interval_s=60, outlets=True).model_dump(mode="json", exclude_none=True)["sites"]
    # The plants come afterwards: nothing is derived or judged of them but what stands here.
    asyncio.run(filled.fill(url, filled.county(), now))
    registry = asyncio.run(_registry(url, filled.county(*more)))
    sent, derived = _points(registry)
    hour = now.replace(minute=0)
    say(f"{len(sent.points)} points of {sites} plants send, {len(derived.points)} are derived")
    fill_hourly(url, Series(sent.points + derived.points, sent.bases + derived.bases), hour - _HOURS, hour)
    fill_daily(url, Series(sent.points + derived.points, sent.bases + derived.bases), now - _DAYS, now)
    judged = [one for one in subjects_of(registry, day_of(now)) if one.site_id.startswith(_PREFIX)]
    fill_verdicts(url, judged, day_start(day_of(now - _HOURS)), day_start(day_of(now)))
    with psycopg.connect(url, autocommit=True) as db:
        for statement in _HAPPENED.split(";"):
            db.execute(statement.encode(), {"prefix": _PREFIX})
    minutes = -(-rows // len(sent.points))
    rate = fill(url, sent, now - timedelta(minutes=minutes), now + STEP, "boards")
    say(f"{minutes * len(sent.points):,} readings, {rate:,.0f}/s")
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("VACUUM (ANALYZE)")


async def _registry(url: str, wanted: Document) -> Registry:
    async with database.connect(url, "bench") as db:
        await store.apply(db, wanted, applied_by="bench")
        await shown.refresh(db, rules.load())
        found = await store.current(db)
    assert found is not None
    return found


def _points(registry: Registry) -> tuple[Series, Series]:
    """Return the plants' points that devices send, and those that are derived."""
    sent = [n for (site, place, _), n in registry.points.items() if site.startswith(_PREFIX) and place == "outlet"]
    rest = [n for (site, place, _), n in registry.points.items() if site.startswith(_PREFIX) and place != "outlet"]
    return flat(sent), flat(rest)
