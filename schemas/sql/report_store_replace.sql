-- Older versions of a report that the public still sees give way to the one that is released now.
UPDATE publication p SET withdrawn_by = %(by)s, withdrawn_at = now(), reason = %(reason)s
FROM report o, report n
WHERE n.report_id = %(report_id)s AND (o.kind, o.scope, o.period) = (n.kind, n.scope, n.period) AND o.report_id <> n.report_id
  AND p.report_id = o.report_id AND p.withdrawn_at IS NULL
