-- How far a device's newest instant lay behind our clock when it came; negative: the device's clock is ahead.
INSERT INTO device_clock (site_id, device_id, received_at, lag_s)
VALUES (%(site_id)s, %(device_id)s, %(received_at)s, %(lag_s)s)
ON CONFLICT (site_id, device_id) DO UPDATE SET received_at = excluded.received_at, lag_s = excluded.lag_s
WHERE device_clock.received_at <= excluded.received_at
