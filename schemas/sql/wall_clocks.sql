-- When each device was heard last, and how far its newest instant lay behind our clock then.
SELECT site_id, device_id, received_at, lag_s FROM device_clock
