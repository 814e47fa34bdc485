"""The collector of cycles, told that our objects come by the ten thousand and hold none."""

from __future__ import annotations

import gc


def tune() -> None:
    """Let the collector look less often.

    With Python's own thresholds it costs a fifth of an ingest worker's time (measured); memory is freed by counting all the same.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
