"""The outbox: notices that were decided on and not yet taken, oldest first, each until its channel takes it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from alerts.notify import log, webhook
from alerts.notify.webhook import NotSentError
from schemas.runtime import logs
from schemas.runtime.clock import now

if TYPE_CHECKING:
    from schemas.runtime.database import Database
    from schemas.runtime.settings import AlertSettings

_LOG = logs.get(__name__)
_LONGEST_WAIT_S = 300


async def send_due(db: Database, settings: AlertSettings) -> int:
    """Send what is due; return how many were taken. Sent first and recorded after: a crash repeats, never loses."""
    sent = 0
    for notice_id, channel, body, attempts in await db.fetch("notice_due", now=now()):
        try:
            receipt = await _send(channel, body, settings)
        except NotSentError as exc:
            wait = timedelta(seconds=min(_LONGEST_WAIT_S, 2**attempts))
            _LOG.warning("notice not sent, will be tried again", id=notice_id, error=str(exc), wait_s=wait.seconds)
            await db.execute("notice_retry", notice_id=notice_id, at=now() + wait, receipt=str(exc))
            continue
        await db.execute("notice_sent", notice_id=notice_id, at=now(), receipt=receipt)
        sent += 1
    return sent


async def _send(channel: str, body: dict[str, Any], settings: AlertSettings) -> str:
    if channel == "log":
        return await log.send(body)
    if settings.webhook_url is None:
        raise NotSentError("未设置 MONITOR_ALERTS__WEBHOOK_URL (no webhook set).")
    return await webhook.send(settings.webhook_url, body)
