-- The versions of the registry that were in force at some time in a span; without one, the first there ever was.
SELECT version_id, valid_from, valid_to, applied_by, document
FROM registry_version
WHERE (valid_from < %(until)s::timestamptz AND coalesce(valid_to, 'infinity') > %(since)s::timestamptz)
   OR version_id = (SELECT min(version_id) FROM registry_version)
      AND valid_from >= %(until)s::timestamptz
ORDER BY version_id
