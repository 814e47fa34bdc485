-- The points of the registry as screens show them: what is new or otherwise is written, what is gone is deleted.
WITH wanted AS (
    SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb) AS w (
        point_id int, site_id text, place text, place_name text, place_kind text, outlet text, factor text,
        name text, unit text, decimals int, interval_s int, counter boolean
    )
),
gone AS (
    DELETE FROM shown_point o WHERE NOT EXISTS (SELECT FROM wanted w WHERE w.point_id = o.point_id)
)
INSERT INTO shown_point AS o (point_id, site_id, place, place_name, place_kind, outlet, factor, name, unit, decimals, interval_s, counter)
SELECT point_id, site_id, place, place_name, place_kind, outlet, factor, name, unit, decimals, interval_s, counter FROM wanted
ON CONFLICT (point_id) DO UPDATE SET
    site_id = excluded.site_id, place = excluded.place, place_name = excluded.place_name,
    place_kind = excluded.place_kind, outlet = excluded.outlet, factor = excluded.factor, name = excluded.name,
    unit = excluded.unit, decimals = excluded.decimals, interval_s = excluded.interval_s,
    counter = excluded.counter
WHERE (o.site_id, o.place, o.place_name, o.place_kind, o.outlet, o.factor, o.name, o.unit, o.decimals, o.interval_s, o.counter)
      IS DISTINCT FROM (excluded.site_id, excluded.place, excluded.place_name, excluded.place_kind, excluded.outlet, excluded.factor, excluded.name, excluded.unit, excluded.decimals, excluded.interval_s, excluded.counter)
