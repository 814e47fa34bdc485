-- Whether Grafana's role is kept from the service's own locks.
SELECT NOT has_function_privilege('monitor_reader', 'pg_catalog.pg_advisory_lock(bigint)', 'EXECUTE')
