"""What the duty desk says of an incident's state, deadlines and people. Pure; returns plain text, callers escape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alerts import wording
from alerts.casework import DEADLINE_ZH, DEADLINES
from alerts.desk import words
from schemas.catalog.duty import CAUSE_ZH, STATE_ZH, Cause, IncidentState
from schemas.times import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from alerts.casework import Case

_HOUR_S = 3600
_HOUR_MIN = 60


def state(case: Case) -> str:
    """Return where *case* stands, in one word."""
    if "withdrawn" in case.body:
        return "已撤销"
    return f"{STATE_ZH[case.state]}，已销号" if case.settled_at is not None else STATE_ZH[case.state]


def tone(case: Case) -> str:
    """Return the CSS class of the state: grey for silence, never green."""
    if case.state is IncidentState.UNKNOWN:
        return "silent"
    return "over" if case.state is IncidentState.OPEN else "quiet"


def moment(instant: datetime, now: datetime) -> str:
    """Return Beijing's time to the minute: of today without the day, of another year with it."""
    local, today = instant.astimezone(SHANGHAI), now.astimezone(SHANGHAI)
    if local.date() == today.date():
        return local.strftime("%H:%M")
    return local.strftime("%m-%d %H:%M" if local.year == today.year else "%Y-%m-%d %H:%M")


def length(seconds: float) -> str:
    """Return a length of time to the minute below a day: a deadline is counted down."""
    minutes = max(0, int(seconds // 60))
    if seconds >= 24 * _HOUR_S:
        return f"{minutes // 1440} 天 {minutes % 1440 // 60} 小时"
    if minutes >= _HOUR_MIN:
        return f"{minutes // _HOUR_MIN} 小时 {minutes % _HOUR_MIN} 分"
    return f"{minutes} 分钟"


def since(case: Case, now: datetime) -> str:
    """Return since when and how long."""
    ended = case.ended_at if case.state is IncidentState.CLOSED and case.ended_at else None
    lasted = length(((ended or now) - case.began_at).total_seconds())
    span = f"{moment(case.began_at, now)} 起"
    return f"{span}，{moment(ended, now)} 止，历时 {lasted}" if ended else f"{span}，已 {lasted}"


def measured(body: Mapping[str, Any]) -> str:
    """Return value, limit and multiple; of a suspicion its sentence; a dash where the body says nothing."""
    if not {"value", "limit"} <= body.keys() and "used" not in body:
        return str(body.get("note") or words.NOTHING)
    try:
        return wording.measured(dict(body))
    except (KeyError, TypeError):
        # Written by another version of the program: what it says of itself still stands in its note.
        return str(body.get("note") or words.NOTHING)


def acknowledged(case: Case, now: datetime, names: Mapping[str, str]) -> str:
    """Return who has taken *case* on and for how long yet; empty when nobody has."""
    if case.acked_by is None or case.acked_until is None:
        return ""
    left = (case.acked_until - now).total_seconds()
    who = names.get(case.acked_by, case.acked_by)
    if left <= 0:
        return f"{who} 的签收已于 {moment(case.acked_until, now)} 到期"
    return f"{who} 已签收，至 {moment(case.acked_until, now)}（还剩 {length(left)}）"


def is_acknowledged(case: Case, now: datetime) -> bool:
    """Say whether somebody has *case* in hand now."""
    return case.acked_until is not None and case.acked_until > now


def deadlines(case: Case, now: datetime) -> list[tuple[str, bool]]:
    """Return what is still due of *case*, each with whether it is overdue, the earliest first."""
    if case.settled_at is not None or "withdrawn" in case.body:
        return []
    done = {"ack_due": case.acked_at is not None, "feedback_due": case.feedback_at is not None, "close_due": False}
    due = sorted(
        (at, DEADLINE_ZH[name]) for name, _ in DEADLINES if (at := getattr(case, name)) is not None and not done[name]
    )
    return [_deadline(at, what, now) for at, what in due]


def _deadline(at: datetime, what: str, now: datetime) -> tuple[str, bool]:
    left = (at - now).total_seconds()
    if left < 0:
        return f"{what}已逾期 {length(-left)}", True
    return f"{what}限 {moment(at, now)}，还剩 {length(left)}", False


def muted(case: Case, silences: Mapping[int, Mapping[str, Any]], now: datetime) -> str:
    """Return why nobody is told of *case* at present; empty when people are."""
    kind, _, number = (case.muted or "").partition(":")
    if kind == "silence":
        found = silences.get(int(number)) if number.isdigit() else None
        if found is None:
            return "静默"
        word = "检修" if found["kind"] == "maintenance" else "静默"
        return f"{word}至 {moment(found['until'], now)}：{found['reason']}"
    if kind == "inhibited":
        return f"抑制：由事件 {number} 说明" if number else "抑制"
    return "波动折叠：反复起伏，只记不发" if kind == "flapping" else kind


def cause(case: Case, names: Mapping[str, str]) -> str:
    """Return by whom and why *case* was closed; empty when it was not."""
    if case.cause is None or case.settled_at is None:
        return ""
    who = names.get(case.settled_by or "", case.settled_by or words.NOTHING)
    return f"{who} 于 {words.minute(case.settled_at)} 销号：{CAUSE_ZH[Cause(case.cause)]}"


def lead(case: Case, bureaus: Mapping[str, str]) -> str:
    """Return the lead bureau and the task of the county plan."""
    task = case.body.get("task")
    return bureaus.get(case.lead_bureau, case.lead_bureau) + (f" · 任务（{task}）" if task else "")
