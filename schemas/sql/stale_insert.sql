-- Windows whose readings changed: derive them again.
INSERT INTO stale_window (hour, point_ids) VALUES (%(hour)s, %(point_ids)s)
