"""The API's readings: sites, points, health, metrics. JSON over the same reading the wall does; times are RFC 3339, Beijing."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from alerts.actor import NotFoundError
from alerts.desk import acts_api, incident_api
from alerts.desk.asking import refusal
from alerts.desk.snapshot import Reader
from alerts.desk.stamps import stamp
from schemas.catalog.factors import FACTORS
from schemas.runtime import clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI

    from alerts.desk.asking import Asking
    from alerts.desk.facts import SiteView
    from alerts.desk.keeper import Keeper
    from alerts.policy import Policy
    from schemas.registry.derived import PointKey
    from schemas.registry.store import Registry
    from schemas.runtime.database import Database

_LOOK_BACK = timedelta(days=40)
_ANY = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def mount(
    app: FastAPI, keeper: Keeper, asking: Asking, policy: Callable[[], Policy], reader: Reader | None = None
) -> None:
    """Add all of the API's routes to *app*. *reader*: reads the county, by the rules in force."""
    reader = reader or Reader()

    @app.get("/api/sites", response_model=None)
    async def _sites(request: Request) -> Response:
        return await asking.read(request, lambda db, _: sites(db, reader))

    @app.get("/api/points/{point}/latest", response_model=None)
    async def _latest(request: Request, point: str) -> Response:
        return await asking.read(request, lambda db, _: latest(db, reader, point))

    incident_api.mount(app, asking)
    acts_api.mount(app, asking, reader, policy)

    @app.api_route("/api/{rest:path}", methods=_ANY, response_model=None)
    async def _nothing(rest: str) -> Response:
        return refusal(404, f"没有接口 /api/{rest[:80]} (no such address, or not with this method).", "See the README.")

    _mount_health(app, keeper)


def _mount_health(app: FastAPI, keeper: Keeper) -> None:
    """Add what the supervisor and Prometheus ask; they have no account and learn no readings."""

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


async def latest(db: Database, reader: Reader, wanted: str) -> Response:
    """Answer with the newest reading of the point *wanted*: its number, or site.device.factor."""
    registry = await reader.registry(db)
    key = find_point(registry, wanted)
    if registry is None or key is None:
        raise NotFoundError(f"没有测点 {wanted!r} (no such point).", "See /api/sites for the points there are.")
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


__all__ = ["find_point", "latest", "metrics", "mount", "sites", "stamp"]
