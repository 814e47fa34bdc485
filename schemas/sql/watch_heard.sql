-- When each device was last heard, by our clock, and how far its newest instant lay behind it.
SELECT site_id, device_id, received_at, lag_s FROM device_clock
