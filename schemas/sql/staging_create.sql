-- Where a batch lands before the keys are compared. One per connection; empty after each commit.
CREATE TEMP TABLE IF NOT EXISTS staging (
    ts timestamptz NOT NULL,
    value double precision NOT NULL,
    batch_id bigint NOT NULL,
    point_id integer NOT NULL,
    mark char(1) NOT NULL,
    late boolean NOT NULL
) ON COMMIT DELETE ROWS
