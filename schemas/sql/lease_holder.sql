-- Who holds a lease, or held it last.
SELECT holder FROM lease WHERE name = %(lease)s
