"""What is done through the API: incidents, silences, the rota. Each call is one act of `alerts.acts`, under the token's account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from fastapi import Request, Response
from fastapi.responses import JSONResponse

from alerts import acts
from alerts.actor import NotAllowedError, NotFoundError, UseError
from alerts.desk import bodies, incident_api, rota_api
from alerts.desk.asking import NotNowError, require
from alerts.desk.incident_api import number
from alerts.desk.stamps import instant, plain
from schemas.catalog.duty import Cause, SilenceKind
from schemas.runtime import clock

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from fastapi import FastAPI

    from alerts.actor import Actor
    from alerts.desk.asking import Asking
    from alerts.desk.snapshot import Reader
    from alerts.policy import Policy
    from schemas.runtime.database import Database

_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
_AT_MOST = 500


class _Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What comes with a call; a field we do not know is a mistake that must not pass in silence."""


class Ack(_Wish, frozen=True):
    """*hours*: until when nobody further is called, at most what the level allows."""

    hours: Annotated[float, msgspec.Meta(gt=0, le=24 * 31)] | None = None
    note: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class Said(_Wish, frozen=True):
    """A text for the history."""

    text: _Text


class Hand(_Wish, frozen=True):
    """To whom an incident is handed over: an id of the registry's people."""

    person: str
    note: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class Settle(_Wish, frozen=True):
    """Why an incident is closed."""

    cause: Cause
    text: _Text


class Silence(_Wish, frozen=True):
    """For what and how long notices are held back. Instants without a zone are Beijing's."""

    until: str
    reason: _Text
    since: str | None = None
    kind: SilenceKind = SilenceKind.SILENCE
    site: str = ""
    device: str = ""
    rule: Annotated[str, msgspec.Meta(max_length=100)] = ""


class Swap(_Wish, frozen=True):
    """Who stands in at a bureau, and for how long."""

    bureau: str
    person: str
    since: str
    until: str
    reason: _Text


def mount(app: FastAPI, asking: Asking, reader: Reader, policy: Callable[[], Policy]) -> None:
    """Add the routes that act, and those that read silences and rota."""
    _mount_incidents(app, asking, policy)
    _mount_silences(app, asking)
    _mount_rota(app, asking, reader)


def _mount_incidents(app: FastAPI, asking: Asking, policy: Callable[[], Policy]) -> None:
    async def ack(db: Database, actor: Actor, incident: int, wish: Ack) -> None:
        now = clock.now()
        await acts.acknowledge(db, actor, incident, now=now, policy=policy(), hours=wish.hours, text=wish.note)

    async def note(db: Database, actor: Actor, incident: int, wish: Said) -> None:
        await acts.note(db, actor, incident, wish.text, now=clock.now())

    async def feedback(db: Database, actor: Actor, incident: int, wish: Said) -> None:
        await acts.feedback(db, actor, incident, wish.text, now=clock.now())

    async def reassign(db: Database, actor: Actor, incident: int, wish: Hand) -> None:
        await acts.reassign(db, actor, incident, wish.person, wish.note, now=clock.now())

    async def settle(db: Database, actor: Actor, incident: int, wish: Settle) -> None:
        await acts.settle(db, actor, incident, wish.cause, wish.text, now=clock.now())

    async def unsettle(db: Database, actor: Actor, incident: int, wish: Said) -> None:
        await acts.unsettle(db, actor, incident, wish.text, now=clock.now())

    known: dict[str, tuple[type[Any], Callable[[Database, Actor, int, Any], Awaitable[None]]]] = {
        "ack": (Ack, ack),
        "note": (Said, note),
        "feedback": (Said, feedback),
        "reassign": (Hand, reassign),
        "settle": (Settle, settle),
        "unsettle": (Said, unsettle),
    }

    @app.post("/api/incidents/{incident}/{act}", response_model=None)
    async def _act(request: Request, incident: str, act: str) -> Response:
        async def done(db: Database, actor: Actor) -> Response:
            if act not in known:
                raise NotFoundError(f"没有操作 {act[:40]!r} (no such act).", "Acts: " + ", ".join(known))
            kind, work = known[act]
            key, wish = number(incident, "事件 incident"), await bodies.json(request, kind)
            await _acted(work(db, actor, key, wish))
            return await incident_api.whole(db, actor, key)

        return await asking.act(request, done)


def _mount_silences(app: FastAPI, asking: Asking) -> None:
    @app.get("/api/silences", response_model=None)
    async def _silences(request: Request) -> Response:
        async def found(db: Database, actor: Actor) -> Response:
            require(actor, "see")
            rows = await db.fetch_dicts("desk_silences", now=clock.now(), at_most=_AT_MOST)
            return JSONResponse([plain(row) for row in rows])

        return await asking.see(request, found)

    @app.post("/api/silences", response_model=None)
    async def _plan(request: Request) -> Response:
        async def done(db: Database, actor: Actor) -> Response:
            wish, now = await bodies.json(request, Silence), clock.now()
            made = await _acted(
                acts.plan_silence(
                    db,
                    actor,
                    kind=wish.kind,
                    site=wish.site,
                    device=wish.device,
                    rule=wish.rule,
                    since=instant(wish.since, "since") if wish.since else now,
                    until=instant(wish.until, "until"),
                    reason=wish.reason,
                    now=now,
                )
            )
            return JSONResponse({"silence_id": made}, 201)

        return await asking.act(request, done)

    @app.delete("/api/silences/{silence}", response_model=None)
    async def _withdraw(request: Request, silence: str) -> Response:
        async def done(db: Database, actor: Actor) -> Response:
            await _acted(acts.withdraw_silence(db, actor, number(silence, "静默 silence"), now=clock.now()))
            return Response(status_code=204)

        return await asking.act(request, done)


def _mount_rota(app: FastAPI, asking: Asking, reader: Reader) -> None:
    @app.get("/api/rota", response_model=None)
    async def _rota(request: Request) -> Response:
        async def found(db: Database, actor: Actor) -> Response:
            require(actor, "see")
            return await rota_api.rota(db, reader, bodies.query(request, rota_api.Rota))

        return await asking.see(request, found)

    @app.post("/api/swaps", response_model=None)
    async def _plan(request: Request) -> Response:
        async def done(db: Database, actor: Actor) -> Response:
            wish = await bodies.json(request, Swap)
            made = await _acted(
                acts.plan_swap(
                    db,
                    actor,
                    bureau=wish.bureau,
                    person=wish.person,
                    since=instant(wish.since, "since"),
                    until=instant(wish.until, "until"),
                    reason=wish.reason,
                    now=clock.now(),
                )
            )
            return JSONResponse({"swap_id": made}, 201)

        return await asking.act(request, done)

    @app.delete("/api/swaps/{swap}", response_model=None)
    async def _withdraw(request: Request, swap: str) -> Response:
        async def done(db: Database, actor: Actor) -> Response:
            await _acted(acts.withdraw_swap(db, actor, number(swap, "换班 swap"), now=clock.now()))
            return Response(status_code=204)

        return await asking.act(request, done)


async def _acted(act: Awaitable[Any]) -> Any:
    """Return what *act* returns. What was well said and is refused all the same does not fit how things stand: 409."""
    try:
        return await act
    except (NotAllowedError, NotFoundError):
        raise
    except UseError as exc:
        raise NotNowError(exc.sentence, exc.mend) from exc
