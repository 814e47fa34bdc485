-- Verdicts that say otherwise now stay in the table, marked amended; another version that says the same amends nothing.
UPDATE verdict AS v SET amended_at = now()
FROM unnest(%(rules)b::text[], %(subjects)b::text[], %(starts)s::timestamptz[], %(outcomes)b::text[], %(values)s::float8[],
            %(limits)s::float8[], %(limit_ids)b::text[], %(bodies)b::text[])
    AS said (rule, subject, window_start, outcome, value, limit_value, limit_id, body)
WHERE v.subject = said.subject AND v.rule = said.rule AND v.window_start = said.window_start AND v.amended_at IS NULL
  AND (v.outcome, v.value, v.limit_value, v.limit_id, v.body - 'rule_version')
      IS DISTINCT FROM (said.outcome, said.value, said.limit_value, said.limit_id, said.body::jsonb - 'rule_version')
