-- The read-only role of Grafana: made, or brought to what it should be. Needs a superuser, or CREATEROLE.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'monitor_reader') THEN
        CREATE ROLE monitor_reader;
    END IF;
    EXECUTE format('ALTER ROLE monitor_reader LOGIN NOCREATEDB NOCREATEROLE CONNECTION LIMIT 20 PASSWORD %L',
                   current_setting('reader.verifier'));
    -- What a board asks for is small: what takes longer is wrong, and must not keep the server busy.
    ALTER ROLE monitor_reader SET default_transaction_read_only = on;
    ALTER ROLE monitor_reader SET statement_timeout = '15s';
    ALTER ROLE monitor_reader SET idle_in_transaction_session_timeout = '60s';
    ALTER ROLE monitor_reader SET work_mem = '32MB';
    ALTER ROLE monitor_reader SET jit = off;
    ALTER ROLE monitor_reader SET timezone = 'UTC';
    -- TimescaleDB's time_bucket, which Grafana may ask for, lies in public.
    ALTER ROLE monitor_reader SET search_path = screen, public;
END $$
