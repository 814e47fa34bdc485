-- A birth or a last will; an older one never replaces a newer one, and one said again does not move the time of change.
INSERT INTO device_state (site_id, device_id, online, changed_at)
VALUES (%(site_id)s, %(device_id)s, %(online)s, %(changed_at)s)
ON CONFLICT (site_id, device_id) DO UPDATE SET online = excluded.online, changed_at = excluded.changed_at
WHERE device_state.changed_at <= excluded.changed_at AND device_state.online <> excluded.online
