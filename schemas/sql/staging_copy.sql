-- Take a batch in binary.
COPY staging (ts, value, batch_id, point_id, mark, late) FROM STDIN (FORMAT BINARY)
