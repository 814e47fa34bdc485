"""What ingest tells Prometheus. received = stored + duplicate + rejected + in flight, counted in values."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

from schemas.catalog.enums import Reason

RECEIVED = Counter("ingest_values_received_total", "Values received and settled by a commit")
STORED = Counter("ingest_values_stored_total", "Values stored")
DUPLICATE = Counter("ingest_values_duplicate_total", "Values that were stored before, equal")
REJECTED = Counter("ingest_values_rejected_total", "Values refused, kept with reason and bytes", ["reason"])
MESSAGES = Counter("ingest_messages_total", "Messages committed and acknowledged")
REPEATS = Gauge("ingest_broker_repeats", "Messages the broker sent again while in flight", multiprocess_mode="livesum")
IN_FLIGHT = Gauge("ingest_messages_in_flight", "Messages received, not yet acknowledged", multiprocess_mode="livesum")
COMMIT_SECONDS = Histogram(
    "ingest_commit_seconds", "Time of one commit", buckets=(0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
)
DATABASE_AWAY = Counter("ingest_database_away_total", "Times a commit found the database away")

for _reason in Reason:
    REJECTED.labels(reason=_reason.value)
