"""Incidents that last, as cards. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alerts.desk import words
from alerts.desk.wall_book import HOLDS, INCIDENTS
from alerts.desk.wallparts.pieces import Part, empty, heading, incident_path
from alerts.desk.words import number, safe
from schemas.catalog.duty import STATE_ZH, IncidentState
from schemas.catalog.enums import LEVEL_ZH, Level

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.desk.facts import IncidentView, Snapshot
    from alerts.desk.wall_book import Leaf

#: So many incidents stand as whole cards on the overview; of more, the gravest do and the others are lines.
_ALL_CARDS, _SOME_CARDS, _MOST_LINES = 5, 3, 6
#: Few cards stand larger.
_SIZES = ((4, "few"), (6, "some"), (HOLDS[INCIDENTS], "many"))
#: Amounts below this are shown with decimals.
_WHOLE = 100.0


def overview(snapshot: Snapshot, now: datetime) -> Part:
    """Return the overview's panel: the gravest as cards, the next as lines, the others counted."""
    found = snapshot.incidents
    whole = len(found) if len(found) <= _ALL_CARDS else _SOME_CARDS
    cards = "".join(_card(one, now) for one in found[:whole])
    lines = "".join(_line(one, now) for one in found[whole : whole + _MOST_LINES])
    rest = _more(_total(snapshot) - min(len(found), whole + _MOST_LINES))
    body = f'<div class="cards">{cards}{lines}{rest}</div>' if found else _none()
    return Part("panel a-incidents", "未解除预警", _head(snapshot) + body)


def page(snapshot: Snapshot, leaf: Leaf, now: datetime) -> Part:
    """Return one page of cards."""
    if not snapshot.incidents:
        return Part("panel a-all", "未解除预警", _head(snapshot) + _none())
    found = snapshot.incidents[leaf.first : leaf.first + HOLDS[INCIDENTS]]
    cards = "".join(_card(one, now) for one in found)
    size = next(name for most, name in _SIZES if len(found) <= most)
    beyond = _total(snapshot) - leaf.first - len(found) if leaf.number == leaf.of else 0
    return Part("panel a-all", "未解除预警", f'{_head(snapshot)}<div class="board {size}">{cards}</div>{_more(beyond)}')


def _total(snapshot: Snapshot) -> int:
    return max(snapshot.incidents_total, len(snapshot.incidents))


def _of_level(snapshot: Snapshot, level: Level) -> int:
    """Return how many incidents are of *level*, of all there are and not only of those at hand."""
    counted = snapshot.incident_levels.get(level.value)
    return sum(one.level == level for one in snapshot.incidents) if counted is None else counted


def _head(snapshot: Snapshot) -> str:
    tally = "".join(
        f'<span class="dot {level.value}">{LEVEL_ZH[level][0]} {amount}</span>'
        for level in reversed(Level)
        if (amount := _of_level(snapshot, level))
    )
    total = f" · {_total(snapshot)} 起" if snapshot.incidents else ""
    return heading(f"未解除预警{total}", "Open incidents", tally or "0 起")


def _none() -> str:
    return empty("当前没有未解除的预警", "No open incident")


def _more(amount: int) -> str:
    return (
        f'<div class="more">另有 {amount} 起 · {amount} more · <a href="/?page=incidents">全部</a></div>'
        if amount > 0
        else ""
    )


def _line(one: IncidentView, now: datetime) -> str:
    level = Level(one.level)
    return (
        f'<a class="card line {level}" href="{incident_path(one.id)}" title="{safe(one.site)} · {safe(one.subject)}">'
        f'<span class="pill">{LEVEL_ZH[level]}</span><b>{safe(one.site)}</b>'
        f'<span class="rule">{safe(one.rule)}</span><span class="since">{_lasted(one, now)}</span></a>'
    )


def _lasted(one: IncidentView, now: datetime) -> str:
    return words.lasted((now - one.began_at).total_seconds())


def _card(one: IncidentView, now: datetime) -> str:
    clause = " ".join(str(one.body[name]) for name in ("standard", "clause") if one.body.get(name))
    task = f"任务（{one.task}）" if one.task else ""
    level = Level(one.level)
    return (
        f'<a class="card {level}" href="{incident_path(one.id)}"><span class="top"><span class="pill">{LEVEL_ZH[level]}</span>'
        f'<b title="{safe(one.rule)}">{safe(one.rule)}</b>{_tags(one)}<span class="since">{_lasted(one, now)}</span></span>'
        f'<span class="site" title="{safe(one.site)} · {safe(one.subject)}">{safe(one.site)}<i>{safe(one.subject)}</i></span>'
        f'<span class="value">{_measured(one)}</span>'
        f'<span class="clause" title="{safe(clause)}">{safe(clause)}</span>'
        f'<span class="by"><b title="{safe(one.bureau)}">{safe(one.bureau)}</b><i>{task} {words.minute(one.began_at)} 起</i></span></a>'
    )


def _tags(one: IncidentView) -> str:
    """Return who has it, and whether it is silent or about to end."""
    state = IncidentState(one.state)
    said = "" if state is IncidentState.OPEN else f'<span class="tag">{STATE_ZH[state]}</span>'
    return said + ('<span class="tag">✓已签收</span>' if one.acked else "")


def _measured(one: IncidentView) -> str:
    body = one.body
    unit = safe(body.get("unit", ""))
    if body.get("used") is not None and body.get("allowed") is not None:
        # A permit of three tonnes is not told in whole ones.
        decimals = 0 if body["allowed"] >= _WHOLE else 2
        used, allowed = number(body["used"], decimals), number(body["allowed"], decimals)
        # Only sums of a year know how much of it was planned by now (`alerts.judge.budget`).
        bound, end = ("年限额", "年末") if body.get("plan_to_date") is not None else ("月预算", "月末")
        projected = f"，推算{end} {number(body['projected'], decimals)}" if body.get("projected") else ""
        return f"<b>{used}</b> / {bound} {allowed} {unit}{projected}"
    value = body.get("value")
    if value is None:
        return safe(body.get("note") or "—")
    return f"<b>{number(value, 2)}</b> {unit}{_against(body)}"


def _against(body: dict[str, Any]) -> str:
    lower = body.get("high") is None and body.get("low") is not None
    text = f" · {'下限' if lower else '限值'} {body['limit']:g}" if body.get("limit") is not None else ""
    if body.get("multiple") is not None:
        text += f" · 低 {body['multiple'] * 100:.1f}%" if lower else f" · 超标 {body['multiple']:.2f} 倍"
    return text
