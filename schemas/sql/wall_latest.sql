-- Readings newer than those the wall holds: of each point the newest after its own instant (µs since 1970), none before *since*.
SELECT p.point_id, r.ts, r.value, r.mark, r.late
FROM unnest(%(points)s::int[], %(held_us)s::bigint[]) AS p (point_id, held_us)
CROSS JOIN LATERAL (
    SELECT ts, value, mark, late FROM reading
    WHERE point_id = p.point_id AND ts > timestamptz '1970-01-01 00:00:00Z' + p.held_us * INTERVAL '1 microsecond'
      -- Known when the query is planned: the rooms before it are not even looked at.
      AND ts > %(since)s::timestamptz
    ORDER BY ts DESC LIMIT 1
) r
