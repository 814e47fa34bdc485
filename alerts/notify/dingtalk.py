"""DingTalk 钉钉 group robot: plain text, at most 20,000 bytes, at most 20 a minute (channels.toml).

Address ``dingtalk://SECRET@TOKEN/`` (signed) or ``dingtalk://TOKEN/``; telephone numbers behind it are called by @. A robot with a
keyword instead of a signature needs a word that each notice holds, such as 通知号.
Doubles: the robot knows no key of ours. Killed between its answer and our record we send once more; both copies carry the same 通知号.
"""

from __future__ import annotations

from alerts.notify import post
from alerts.notify.family import CAPS, Message, plain, read_answer

SCHEMES = ("dingtalk",)
_CAPS = CAPS["dingtalk"]


async def send(url: str, message: Message) -> str:
    """Send *message*; return the receipt. Raises NotSentError."""
    return read_answer(await post.send(url, "", plain(message, _CAPS.max_bytes)), _CAPS)
