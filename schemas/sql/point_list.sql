-- All series there ever were.
SELECT site_id, device_id, factor, point_id FROM point
