-- Who was told of an incident, by which channel, of what.
SELECT DISTINCT recipient, channel, step FROM notice WHERE incident_id = %(incident_id)s
