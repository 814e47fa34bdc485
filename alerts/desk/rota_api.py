"""The rota as JSON: who is on duty at each bureau, now and for some days ahead. Times are RFC 3339, Beijing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from fastapi.responses import JSONResponse

from alerts import roster, workdays
from alerts.actor import NotFoundError
from alerts.desk.stamps import plain, stamp
from schemas.runtime import clock

if TYPE_CHECKING:
    from datetime import datetime

    from fastapi import Response

    from alerts.desk.snapshot import Reader
    from schemas.registry.model import Document
    from schemas.runtime.database import Database


class Rota(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whose rota is asked for, and how far ahead."""

    bureau: str | None = None
    days: Annotated[int, msgspec.Meta(ge=1, le=90)] = 14


async def rota(db: Database, reader: Reader, wish: Rota) -> Response:
    """Answer with who is on duty at each bureau, now and for some days ahead, and the swaps that hold or will."""
    registry = await reader.registry(db)
    if registry is None:
        return JSONResponse([])
    now = clock.now()
    document = registry.document
    named = {one.id: one.name for one in document.bureaus}
    if wish.bureau is not None and wish.bureau not in named:
        raise NotFoundError(f"没有单位 {wish.bureau} (no such bureau).", "Bureaus: " + ", ".join(named))
    rows = await db.fetch_dicts("desk_swaps", now=now)
    swaps = [
        roster.Swap(bureau=row["bureau"], person=row["person"], since=row["since"], until=row["until"]) for row in rows
    ]
    who = roster.Roster(document, swaps, workdays)
    return JSONResponse(
        [
            _bureau(who, bureau, now, wish.days)
            | {"name": named[bureau], "swaps": [plain(row) for row in rows if row["bureau"] == bureau]}
            for bureau in ([wish.bureau] if wish.bureau else _on_call(document))
        ]
    )


def _on_call(document: Document) -> list[str]:
    with_duty = {one.bureau for one in document.duties} | {one.bureau for one in document.rotas}
    return [one.id for one in document.bureaus if one.id in with_duty]


def _bureau(who: roster.Roster, bureau: str, now: datetime, days: int) -> dict[str, Any]:
    on_duty = who.on_duty(bureau, now)
    return {
        "bureau": bureau,
        "on_duty": {
            "person": on_duty.person.id if on_duty.person else None,
            "name": on_duty.person.name if on_duty.person else None,
            "because": on_duty.because,
            "until": stamp(on_duty.until),
            "hole": on_duty.hole,
        },
        "shifts": [
            {
                "person": one.person.id if one.person else None,
                "name": one.person.name if one.person else None,
                "since": stamp(one.since),
                "until": stamp(one.until),
                "why": one.why.value,
                "note": one.note,
            }
            for one in who.shifts(bureau, now, days)
        ],
    }
