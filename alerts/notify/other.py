"""Whatever else apprise can reach, short messages among them: plain text of at most 1,000 bytes, at most 10 a minute (channels.toml).

Doubles: nothing is known of the receiver. Killed between its answer and our record we send once more; both copies carry the same 通知号.
What such a channel answers beyond apprise's "sent" is kept as the receipt and not understood.
"""

from __future__ import annotations

from alerts.notify import post
from alerts.notify.family import CAPS, Message, plain

SCHEMES: tuple[str, ...] = ()
_CAPS = CAPS["other"]


async def send(url: str, message: Message) -> str:
    """Send *message*; return the receipt. Raises NotSentError."""
    answer = await post.send(url, "", plain(message, _CAPS.max_bytes))
    return f"HTTP {answer.status} {answer.text}".strip() if answer.status else "sent"
