"""The null channel: the notice stands in the log. No cap, whole text.

Doubles: killed between the line and our record, the line is written once more, with the same key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.runtime import logs

if TYPE_CHECKING:
    from alerts.notify.family import Message

SCHEMES: tuple[str, ...] = ()
_LOG = logs.get(__name__)


async def send(_url: str, message: Message) -> str:
    """Write *message* to the log; return the receipt."""
    _LOG.warning("notice", key=message.key, text=message.text)
    return "logged"
