"""What a digest says of the notices beyond the storm cap. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec

from schemas.catalog.enums import LEVEL_ZH, Level

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Red first.
GRAVEST_FIRST = tuple(reversed(Level))
STEP = "digest"
_MOST_LINES = 20
_MOST_SITES = 10


class Folded(msgspec.Struct, frozen=True):
    """One notice inside a digest."""

    notice_id: int
    incident_id: int | None
    event_id: int | None
    step: str
    level: Level
    site: str | None
    text: str


def digest(folded: Sequence[Folded], link: str) -> dict[str, Any]:
    """Return the body of a digest: its text, how many by level and by site, and each notice with its first line."""
    ordered = sorted(folded, key=lambda one: (GRAVEST_FIRST.index(one.level), one.notice_id))
    levels = Counter(one.level for one in ordered)
    sites = Counter(one.site or "—" for one in ordered)
    by_level = "、".join(f"{LEVEL_ZH[level]} {levels[level]}" for level in GRAVEST_FIRST if levels[level])
    named = [f"{site} {count}" for site, count in sites.most_common(_MOST_SITES)]
    more_sites = f"等 {len(sites)} 处" if len(sites) > _MOST_SITES else ""
    title = f"【汇总】另有 {len(ordered)} 条通知：{by_level}"
    lines = [title, f"站点：{'、'.join(named)}{more_sites}"]
    lines += [f"{number}. {_first_line(one)}" for number, one in enumerate(ordered[:_MOST_LINES], 1)]
    if len(ordered) > _MOST_LINES:
        lines.append(f"另有 {len(ordered) - _MOST_LINES} 起见值班台")
    return {
        "step": STEP,
        "level": ordered[0].level.value,
        "title": title,
        "text": "\n".join([*lines, link]),
        "link": link,
        "count": len(ordered),
        "by_level": {level.value: levels[level] for level in GRAVEST_FIRST if levels[level]},
        "by_site": dict(sites.most_common()),
        "notices": [
            {
                "notice_id": one.notice_id, "incident_id": one.incident_id, "event_id": one.event_id, "step": one.step,
                "level": one.level.value, "title": _first_line(one),
            }
            for one in ordered
        ],
    }  # fmt: skip


def _first_line(one: Folded) -> str:
    return one.text.strip().partition("\n")[0]
