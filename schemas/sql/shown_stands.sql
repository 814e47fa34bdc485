-- Whether screens show the registry in force by this digest; no row where there is no registry.
SELECT coalesce(s.registry_version = v.version_id AND s.digest = %(digest)b::text, false)
FROM registry_version v LEFT JOIN shown_version s ON s.name = 'registry'
WHERE v.valid_to IS NULL
