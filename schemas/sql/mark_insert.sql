-- A person marks a period of some points.
INSERT INTO mark (site_id, device_id, point_ids, kind, since, until, reason, evidence, made_by)
VALUES (%(site_id)s, %(device_id)s, %(point_ids)s, %(kind)s, %(since)s, %(until)s, %(reason)s, %(evidence)s, %(made_by)s)
RETURNING mark_id
