-- The rooms whose readings are all older than a time, oldest first.
SELECT room, since, until FROM rooms() WHERE until <= %(before)s ORDER BY since
