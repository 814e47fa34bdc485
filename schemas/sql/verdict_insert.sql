-- The verdict in force, unless the same already stands.
INSERT INTO verdict (rule, subject, point_id, window_start, window_end, outcome, value, limit_value, limit_id, body)
VALUES (%(rule)s, %(subject)s, %(point_id)s, %(window_start)s, %(window_end)s, %(outcome)s, %(value)s,
        %(limit_value)s, %(limit_id)s, %(body)s)
ON CONFLICT (subject, rule, window_start) WHERE amended_at IS NULL DO NOTHING
