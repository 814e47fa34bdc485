-- The bureaus of the registry as screens show them: what is new or otherwise is written, what is gone is deleted.
WITH wanted AS (
    SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb) AS w (bureau_id text, name text)
),
gone AS (
    DELETE FROM shown_bureau o WHERE NOT EXISTS (SELECT FROM wanted w WHERE w.bureau_id = o.bureau_id)
)
INSERT INTO shown_bureau AS o (bureau_id, name)
SELECT bureau_id, name FROM wanted
ON CONFLICT (bureau_id) DO UPDATE SET name = excluded.name
WHERE o.name <> excluded.name
