-- What a worker found when it last proved its sums.
INSERT INTO self_check (worker, checked_at, wrong_since, body)
VALUES (%(worker)s, now(), %(wrong_since)s, %(body)s)
ON CONFLICT (worker) DO UPDATE SET
    checked_at = excluded.checked_at, wrong_since = excluded.wrong_since, body = excluded.body
