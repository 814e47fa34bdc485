"""What all channels share: the message, its cutting, the masking of secrets, and the error that says it was not taken."""

from __future__ import annotations

import json
import tomllib
from importlib.resources import files
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from schemas.errors import MonitorError

_CUT = "…（全文见链接）"
#: Receipts and reasons are kept in the row: enough of an answer to act on, not a page of it.
LONGEST_RECEIPT = 300
#: Shorter parts of an address (a port, "v1") are no secrets, and hiding them would spoil the sentence.
_SHORTEST_SECRET = 5


class NotSentError(MonitorError):
    """The channel did not take the notice. *retry*: it may later as it is; else somebody must mend the channel first."""

    def __init__(self, sentence: str, *, retry: bool) -> None:
        super().__init__(sentence[:LONGEST_RECEIPT])
        self.retry = retry


class Message(msgspec.Struct, frozen=True):
    """One notice as a channel takes it. *key* is the same however often it is sent; *text* begins with *title*."""

    key: str
    title: str
    text: str
    link: str
    level: str
    body: dict[str, Any] = {}


class Answer(NamedTuple):
    """What a server said: its HTTP status (None: it speaks none) and the beginning of its text."""

    status: int | None
    text: str


class Caps(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a family takes; see channels.toml."""

    rate_per_min: int
    max_bytes: int
    code: str
    busy: tuple[int, ...]
    source: str
    verified: bool


def load_caps() -> dict[str, Caps]:
    """Return family → its caps. Raises msgspec.ValidationError."""
    text = files(__package__).joinpath("channels.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, Caps])


CAPS = load_caps()


def plain(message: Message, max_bytes: int) -> str:
    """Return the text of *message* with its number and link at the end, in at most *max_bytes* of UTF-8 (0: any length).

    Number and link outlive the cutting: by the one a reader sees that two copies are one, behind the other stands the rest.
    """
    text = message.text.removesuffix(message.link).rstrip()
    tail = f"\n通知号：{message.key}" + (f"\n{message.link}" if message.link else "")
    room = max_bytes - len(tail.encode())
    if max_bytes and len(text.encode()) > room:
        text = text.encode()[: max(0, room - len(_CUT.encode()))].decode("utf-8", "ignore") + _CUT
    return text + tail


def mask(url: str, line: str) -> str:
    """Return *line* without any part of *url* that could let somebody else write to the channel."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return line.replace(url, "***")
    found = {
        url,
        parts.netloc,
        parts.username or "",
        parts.password or "",
        parts.hostname or "",
        parts.path,
        parts.query,
    }
    # The host of a robot's address is its token, and letters are kept there as they were written.
    found |= {parts.netloc.rpartition("@")[2].partition(":")[0]}
    found |= {*parts.path.split("/"), *(value for _, value in parse_qsl(parts.query))}
    found |= {unquote(one) for one in found}
    for secret in sorted((one for one in found if len(one) >= _SHORTEST_SECRET), key=len, reverse=True):
        line = line.replace(secret, "***")
    return " ".join(line.split())


def read_answer(answer: Answer, caps: Caps) -> str:
    """Return the receipt for what a robot said.

    Raises:
        NotSentError: the code says no (retry only where it means "later"), or there is none: then something between us and
            the robot answered, and nobody was told.

    """
    try:
        said = json.loads(answer.text)
        code = int(said[caps.code])
    except (ValueError, KeyError, TypeError):
        raise NotSentError(f"应答不是机器人的 (not the robot's answer): {answer.text}", retry=True) from None
    if code:
        why = said.get("errmsg") or said.get("msg") or ""
        raise NotSentError(f"机器人拒收 (refused): {caps.code} {code} {why}", retry=code in caps.busy)
    return f"HTTP {answer.status} {caps.code} 0"
