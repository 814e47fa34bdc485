"""What happened to an incident and who was told of it, as tables. HTML in which every foreign word is escaped. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from alerts.desk import words
from alerts.desk.pages import texts
from alerts.desk.words import NOTHING, safe
from schemas.catalog.duty import CAUSE_ZH, EVENT_ZH, STATE_ZH, Cause, EventKind, IncidentState
from schemas.catalog.enums import LEVEL_ZH, Level, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from alerts.desk.pages.board import Picture

#: Channels as people read them; another one stands under its own name.
_CHANNEL_ZH = {"log": "运行日志", "webhook": "回调", "": NOTHING}
_OUTCOME_ZH = {Outcome.COMPLIANT: "达标", Outcome.EXCEEDING: "超标", Outcome.NOT_JUDGEABLE: "未判定"}
#: What the data said: the line shows the values of that moment.
_FROM_DATA = {
    EventKind.OPENED, EventKind.LEVEL, EventKind.UNKNOWN, EventKind.RESUMED, EventKind.RECOVERING, EventKind.CLOSED,
    EventKind.REOPENED,
}  # fmt: skip
_AMENDED_ZH = {"began_at": "起始", "ended_at": "恢复", "worst": "最重值", "level": "级别"}


def events(rows: Sequence[Mapping[str, Any]], picture: Picture, now: datetime) -> str:
    """Return the history, newest first."""
    if not rows:
        return '<div class="none">尚无记录 <span class="en">Nothing yet</span></div>'
    lines = "".join(
        f'<tr><td class="t">{safe(texts.moment(row["at"], now))}</td><td class="t">{_kind(row["kind"])}</td>'
        f'<td class="t">{safe(_actor(row, picture))}</td><td class="words">{safe(told(row["kind"], row["body"], picture))}</td></tr>'
        for row in reversed(rows)
    )
    return _table(("时间", "事项", "人员", "内容"), lines)


def told(kind: str, body: Mapping[str, Any], picture: Picture) -> str:
    """Return what one line of the history says, in plain text."""
    said = str(body.get("text") or "")
    if kind in _FROM_DATA:
        return _joined(_step(body), said, texts.measured(body))
    if kind == EventKind.AMENDED:
        return "\n".join(filter(None, (str(body.get("amended") or ""), _changes(body))))
    return _joined(_act(kind, body, picture), said) or str(body.get("because") or body.get("withdrawn") or "")


def _act(kind: str, body: Mapping[str, Any], picture: Picture) -> str:
    """Return what a person's act says besides the text."""
    if kind == EventKind.REASSIGNED:
        before = picture.people.get(body.get("before") or "", body.get("before") or "未指定")
        return f"{before} → {body.get('name') or body.get('person') or NOTHING}"
    if kind == EventKind.SETTLED and body.get("cause") in set(Cause):
        return CAUSE_ZH[Cause(body["cause"])]
    return f"至 {_instant(body.get('until'))}" if kind == EventKind.ACKED else ""


def _step(body: Mapping[str, Any]) -> str:
    parts = []
    if body.get("level_before") in set(Level):
        after = LEVEL_ZH[Level(body["level"])] if body.get("level") in set(Level) else ""
        parts.append(f"{LEVEL_ZH[Level(body['level_before'])]} → {after}")
    if body.get("state_before") in set(IncidentState):
        parts.append(f"此前：{STATE_ZH[IncidentState(body['state_before'])]}")
    return "，".join(parts)


def _changes(body: Mapping[str, Any]) -> str:
    """Return before → after of what amended data changed."""
    before = body.get("before")
    if not isinstance(before, dict):
        return ""
    return "\n".join(
        f"{zh}：{_plain(name, before.get(name))} → {_plain(name, body.get(name))}"
        for name, zh in _AMENDED_ZH.items()
        if name in before and before.get(name) != body.get(name)
    )


def _plain(name: str, value: object) -> str:
    if value is None:
        return NOTHING
    if name == "level" and value in set(Level):
        return LEVEL_ZH[Level(str(value))]
    return _instant(value) if name.endswith("_at") else f"{value:g}" if isinstance(value, int | float) else str(value)


def _instant(value: object) -> str:
    try:
        return words.minute(datetime.fromisoformat(str(value)))
    except ValueError:
        return NOTHING


def _kind(kind: str) -> str:
    return EVENT_ZH[EventKind(kind)] if kind in set(EventKind) else safe(kind)


def _actor(row: Mapping[str, Any], picture: Picture) -> str:
    return picture.accounts.get(row["actor"], row["actor"]) or "系统"


def _joined(*parts: str) -> str:
    return "；".join(part for part in parts if part and part != NOTHING)


def notices(rows: Iterable[Mapping[str, Any]], picture: Picture, now: datetime) -> str:
    """Return who was told, through what, when and how that went."""
    lines = "".join(
        f'<tr><td class="t">{safe(texts.moment(row["made_at"], now))}</td><td class="t">{_kind(row["step"])}</td>'
        f"<td>{safe(picture.people.get(row['recipient'], row['recipient']) or '单位')}"
        f'<div class="sub">{safe(_CHANNEL_ZH.get(row["channel"], row["channel"]))}</div></td>'
        f'<td class="words">{safe(delivered(row, now))}</td></tr>'
        for row in rows
    )
    return (
        _table(("时间", "事项", "通知谁", "送达情况"), lines)
        if lines
        else '<div class="none">未发通知 <span class="en">No notice</span></div>'
    )


def delivered(row: Mapping[str, Any], now: datetime) -> str:
    """Return how one notice stands, with its receipt and how often it was tried."""
    tries = f"，第 {row['attempts']} 次" if row["attempts"] > 1 else ""
    if row["digest_id"] is not None:
        sent = f"，已于 {texts.moment(row['digest_sent_at'], now)} 发出" if row["digest_sent_at"] else "，待发"
        return f"并入汇总 {row['digest_id']}{sent}"
    if row["sent_at"] is not None:
        receipt = f"，回执 {row['receipt']}" if row["receipt"] else ""
        return f"已送达 {texts.moment(row['sent_at'], now)}{tries}{receipt}"
    if row["given_up_at"] is not None:
        return f"未送达，{texts.moment(row['given_up_at'], now)} 放弃（试 {row['attempts']} 次）"
    if row["attempts"]:
        return f"发送失败 {row['attempts']} 次，{texts.moment(row['next_attempt_at'], now)} 再试"
    return "待发"


def amendments(rows: Iterable[Mapping[str, Any]], unit: str, decimals: int, now: datetime) -> str:
    """Return the verdicts that late or corrected data changed: what was said, what is said now."""
    lines = "".join(
        f'<tr><td class="t">{safe(texts.moment(row["window_start"], now))}</td>'
        f'<td class="t">{_verdict(row["before_value"], row["before_outcome"], decimals)} → '
        f"{_verdict(row['after_value'], row['after_outcome'], decimals)} {safe(unit)}</td>"
        f'<td class="t">{safe(texts.moment(row["amended_at"], now))}</td></tr>'
        for row in rows
    )
    return _table(("时段", "更正前 → 更正后", "更正于"), lines) if lines else ""


def _verdict(value: float | None, outcome: str | None, decimals: int) -> str:
    if outcome is None:
        return "作废"
    return f"{words.number(value, decimals)} {_OUTCOME_ZH[Outcome(outcome)]}"


def figures(body: Mapping[str, Any]) -> str:
    """Return the figures a signal rests on, as a table; nothing where there are none."""
    found = body.get("figures")
    if not isinstance(found, dict) or not found:
        return ""
    lines = "".join(
        f'<tr><td>{safe(name)}</td><td class="n">{safe(f"{value:g}" if isinstance(value, int | float) else value)}</td></tr>'
        for name, value in found.items()
    )
    return _table(("数值项 figure", "数值 value"), lines)


def _table(heads: Iterable[str], lines: str) -> str:
    head = "".join(f"<th>{one}</th>" for one in heads)
    return f'<div class="scroll"><table class="told"><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></div>'
