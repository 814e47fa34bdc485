-- I am here; who else is?
WITH me AS (
    INSERT INTO worker (worker, seen_at) VALUES (%(worker)s, now())
    ON CONFLICT (worker) DO UPDATE SET seen_at = excluded.seen_at
)
SELECT worker FROM worker WHERE seen_at > now() - make_interval(secs => %(gone_after_s)s) AND worker <> %(worker)s
UNION ALL SELECT %(worker)s::text
