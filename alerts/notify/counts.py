"""What sending tells Prometheus."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

SENT = Counter("notices_sent_total", "Notices a channel took; those of a digest count one by one", ["channel"])
FAILED = Counter("notices_failed_total", "Sendings a channel did not take", ["channel", "reason"])
WAITING = Gauge("notices_waiting", "Notices not yet taken; a digest counts once", multiprocess_mode="mostrecent")
DELAY = Histogram(
    "notice_delay_seconds",
    "From the incident's step to the channel's receipt",
    buckets=(0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 600, 3600, 86400),
)
