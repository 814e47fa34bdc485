"""Instants as the API writes and reads them: RFC 3339 with Beijing's offset. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from alerts.actor import UseError
from schemas.times import SHANGHAI


def stamp(at: datetime | None) -> str | None:
    """Return *at* as RFC 3339 with Beijing's offset."""
    return None if at is None else at.astimezone(SHANGHAI).isoformat()


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """Return *row* with its instants written out."""
    return {name: stamp(value) if isinstance(value, datetime) else value for name, value in row.items()}


def instant(text: str, field: str) -> datetime:
    """Return the instant (UTC) that *text* says; without a zone it is Beijing time.

    Raises:
        UseError: it says none; the sentence names *field*.

    """
    try:
        # In an address a plus sign arrives as a blank.
        at = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
        return (at if at.tzinfo else at.replace(tzinfo=SHANGHAI)).astimezone(UTC)
    except (ValueError, OverflowError) as exc:
        raise UseError(f"{field} 不是时间 (not an instant): {text[:40]!r}.", "如 2026-06-02T12:00:00+08:00") from exc
