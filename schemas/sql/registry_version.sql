-- Which version of the registry is in force.
SELECT version_id FROM registry_version WHERE valid_to IS NULL
