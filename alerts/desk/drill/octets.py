"""Bytes as people can read them: text where they are text, else hexadecimal. Pure; returns plain text, callers escape."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

_ROW = 16
_BREAKS = "\r\n\t"


class Shown(NamedTuple):
    """*text* of the first bytes; *is_hex*: as hexadecimal rows; *cut*: how many bytes were left out."""

    text: str
    is_hex: bool
    cut: int


def shown(payload: bytes, at_most: int) -> Shown:
    """Return *payload*, at most so many bytes of it. What a terminal or a page would act on (NUL, bidi marks) makes it hexadecimal."""
    part = payload[:at_most]
    cut = len(payload) - len(part)
    try:
        # A cut may fall into a character: what is missing of it is no fault of the message.
        text = part.decode() if not cut else part.decode(errors="ignore")
    except UnicodeDecodeError:
        return Shown(hexadecimal(part), is_hex=True, cut=cut)
    if all(one.isprintable() or one in _BREAKS for one in text):
        return Shown(text, is_hex=False, cut=cut)
    return Shown(hexadecimal(part), is_hex=True, cut=cut)


def hexadecimal(payload: bytes) -> str:
    """Return rows of offset, sixteen bytes and their ASCII characters."""
    return "\n".join(_row(at, payload[at : at + _ROW]) for at in range(0, len(payload), _ROW))


def _row(at: int, part: bytes) -> str:
    plain = "".join(chr(one) if 0x20 <= one < 0x7F else "." for one in part)  # noqa: PLR2004 - printable ASCII
    return f"{at:06x}  {part.hex(' '):<{3 * _ROW - 1}}  {plain}"


def pretty(payload: bytes) -> str:
    """Return JSON *payload* with line breaks, as it was written otherwise (no number is rounded); "" where it is none."""
    try:
        return msgspec.json.format(payload, indent=2).decode()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
