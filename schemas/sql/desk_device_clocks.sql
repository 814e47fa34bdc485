-- How far each device's newest instant lay behind our clock when it came.
SELECT site_id, device_id, lag_s FROM device_clock
