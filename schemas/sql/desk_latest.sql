-- The newest reading of each point since a time.
SELECT p.point_id, r.ts, r.value, r.mark, r.late
FROM unnest(%(points)s::int[]) AS p (point_id)
CROSS JOIN LATERAL (
    SELECT ts, value, mark, late FROM reading
    WHERE point_id = p.point_id AND ts > %(since)s ORDER BY ts DESC LIMIT 1
) r
