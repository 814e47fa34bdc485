"""Instants as the pages of the drill-down write them, Beijing time. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.times import SHANGHAI

if TYPE_CHECKING:
    from datetime import datetime


def minute(instant: datetime) -> str:
    """Return Beijing's date and time to the minute, with the year: spans reach over years."""
    return instant.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def second(instant: datetime) -> str:
    """Return Beijing's time of day to the second."""
    return instant.astimezone(SHANGHAI).strftime("%H:%M:%S")
