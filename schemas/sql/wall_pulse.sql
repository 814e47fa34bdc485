-- What moves when something is committed that the wall shows. Not an amendment alone, nor a derived value: those it sees in time.
SELECT (SELECT max(committed_at) FROM tally) AS committed_at,
       (SELECT max(changed_at) FROM device_state) AS state_at,
       (SELECT max(verdict_id) FROM verdict) AS verdict,
       (SELECT max(event_id) FROM incident_event) AS event,
       (SELECT max(version_id) FROM registry_version) AS registry
