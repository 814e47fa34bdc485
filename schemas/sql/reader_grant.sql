-- What Grafana's role may in this database, where there is such a role: the views of `screen`, those of later versions too.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'monitor_reader') THEN
        -- Our own tables of a session live by the same right, which an owner has anyway.
        IF EXISTS (SELECT FROM pg_database WHERE datname = current_database() AND datdba = current_user::regrole) THEN
            EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
        END IF;
        EXECUTE format('GRANT CONNECT ON DATABASE %I TO monitor_reader', current_database());
        GRANT USAGE ON SCHEMA screen TO monitor_reader;
        GRANT SELECT ON ALL TABLES IN SCHEMA screen TO monitor_reader;
        ALTER DEFAULT PRIVILEGES IN SCHEMA screen GRANT SELECT ON TABLES TO monitor_reader;
    END IF;
END $$
