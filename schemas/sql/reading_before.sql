-- The last reading of each of some registers that counts: by a person's newest mark if there is one, else by the device's.
SELECT p.point_id, (date_part('epoch', r.ts) * 1000000)::bigint, r.value, r.mark, r.late
FROM unnest(%(points)s::int[]) AS p (point_id),
LATERAL (
    SELECT ts, value, mark, late FROM reading
    WHERE point_id = p.point_id AND ts <= %(at)s::timestamptz AND ts >= %(at)s::timestamptz - INTERVAL '400 days'
      AND coalesce(
          (
              SELECT m.kind = 'valid' FROM mark m
              WHERE p.point_id = ANY(m.point_ids) AND reading.ts >= m.since AND reading.ts < m.until AND m.withdrawn_at IS NULL
              ORDER BY m.made_at DESC, m.since DESC LIMIT 1
          ),
          mark IN ('N', 'n')
      )
    ORDER BY ts DESC LIMIT 1
) AS r
