"""What the public sees: a person releases a version of a publicity report, and a person takes it back. Nothing is shown by itself."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import msgspec

from alerts.actor import NotAllowedError, NotFoundError, may
from alerts.reports import store
from alerts.reports.amended import changes
from alerts.reports.paper import KIND_ZH, Kind, Paper
from schemas.errors import KeyTakenError, UseError

if TYPE_CHECKING:
    from alerts.actor import Actor
    from alerts.reports.store import Stored
    from schemas.runtime.database import Database

#: House convention: years of months, and no list without an end.
_AT_MOST = 120
_LONGEST = 2000


class Released(msgspec.Struct, frozen=True, kw_only=True):
    """A version that the public sees; of a period the newest that is released. *revised*: the public saw an earlier one."""

    report_id: int
    period: str
    first_day: date
    last_day: date
    version: int
    digest: str
    released_at: datetime
    revised: bool = False


class Publication(msgspec.Struct, frozen=True, kw_only=True):
    """That a version was shown, by whom and until when."""

    publication_id: int
    report_id: int
    version: int
    released_by: str
    released_at: datetime
    withdrawn_by: str | None
    withdrawn_at: datetime | None
    reason: str | None


def may_publish(actor: Actor) -> bool:
    """Say whether *actor* decides what the public sees: the bureau and the administrator. House convention."""
    return may(actor, "publish")


async def release(db: Database, report_id: int, actor: Actor) -> int:
    """Let the public see the version *report_id* in place of any older one; return the publication's number.

    Raises:
        NotAllowedError: the account may not.
        NotFoundError: there is no such report.
        UseError: it is none for the public, not the newest version, or released already.

    """
    _must(actor)
    found = await store.one(db, report_id)
    if found is None:
        raise NotFoundError(f"没有报表 {report_id} (no such report).")
    if found.paper.kind is not Kind.PUBLICITY:
        raise UseError(
            f"{KIND_ZH[found.paper.kind]}不对社会公开 (this report is not for the public).", "只发布目标完成情况公示"
        )
    if found.version != found.newest:
        raise UseError(f"已有第 {found.newest} 版，不再发布旧版 (there is a newer version).", "请发布最新一版")
    try:
        async with db.transaction():
            reason = f"由第 {found.version} 版代替"
            await db.execute("report_store_replace", report_id=report_id, by=actor.name, reason=reason)
            [(number,)] = await db.fetch("report_store_release", report_id=report_id, by=actor.name)
    except KeyTakenError as exc:
        raise UseError(f"第 {found.version} 版已发布 (it is released already).", "如需撤下，请撤回") from exc
    return int(number)


async def withdraw(db: Database, publication_id: int, actor: Actor, reason: str) -> None:
    """Take a publication back, for a *reason* that is kept.

    Raises:
        NotAllowedError: the account may not.
        UseError: no reason.
        NotFoundError: no such publication, or taken back already.

    """
    _must(actor)
    said = reason.replace("\0", "").strip()
    if not said or len(said) > _LONGEST:
        raise UseError(f"请写明撤回原因，至多 {_LONGEST} 字 (say why).", "例如：数据有误，待更正")
    if not await db.fetch("report_store_withdraw", publication_id=publication_id, by=actor.name, reason=said):
        raise NotFoundError(f"没有生效的发布 {publication_id} (not released, or taken back already).")


async def released(db: Database) -> list[Released]:
    """Return what the public sees, the newest period first."""
    rows = await db.fetch_dicts("report_store_released", at_most=_AT_MOST)
    return [msgspec.convert(row, Released) for row in rows]


async def shown(db: Database, report_id: int) -> Stored | None:
    """Return a released version as the public reads it, None where it is not released.

    Its changes are those since the version that the public saw before: of what was never released nothing is told.
    """
    found = await store.one(db, report_id)
    if found is None or found.publication_id is None:
        return None
    seen = await db.fetch("report_store_seen", report_id=report_id)
    told = changes(msgspec.convert(seen[0][0], Paper), found.paper) if seen else []
    return msgspec.structs.replace(found, changes=tuple(told))


async def publications(db: Database, period: str, *, scope: str = "county") -> list[Publication]:
    """Return when the publicity report of *period* was shown and taken back, the newest first."""
    rows = await db.fetch_dicts("report_store_publications", kind=Kind.PUBLICITY.value, scope=scope, period=period)
    return [msgspec.convert(row, Publication) for row in rows]


def _must(actor: Actor) -> None:
    if not may_publish(actor):
        raise NotAllowedError(f"账号 {actor.name} 无权发布公示 (this account may not publish).", "请主管部门账号操作")
