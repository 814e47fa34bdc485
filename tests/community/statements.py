"""What a person may do with compression by hand; what turns it on is `schemas.runtime.compression`.

Chunks are compressed only after the lateness horizon: writing into a compressed chunk works, and costs more.
"""

from __future__ import annotations

from schemas.runtime.compression import HORIZON_DAYS, LICENSED
from schemas.runtime.compression import STATEMENTS as MIGRATION

#: Take it back: with compression on, columns can be added and dropped, but not change their type.
DOWNGRADE = (
    "SELECT remove_compression_policy('reading', if_exists => true)",
    "SELECT decompress_chunk(chunk, if_compressed => true) FROM show_chunks('reading') AS chunk",
    "ALTER TABLE reading SET (timescaledb.compress = false)",
)

#: The same as the policy does, by hand or by a job of ours; a chunk with late rows is compressed again.
COMPRESS_OLD = f"""
SELECT compress_chunk(chunk, if_not_compressed => true)::text
FROM show_chunks('reading', older_than => INTERVAL '{HORIZON_DAYS} days') AS chunk
"""

__all__ = ["COMPRESS_OLD", "DOWNGRADE", "HORIZON_DAYS", "LICENSED", "MIGRATION"]
