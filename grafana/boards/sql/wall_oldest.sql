-- Seconds since the oldest incident that lasts was opened.
SELECT extract(epoch FROM now() - min(opened_at))::float8 AS "最久未结" FROM screen.incident WHERE <<lasting>>
