-- Keeps locks and large objects from whoever may only read: held by a stranger, an advisory lock of ours would stop every round.
-- For a superuser, in the service's database; the database's owner keeps what is taken from all.
DO $$
DECLARE
    keeper NAME := (SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database());
    one REGPROCEDURE;
BEGIN
    FOR one IN
        SELECT oid FROM pg_proc
        WHERE pronamespace = 'pg_catalog'::regnamespace AND proname ~ '^(pg_(try_)?advisory_|lo_|lowrite|loread)'
    LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', one, keeper);
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', one);
    END LOOP;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'monitor_reader') THEN
        ALTER ROLE monitor_reader NOSUPERUSER NOREPLICATION NOBYPASSRLS;
    END IF;
END $$
