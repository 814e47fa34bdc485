-- Towns with sites, the whole county first.
SELECT '全县' AS __text, '全县' AS __value UNION ALL (SELECT DISTINCT s.town, s.town FROM screen.site s ORDER BY 1)
