"""Topic grammar: ``{root}/{site}/{device}/{kind}``. The root is a setting and may hold slashes."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

DEFAULT_ROOT = "yx/v1"


class Kind(StrEnum):
    """Last level of a topic."""

    TELEMETRY = "telemetry"
    HJ212 = "hj212"
    STATUS = "status"
    DOWN = "down"


class Topic(NamedTuple):
    """Who speaks, and what kind of message it is."""

    site: str
    device: str
    kind: Kind


def format_topic(root: str, site: str, device: str, kind: Kind) -> str:
    """Return the topic string of a device."""
    return f"{root}/{site}/{device}/{kind}"


@lru_cache(maxsize=100_000)
def parse_topic(root: str, text: str) -> Topic | None:
    """Return who *text* belongs to, or None when it is not of our grammar."""
    if not text.startswith(root + "/"):
        return None
    parts = text[len(root) + 1 :].split("/")
    if len(parts) != 3 or not parts[0] or not parts[1]:  # noqa: PLR2004 - site, device, kind
        return None
    try:
        return Topic(parts[0], parts[1], Kind(parts[2]))
    except ValueError:
        return None
