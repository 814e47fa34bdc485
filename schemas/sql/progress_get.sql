-- How far something has come.
SELECT at FROM progress WHERE name = %(what)s
