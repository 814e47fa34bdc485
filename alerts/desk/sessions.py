"""Who is behind a request: the signed cookie of a log-in, checked against the account as it stands now.

For pages::

    @ui.page("/desk")
    async def _desk(request: Request) -> Response | None:
        actor = await sessions.admit(request)           # or admit(request, "silence")
        if isinstance(actor, Response):
            return actor                                # to /login?next=…, to /password, 403 or 503
        ...

    async def _on_click() -> None:                      # later, through the page's socket
        actor = await sessions.current(client.request)  # asked again each time: a log-in ends at once everywhere
        if actor is None:
            ui.navigate.to(login_path("/desk"))

The cookie names account, its session epoch, the log-in and when that was. It is Lax and not Strict: with Strict a link in a
notice would always arrive logged out; what changes something is guarded by Origin and form token besides.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlsplit

from fastapi import Response  # noqa: TC002 - pages take it from their signatures
from fastapi.responses import PlainTextResponse, RedirectResponse

from alerts.actor import Actor, may
from alerts.desk.accounts import actor_of
from alerts.desk.cookies import LogIn, Seal
from schemas.errors import DatabaseError
from schemas.runtime import clock

if TYPE_CHECKING:
    from datetime import timedelta

    from fastapi import Request

    from alerts.desk.source import Source
    from schemas.runtime.database import Database

LOGIN, LOGOUT, PASSWORD = "/login", "/logout", "/password"


class Standing(NamedTuple):
    """A log-in that holds: who it is, and whether a one-time password must first be changed."""

    actor: Actor
    must_change: bool
    log_in: LogIn


class Sessions:
    """The log-ins of one desk."""

    def __init__(self, source: Source, seal: Seal, lasts: timedelta) -> None:
        self._source = source
        self._seal = seal
        self._lasts = lasts

    async def current(self, request: Request) -> Actor | None:
        """Return who is logged in in the browser that sent *request*, as the account stands now; None: nobody.

        None also for an account whose one-time password has not been changed yet. A page keeps its first request:
        asked with that, the answer is still of this moment.

        Raises:
            DatabaseError: the database is away.

        """
        standing = await self.standing(request)
        return None if standing is None or standing.must_change else standing.actor

    async def admit(self, request: Request, *acts: str) -> Actor | Response:
        """Return who is logged in, or the response that a page must give instead.

        With *acts* the account must be allowed one of them, an operator at the own site.
        """
        try:
            standing = await self.standing(request)
        except DatabaseError:
            return PlainTextResponse("数据库暂时无法连接，请稍后重试 (the database is away).", 503)
        if standing is None:
            return RedirectResponse(login_path(_here(request)), 303)
        if standing.must_change:
            return RedirectResponse(PASSWORD, 303)
        actor = standing.actor
        if acts and not any(may(actor, act, actor.site or "") for act in acts):
            return PlainTextResponse(f"账号 {actor.name} 无权查看此页 (this account may not see this page).", 403)
        return actor

    async def standing(self, request: Request) -> Standing | None:
        """Return the log-in behind *request*, one-time passwords included.

        Raises:
            DatabaseError: the database is away.

        """
        log_in = self._seal.open(request.cookies.get(self._seal.session_cookie))
        if log_in is None or log_in.over(clock.now(), self._lasts):
            return None
        async with self._source.lend() as db:
            rows = await db.fetch_dicts("account_session", account=log_in.account, key=_ended(log_in))
        if not rows or rows[0]["session_epoch"] != log_in.epoch or rows[0]["is_over"]:
            return None
        return Standing(actor_of(rows[0]), rows[0]["must_change"], log_in)

    def begin(self, response: Response, account: str, epoch: int) -> None:
        """Let *response* carry the cookie of a new log-in."""
        log_in = LogIn(account, epoch, secrets.token_urlsafe(18), int(clock.now().timestamp()))
        self._set(response, self._seal.session_cookie, self._seal.seal(log_in), int(self._lasts.total_seconds()))

    async def end(self, request: Request, response: Response) -> None:
        """End the log-in behind *request* for good: a copy of its cookie is worth nothing afterwards.

        Raises:
            DatabaseError: the database is away.

        """
        standing = await self.standing(request)
        if standing is not None:
            async with self._source.lend() as db:
                await _remember_end(db, standing.log_in, self._lasts)
        response.delete_cookie(self._seal.session_cookie, secure=self._seal.is_https, httponly=True, samesite="lax")

    def form_key(self, request: Request) -> str:
        """Return the browser's form key, or a new one: `keep_form_key` must then go with the page."""
        return request.cookies.get(self._seal.form_cookie) or secrets.token_urlsafe(18)

    def form_token(self, key: str) -> str:
        """Return what a form on a page for the browser with *key* must carry."""
        return self._seal.form_token(key)

    def keep_form_key(self, response: Response, key: str) -> None:
        """Let *response* carry the form *key*, until the browser is closed."""
        self._set(response, self._seal.form_cookie, key, None)

    def is_own_form(self, request: Request, token: str | None) -> bool:
        """Say whether *token* came from a form that we gave to this browser."""
        return self._seal.is_form_token(request.cookies.get(self._seal.form_cookie), token)

    def _set(self, response: Response, name: str, value: str, max_age_s: int | None) -> None:
        secure = self._seal.is_https
        response.set_cookie(name, value, max_age=max_age_s, path="/", secure=secure, httponly=True, samesite="lax")


def login_path(wanted: str = "") -> str:
    """Return where to log in, coming back to *wanted* afterwards."""
    return f"{LOGIN}?next={quote(wanted, safe='')}" if wanted else LOGIN


def safe_path(wanted: str | None, fallback: str = "/desk") -> str:
    """Return *wanted* where it is a path of this desk: a link must not lead a fresh log-in to a stranger."""
    if (
        not wanted
        or not wanted.startswith("/")
        or wanted.startswith("//")
        or not wanted.isprintable()
        or "\\" in wanted
    ):
        return fallback
    parts = urlsplit(wanted)
    return fallback if parts.scheme or parts.netloc or parts.path in {LOGIN, LOGOUT, PASSWORD} else wanted


def _here(request: Request) -> str:
    query = request.url.query
    return request.url.path + (f"?{query}" if query else "")


def _ended(log_in: LogIn) -> bytes:
    return hashlib.sha256(f"ended {log_in.key}".encode()).digest()


async def _remember_end(db: Database, log_in: LogIn, lasts: timedelta) -> None:
    # Kept among the tokens, as one that is revoked already: it takes no more than its digest and its end.
    await db.execute(
        "token_session_ended",
        account=log_in.account,
        digest=_ended(log_in),
        at=clock.now(),
        expires_at=log_in.until(lasts),
    )
