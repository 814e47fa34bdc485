-- Take a batch in binary, straight into place: the fast way, when no key was stored before.
COPY reading (ts, value, batch_id, point_id, mark, late) FROM STDIN (FORMAT BINARY)
