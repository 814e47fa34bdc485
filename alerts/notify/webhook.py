"""A generic webhook: the notice is posted as JSON, whole. The only importer of the HTTP client. No cap.

Address ``https://…`` or ``http://…`` (``jsons://`` and ``json://`` mean the same).
Doubles: the header ``Idempotency-Key`` and ``key`` in the body name incident, line of the history, channel and recipient. A receiver that drops
what it has seen gets each notice once, though we are killed between its answer and our record and send once more.
"""

from __future__ import annotations

import asyncio
from urllib.parse import quote

import httpx

from alerts.notify.family import Message, NotSentError, mask

SCHEMES = ("http", "https", "json", "jsons")
_TIMEOUT_S = 10.0
#: Made once: reading the certificates takes longer than most receivers do.
_TLS = httpx.create_ssl_context(trust_env=False)
_HIGHEST_PORT = 65_535
_LATER = frozenset({408, 425, 429})


def is_address(url: str) -> bool:
    """Say whether *url* can be posted to."""
    try:
        parts = httpx.URL(_where(url))
        return bool(parts.host) and (parts.port or 1) <= _HIGHEST_PORT
    except httpx.InvalidURL:
        return False


def _client(timeout_s: float) -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=timeout_s, trust_env=False, verify=_TLS)


def _where(url: str) -> str:
    return url.replace("json", "http", 1) if url.startswith("json") else url


async def send(url: str, message: Message, *, timeout_s: float = _TIMEOUT_S) -> str:
    """Post *message* to *url*; return the receipt.

    Raises:
        NotSentError: no answer, or an answer that is not 2xx (4xx: not to be tried as it is).

    """
    where = _where(url)
    said = {"key": message.key, "title": message.title, "text": message.text, "incident": message.body}
    # A header holds ASCII alone; a recipient or channel may be named in Chinese.
    headers = {"Idempotency-Key": quote(message.key, safe="/:")}
    try:
        # The client's own time-outs begin anew with each byte; ours does not.
        async with asyncio.timeout(timeout_s), _client(timeout_s) as client:
            answer = await client.post(where, json=said, headers=headers)
    except TimeoutError:
        raise NotSentError(f"webhook {timeout_s:g} 秒内无应答 (no answer in time).", retry=True) from None
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        raise NotSentError(
            mask(where, f"webhook 未送达 (not delivered): {type(exc).__name__} {exc}"), retry=True
        ) from None
    if not answer.is_success:
        retry = not answer.is_client_error or answer.status_code in _LATER
        raise NotSentError(f"webhook 拒收 (refused): HTTP {answer.status_code}", retry=retry)
    return f"HTTP {answer.status_code}"
