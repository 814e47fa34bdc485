"""Feishu 飞书 group robot: plain text, at most 20,000 bytes, at most 100 a minute (channels.toml).

Address ``feishu://TOKEN``. Apprise does not sign for Feishu: the robot's safety setting must be a keyword (such as 通知号) or our address.
Doubles: the robot knows no key of ours. Killed between its answer and our record we send once more; both copies carry the same 通知号.
"""

from __future__ import annotations

from alerts.notify import post
from alerts.notify.family import CAPS, Message, plain, read_answer

SCHEMES = ("feishu",)
_CAPS = CAPS["feishu"]


async def send(url: str, message: Message) -> str:
    """Send *message*; return the receipt. Raises NotSentError."""
    return read_answer(await post.send(url, "", plain(message, _CAPS.max_bytes)), _CAPS)
