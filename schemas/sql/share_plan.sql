-- How many shares the sessions were made for; the first to ask decides.
WITH first AS (
    INSERT INTO share_plan (shares) SELECT %(shares)s WHERE NOT EXISTS (SELECT FROM share_plan) RETURNING shares
)
SELECT shares FROM share_plan UNION ALL SELECT shares FROM first LIMIT 1
