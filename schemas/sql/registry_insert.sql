-- A new version in force from now on.
INSERT INTO registry_version (valid_from, applied_by, document)
VALUES (now(), %(applied_by)s, %(document)s) RETURNING version_id
