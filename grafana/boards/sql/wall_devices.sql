-- How many devices send and how many are silent (no reading for two of their intervals); nothing where none is registered.
SELECT CASE WHEN count(*) > 0 THEN count(*) FILTER (WHERE NOT silent) END AS "在线设备",
       CASE WHEN count(*) > 0 THEN count(*) FILTER (WHERE silent) END AS "静默设备"
FROM screen.device
