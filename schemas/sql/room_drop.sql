-- Drop one room: the oldest.
SELECT drop_room(%(until)s)
