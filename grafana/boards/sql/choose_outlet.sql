-- Outlets that are judged.
SELECT DISTINCT j.site || ' ' || split_part(j.subject, '/', 2) AS __text,
       split_part(j.subject, '/', 1) || '/' || split_part(j.subject, '/', 2) AS __value
FROM screen.subject j WHERE j.rule = 'sewage_day' ORDER BY 1
