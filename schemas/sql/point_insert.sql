-- A series keeps its number for ever.
INSERT INTO point (site_id, device_id, factor) VALUES (%(site_id)s, %(device_id)s, %(factor)s)
ON CONFLICT ON CONSTRAINT point_identity DO NOTHING
