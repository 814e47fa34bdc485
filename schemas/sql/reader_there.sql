-- Whether there is Grafana's role, and who we are.
SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = 'monitor_reader'), current_user
