"""Incidents as JSON: lists as the wall shows them, and one whole, for those who may see names. Times are RFC 3339, Beijing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlencode

import msgspec
from fastapi import Request  # noqa: TC002 - FastAPI reads it from the signatures
from fastapi.responses import JSONResponse

from alerts.actor import NotFoundError, may
from alerts.desk import bodies
from alerts.desk.asking import require
from alerts.desk.stamps import instant, plain
from schemas.catalog.duty import LIVE, IncidentState
from schemas.catalog.enums import Level

if TYPE_CHECKING:
    from fastapi import FastAPI, Response

    from alerts.actor import Actor
    from alerts.desk.asking import Asking
    from schemas.runtime.database import Database

_AT_MOST = 500
_LIVE = [state.value for state in LIVE]
_STATES = {
    "open": _LIVE,
    "closed": [IncidentState.CLOSED.value],
    "pending": [IncidentState.PENDING.value],
    "lapsed": [IncidentState.LAPSED.value],
    "all": [*_LIVE, IncidentState.CLOSED.value],
}
#: What only those learn who may see the site's incidents: who did what, and who is late with what.
_FOR_SOME = (
    "acked_by", "acked_at", "acked_until", "assignee", "rung", "muted", "overdue", "ack_due", "feedback_due", "feedback_at",
    "close_due", "settled_at", "settled_by", "cause",
)  # fmt: skip


class Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which incidents are asked for. *since*: begun then or later; *before*: the last id of the page before."""

    state: Literal["open", "closed", "pending", "lapsed", "all"] = "open"
    site: str | None = None
    level: Level | None = None
    bureau: str | None = None
    since: str | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=_AT_MOST)] = _AT_MOST
    before: Annotated[int, msgspec.Meta(ge=1, le=2**62)] | None = None


def mount(app: FastAPI, asking: Asking) -> None:
    """Add the routes that read incidents."""

    @app.get("/api/incidents", response_model=None)
    async def _incidents(request: Request) -> Response:
        return await asking.read(request, lambda db, actor: listed(db, actor, bodies.query(request, Wish)))

    @app.get("/api/incidents/{incident}", response_model=None)
    async def _incident(request: Request, incident: str) -> Response:
        return await asking.see(request, lambda db, actor: whole(db, actor, number(incident, "事件 incident")))


async def listed(db: Database, actor: Actor | None, wish: Wish) -> Response:
    """Answer with the incidents wished for, newest first, each with its history and how its notices stand."""
    rows = await db.fetch_dicts(
        "desk_incidents",
        states=_STATES[wish.state],
        site=wish.site,
        level=wish.level.value if wish.level else None,
        bureau=wish.bureau,
        since=instant(wish.since, "since") if wish.since else None,
        before=wish.before,
        at_most=wish.limit,
    )
    found = {row["incident_id"]: _row(row, actor) | {"events": [], "notices": []} for row in rows}
    for_some = {row["incident_id"] for row in rows if actor is not None and may(actor, "see", row["site_id"])}
    for name, key in (("desk_events", "events"), ("desk_notices", "notices")):
        for row in await db.fetch_dicts(name, incidents=list(found)):
            entry = plain(row) | ({"status": _status(row)} if key == "notices" else {})
            incident = entry.pop("incident_id")
            if incident not in for_some:
                # A receipt is what a channel's own server answered: it may name numbers and people.
                entry.pop("receipt", None)
            found[incident][key].append(entry)
    headers = {}
    if len(rows) == wish.limit:
        asked = {name: value for name, value in msgspec.to_builtins(wish).items() if value is not None}
        query = urlencode(asked | {"before": rows[-1]["incident_id"]})
        headers["Link"] = f'</api/incidents?{query}>; rel="next"'
    return JSONResponse(list(found.values()), headers=headers)


async def whole(db: Database, actor: Actor, incident: int) -> Response:
    """Answer with all that is kept of one incident: who did what, who was told, and how that went."""
    rows = await db.fetch_dicts("desk_incident", incident_id=incident)
    if not rows:
        raise NotFoundError(f"没有事件 {incident} (no such incident).", "See /api/incidents?state=all.")
    require(actor, "see", rows[0]["site_id"])
    events = await db.fetch_dicts("desk_incident_events", incident_id=incident)
    notices = await db.fetch_dicts("desk_incident_notices", incident_id=incident)
    return JSONResponse(
        plain(rows[0])
        | {
            "events": [plain(row) for row in events],
            "notices": [plain(row) | {"status": _status(row)} for row in notices],
        }
    )


def number(text: str, what: str) -> int:
    """Return the number that a path names. Raises NotFoundError where it is none."""
    # Nothing is numbered beyond a bigint, and other alphabets' digits are no numbers here.
    if not (text.isascii() and text.isdigit() and len(text) <= 18):  # noqa: PLR2004 - 10^18 < 2^63
        raise NotFoundError(f"没有{what} {text[:40]!r} (no such number).", "A whole number is meant.")
    return int(text)


def _row(row: dict[str, Any], actor: Actor | None) -> dict[str, Any]:
    """Return an incident as *actor* may see it; nobody learns of it only what the wall shows."""
    shown = plain(row) | {"acknowledged": row["acked_at"] is not None, "settled": row["settled_at"] is not None}
    if actor is not None and may(actor, "see", row["site_id"]):
        return shown
    return {name: value for name, value in shown.items() if name not in _FOR_SOME}


def _status(notice: dict[str, Any]) -> str:
    if notice["sent_at"] is not None:
        return "sent"
    if notice["given_up_at"] is not None:
        return "given_up"
    return "folded" if notice["digest_id"] is not None else "waiting"
