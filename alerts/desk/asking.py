"""Who asks the API, and how a refusal reads: a sentence and what to do about it, with the status that fits.

Reading takes a token or a log-in, and neither while the wall is open; acting takes a token only: a cookie travels with
requests that other pages make, a token does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi.responses import JSONResponse

from alerts.actor import NotAllowedError, NotFoundError, UseError, may
from alerts.desk import accounts
from alerts.desk.bodies import TooLongError
from schemas.errors import DatabaseError, DatabaseUnavailableError, DataRefusedError
from schemas.runtime import clock, logs

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from fastapi import Request, Response

    from alerts.actor import Actor
    from alerts.desk.sessions import Sessions
    from alerts.desk.source import Source
    from schemas.runtime.database import Database

_LOG = logs.get(__name__)
_HOW = "Authorization: Bearer yx_… ; monitor account token add"


class NobodyError(UseError):
    """No token and no log-in, or one that is worth nothing."""


class NotNowError(UseError):
    """The act is well said, but things do not stand so."""


_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (NobodyError, 401),
    (NotAllowedError, 403),
    (NotFoundError, 404),
    (NotNowError, 409),
    (TooLongError, 413),
    (UseError, 400),
)


class Asking:
    """Answers of the API, each with a connection and whoever asks."""

    def __init__(self, source: Source, sessions: Sessions, *, open_wall: bool) -> None:
        self._source = source
        self._sessions = sessions
        self._open_wall = open_wall

    async def read(self, request: Request, work: Callable[[Database, Actor | None], Awaitable[Response]]) -> Response:
        """Answer with *work* what the wall shows as well: to anybody while it is open, else to whoever may see it."""

        async def asked() -> Response:
            actor = await self._who(request)
            if actor is None and not self._open_wall:
                raise _nobody()
            async with self._source.lend() as db:
                return await work(db, actor)

        return await _answered(asked)

    async def see(self, request: Request, work: Callable[[Database, Actor], Awaitable[Response]]) -> Response:
        """Answer with *work* what the duty desk shows: to a token or a log-in."""

        async def asked() -> Response:
            actor = await self._who(request)
            if actor is None:
                raise _nobody()
            async with self._source.lend() as db:
                return await work(db, actor)

        return await _answered(asked)

    async def act(self, request: Request, work: Callable[[Database, Actor], Awaitable[Response]]) -> Response:
        """Answer with what *work* did: to a token only."""

        async def asked() -> Response:
            actor = await self._bearer(request)
            if actor is None:
                raise NobodyError("此操作须用访问令牌，登录不算 (this takes a token, a log-in does not do).", _HOW)
            async with self._source.lend() as db:
                return await work(db, actor)

        return await _answered(asked)

    async def _who(self, request: Request) -> Actor | None:
        return await self._bearer(request) or await self._sessions.current(request)

    async def _bearer(self, request: Request) -> Actor | None:
        """Return whose token came with *request*, None without one. A wrong one is refused, even where none is needed."""
        given = request.headers.get("authorization")
        if given is None:
            return None
        kind, _, token = given.partition(" ")
        actor = None
        if kind.casefold() == "bearer":
            async with self._source.lend() as db:
                actor = await accounts.bearer(db, token.strip(), now=clock.now())
        if actor is None:
            raise NobodyError("访问令牌无效、已过期或已吊销 (the token is unknown, expired or revoked).", _HOW)
        return actor


def require(actor: Actor, act: str, site: str = "") -> None:
    """Raise NotAllowedError unless *actor* may do *act* at *site*."""
    if not may(actor, act, site):
        raise NotAllowedError(f"账号 {actor.name} 无权查看 (this account may not see this).", "请有权限的人员操作")


def refusal(status: int, sentence: str, mend: str = "") -> Response:
    """Return a refusal: one sentence, and what to do about it."""
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None  # noqa: PLR2004 - RFC 9110
    return JSONResponse({"error": sentence, "mend": mend}, status, headers)


async def _answered(asked: Callable[[], Awaitable[Response]]) -> Response:
    try:
        return await asked()
    except UseError as exc:
        return refusal(next(status for kind, status in _STATUS if isinstance(exc, kind)), exc.sentence, exc.mend)
    except DataRefusedError as exc:
        # What the database calls it tells a stranger about its columns, and the asker nothing.
        _LOG.info("database refused what was sent", error=str(exc))
        return refusal(
            400, "请求含有无法保存或比较的内容 (something in the request cannot be stored or compared).", "NUL, …"
        )
    except DatabaseUnavailableError:
        return refusal(503, "数据库暂时无法连接 (the database is away).", "Try again in a few seconds.")
    except DatabaseError as exc:
        _LOG.error("database refused", error=str(exc))
        return refusal(503, "数据库拒绝了请求 (the database refused).", "See the desk's log.")


def _nobody() -> NobodyError:
    return NobodyError("请先登录或使用访问令牌 (log in, or send a token).", _HOW)
