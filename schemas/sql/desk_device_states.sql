-- Which devices said that they are there or gone.
SELECT site_id, device_id, online, changed_at FROM device_state
