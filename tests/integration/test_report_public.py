from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI, Response
from fastapi.responses import RedirectResponse

from alerts.actor import Actor
from alerts.desk.guard import Guard
from alerts.desk.reports import public_page
from alerts.desk.reports.public_page import Shelf
from alerts.desk.source import Source
from alerts.desk.usher import ClosedWall
from alerts.reports import publishing, store
from schemas.catalog.duty import Role
from schemas.errors import DatabaseError
from schemas.runtime import database
from tests.unit.alerts.reports.made import publicity

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.conftest import Cluster

CHIEF = Actor(name="he", role=Role.BUREAU)


class Nobody:
    """A desk at which nobody is logged in."""

    async def admit(self, *_: object) -> Response:
        return RedirectResponse("/login", 303)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 20, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def moves(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


async def released(url: str, *periods: str, done: float = 61) -> list[int]:
    """Release the publicity of *periods*; return the numbers of the publications."""
    async with database.connect(url, "tests") as db:
        found = []
        for period in periods:
            [filed] = await store.file(db, [publicity(period, done)], "tests")
            found.append(await publishing.release(db, filed.report_id, CHIEF))
        return found


@pytest.fixture
async def source(url: str) -> AsyncIterator[Source]:
    found = Source(url)
    yield found
    await found.close()


@pytest.fixture
async def client(source: Source) -> AsyncIterator[httpx.AsyncClient]:
    """The public page behind the desk's door, with the wall closed."""
    app = FastAPI()
    public_page.mount(app, source)
    app.add_middleware(ClosedWall, sessions=Nobody())  # type: ignore[arg-type]  # nobody is all it takes
    app.add_middleware(Guard, public_url="https://desk.example")
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.example") as found:
        yield found


async def test_a_closed_wall_closes_the_wall_and_not_the_public_page(client: httpx.AsyncClient) -> None:
    assert (await client.get("/")).status_code == 303
    answer = await client.get("/public")
    assert (answer.status_code, "暂无公示内容" in answer.text) == (200, True)
    assert (await client.get("/public.json")).json() == {"released": None, "periods": []}
    assert (await client.get("/public?period=2026-10")).status_code == 404
    # From a page of another site, with or without its name: it is public.
    answer = await client.get(
        "/public", headers={"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 200
    assert (await client.post("/public")).status_code == 405


async def test_what_is_filed_and_not_released_is_nowhere_to_be_seen(url: str, client: httpx.AsyncClient) -> None:
    await released(url, "2026-09")
    async with database.connect(url, "tests") as db:
        [filed] = await store.file(db, [publicity("2026-10", 99)], "tests")
    page = await client.get("/public")
    assert "2026-09" in page.text
    assert "2026-10" not in page.text
    assert (await client.get("/public.json")).json()["periods"][0]["period"] == "2026-09"
    for asked in ("2026-10", str(filed.report_id), "", "'; --", "\u0000", "x" * 5000):
        answer = await client.get("/public", params={"period": asked})
        assert (answer.status_code, "99.0" in answer.text) == (404, False), asked


async def test_the_public_is_told_what_changed_since_it_looked_and_nothing_of_versions_it_never_saw(
    url: str, source: Source
) -> None:
    async with database.connect(url, "tests") as db:
        for done in (11, 60, 77, 61):
            [filed] = await store.file(db, [publicity("2026-10", done)], "tests")
            if done in {60, 61}:
                await publishing.release(db, filed.report_id, CHIEF)
            found = await Shelf(source, now=Clock()).take("2026-10")
            if done == 60:
                assert found.stored is not None
                assert (found.stored.changes, found.released[0].revised) == ((), False)
    assert found.stored is not None
    assert (len(found.stored.changes), found.released[0].revised) == (1, True)
    assert "60.0 → 61.0" in found.stored.changes[0]


async def test_headers_forbid_scripts_frames_and_everything_from_elsewhere(url: str, client: httpx.AsyncClient) -> None:
    await released(url, "2026-10")
    for path in ("/public", "/public.json", "/public?period=1999-01"):
        headers = (await client.get(path)).headers
        policies = headers.get_list("content-security-policy")
        assert len(policies) == 1
        assert policies[0].startswith("default-src 'none'; style-src 'sha256-")
        assert "unsafe" not in policies[0]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "public, max-age=30"
        assert "set-cookie" not in headers


async def test_it_is_read_twice_a_minute_however_many_look(url: str, source: Source) -> None:
    [number] = await released(url, "2026-10")
    clock = Clock()
    shelf = Shelf(source, now=clock)
    found = await asyncio.gather(*(shelf.take(None) for _ in range(50)))
    assert {one.stored.report_id for one in found if one.stored} == {found[0].released[0].report_id}
    async with database.connect(url, "tests") as db:
        await publishing.withdraw(db, number, CHIEF, "有误")
    assert (await shelf.take(None)).stored is not None
    clock.moves(60)
    taken = await shelf.take("2026-10")
    assert (taken.stored, taken.released) == (None, [])


async def test_a_clock_that_is_set_back_does_not_keep_before_the_public_what_was_taken_back(
    url: str, source: Source
) -> None:
    [number] = await released(url, "2026-10")
    clock = Clock()
    shelf = Shelf(source, now=clock)
    assert (await shelf.take(None)).stored is not None
    async with database.connect(url, "tests") as db:
        await publishing.withdraw(db, number, CHIEF, "有误")
    clock.moves(-3600)
    assert (await shelf.take(None)).stored is None


async def test_a_page_is_made_once_for_as_long_as_it_is_shown(url: str, source: Source) -> None:
    await released(url, "2026-10")
    clock = Clock()
    shelf = Shelf(source, now=clock)
    made: list[int] = []

    def make() -> bytes:
        made.append(1)
        return b"page"

    for _ in range(3):
        shelf.body("/public", await shelf.take(None), make)
    assert len(made) == 1
    clock.moves(61)
    shelf.body("/public", await shelf.take(None), make)
    assert len(made) == 2


async def test_memory_holds_few_periods_and_all_can_be_read(url: str, source: Source) -> None:
    periods = [f"{year}-{month:02d}" for year in (2023, 2024, 2025) for month in range(1, 13)]
    await released(url, *periods)
    shelf = Shelf(source, now=Clock())
    for period in periods:
        taken = await shelf.take(period)
        assert taken.stored is not None
        assert taken.stored.paper.period == period
        shelf.body("/public", taken, lambda: b"page")
    assert len(shelf._stored) == len(shelf._bodies) == 24


async def test_while_the_database_is_away_the_last_that_was_read_is_shown_and_nobody_waits_twice(
    url: str, cluster: Cluster
) -> None:
    await released(url, "2026-10")
    clock, lends = Clock(), []

    class Away(Source):
        def lend(self) -> Any:
            lends.append(1)
            return super().lend()

    source = Away(url)
    shelf = Shelf(source, now=clock)
    assert (await shelf.take(None)).stored is not None
    await source.close()
    name = url.rsplit("/", 1)[1]
    with psycopg.connect(cluster.admin_url, autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'.encode())
    clock.moves(61)
    lends.clear()
    found = [await shelf.take(None) for _ in range(5)]
    assert all(one.stored is not None for one in found)
    assert len(lends) == 1
    fresh = Shelf(source, now=clock)
    lends.clear()
    for _ in range(3):
        with pytest.raises(DatabaseError):
            await fresh.take(None)
    assert len(lends) == 1
    clock.moves(6)
    with pytest.raises(DatabaseError):
        await fresh.take(None)
    assert len(lends) == 2
