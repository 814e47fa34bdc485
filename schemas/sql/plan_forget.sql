-- Things that are no more: should they come back, they are derived anew.
DELETE FROM plan_seen WHERE kind = %(kind)s AND key = ANY(%(keys)s::text[])
