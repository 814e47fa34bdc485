-- Now by the database's clock, when the registry last changed, and the last verdict there is.
SELECT now(), (SELECT max(valid_from) FROM registry_version), (SELECT coalesce(max(verdict_id), 0) FROM verdict)
