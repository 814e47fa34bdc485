"""At the desk's door: pages of others may not act through a visitor's browser, nor show ours in a frame. Pure ASGI.

Browsers name the page a request comes from (Origin, Sec-Fetch-Site) whenever it could change something or opens a socket.
A foreign one is refused there. Programs name none: they have no cookies that could be abused.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    Scope = MutableMapping[str, Any]
    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    App = Callable[[Scope, Receive, Send], Awaitable[None]]

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
#: NiceGUI's socket, which also speaks through plain GETs: whoever reaches it acts.
_SOCKET = "/_nicegui_ws/"
_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_REFUSED_SOCKET = 4403
_SENTENCE = "请求来自其他网站，已拒绝 (the request comes from a page of another site)."
_MEND = "请直接打开本系统页面；经反向代理访问时，请设置 MONITOR_ALERTS__PUBLIC_URL 并转发 Host。"

#: 'unsafe-inline' and 'unsafe-eval': NiceGUI's own pages carry inline scripts and build Vue templates in the browser; scripts
#: come from here alone all the same. Nothing is framed, nothing is posted elsewhere.
CONTENT_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-src 'none'; frame-ancestors 'none'"
)
HEADERS = (
    (b"content-security-policy", CONTENT_POLICY.encode()),
    (b"x-frame-options", b"DENY"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
_STRICT_TRANSPORT = (b"strict-transport-security", b"max-age=31536000")


class Guard:
    """Middleware around *app*. *public_url*: where people reach the desk, besides the host they name."""

    def __init__(self, app: App, public_url: str) -> None:
        self._app = app
        public = urlsplit(public_url)
        self._public = _netloc(public.scheme, public.netloc)
        self._headers = (*HEADERS, _STRICT_TRANSPORT) if public.scheme == "https" else HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may pass, with our headers on the answer."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
        elif is_foreign(scope, self._public):
            await self._refuse(scope, receive, send)
        else:
            await self._app(scope, receive, self._with_headers(send))

    def _with_headers(self, send: Send) -> Send:
        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                named = {name.lower() for name, _ in message.get("headers", ())}
                more = [(name, value) for name, value in self._headers if name not in named]
                message = {**message, "headers": [*message.get("headers", ()), *more]}
            await send(message)

        return sent

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            # Before it is accepted, a close is answered with 403 by the server.
            await send({"type": "websocket.close", "code": _REFUSED_SOCKET, "reason": "foreign origin"})
            return
        body = json.dumps({"error": _SENTENCE, "mend": _MEND}, ensure_ascii=False).encode()
        kind = [(b"content-type", b"application/json; charset=utf-8"), (b"content-length", str(len(body)).encode())]
        send = self._with_headers(send)
        await send({"type": "http.response.start", "status": 403, "headers": kind})
        await send({"type": "http.response.body", "body": body})


def is_foreign(scope: Scope, public: str) -> bool:
    """Say whether a request that acts comes from a page of another host than ours or *public* ("host:port")."""
    acts = scope["type"] == "websocket" or scope["method"] not in _READING or scope["path"].startswith(_SOCKET)
    if not acts:
        return False
    found = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    origin = found.get(b"origin")
    if origin is None:
        return found.get(b"sec-fetch-site") in {"cross-site", "same-site"}
    try:
        parts = urlsplit(origin)
    except ValueError:
        # No browser writes such a one.
        return True
    own = _netloc(parts.scheme, found.get(b"host", ""))
    # "null" (a sandboxed frame, a file) has no host and is nobody we know.
    return not parts.netloc or _netloc(parts.scheme, parts.netloc) not in {own, public}


def _netloc(scheme: str, netloc: str) -> str:
    """Return "host:port" with the port that *scheme* has by default written out."""
    host, colon, port = netloc.rpartition(":")
    if colon and port.isdigit():
        return f"{host}:{port}".casefold()
    return f"{netloc}:{_PORTS.get(scheme, 0)}".casefold()
