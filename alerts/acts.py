"""What people do with incidents, silences and the rota.

Each act reads the incident anew in its own transaction, holds it, writes what it changes and one line of the history; the
evaluator is woken and tells whom it concerns. The instant *now* is the caller's; the line is dated by the database.

Raises of all acts: NotFoundError (there is no such thing), NotAllowedError (this account may not), UseError (not in this state, or a
text is missing), with what to do.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from alerts import policy as policies
from alerts.actor import NotAllowedError, NotFoundError, may
from alerts.casework import Case, next_step
from alerts.judge import rules
from schemas.catalog.duty import CAUSE_ZH, CLOSES_LIVE, LIVE, Cause, EventKind, IncidentState, SilenceKind
from schemas.errors import UseError
from schemas.registry import store
from schemas.runtime import database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from alerts.actor import Actor
    from schemas.registry.model import Document
    from schemas.runtime.database import Database

_LONGEST_TEXT = 2000
#: House convention: nothing is planned further off. A plan to the end of the calendar also leaves it when it is said in Beijing time.
_FURTHEST = timedelta(days=366)


async def acknowledge(
    db: Database, actor: Actor, incident_id: int, *, now: datetime, policy: policies.Policy,
    hours: float | None = None, text: str = "",
) -> None:  # fmt: skip
    """Take an incident on: nobody further is called until *hours* (at most what its level allows) have passed."""
    async with _held(db, actor, "acknowledge", incident_id) as case:
        _must_be_unsettled(case)
        until = policies.ack_until(policy, case.level, now, hours)
        case.acked_by, case.acked_at, case.acked_until = actor.name, now, until
        case.assignee = case.assignee or actor.person
        # Met for good: when the acknowledgement ends the ladder goes on, the deadline does not come back.
        case.ladder_at = case.ack_due = None
        await _write(db, actor, case, EventKind.ACKED, _said(text, needed=False) | {"until": until.isoformat()})


async def note(db: Database, actor: Actor, incident_id: int, text: str, *, now: datetime) -> None:
    """Write a note into the history."""
    async with _held(db, actor, "note", incident_id) as case:
        await _write(db, actor, case, EventKind.NOTED, _said(text))


async def feedback(db: Database, actor: Actor, incident_id: int, text: str, *, now: datetime) -> None:
    """Say what was found and done 反馈; the first one meets the deadline."""
    async with _held(db, actor, "feedback", incident_id) as case:
        case.feedback_at = case.feedback_at or now
        await _write(db, actor, case, EventKind.FEEDBACK, _said(text))


async def reassign(db: Database, actor: Actor, incident_id: int, person: str, text: str, *, now: datetime) -> None:
    """Hand an incident over to *person*, who is told; it must be acknowledged anew."""
    async with _held(db, actor, "reassign", incident_id) as case:
        _must_be_unsettled(case)
        names = {one.id: one.name for one in (await _document(db)).people}
        if person not in names:
            raise NotFoundError(f"注册表里没有人员 {person} (no such person).", "Choose one of the registry's people.")
        before = case.assignee
        case.assignee = person
        case.acked_by = case.acked_at = case.acked_until = None
        # The evaluator tells whom it was handed to, and the ladder goes on from there.
        case.ladder_at = None
        body = _said(text, needed=False) | {"person": person, "name": names[person], "before": before}
        await _write(db, actor, case, EventKind.REASSIGNED, body)


async def settle(db: Database, actor: Actor, incident_id: int, cause: Cause, text: str, *, now: datetime) -> None:
    """Close an incident 销号 with its cause. While values still exceed, only a cause that says they do not speak for the plant will do."""
    async with _held(db, actor, "settle", incident_id) as case:
        _must_be_unsettled(case)
        if case.state in LIVE and cause not in CLOSES_LIVE:
            allowed = "、".join(CAUSE_ZH[one] for one in Cause if one in CLOSES_LIVE)
            raise UseError(
                f"数据尚未恢复达标，不能以“{CAUSE_ZH[cause]}”销号 (values still exceed).",
                f"等恢复后再销号，或选：{allowed}",
            )
        case.settled_at, case.settled_by, case.cause = now, actor.name, cause.value
        body = _said(text) | {"cause": cause.value, "cause_zh": CAUSE_ZH[cause]}
        await _write(db, actor, case, EventKind.SETTLED, body)


async def unsettle(db: Database, actor: Actor, incident_id: int, text: str, *, now: datetime) -> None:
    """Take a closing back."""
    async with _held(db, actor, "settle", incident_id) as case:
        if case.settled_at is None:
            raise UseError(f"事件 {incident_id} 并未销号 (it is not settled).")
        case.settled_at = case.settled_by = case.cause = None
        await _write(db, actor, case, EventKind.UNSETTLED, _said(text))


async def plan_silence(
    db: Database, actor: Actor, *, kind: SilenceKind | str, site: str, device: str, rule: str, since: datetime, until: datetime,
    reason: str, now: datetime,
) -> int:  # fmt: skip
    """Hold notices back from *since* until *until* for a site, a device, a rule, or several of them together; return its number.

    Judging goes on. A whole county is never silenced: one of the three must be named.
    """
    _must(actor, "silence", site)
    _must_be_span(since, until, now)
    if not (site or device or rule):
        raise UseError("静默范围不能是全县全部规则 (a silence needs a site, a device or a rule).", "至少选择一项范围")
    if rule and rule not in rules.load():
        raise NotFoundError(f"没有规则 {rule} (no such rule).", "See alerts/judge/rules.toml.")
    known = {one.id: {device.id for device in one.devices} for one in (await _document(db)).sites}
    if site and site not in known:
        raise NotFoundError(f"没有站点 {site} (no such site).", "See /api/sites.")
    if device and device not in known.get(site, set()):
        raise NotFoundError(f"站点 {site or '—'} 没有设备 {device} (no such device there).", "先选站点，再选其设备")
    row = {"kind": SilenceKind(kind).value, "site": site, "device": device, "rule": rule, "since": since, "until": until,
           "reason": _said(reason)["text"], "by": actor.name}  # fmt: skip
    return await _plan(db, actor, "silence_insert", EventKind.SILENCE_PLANNED, row)


async def withdraw_silence(db: Database, actor: Actor, silence_id: int, *, now: datetime) -> None:
    """Take a silence back; what it held is told at once."""
    _must(actor, "silence", "")
    async with db.transaction():
        await db.fetch("chain_lock")
        rows = await db.fetch("silence_withdraw", silence_id=silence_id, by=actor.name, at=now)
        if not rows:
            raise NotFoundError(f"没有生效的静默 {silence_id} (no such silence, or taken back already).")
        await db.execute("incident_muted_by", muted=f"silence:{silence_id}", now=now)
        await _record(db, actor, None, EventKind.SILENCE_WITHDRAWN, {"silence_id": silence_id})


async def plan_swap(
    db: Database, actor: Actor, *, bureau: str, person: str, since: datetime, until: datetime, reason: str, now: datetime,
) -> int:  # fmt: skip
    """Let *person* be on duty for *bureau* from *since* until *until*; return the swap's number."""
    _must(actor, "swap", "")
    _must_be_span(since, until, now)
    people = {one.id: one for one in (await _document(db)).people}
    if person not in people or people[person].bureau != bureau:
        raise NotFoundError(
            f"{bureau} 没有人员 {person} (nobody of that id in this bureau).", "See the registry's people."
        )
    row = {"bureau": bureau, "person": person, "since": since, "until": until, "reason": _said(reason)["text"],
           "by": actor.name}  # fmt: skip
    return await _plan(db, actor, "swap_insert", EventKind.SWAP_PLANNED, row)


async def withdraw_swap(db: Database, actor: Actor, swap_id: int, *, now: datetime) -> None:
    """Take a swap back: the rota holds again."""
    _must(actor, "swap", "")
    async with db.transaction():
        if not await db.fetch("swap_withdraw", swap_id=swap_id, by=actor.name, at=now):
            raise NotFoundError(f"没有换班 {swap_id} (no such swap, or taken back already).")
        await _record(db, actor, None, EventKind.SWAP_WITHDRAWN, {"swap_id": swap_id})


@asynccontextmanager
async def _held(db: Database, actor: Actor, act: str, incident_id: int) -> AsyncIterator[Case]:
    async with db.transaction():
        await db.fetch("chain_lock")
        rows = await db.fetch_dicts("act_incident", incident_id=incident_id)
        if not rows:
            raise NotFoundError(f"没有事件 {incident_id} (no such incident).", "See /api/incidents?state=all.")
        case = msgspec.convert(rows[0], Case)
        _must(actor, act, case.site_id)
        if case.state in {IncidentState.PENDING, IncidentState.LAPSED}:
            raise UseError(f"事件 {incident_id} 尚未成立 (it has not opened).", "等待规则确认；待确认的事件无须处理")
        yield case


async def _write(db: Database, actor: Actor, case: Case, kind: EventKind, body: dict[str, Any]) -> None:
    case.next_step_at = next_step(case)
    await db.execute("act_set", **case.held())
    await _record(db, actor, case.incident_id, kind, body)


async def _record(db: Database, actor: Actor, incident_id: int | None, kind: EventKind, body: dict[str, Any]) -> None:
    said = body if actor.person is None else body | {"by": actor.person}
    await db.fetch(
        "incident_event_insert", incident_id=incident_id, kind=kind.value, actor=actor.name, body=database.json(said)
    )
    await db.fetch("wake")


async def _plan(db: Database, actor: Actor, query: str, kind: EventKind, row: dict[str, Any]) -> int:
    async with db.transaction():
        number = int((await db.fetch(query, **row))[0][0])
        said = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}
        await _record(db, actor, None, kind, said | {"number": number})
    return number


def _must(actor: Actor, act: str, site: str) -> None:
    if not may(actor, act, site):
        raise NotAllowedError(f"账号 {actor.name} 无权执行此操作 (this account may not {act}).", "请有权限的人员操作")


def _must_be_unsettled(case: Case) -> None:
    if case.settled_at is not None:
        raise UseError(f"事件 {case.incident_id} 已销号 (it is settled).", "如需继续处理，先撤回销号")


def _must_be_span(since: datetime, until: datetime, now: datetime) -> None:
    if not since < until or until <= now:
        raise UseError("起止时间不对：止须晚于起，且未过去 (the end must come after the start and lie ahead).")
    if since < now - _FURTHEST or until > now + _FURTHEST:
        raise UseError(
            f"起止时间太远，前后至多 {_FURTHEST.days} 天 (at most so many days from now).",
            "到期后可再设 plan it again when it ends",
        )


def _said(text: str, *, needed: bool = True) -> dict[str, Any]:
    words = text.strip()
    if needed and not words:
        raise UseError("请写明内容或原因 (a text is needed).")
    if "\0" in words:
        raise UseError("内容含有无法保存的字符 (a NUL character cannot be kept).", "请删去后重试")
    if len(words) > _LONGEST_TEXT:
        raise UseError(
            f"内容过长，最多 {_LONGEST_TEXT} 字 (too long: {len(words)} characters).", "请精简，详细材料另附"
        )
    return {"text": words}


async def _document(db: Database) -> Document:
    registry = await store.current(db)
    if registry is None:
        raise UseError("尚无注册表 (no registry is applied).", "monitor registry apply FILE")
    return registry.document
