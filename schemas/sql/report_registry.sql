-- The registry in force just before an instant; where none was yet, the first there ever was.
SELECT version_id, document FROM registry_version
WHERE valid_from < %(at)s::timestamptz OR version_id = (SELECT min(version_id) FROM registry_version)
ORDER BY version_id DESC LIMIT 1
