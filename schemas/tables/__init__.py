"""The schema as it stands after all migrations. A test proves both equal.

Times are ``timestamptz``; days are Asia/Shanghai days. ``reading`` is a hypertable where TimescaleDB is present and
a table partitioned by UTC day where it is not; nothing outside `schemas.runtime` can tell.
"""

from __future__ import annotations

from schemas.tables import duty, judged, received, shown
from schemas.tables.base import metadata

__all__ = ["duty", "judged", "metadata", "received", "shown"]
