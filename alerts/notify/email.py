"""E-mail: plain text with a subject, at most 30 a minute (channels.toml).

Address ``mailtos://USER:PASSWORD@HOST?to=…&smtp=…``, ``mailto://`` without encryption.
Doubles: apprise makes the Message-ID itself, new for each sending, and a second one of ours beside it would be malformed. So the key stands
in the header ``X-Notice-Key`` and as 通知号 in the text: killed between the server's answer and our record we send once more, and a mail
filter can drop the copy. A mail to several people that one of them cannot get counts as not sent: the others get it again.
"""

from __future__ import annotations

from alerts.notify import post
from alerts.notify.family import CAPS, Message, plain

SCHEMES = ("mailto", "mailtos")
_CAPS = CAPS["email"]


async def send(url: str, message: Message) -> str:
    """Send *message*; return the receipt: the server took it over. Raises NotSentError."""
    await post.send(url, message.title, plain(message, _CAPS.max_bytes), headers={"X-Notice-Key": message.key})
    return "SMTP 250"
