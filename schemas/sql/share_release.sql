-- Serve a share no more: whoever wants it may have it at once.
DELETE FROM share_lease WHERE share = ANY(%(shares)s::int[]) AND instance = %(instance)s
