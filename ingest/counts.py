"""What ingest tells Prometheus. received = stored + duplicate + rejected + in hand, counted in values; messages likewise."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

from schemas.catalog.enums import Reason

RECEIVED = Counter(
    "ingest_values_received_total", "Values received, counted when decoded; a message without values is 1"
)
STORED = Counter("ingest_values_stored_total", "Values stored")
DUPLICATE = Counter("ingest_values_duplicate_total", "Values that were stored before, equal")
REJECTED = Counter("ingest_values_rejected_total", "Values refused, kept with reason and bytes", ["reason"])
IN_HAND = Gauge("ingest_values_in_hand", "Values decoded, not yet committed", multiprocess_mode="livesum")
LATE = Counter("ingest_values_late_total", "Values stored that came late (a backlog)")
MESSAGES = Counter("ingest_messages_total", "Messages committed and acknowledged")
MESSAGES_RECEIVED = Counter("ingest_messages_received_total", "Messages received, counted as they come off the broker")
IN_FLIGHT = Gauge("ingest_messages_in_flight", "Messages received, not yet acknowledged", multiprocess_mode="livesum")
REPEATS = Gauge("ingest_broker_repeats", "Messages the broker sent again while in flight", multiprocess_mode="livesum")
SESSIONS = Gauge("ingest_broker_sessions", "Sessions on the broker that are connected", multiprocess_mode="livesum")
SESSIONS_LOST = Gauge("ingest_broker_sessions_lost", "Sessions the broker had forgotten", multiprocess_mode="livesum")
COMMIT_SECONDS = Histogram(
    "ingest_commit_seconds", "Time of one commit", buckets=(0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
)
DATABASE_AWAY = Counter("ingest_database_away_total", "Times a commit found the database away")
DIFFERENCE = Gauge("ingest_difference", "Received less all that was settled or is in hand: must be 0", ["of"],
                   multiprocess_mode="livesum")  # fmt: skip

for _reason in Reason:
    REJECTED.labels(reason=_reason.value)
for _unit in ("messages", "values"):
    DIFFERENCE.labels(of=_unit)
