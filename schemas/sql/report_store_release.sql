-- Let the public see a version of a report.
INSERT INTO publication (report_id, released_by) VALUES (%(report_id)s, %(by)s) RETURNING publication_id
