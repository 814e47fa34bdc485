-- The registry in force.
SELECT version_id, document FROM registry_version WHERE valid_to IS NULL
