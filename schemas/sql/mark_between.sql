-- Marks in force that touch a span, for some points.
SELECT point_ids, (date_part('epoch', since) * 1000000)::bigint, (date_part('epoch', until) * 1000000)::bigint, kind,
       (date_part('epoch', made_at) * 1000000)::bigint
FROM mark
WHERE until > %(since)s AND since < %(until)s AND withdrawn_at IS NULL AND point_ids && %(points)s::int[]
