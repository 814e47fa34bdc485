"""Reports as they were filed: each version stands for ever, a correction is a new one that says what it changed."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from alerts.reports.amended import changes
from alerts.reports.paper import Kind, Paper
from schemas.errors import DatabaseError, KeyTakenError
from schemas.runtime import clock, database

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from schemas.runtime.database import Database

#: Two who file the same report at once: one of them reads again what the other wrote, and so on.
_TRIES = 10
_AT_MOST = 500


class Filed(msgspec.Struct, frozen=True, kw_only=True):
    """A version that was filed now; *changes*: against the version before it, () for the first."""

    report_id: int
    kind: Kind
    scope: str
    period: str
    version: int
    changes: tuple[str, ...] = ()


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A report in the list: its newest version. *publication_id*: where the public sees that version."""

    report_id: int
    kind: Kind
    scope: str
    period: str
    first_day: date
    last_day: date
    version: int
    made_at: datetime
    made_by: str
    digest: str
    n_changes: int
    publication_id: int | None
    released_at: datetime | None


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """One version with all that it says. *newest*: the newest version there is of this report."""

    report_id: int
    version: int
    newest: int
    made_at: datetime
    made_by: str
    digest: str
    paper: Paper
    changes: tuple[str, ...]
    publication_id: int | None
    released_at: datetime | None
    released_by: str | None


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One version in the history of a report."""

    report_id: int
    version: int
    made_at: datetime
    made_by: str
    digest: str
    changes: tuple[str, ...]


class Newest(NamedTuple):
    """The newest version of a report, with the instant as of which it was made."""

    version: int
    paper: Paper
    made_at: datetime


def normal(paper: Paper) -> Paper:
    """Return *paper* as the database gives it back: no NaN, no minus before a zero. Its digest is then the same ever after."""
    return msgspec.convert(_kept(msgspec.json.decode(msgspec.json.encode(paper))), Paper)


async def file(db: Database, papers: Iterable[Paper], made_by: str, *, made_at: datetime | None = None) -> list[Filed]:
    """File those of *papers* that say something else than their newest version; return what was filed.

    All or nothing. *made_by*: an account, or who made it by schedule; *made_at*: the instant as of which the facts were read: where a
    version of later facts was filed meanwhile, that stands.

    Raises:
        DatabaseError: the database is away, or refuses; nothing was filed.

    """
    now = clock.now()
    filed = []
    async with db.transaction():
        # In one order, or two who file the same would wait for each other for ever.
        for paper in sorted(papers, key=lambda one: (one.kind, one.scope, one.period)):
            found = await _file(db, normal(paper), made_by, made_at or now, now)
            filed += [] if found is None else [found]
    return filed


async def _file(db: Database, paper: Paper, made_by: str, made_at: datetime, now: datetime) -> Filed | None:
    for _ in range(_TRIES):
        before = await newest(db, paper.kind, paper.scope, paper.period)
        digest = paper.digest()
        if before is not None and before.paper.digest() == digest:
            return None
        # What took a minute to compose must not undo what somebody made of later facts; one from beyond now had a wrong clock.
        if before is not None and made_at < before.made_at <= now:
            return None
        told = tuple(changes(before.paper, paper)) if before else ()
        version = before.version + 1 if before else 1
        row = {
            "kind": paper.kind.value, "scope": paper.scope, "period": paper.period, "first_day": paper.first,
            "last_day": paper.last, "version": version, "made_at": made_at, "made_by": made_by, "digest": digest,
            "paper": database.json(msgspec.to_builtins(paper)), "changes": database.json(list(told)),
        }  # fmt: skip
        try:
            async with db.transaction():
                [(number,)] = await db.fetch("report_store_insert", **row)
        except KeyTakenError:
            continue
        return Filed(
            report_id=number, kind=paper.kind, scope=paper.scope, period=paper.period, version=version, changes=told
        )
    raise DatabaseError(
        f"报表 {paper.kind} {paper.scope} {paper.period} 正被反复改写 (filed by others again and again)."
    )


async def newest(db: Database, kind: Kind, scope: str, period: str) -> Newest | None:
    """Return the newest version there is, or None."""
    rows = await db.fetch_dicts("report_store_newest", kind=kind.value, scope=scope, period=period)
    return Newest(rows[0]["version"], _paper(rows[0]["paper"]), rows[0]["made_at"]) if rows else None


async def listed(
    db: Database, *, since: date, until: date, kind: Kind | None = None, scopes: Collection[str] | None = None,
    at_most: int = _AT_MOST,
) -> list[Entry]:  # fmt: skip
    """Return reports whose period ends from *since* to *until*, the newest first, the county's before its sites'."""
    asked = None if scopes is None else sorted(scopes)
    rows = await db.fetch_dicts(
        "report_store_list", since=since, until=until, kind=kind and kind.value, scopes=asked, at_most=at_most
    )
    return [msgspec.convert(row, Entry) for row in rows]


async def one(db: Database, report_id: int) -> Stored | None:
    """Return one version with its paper, or None."""
    rows = await db.fetch_dicts("report_store_one", report_id=report_id)
    return _stored(rows[0]) if rows else None


async def history(db: Database, kind: Kind, scope: str, period: str) -> list[Version]:
    """Return all versions of one report, the newest first."""
    rows = await db.fetch_dicts("report_store_history", kind=kind.value, scope=scope, period=period)
    return [msgspec.convert(row, Version) for row in rows]


def _stored(row: dict[str, Any]) -> Stored:
    known = {name: row[name] for name in Stored.__struct_fields__ if name != "paper"}
    return msgspec.convert(known | {"paper": _paper(row["paper"])}, Stored)


def _paper(body: Any) -> Paper:
    return msgspec.convert(body, Paper)


def _kept(body: Any) -> Any:
    """Return *body* as PostgreSQL's jsonb keeps it: its numbers know no negative zero."""
    if isinstance(body, dict):
        return {name: _kept(value) for name, value in body.items()}
    if isinstance(body, list):
        return [_kept(value) for value in body]
    return body + 0.0 if isinstance(body, float) else body
