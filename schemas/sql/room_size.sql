-- How many days a room shall hold from the next one on.
SELECT size_rooms(%(days)s)
