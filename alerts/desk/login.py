"""The pages /login, /password and /logout: plain forms, so that a phone's password store knows them and the cookie is HttpOnly."""

from __future__ import annotations

from collections import OrderedDict
from importlib.resources import files
from typing import TYPE_CHECKING

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from nicegui import Client, ui

from alerts.actor import UseError
from alerts.desk import accounts, bodies, words
from alerts.desk.entry import Entry, Granted
from alerts.desk.passwords import LONGEST, SHORTEST
from alerts.desk.sessions import LOGIN, LOGOUT, PASSWORD, login_path, safe_path
from schemas.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from fastapi import FastAPI

    from alerts.desk.sessions import Sessions
    from alerts.desk.source import Source

#: The phone's keyboard makes the page smaller instead of covering it.
_VIEWPORT = "width=device-width, initial-scale=1, interactive-widget=resizes-content"
_MOST_NOTES = 1000
_AWAY = "数据库暂时无法连接，请稍后再试 (the database is away)."
_STALE = "页面已过期，请再试一次 (the page was too old, please try again)."
_WRONG = "账号或密码不对 (wrong name or password)."


class Doors:
    """The pages' part that is no drawing: what is posted, and what is said on the next page."""

    def __init__(self, source: Source, sessions: Sessions) -> None:
        self._source = source
        self._entry = Entry(source)
        self.sessions = sessions
        self._notes: OrderedDict[str, str] = OrderedDict()

    async def log_in(self, request: Request) -> Response:
        """Answer a posted log-in."""
        again = LOGIN
        try:
            fields = await bodies.form(request)
            wanted = safe_path(fields.get("next"))
            again = login_path(wanted)
            if not self.sessions.is_own_form(request, fields.get("form")):
                return self._back(request, again, _STALE)
            name = fields.get("name", "")
            found = await self._entry.enter(name, fields.get("password", ""), _address(request))
        except UseError as exc:
            return self._back(request, again, str(exc))
        except DatabaseError:
            return self._back(request, again, _AWAY)
        if not isinstance(found, Granted):
            return self._back(request, again, refusal(found.wait))
        response = RedirectResponse(_password_path(wanted) if found.must_change else wanted, 303)
        self.sessions.begin(response, found.account, found.epoch)
        return response

    async def change(self, request: Request) -> Response:
        """Answer a posted change of the password."""
        again = PASSWORD
        try:
            fields = await bodies.form(request)
            wanted = safe_path(fields.get("next"))
            again = _password_path(wanted)
            standing = await self.sessions.standing(request)
            if standing is None:
                return RedirectResponse(login_path(wanted), 303)
            if not self.sessions.is_own_form(request, fields.get("form")):
                return self._back(request, again, _STALE)
            epoch = await self._change(standing.actor.name, fields, _address(request))
        except UseError as exc:
            return self._back(request, again, str(exc))
        except DatabaseError:
            return self._back(request, again, _AWAY)
        response = RedirectResponse(wanted, 303)
        self.sessions.begin(response, standing.actor.name, epoch)
        return response

    async def _change(self, name: str, fields: dict[str, str], address: str) -> int:
        old, new = fields.get("password", ""), fields.get("new", "")
        if new != fields.get("again"):
            raise UseError("两次输入的新密码不一致 (the new passwords differ).")
        if new == old:
            raise UseError("新密码不能与原密码相同 (the new password is the old one).")
        found = await self._entry.enter(name, old, address)
        if not isinstance(found, Granted):
            raise UseError(refusal(found.wait))
        async with self._source.lend() as db:
            _, epoch = await accounts.set_password(db, name, name, new)
        return epoch

    async def log_out(self, request: Request) -> Response:
        """Answer a posted log-out."""
        response = RedirectResponse(LOGIN, 303)
        try:
            fields = await bodies.form(request)
            if not self.sessions.is_own_form(request, fields.get("form")):
                return self._back(request, LOGOUT, _STALE)
            await self.sessions.end(request, response)
        except UseError as exc:
            return self._back(request, LOGOUT, str(exc))
        except DatabaseError:
            return self._back(request, LOGOUT, _AWAY)
        return response

    def note(self, key: str) -> str:
        """Return what the last post of the browser with form *key* was answered, once."""
        return self._notes.pop(key, "")

    def _back(self, request: Request, path: str, sentence: str) -> Response:
        """Lead back to *path*; the sentence waits here: in the address anybody could write one."""
        response = RedirectResponse(path, 303)
        key = self.sessions.form_key(request)
        self.sessions.keep_form_key(response, key)
        self._notes[key] = sentence
        while len(self._notes) > _MOST_NOTES:
            self._notes.popitem(last=False)
        return response


def refusal(wait: timedelta) -> str:
    """Return what somebody is told who was not let in, and how long to wait."""
    if not wait:
        return _WRONG
    lasts = words.span(wait.total_seconds() + 1)
    return f"尝试次数过多，请等待 {lasts}后再试 (too many tries, wait {round(wait.total_seconds())} s)."


def mount(app: FastAPI, source: Source, sessions: Sessions) -> None:
    """Add the three pages and what their forms post to."""
    doors = Doors(source, sessions)
    style = files(__package__).joinpath("login.css").read_text(encoding="utf-8")

    def shown(client: Client, request: Request, draw: Callable[[Request, str], None]) -> Response:
        key = sessions.form_key(request)
        ui.add_css(style)
        with ui.element("main").classes("door"):
            _element("h1", "永兴县在线监测")
            if note := doors.note(key):
                _element("p", note).classes("note").props("role=alert")
            draw(request, sessions.form_token(key))
        response = client.build_response(request)
        sessions.keep_form_key(response, key)
        return response

    @ui.page(LOGIN, title="登录 · 永兴县在线监测", viewport=_VIEWPORT)
    def _login(client: Client, request: Request) -> Response:
        return shown(client, request, _draw_login)

    @ui.page(PASSWORD, title="修改密码 · 永兴县在线监测", viewport=_VIEWPORT)
    async def _password(client: Client, request: Request) -> Response:
        try:
            standing = await sessions.standing(request)
        except DatabaseError:
            return Response(_AWAY, 503, media_type="text/plain; charset=utf-8")
        if standing is None:
            return RedirectResponse(login_path(), 303)
        return shown(client, request, _draw_first if standing.must_change else _draw_password)

    @ui.page(LOGOUT, title="退出 · 永兴县在线监测", viewport=_VIEWPORT)
    def _logout(client: Client, request: Request) -> Response:
        return shown(client, request, _draw_logout)

    app.post(LOGIN, response_model=None)(doors.log_in)
    app.post(PASSWORD, response_model=None)(doors.change)
    app.post(LOGOUT, response_model=None)(doors.log_out)


def _draw_login(request: Request, token: str) -> None:
    with _form(LOGIN, token, safe_path(request.query_params.get("next"))):
        _field("账号", "name", "text", "username", focus=True)
        _field("密码", "password", "password", "current-password")
        _element("button", "登录").props("type=submit")


def _draw_first(request: Request, token: str) -> None:
    _element("p", "这是一次性密码，请先换成自己的密码，再继续使用。").classes("hint")
    _draw_password(request, token)


def _draw_password(request: Request, token: str) -> None:
    with _form(PASSWORD, token, safe_path(request.query_params.get("next"))):
        _field("原密码", "password", "password", "current-password", focus=True)
        _field(f"新密码（{SHORTEST} 位以上）", "new", "password", "new-password")
        _field("再输一次新密码", "again", "password", "new-password")
        _element("button", "修改密码").props("type=submit")


def _draw_logout(_: Request, token: str) -> None:
    with _form(LOGOUT, token, ""):
        _element("button", "退出登录").props("type=submit")


def _form(action: str, token: str, wanted: str) -> ui.element:
    form = ui.element("form").props(f'method=post action="{action}"')
    with form:
        for name, value in (("form", token), ("next", wanted)):
            hidden = ui.element("input")
            hidden.props["type"], hidden.props["name"], hidden.props["value"] = "hidden", name, value
    return form


def _field(label: str, name: str, kind: str, autocomplete: str, *, focus: bool = False) -> None:
    with ui.element("label"):
        _element("span", label)
        entry = ui.element("input").props("required autocapitalize=none autocorrect=off spellcheck=false")
        entry.props["type"], entry.props["name"], entry.props["autocomplete"] = kind, name, autocomplete
        entry.props["maxlength"] = str(LONGEST)
        if focus:
            entry.props["autofocus"] = True


def _element(tag: str, text: str) -> ui.element:
    element = ui.element(tag)
    with element:
        ui.html(words.safe(text), sanitize=False, tag="span")
    return element


def _password_path(wanted: str) -> str:
    return login_path(wanted).replace(LOGIN, PASSWORD, 1)


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
