-- One line of a version's history.
INSERT INTO registry_change (version_id, kind, key, action, before, after)
VALUES (%(version_id)s, %(kind)s, %(key)s, %(action)s, %(before)s, %(after)s)
