-- The rules as screens show them: what is new or otherwise is written, what is gone is deleted.
WITH wanted AS (
    SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb) AS w (
        rule text, name text, task int, level text, lead_bureau text
    )
),
gone AS (
    DELETE FROM shown_rule o WHERE NOT EXISTS (SELECT FROM wanted w WHERE w.rule = o.rule)
)
INSERT INTO shown_rule AS o (rule, name, task, level, lead_bureau)
SELECT rule, name, task, level, lead_bureau FROM wanted
ON CONFLICT (rule) DO UPDATE SET
    name = excluded.name, task = excluded.task, level = excluded.level, lead_bureau = excluded.lead_bureau
WHERE (o.name, o.task, o.level, o.lead_bureau)
      IS DISTINCT FROM (excluded.name, excluded.task, excluded.level, excluded.lead_bureau)
