-- Incidents at which the desk's clock must look now, the gravest first.
SELECT incident_id FROM incident
WHERE next_step_at <= %(now)s
ORDER BY array_position('{red,orange,yellow,blue}'::text[], level), next_step_at LIMIT %(at_most)s
