-- Ends all sessions of the holder whose lease we have taken over: one that hangs in a transaction keeps its locks, and would
-- commit when it wakes. Nothing is lost by it: what was not committed is judged again.
SELECT pid, pg_terminate_backend(pid)
FROM pg_stat_activity
WHERE usename = current_user AND datname = current_database()
  AND starts_with(application_name, %(application)s) AND pid <> pg_backend_pid()
