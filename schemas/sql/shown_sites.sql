-- The sites of the registry as screens show them: what is new or otherwise is written, what is gone is deleted.
WITH wanted AS (
    SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb) AS w (
        site_id text, name text, kind text, kind_zh text, town text, bureau_id text, bureau text
    )
),
gone AS (
    DELETE FROM shown_site o WHERE NOT EXISTS (SELECT FROM wanted w WHERE w.site_id = o.site_id)
)
INSERT INTO shown_site AS o (site_id, name, kind, kind_zh, town, bureau_id, bureau)
SELECT site_id, name, kind, kind_zh, town, bureau_id, bureau FROM wanted
ON CONFLICT (site_id) DO UPDATE SET
    name = excluded.name, kind = excluded.kind, kind_zh = excluded.kind_zh, town = excluded.town,
    bureau_id = excluded.bureau_id, bureau = excluded.bureau
WHERE (o.name, o.kind, o.kind_zh, o.town, o.bureau_id, o.bureau)
      IS DISTINCT FROM (excluded.name, excluded.kind, excluded.kind_zh, excluded.town, excluded.bureau_id, excluded.bureau)
