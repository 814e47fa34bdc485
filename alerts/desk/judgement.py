"""The state of a site from what is known of it, and other small decisions of the wall. Pure."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from alerts.desk.facts import COMPLIANT, EXCEEDING, NOT_JUDGEABLE, STALE
from alerts.judge.verdict import rounded
from schemas.catalog.enums import Level, Outcome
from schemas.times import DAY, HOUR, day_start, next_month

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from schemas.records import Limit

#: Of a sum: what was used is allowed still, what is expected is not.
AHEAD = "ahead"
#: Beyond its limit, but within the uncertainty of measuring: to be looked into 疑似.
SUSPECTED = "suspected"
_SILENT_INTERVALS = 2
#: On its way through broker, commit and page a reading may take a moment (p99 < 0.5 s at full load).
_ON_ITS_WAY = timedelta(seconds=5)
#: A verdict older than this says nothing of now.
_CURRENT = {"boiler_efficiency": timedelta(hours=3), "air_hour": timedelta(hours=3)}
_CURRENT_ELSE = timedelta(days=2)


#: Rules whose incidents make a site exceed. Silence, suspicion, early warnings and papers that are overdue do not: they stand in
#: the list of incidents, and silence makes a site grey.
COLOURING = frozenset(
    {
        "sewage_day", "air_hour", "boiler_efficiency", "energy_budget", "energy_year", "load_permit",
    }
)  # fmt: skip


#: Of sums only what is used up makes a site exceed: 80 % of a year's budget in October, or a projection, is no breach.
_SUMS = frozenset({"energy_budget", "energy_year", "load_permit"})
_USED_UP = "over"
_SUSPECTING = frozenset({"sewage_instant", "sewage_ph"})


def colours(rule: str, level: str) -> bool:
    """Say whether an incident of *rule* that lasts with *level* makes its site exceed."""
    if rule in _SUMS:
        return level == Level.RED
    # Yellow: none of its hours was beyond the uncertainty of measuring (rules.toml, level_suspected).
    return rule in COLOURING and not (rule == "boiler_efficiency" and level == Level.YELLOW)


def suspects(rule: str, level: str) -> bool:
    """Say whether an incident of *rule* that lasts with *level* is a suspicion 疑似, to be proved by a sample: neither red nor green.

    Single and hourly values against an instantaneous limit: which datum counts is not settled (amendment 2025 of GB 18918).
    """
    return rule in _SUSPECTING or (rule == "boiler_efficiency" and level == Level.YELLOW)


def finding(verdict: Mapping[str, Any]) -> str:
    """Return the outcome of *verdict* (rule, outcome, suspected, body if there is one) for its site: suspicion is none, nor is what a sum is expected to be."""
    if verdict.get("suspected"):
        return SUSPECTED
    is_ahead = verdict["rule"] in _SUMS and verdict["outcome"] == Outcome.EXCEEDING
    return AHEAD if is_ahead and verdict.get("body", {}).get("kind") != _USED_UP else str(verdict["outcome"])


def used(body: Mapping[str, Any]) -> float | None:
    """Return what was used, as the *body* of a verdict on a sum says; None where not a single day is known: its sum of nothing is 0."""
    found: float | None = body.get("used")
    return found if found or body.get("n_known") or body.get("n_valid") else None


def silent_after(newest: datetime, interval_s: int) -> datetime:
    """Return until when a point whose *newest* reading is that is not silent."""
    return newest + _SILENT_INTERVALS * timedelta(seconds=interval_s) + _ON_ITS_WAY


def is_silent(newest: datetime | None, interval_s: int, now: datetime) -> bool:
    """Say whether a point whose *newest* reading is this old has fallen silent: known two intervals after it."""
    return newest is None or now > silent_after(newest, interval_s)


def speaks_until(verdict: Mapping[str, Any]) -> datetime:
    """Return until when *verdict* (rule, window_end, body if there is one) speaks of now.

    A sum of a month or year that lasts speaks of it by the last day that counts (body "through"), not by its end.
    """
    end: datetime = verdict["window_end"]
    through = verdict.get("body", {}).get("through")
    if through:
        end = min(end, day_start(date.fromisoformat(through) + DAY))
    return end + _CURRENT.get(verdict["rule"], _CURRENT_ELSE)


def is_day_current(day: date, today: date) -> bool:
    """Say whether what is known of *day* still speaks of *today* (Shanghai days), as a verdict on it would."""
    return today - day <= _CURRENT_ELSE


def is_hour_current(hour: datetime, now: datetime) -> bool:
    """Say whether what is known of the hour that began at *hour* still speaks of *now*, as a verdict on it would."""
    return now - hour <= HOUR + _CURRENT["air_hour"]


def is_current(verdict: Mapping[str, Any], now: datetime) -> bool:
    """Say whether *verdict* still speaks of now."""
    return now <= speaks_until(verdict)


def site_state(
    *,
    incidents: int,
    stale: Sequence[str],
    outcomes: Sequence[str],
    subjects: int,
    points: int = 1,
    suspicions: int = 0,
) -> tuple[str, str]:
    """Return the state of a site and its reason in a few words.

    *stale*: names of silent devices; *outcomes*: current verdicts; *subjects*: how many there could be; *points*: how many
    series its devices send; *suspicions*: incidents that are not proved.
    """
    met = sum(outcome == Outcome.COMPLIANT for outcome in outcomes)
    if incidents:
        return EXCEEDING, f"{incidents} 起预警未解除"
    if stale:
        return STALE, "、".join(stale)
    if Outcome.EXCEEDING in outcomes:
        return EXCEEDING, "最近时段超限，尚未成预警"
    if suspicions:
        return NOT_JUDGEABLE, f"{suspicions} 起疑似超标，待核实"
    if SUSPECTED in outcomes or not subjects or not met:
        return NOT_JUDGEABLE, _why_not(outcomes, subjects, points)
    return COMPLIANT, f"{met}/{subjects} 项达标"


def _why_not(outcomes: Sequence[str], subjects: int, points: int) -> str:
    """Return why a site is neither red nor green, in a few words."""
    if SUSPECTED in outcomes:
        return "疑似超限，待核实"
    if not subjects:
        return "无适用限值" if points else "未登记测点"
    if AHEAD in outcomes:
        return "预计超支，尚未超出"
    return "有效数据不足" if outcomes else "暂无有效判定"


def breaks(value: float | None, limit: Limit | None) -> bool:
    """Say whether *value*, rounded as the limit is written, is beyond *limit*."""
    if value is None or limit is None:
        return False
    shown = rounded(value, limit.decimals)
    return (limit.high is not None and shown > limit.high) or (limit.low is not None and shown < limit.low)


def month_crosses(month: date, *, projected: float, allowed: float, through: date) -> date | None:
    """Return the day of *month* on which its budget is expected to be passed by the run-rate, or None.

    *projected*: the run-rate's amount at the month's end, as the verdict has it; *through*: the last day that counts, so that the
    day is after it.
    """
    length = (next_month(month) - month).days
    if projected <= allowed or through >= month + (length - 1) * DAY:
        return None
    number = math.floor(allowed / (projected / length)) + 1
    return max(month + (min(number, length) - 1) * DAY, through + DAY)
