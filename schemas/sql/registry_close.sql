-- End the version in force.
UPDATE registry_version SET valid_to = now() WHERE valid_to IS NULL
