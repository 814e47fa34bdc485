-- When each device was last heard, by our clock.
SELECT site_id, device_id, received_at FROM device_clock
