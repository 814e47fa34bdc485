"""A generic webhook: the notice is posted as JSON. The only importer of the HTTP client.

``key`` in the body names incident and step: a receiver that has seen it may drop a second copy, which can happen when
we are killed between the receiver's answer and our record of it.
"""

from __future__ import annotations

from typing import Any

import httpx

from schemas.errors import MonitorError

_TIMEOUT_S = 10.0


class NotSentError(MonitorError):
    """The receiver did not take the notice; it is tried again."""


async def send(url: str, body: dict[str, Any]) -> str:
    """Post *body* to *url*; return the receipt.

    Raises:
        NotSentError: no answer, or an answer that is not 2xx.

    """
    message = {"key": f"{body['incident_id']}/{body['step']}", "text": body["text"], "incident": body}
    try:
        async with httpx.AsyncClient(timeout=_TIMEOUT_S, trust_env=False) as client:
            answer = await client.post(url, json=message)
    except httpx.HTTPError as exc:
        raise NotSentError(f"webhook 未送达 (not delivered): {type(exc).__name__} {exc}") from exc
    if not answer.is_success:
        raise NotSentError(f"webhook 拒收 (refused): HTTP {answer.status_code}")
    return f"HTTP {answer.status_code}"
