-- What is judged, as screens show it: what is new or otherwise is written, what is gone is deleted.
WITH wanted AS (
    SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb) AS w (
        rule text, subject text, site_id text, title text, point_id int, factor text, basis text
    )
),
gone AS (
    DELETE FROM shown_subject o WHERE NOT EXISTS (SELECT FROM wanted w WHERE w.rule = o.rule AND w.subject = o.subject)
)
INSERT INTO shown_subject AS o (rule, subject, site_id, title, point_id, factor, basis)
SELECT rule, subject, site_id, title, point_id, factor, basis FROM wanted
ON CONFLICT (rule, subject) DO UPDATE SET
    site_id = excluded.site_id, title = excluded.title, point_id = excluded.point_id, factor = excluded.factor,
    basis = excluded.basis
WHERE (o.site_id, o.title, o.point_id, o.factor, o.basis)
      IS DISTINCT FROM (excluded.site_id, excluded.title, excluded.point_id, excluded.factor, excluded.basis)
