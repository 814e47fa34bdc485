-- File a version of a report; it stands for ever.
INSERT INTO report (kind, scope, period, first_day, last_day, version, made_at, made_by, digest, paper, changes)
VALUES (%(kind)s, %(scope)s, %(period)s, %(first_day)s, %(last_day)s, %(version)s, %(made_at)s, %(made_by)s, %(digest)s,
        %(paper)s, %(changes)s)
RETURNING report_id
