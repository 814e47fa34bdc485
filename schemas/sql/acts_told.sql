-- People's acts up to a line of the history have been told; returns nothing where they had been already.
INSERT INTO chain_head (name, seq) VALUES ('acts_told', %(seq)s)
ON CONFLICT (name) DO UPDATE SET seq = excluded.seq WHERE chain_head.seq < excluded.seq
RETURNING seq
