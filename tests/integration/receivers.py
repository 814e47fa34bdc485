"""Real receivers of notices on loopback: a web server that answers as it is told, and a mail server."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple

from aiosmtpd.controller import Controller

from schemas.runtime.folder import any_free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aiosmtpd.smtp import SMTP, Envelope, Session

OK = (200, "{}")
ROBOT_OK = (200, '{"errcode":0,"errmsg":"ok","code":0,"msg":"success"}')


class Taken(NamedTuple):
    """One request."""

    path: str
    headers: dict[str, str]
    body: Any


class Web:
    """A web server. *answer* returns status and text for the request; while *stuck* is clear it keeps every caller waiting."""

    def __init__(self) -> None:
        self.taken: list[Taken] = []
        self.answer: Callable[[Taken], tuple[int, str]] = lambda _: OK
        self.stuck = threading.Event()
        self.stuck.set()
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                one = Taken(self.path, dict(self.headers), json.loads(raw))
                web.taken.append(one)
                status, text = web.answer(one)
                web.stuck.wait()
                try:
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(text.encode())))
                    self.end_headers()
                    self.wfile.write(text.encode())
                except OSError:
                    """Whoever asked has gone."""

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def keys(self) -> list[str]:
        return [one.body["key"] for one in self.taken]


@contextmanager
def web(answer: tuple[int, str] = OK) -> Iterator[Web]:
    """Run a web server that gives *answer* to each request."""
    one = Web()
    one.answer = lambda _: answer
    thread = threading.Thread(target=one.server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield one
    finally:
        one.stuck.set()
        one.server.shutdown()
        thread.join()
        one.server.server_close()


class Mailbox:
    """What a mail server took; *reply* is what it says to each message."""

    def __init__(self, reply: str) -> None:
        self.mails: list[str] = []
        self.recipients: list[list[str]] = []
        self.reply = reply
        self.port = 0

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        if self.reply.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.mails.append(envelope.content.decode())
            self.recipients.append(list(envelope.rcpt_tos))
        return self.reply


@contextmanager
def mailbox(reply: str = "250 OK") -> Iterator[Mailbox]:
    """Run a mail server."""
    box = Mailbox(reply)
    controller = Controller(box, hostname="127.0.0.1", port=any_free_port("127.0.0.1", None))
    controller.start()
    box.port = controller.port
    try:
        yield box
    finally:
        controller.stop()
