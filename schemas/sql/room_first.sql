-- The first instant whose readings are still there, by whole rooms.
SELECT min(since) FROM rooms()
