"""Which windows a span of time covers: incidents and people's marks laid over a chart's windows. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any

from schemas.catalog.enums import Level, MarkKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from alerts.desk.drill.reads import Marked
    from alerts.desk.pages.chart import Window

_RANK = {level: place for place, level in enumerate(Level)}


def places(windows: Sequence[Window], since: datetime, until: datetime | None) -> range:
    """Return the places of the *windows* (oldest first, without gaps) that [since, until) touches; None: to the end."""
    first = bisect_right(windows, since, key=lambda one: one.end)
    last = len(windows) if until is None else bisect_left(windows, until, key=lambda one: one.start)
    return range(first, max(first, last))


def levels(windows: Sequence[Window], incidents: Iterable[dict[str, Any]]) -> tuple[Level | None, ...]:
    """Return the gravest level of the incidents over each window, None where none lasted; one withdrawn covers nothing."""
    found: list[Level | None] = [None] * len(windows)
    for one in sorted(incidents, key=lambda one: _RANK[Level(one["level"])]):
        if not one["withdrawn"]:
            for place in places(windows, one["began_at"], one["ended_at"]):
                found[place] = Level(one["level"])
    return tuple(found)


def kinds(windows: Sequence[Window], marks: Iterable[Marked]) -> tuple[tuple[MarkKind, ...], ...]:
    """Return the kinds of people's marks over each window."""
    found: list[dict[MarkKind, None]] = [{} for _ in windows]
    for one in marks:
        for place in places(windows, one.since, one.until):
            found[place][MarkKind(one.kind)] = None
    return tuple(tuple(one) for one in found)
