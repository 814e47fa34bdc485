-- A worker that stops for good says so.
DELETE FROM worker WHERE worker = %(worker)s
