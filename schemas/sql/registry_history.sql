-- What changed when, newest first.
SELECT v.version_id, v.valid_from, v.applied_by, c.kind, c.key, c.action, c.before, c.after
FROM registry_version v JOIN registry_change c USING (version_id)
ORDER BY v.version_id DESC, c.kind, c.key
