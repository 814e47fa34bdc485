-- One incident with every column that is kept of it.
SELECT * FROM incident WHERE incident_id = %(incident_id)s
