"""WeCom 企业微信 group robot: plain text, at most 2,048 bytes, at most 20 a minute (channels.toml).

Address ``wecombot://KEY``. Some 680 Chinese characters: most notices fit, a digest is cut and says so.
Doubles: the robot knows no key of ours. Killed between its answer and our record we send once more; both copies carry the same 通知号.
"""

from __future__ import annotations

from alerts.notify import post
from alerts.notify.family import CAPS, Message, plain, read_answer

SCHEMES = ("wecombot",)
_CAPS = CAPS["wecom"]


async def send(url: str, message: Message) -> str:
    """Send *message*; return the receipt. Raises NotSentError."""
    return read_answer(await post.send(url, "", plain(message, _CAPS.max_bytes)), _CAPS)
