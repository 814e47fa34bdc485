-- The windows in force of some subjects of one rule.
SELECT subject, window_start FROM verdict
WHERE rule = %(rule)s AND subject = ANY(%(subjects)s::text[]) AND amended_at IS NULL
