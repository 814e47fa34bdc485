-- From now on screens show this version of the registry.
INSERT INTO shown_version (name, registry_version, digest) VALUES ('registry', %(version)s, %(digest)b::text)
ON CONFLICT (name) DO UPDATE SET registry_version = excluded.registry_version, digest = excluded.digest, filled_at = now()
