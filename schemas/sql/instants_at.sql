-- Single readings by point and instant, each with what a person marked its time as, the last mark first.
SELECT r.point_id, r.ts, r.value, r.mark, r.late, (
    SELECT m.kind FROM mark m
    WHERE m.withdrawn_at IS NULL AND m.until > r.ts AND m.since <= r.ts AND r.point_id = ANY(m.point_ids)
    ORDER BY m.mark_id DESC LIMIT 1
) AS said
FROM unnest(%(points)s::int[], %(instants)s::timestamptz[]) AS asked (point_id, ts)
JOIN reading r USING (point_id, ts)
-- Said once for all, so that rooms nobody asks for are not looked into.
WHERE r.ts >= %(first)s AND r.ts <= %(last)s
