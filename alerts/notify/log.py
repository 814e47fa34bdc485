"""The null channel: the notice stands in the log."""

from __future__ import annotations

from typing import Any

from schemas.runtime import logs

_LOG = logs.get(__name__)


async def send(body: dict[str, Any]) -> str:
    """Write the notice to the log; return the receipt."""
    _LOG.warning("notice", text=body["text"])
    return "logged"
