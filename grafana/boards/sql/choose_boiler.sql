-- Boilers.
SELECT p.site || ' ' || p.place_name AS __text, p.site_id || '/' || p.place AS __value
FROM screen.point p WHERE p.factor = 'yx_b_efficiency' ORDER BY 1
