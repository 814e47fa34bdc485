-- Ends our own earlier sessions that have hung in one transaction for longer than any of our statements may take. The
-- server does not: its timeouts do not fire while a COPY waits for data of a client that a firewall or pooler has forgotten,
-- and that transaction holds the worker's chain. Nothing is lost by it: what was not committed was not acknowledged.
SELECT pid, pg_terminate_backend(pid)
FROM pg_stat_activity
WHERE
    usename = current_user
    AND datname = current_database()
    AND application_name = current_setting('application_name')
    AND pid <> pg_backend_pid()
    AND xact_start < now() - current_setting('statement_timeout')::interval
