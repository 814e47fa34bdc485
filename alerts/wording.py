"""What an incident says of itself, in Chinese, made from its data. Pure.

Every notice says what, since when, value, limit and multiple, clause and edition, how many data were valid, which task and
bureau, why this person is told and who else was, and where to read on. What is suspected is called 疑似 (house reference 7.3:
a signal never convicts); what is not there is left out, never shown as 0.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from schemas.catalog.duty import EVENT_ZH, EventKind
from schemas.catalog.enums import LEVEL_ZH, Level
from schemas.times import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Mapping

_HEAD = {
    EventKind.OPENED: "预警",
    EventKind.CLOSED: "解除",
    EventKind.RESUMED: "数据恢复仍超标",
    EventKind.ESCALATED: "升级通知",
    EventKind.ACK_EXPIRED: "签收到期",
    EventKind.OVERDUE: "逾期督办",
}
_CHANGED = "补传或修正的数据使判定改变"
#: What is new, where the head does not say it all.
_HAPPENED = {
    EventKind.LEVEL: "级别由{before}变为{level}",
    EventKind.UNKNOWN: "数据中断或无法判定，不等于达标；事件保持未恢复",
    EventKind.RESUMED: "数据已恢复，仍未达标",
    EventKind.RECOVERING: "数值已达标，尚未达到解除所需的时长",
    EventKind.CLOSED: "数据已恢复达标，自动解除；销号由人员办理",
    EventKind.REOPENED: "恢复后再次出现，事件重新生效",
    EventKind.AMENDED: "更正：{amended}",
    EventKind.WITHDRAWN: "撤销原因：{withdrawn}；此前通知作废",
    EventKind.ESCALATED: "{called}",
    EventKind.ACK_EXPIRED: "签收{actor}已到期而事件未解除，请重新签收",
    EventKind.OVERDUE: "{overdue}{due}，请督办",
    EventKind.MUTED: "通知已暂停{until}，研判照常",
    EventKind.UNMUTED: "{ended}，事件仍在，恢复通知",
    EventKind.ACKED: "已签收{actor}{until}",
    EventKind.NOTED: "有新记录{actor}",
    EventKind.FEEDBACK: "有新反馈{actor}",
    EventKind.REASSIGNED: "已移交给{name}{actor}，请签收",
    EventKind.SETTLED: "已销号{actor}{cause}",
    EventKind.UNSETTLED: "销号已撤回{actor}",
}
#: By what muted an incident before.
_ENDED = {"inhibited": "掩盖它的上级事件已结束", "flapping": "反复开合已平息"}
_LATEST = "最近值："
_SUPERVISION = "督办"
_SUSPECTED = "疑似"
#: A value in these is how long something has lasted, such as a silence.
_SPANS = ("秒", "分钟", "小时", "天")


class Text(NamedTuple):
    """A notice: *title* is one line; *text* begins with the same line and ends with the link."""

    title: str
    text: str


def notice(kind: EventKind | str, body: Mapping[str, Any], link: str, extra: Mapping[str, Any] | None = None) -> Text:
    """Return the notice of one happening of the incident *body*.

    *extra* is what the line of the history adds, and for whom this copy is; all of it may be missing: ``why`` (值班, 升级第 2 级),
    ``told`` (names of the others; also read from *body*), ``actor``, ``text`` (what a person wrote), ``level_before``,
    ``amended``, ``rung``, ``until``, ``name`` (who takes over), ``cause_zh``, ``deadline_zh``, ``due``. Instants are RFC 3339.
    """
    kind = EventKind(kind)
    more = dict(extra or {})
    level = LEVEL_ZH[Level(body["level"])]
    title = f"【{level}{_HEAD.get(kind, EVENT_ZH[kind])}】{body['title']}：{_rule(body)}"
    lines = [
        title,
        _happened(kind, body, more),
        _since(body),
        _figures(kind, body),
        _basis(body),
        _validity(body),
        _duty(body),
        _told(body, more),
        link,
    ]
    return Text(title, "\n".join(line for line in lines if line))


def _rule(body: Mapping[str, Any]) -> str:
    rule = str(body["rule"])
    return f"{rule}（{_SUSPECTED}）" if body.get("suspected") and _SUSPECTED not in rule else rule


def _happened(kind: EventKind, body: Mapping[str, Any], extra: Mapping[str, Any]) -> str:
    """Return what is new, where the head does not say it all."""
    deadline = extra.get("deadline_zh") or "处置"
    parts = {
        "actor": f"（{extra['actor']}）" if extra.get("actor") else "",
        "until": f"，至 {when(extra['until'])}" if extra.get("until") else "",
        "due": f"，时限 {when(extra['due'])}" if extra.get("due") else "",
        "before": LEVEL_ZH[Level(extra["level_before"])] if extra.get("level_before") else "原级别",
        "level": LEVEL_ZH[Level(body["level"])],
        "amended": extra.get("amended") or _CHANGED,
        "withdrawn": body.get("withdrawn") or _CHANGED,
        "called": _called(extra),
        "ended": _ENDED.get(str(extra.get("muted_before") or "").partition(":")[0], "静默或检修已结束"),
        "overdue": "已到督办时限" if deadline == _SUPERVISION else f"{deadline}已逾期",
        "name": extra.get("name") or "您",
        "cause": f"，原因：{extra['cause_zh']}" if extra.get("cause_zh") else "",
    }
    sentence = _HAPPENED.get(kind, "").format(**parts)
    said = f"说明：{extra['text']}" if extra.get("text") else ""
    return "；".join(part for part in (sentence, said) if part)


def _called(extra: Mapping[str, Any]) -> str:
    rung = extra.get("rung")
    whom = "上一级" if rung is None else f"第 {rung} 级" if rung else "值班人"
    if extra.get("repeat"):
        return f"仍无人签收，再次通知{whom}"
    return f"尚未签收，已升级至{whom}" if rung != 0 else "尚未签收，通知值班人"


def _since(body: Mapping[str, Any]) -> str:
    ended = f"，结束：{when(body['ended_at'])}" if body.get("ended_at") else ""
    return f"起始：{when(body['began_at'])}{ended}"


def _basis(body: Mapping[str, Any]) -> str:
    if not body.get("standard"):
        return ""
    clause = f" {body['clause']}" if body.get("clause") else ""
    doubt = "" if body.get("verified", True) else "，限值来源待核实"
    return f"依据：{body['standard']}{clause}（版本 {body.get('edition') or '—'}）{doubt}"


def _validity(body: Mapping[str, Any]) -> str:
    note = body.get("note")
    if "n_expected" in body:
        return f"有效数据：{body.get('n_valid', '—')}/{body['n_expected']}" + (f"（{note}）" if note else "")
    due = f"应于 {body['due']} 前完成" if body.get("due") else ""
    said = "；".join(part for part in (note, due) if part)
    return f"{'情况' if _is_bare(body) else '说明'}：{said}" if said else ""


def _duty(body: Mapping[str, Any]) -> str:
    task = f"任务（{body['task']}），" if body.get("task") else ""
    return f"{task}牵头单位：{body['bureau']}" if body.get("bureau") else task.rstrip("，")


def _told(body: Mapping[str, Any], extra: Mapping[str, Any]) -> str:
    others = [str(name) for name in extra.get("told", body.get("told")) or ()]
    why = f"通知您：{extra['why']}" if extra.get("why") else ""
    return "；".join(part for part in (why, f"同时通知：{'、'.join(others)}" if others else "") if part)


def _is_bare(body: Mapping[str, Any]) -> bool:
    """Say whether the incident rests on no figure that has a limit: a silence, a suspicion, a check that is due."""
    return body.get("value") is None and body.get("limit") is None and "used" not in body


def _figures(kind: EventKind, body: Mapping[str, Any]) -> str:
    """Return what was measured; at the end that is the last value that exceeded, and the worst is always said."""
    line = measured(body)
    if kind is EventKind.CLOSED:
        line = line.replace(_LATEST, "末次超标值：", 1)
    worst = body.get("worst")
    if not line.startswith((_LATEST, "末次")) or worst is None or worst == body.get("value"):
        return line
    at = f"（{when(body['worst_at'])}）" if body.get("worst_at") else ""
    return f"{line}；最重 {worst:.2f} {body.get('unit') or ''}".rstrip() + at


def measured(body: Mapping[str, Any]) -> str:
    """Return value, limit and multiple in one line; empty where the incident has neither value nor limit."""
    unit = body.get("unit") or ""
    if body.get("over_plan") is not None or "use_rate" in body:
        return _year(body)
    if "used" in body:
        line = f"本月至 {body['through']} 已用 {body['used']:.0f} {unit}，月预算 {body['allowed']:.0f} {unit}，按日均推算月末 {body['projected']:.0f} {unit}"
        return line + ("，已超支" if body.get("kind") == "over" else "，预计超支")
    if _is_bare(body):
        return ""
    value, limit = body.get("value"), body.get("limit")
    bound = "下限" if body.get("high") is None else "限值"
    # Above its range an instrument has no value, and a range is no limit.
    line = ("已持续：" if unit in _SPANS else _LATEST) + ("—" if value is None else f"{value:.2f} {unit}".rstrip())
    line += "" if limit is None else f"，{bound} {limit:g} {unit}".rstrip()
    if body.get("indirect") is not None:
        line += f"，反平衡 {body['indirect']:.2f}%"
    if body.get("suspected"):
        line += f"，{_SUSPECTED}，须取样或核实"
    return line + _by_how_much(body)


def _by_how_much(body: Mapping[str, Any]) -> str:
    multiple = body.get("multiple")
    if multiple is None:
        return ""
    return f"，超标 {multiple:.2f} 倍" if body.get("high") is not None else f"，低 {multiple * 100:.1f}%"


def _year(body: Mapping[str, Any]) -> str:
    unit = body.get("unit", "")
    line = f"本年至 {body['through']} 累计 {body['used']:.1f} {unit}，年度控制量 {body['allowed']:.1f} {unit}（{body['used'] / body['allowed']:.1%}）"
    if body.get("projected") is not None:
        line += f"，预计全年 {body['projected']:.1f} {unit}"
    if body.get("passes_on"):
        line += f"，预计 {body['passes_on']} 突破"
    if body.get("probability") is not None:
        line += f"（概率 {body['probability']:.0%}）"
    kinds = {"over": "，已超", "projected": "，预计超", "warn": "，已达预警线", "notice": "，已达提示线"}
    return line + kinds.get(str(body.get("kind")), "")


def when(text: str) -> str:
    """Return an ISO instant as Beijing time to the minute."""
    return datetime.fromisoformat(text).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
