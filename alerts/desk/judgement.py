"""The state of a site from what is known of it, and other small decisions of the wall. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from alerts.desk.facts import COMPLIANT, EXCEEDING, NOT_JUDGEABLE, STALE
from alerts.judge.verdict import rounded
from schemas.catalog.enums import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.records import Limit

_SILENT_INTERVALS = 2
#: On its way through broker, commit and page a reading may take a moment (p99 < 0.5 s at full load).
_ON_ITS_WAY = timedelta(seconds=5)
#: A verdict older than this says nothing of now.
_CURRENT = {
    "boiler_efficiency": timedelta(hours=3),
    "air_hour": timedelta(hours=3),
    "sewage_day": timedelta(days=2),
    "energy_budget": timedelta(days=2),
}


#: Rules whose incidents make a site exceed. Silence, suspicion, early warnings and papers that are overdue do not: they stand in
#: the list of incidents, and silence makes a site grey.
COLOURING = frozenset(
    {
        "sewage_day", "sewage_instant", "air_hour", "boiler_efficiency", "energy_budget", "energy_year", "load_permit",
    }
)  # fmt: skip


def is_silent(newest: datetime | None, interval_s: int, now: datetime) -> bool:
    """Say whether a point whose *newest* reading is this old has fallen silent: known two intervals after it."""
    return newest is None or now - newest > _SILENT_INTERVALS * timedelta(seconds=interval_s) + _ON_ITS_WAY


def is_current(verdict: dict[str, Any], now: datetime) -> bool:
    """Say whether *verdict* still speaks of now."""
    end: datetime = verdict["window_end"]
    return now - end <= _CURRENT.get(verdict["rule"], timedelta(days=2))


def site_state(*, incidents: int, stale: Sequence[str], outcomes: Sequence[str], subjects: int) -> tuple[str, str]:
    """Return the state of a site and its reason in a few words.

    *stale*: names of silent devices; *outcomes*: current verdicts; *subjects*: how many there could be.
    """
    met = sum(outcome == Outcome.COMPLIANT for outcome in outcomes)
    if incidents:
        return EXCEEDING, f"{incidents} 起预警未解除"
    if stale:
        return STALE, "、".join(stale)
    if Outcome.EXCEEDING in outcomes:
        return EXCEEDING, "最近时段超限，尚未成预警"
    if not subjects:
        return NOT_JUDGEABLE, "无适用限值"
    if not met:
        return NOT_JUDGEABLE, "有效数据不足" if outcomes else "暂无有效判定"
    return COMPLIANT, f"{met}/{subjects} 项达标"


def breaks(value: float | None, limit: Limit | None) -> bool:
    """Say whether *value*, rounded as the limit is written, is beyond *limit*."""
    if value is None or limit is None:
        return False
    shown = rounded(value, limit.decimals)
    return (limit.high is not None and shown > limit.high) or (limit.low is not None and shown < limit.low)
