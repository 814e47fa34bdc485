from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import Request
from fastapi.responses import JSONResponse

from alerts.actor import NotAllowedError, NotFoundError
from alerts.desk.asking import Asking, NobodyError, NotNowError
from alerts.desk.bodies import TooLongError
from alerts.desk.cookies import Seal
from alerts.desk.sessions import Sessions
from alerts.desk.source import Source
from schemas.errors import DatabaseError, DatabaseUnavailableError, DataRefusedError, RegistryError, UseError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastapi import Response


def request(*headers: tuple[str, str]) -> Request:
    named = [(name.encode(), value.encode()) for name, value in headers]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": named, "query_string": b""})


def asking(source: Source, *, open_wall: bool = True) -> Asking:
    return Asking(source, Sessions(source, Seal("s", is_https=False), timedelta(hours=1)), open_wall=open_wall)


@pytest.fixture
async def source(url: str) -> AsyncIterator[Source]:
    lent = Source(url)
    yield lent
    await lent.close()


async def answer(_db: Any, _actor: Any) -> Response:
    return JSONResponse("reached")


@pytest.mark.parametrize(
    ("raised", "status"),
    [
        (NobodyError("x"), 401),
        (NotAllowedError("x"), 403),
        (NotFoundError("x"), 404),
        (NotNowError("x"), 409),
        (TooLongError("x"), 413),
        (UseError("x"), 400),
        (RegistryError([]), 400),
        (DataRefusedError("x"), 400),
        (DatabaseUnavailableError("x"), 503),
        (DatabaseError("x"), 503),
    ],
)
async def test_each_error_has_its_status_and_a_sentence(raised: Exception, status: int, source: Source) -> None:
    async def fails(_db: Any, _actor: Any) -> Response:
        raise raised

    found = await asking(source).read(request(), fails)
    assert found.status_code == status
    assert set(json.loads(bytes(found.body))) == {"error", "mend"}


async def test_what_the_database_calls_it_stays_inside(source: Source) -> None:
    async def refused(db: Any, _actor: Any) -> Response:
        await db.fetch("account_named", account="a\0b")
        raise AssertionError

    found = await asking(source).read(request(), refused)
    assert found.status_code == 400
    assert "PostgreSQL" not in bytes(found.body).decode()


async def test_while_the_database_is_away_the_answer_says_so() -> None:
    away = Source("postgresql://127.0.0.1:1/none")
    for headers in ((), (("authorization", "Bearer yx_token"),)):
        found = await asking(away).read(request(*headers), answer)
        assert found.status_code == 503
        assert "数据库暂时无法连接" in bytes(found.body).decode()


async def test_a_defect_is_not_taken_for_an_answer(source: Source) -> None:
    async def defect(_db: Any, _actor: Any) -> Response:
        raise KeyError("acknowlege")

    with pytest.raises(KeyError):
        await asking(source).read(request(), defect)


async def test_without_log_in_only_an_open_wall_answers(source: Source) -> None:
    assert (await asking(source).read(request(), answer)).status_code == 200
    assert (await asking(source, open_wall=False).read(request(), answer)).status_code == 401
    assert (await asking(source).see(request(), answer)).status_code == 401
    assert (await asking(source).act(request(), answer)).status_code == 401
