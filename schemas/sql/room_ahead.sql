-- Room for the days to come, before the first reading of the day needs it.
SELECT make_room(%(days)s::date[])
