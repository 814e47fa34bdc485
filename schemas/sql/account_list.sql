-- All accounts by name, without their secrets.
SELECT name, role, person, site_id, must_change, failed, locked_until, made_at, disabled_at FROM account ORDER BY name
