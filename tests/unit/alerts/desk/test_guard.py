from __future__ import annotations

import json
from typing import Any

import pytest

from alerts.desk.guard import Guard

HOST = "10.0.0.5:8080"
PUBLIC = "https://jk.yongxing.example"


def scope(method: str, path: str, **headers: str) -> dict[str, Any]:
    named = [(b"host", HOST.encode())] + [
        (name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()
    ]
    kind = "websocket" if method == "WS" else "http"
    return {"type": kind, "path": path, "headers": named} | ({} if method == "WS" else {"method": method})


async def passed(asked: dict[str, Any], public_url: str = PUBLIC) -> tuple[bool, list[dict[str, Any]]]:
    """Return whether the request reached the app, and what was sent in answer."""
    reached: list[bool] = []
    sent: list[dict[str, Any]] = []

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        reached.append(True)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-frame-options", b"SAMEORIGIN")]})
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(dict(message))

    await Guard(app, public_url)(asked, receive, send)
    return bool(reached), sent


@pytest.mark.parametrize(
    ("method", "path", "headers", "passes", "sentence"),
    [
        ("GET", "/desk", {"origin": "https://evil.example"}, True, "reading changes nothing; links come from anywhere"),
        ("HEAD", "/", {"sec_fetch_site": "cross-site"}, True, "so does looking whether it is there"),
        ("POST", "/login", {"origin": f"http://{HOST}"}, True, "our own form"),
        ("POST", "/login", {"origin": f"HTTP://{HOST}".lower()}, True, "host names know no case"),
        ("POST", "/login", {"origin": PUBLIC}, True, "through the proxy that knows us as public_url"),
        ("POST", "/login", {"origin": PUBLIC + ":443"}, True, "its port written out"),
        ("POST", "/login", {"origin": "https://evil.example"}, False, "a form on another page"),
        ("POST", "/login", {"origin": "null"}, False, "a sandboxed frame or a file"),
        ("POST", "/login", {"origin": ""}, False, "an empty one is nobody's"),
        ("POST", "/login", {"origin": "http://[::1"}, False, "what no browser writes is refused and no defect"),
        ("POST", "/login", {"origin": "http://10.0.0.5:9090"}, False, "another port is another site"),
        ("POST", "/login", {"origin": f"http://{HOST}.evil.example"}, False, "what only begins like us"),
        ("POST", "/login", {"origin": f"http://{HOST}@evil.example"}, False, "what only looks like us"),
        ("POST", "/api/incidents/1/ack", {"authorization": "Bearer x"}, True, "a program names no page"),
        ("POST", "/login", {"sec_fetch_site": "cross-site"}, False, "a browser that says no more than that"),
        ("POST", "/login", {"sec_fetch_site": "same-origin"}, True, "our own page"),
        ("DELETE", "/api/silences/1", {"origin": "https://evil.example"}, False, "any method but reading ones"),
        ("GET", "/_nicegui_ws/socket.io/", {"origin": "https://evil.example"}, False, "the socket also polls with GET"),
        ("GET", "/_nicegui_ws/socket.io/", {}, True, "our own page's polling names no origin"),
        ("WS", "/_nicegui_ws/socket.io/", {"origin": "https://evil.example"}, False, "a socket from another page"),
        ("WS", "/_nicegui_ws/socket.io/", {"origin": f"http://{HOST}"}, True, "our own page's socket"),
        ("WS", "/other", {"origin": "null"}, False, "any socket"),
    ],
)
async def test_whose_page_may_act(
    method: str, path: str, headers: dict[str, str], passes: bool, sentence: str  # noqa: FBT001
) -> None:  # fmt: skip
    reached, sent = await passed(scope(method, path, **headers))
    assert reached is passes, sentence
    if not passes and method == "WS":
        assert sent[0]["type"] == "websocket.close"
    elif not passes:
        assert sent[0]["status"] == 403
        assert "其他网站" in json.loads(sent[1]["body"])["error"]


async def test_answers_carry_what_keeps_browsers_in_bounds_and_an_own_header_stands() -> None:
    _, sent = await passed(scope("GET", "/"))
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    assert headers["x-frame-options"] == "SAMEORIGIN"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["strict-transport-security"]
    _, sent = await passed(scope("GET", "/"), "http://127.0.0.1:8080")
    assert "strict-transport-security" not in {name.decode() for name, _ in sent[0]["headers"]}


async def test_a_refusal_carries_them_too() -> None:
    _, sent = await passed(scope("POST", "/login", origin="https://evil.example"))
    assert (b"x-frame-options", b"DENY") in sent[0]["headers"]


async def test_the_beginning_and_end_of_the_server_pass() -> None:
    reached, _ = await passed({"type": "lifespan"})
    assert reached
