"""The API: JSON over the same reading the wall does, on a connection of its own. Times are RFC 3339, Beijing."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from fastapi import Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from alerts.desk.snapshot import Reader
from schemas.catalog.factors import FACTORS
from schemas.errors import DatabaseError, DatabaseUnavailableError
from schemas.runtime import clock, database
from schemas.times import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from fastapi import FastAPI

    from alerts.desk.facts import SiteView
    from alerts.desk.keeper import Keeper
    from schemas.registry.derived import PointKey
    from schemas.registry.store import Registry
    from schemas.runtime.database import Database

_STATES = {"open": ["open"], "closed": ["closed"], "all": ["open", "closed"]}
_MOST_INCIDENTS = 500
_LOOK_BACK = timedelta(days=40)


class Source:
    """One connection for all API calls, one at a time; made anew after it broke."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = asyncio.Lock()
        self._stack = AsyncExitStack()
        self._db: Database | None = None
        self._reader = Reader()

    async def ask(self, work: Callable[[Database, Reader], Awaitable[Response]]) -> Response:
        """Return what *work* answers; 503 with what to do while the database is away."""
        async with self._lock:
            try:
                if self._db is None or self._db.closed:
                    await self._drop()
                    self._db = await self._stack.enter_async_context(database.connect(self._url, "monitor-desk-api"))
                return await work(self._db, self._reader)
            except DatabaseUnavailableError:
                await self._drop()
                return _refusal(503, "数据库暂时无法连接 (the database is away).", "Try again in a few seconds.")
            except DatabaseError as exc:
                await self._drop()
                return _refusal(503, exc.sentence, "See the desk's log.")

    async def close(self) -> None:
        """Close the connection."""
        async with self._lock:
            await self._drop()

    async def _drop(self) -> None:
        self._db = None
        stack, self._stack = self._stack, AsyncExitStack()
        await stack.aclose()


def mount(app: FastAPI, keeper: Keeper, source: Source) -> None:
    """Add the API's routes to *app*."""

    @app.get("/api/sites", response_model=None)
    async def _sites() -> Response:
        return await source.ask(sites)

    @app.get("/api/incidents", response_model=None)
    async def _incidents(state: Literal["open", "closed", "all"] = "open") -> Response:
        return await source.ask(lambda db, _: incidents(db, state))

    @app.get("/api/points/{point}/latest", response_model=None)
    async def _latest(point: str) -> Response:
        return await source.ask(lambda db, reader: latest(db, reader, point))

    @app.get("/healthz", response_model=None)
    async def _healthz() -> Response:
        return JSONResponse({"status": "ok"})

    @app.get("/readyz", response_model=None)
    async def _readyz() -> Response:
        why = keeper.why_not_ready(clock.now())
        return JSONResponse(
            {"status": "ready"} if why is None else {"status": "not ready", "reason": why}, 200 if why is None else 503
        )

    @app.get("/metrics", response_model=None)
    async def _metrics() -> Response:
        return await asyncio.to_thread(metrics)


async def sites(db: Database, reader: Reader) -> Response:
    """Answer with all sites, their devices and points."""
    snapshot = await reader.read(db, clock.now())
    return JSONResponse([_site(site) for site in snapshot.sites])


def _site(site: SiteView) -> dict[str, Any]:
    return {
        "id": site.id,
        "name": site.name,
        "town": site.town,
        "kind": site.kind,
        "bureau": site.bureau,
        "state": site.state,
        "detail": site.detail,
        "newest": stamp(site.newest),
        "age_s": None if site.age_s is None else round(site.age_s, 1),
        "devices": [
            {
                "id": device.id,
                "name": device.name,
                "online": device.online,
                "silent": device.stale,
                "lag_s": device.lag_s,
                "points": [
                    {
                        "id": point.point_id,
                        "factor": point.factor,
                        "name": point.name,
                        "unit": point.unit,
                        "ts": stamp(point.ts),
                        "value": point.value,
                        "mark": point.mark,
                        "late": point.late,
                        "silent": point.silent,
                    }
                    for point in device.points
                ],
            }
            for device in site.devices
        ],
    }


async def incidents(db: Database, state: str) -> Response:
    """Answer with incidents of *state*, each with its history and how its notices stand."""
    rows = await db.fetch_dicts("desk_incidents", states=_STATES[state], at_most=_MOST_INCIDENTS)
    found = {row["incident_id"]: _plain(row) | {"events": [], "notices": []} for row in rows}
    for name, key in (("desk_events", "events"), ("desk_notices", "notices")):
        for row in await db.fetch_dicts(name, incidents=list(found)):
            entry = _plain(row)
            if key == "notices":
                entry["status"] = "sent" if row["sent_at"] else "waiting"
            found[entry.pop("incident_id")][key].append(entry)
    return JSONResponse(list(found.values()))


async def latest(db: Database, reader: Reader, wanted: str) -> Response:
    """Answer with the newest reading of the point *wanted*: its number, or site.device.factor."""
    registry = await reader.registry(db)
    key = find_point(registry, wanted)
    if registry is None or key is None:
        return _refusal(404, f"没有测点 {wanted!r} (no such point).", "See /api/sites for the points there are.")
    number, factor = registry.points[key], FACTORS.get(key[2])
    rows = await db.fetch_dicts("desk_point_latest", point=number, since=clock.now() - _LOOK_BACK)
    row = rows[0] if rows else {}
    return JSONResponse(
        {
            "point_id": number,
            "site": key[0],
            "device": key[1],
            "factor": key[2],
            "name": factor.zh if factor else key[2],
            "unit": factor.unit if factor else "",
            "ts": stamp(row.get("ts")),
            "value": row.get("value"),
            "mark": row.get("mark"),
            "late": row.get("late"),
            "received_at": stamp(row.get("received_at")),
        }
    )


def find_point(registry: Registry | None, wanted: str) -> PointKey | None:
    """Return the key of the point called *wanted*, or None."""
    for key, number in registry.points.items() if registry else ():
        if wanted in (str(number), ".".join(key)):
            return key
    return None


def metrics() -> Response:
    """Answer with the metrics of all processes, or of this one where they are not collected together."""
    registry = CollectorRegistry()
    try:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library's own
    except ValueError:
        registry = REGISTRY
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def stamp(instant: datetime | None) -> str | None:
    """Return *instant* as RFC 3339 with Beijing's offset."""
    return None if instant is None else instant.astimezone(SHANGHAI).isoformat()


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: stamp(value) if isinstance(value, datetime) else value for name, value in row.items()}


def _refusal(status: int, sentence: str, mend: str) -> Response:
    return JSONResponse({"error": sentence, "mend": mend}, status)
