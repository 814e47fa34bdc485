-- Something has come so far.
INSERT INTO progress (name, at) VALUES (%(what)s, %(at)s)
ON CONFLICT (name) DO UPDATE SET at = excluded.at
