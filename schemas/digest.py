"""A digest of what a record says, to notice that it says something else. Pure."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

_LENGTH = 32


def digest(body: object) -> str:
    """Return a digest of *body* (records, registry entries, containers of them), the same for the same content."""
    builtins = msgspec.to_builtins(body, enc_hook=_plain, str_keys=True)
    return hashlib.sha256(msgspec.json.encode(builtins, order="deterministic")).hexdigest()[:_LENGTH]


def _plain(one: Any) -> Any:
    return one.model_dump(mode="json") if hasattr(one, "model_dump") else str(one)
