"""The border to apprise: the only importer. Robots, mail and short messages go out here.

Apprise says no more than "sent" or "not sent", and believes any HTTP 200, though a robot refuses with 200 and a code. So what
the server answered is kept beside its verdict, and its own log lines are caught for the reason; they never reach our log,
since they hold addresses with their secrets.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import re
import sys
import threading
import warnings
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import apprise

from alerts.notify.family import Answer, NotSentError, mask

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from apprise import NotifyBase

_TIMEOUT_S = 10.0
#: Threads of one address that were given up on and still hang; with so many the next waits.
_MOST_HANGING = 3
_LONGEST_ANSWER = 2_000
_MOST_LINES = 20
_SMTP_CODE = re.compile(r"\((\d{3}), b")
_LATER = frozenset({408, 425, 429})
_VERBS = frozenset({"get", "post", "put", "patch", "request"})
#: Before it stands only which address was tried.
_CAUSE = "(Caused by "
#: What apprise calls itself in mails and headers. Redirects are not followed: the address is a secret.
_ASSET = apprise.AppriseAsset(app_id="yongxing-monitor", app_desc="永兴县在线监测", http_redirects=False)
with warnings.catch_warnings():
    # Its plug-ins are loaded with the first address; one of them imports what Python 3.13 no longer has, and mends that itself.
    warnings.simplefilter("ignore", DeprecationWarning)
    apprise.Apprise.instantiate("json://localhost", asset=_ASSET)
_LOG = logging.getLogger("apprise")
_LOG.propagate = False
_LOG.setLevel(logging.DEBUG)
_hanging: Counter[str] = Counter()
_counting = threading.Lock()


class _Heard:
    """What one sending heard: the server's answer, and what apprise said of it."""

    def __init__(self) -> None:
        self.answer = Answer(None, "")
        self.lines: list[str] = []
        self.taken = False

    @property
    def reason(self) -> str:
        said = f"HTTP {self.answer.status} {self.answer.text}" if self.answer.status else ""
        return " ".join([*self.lines, said]).strip() or "apprise 未说明原因 (no reason given)"


_heard: contextvars.ContextVar[_Heard] = contextvars.ContextVar("heard")


class _Ear(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        heard = _heard.get(None)
        line = record.getMessage()
        # Of the lines for debugging only the exception's: the others repeat the payload.
        is_reason = record.levelno >= logging.WARNING or line.startswith("Socket Exception")
        if heard is not None and is_reason and len(heard.lines) < _MOST_LINES:
            heard.lines.append(line.rpartition(_CAUSE)[2])


_LOG.addHandler(_Ear())


class _Witness:
    """Stands in a plug-in's module for its HTTP library and keeps what the server answered."""

    def __init__(self, library: Any) -> None:
        self._library = library

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._library, name)
        return self._kept(found) if name in _VERBS else found

    @staticmethod
    def _kept(ask: Callable[..., Any]) -> Callable[..., Any]:
        def asked(*args: Any, **kwargs: Any) -> Any:
            answer = ask(*args, **kwargs)
            heard = _heard.get(None)
            if heard is not None:
                heard.answer = Answer(answer.status_code, answer.content[:_LONGEST_ANSWER].decode("utf-8", "replace"))
            return answer

        return asked


def is_address(url: str) -> bool:
    """Say whether apprise can read *url*."""
    return apprise.Apprise.instantiate(url, asset=_ASSET) is not None


async def send(
    url: str,
    title: str,
    text: str,
    *,
    headers: Mapping[str, str] | None = None,
    timeout_s: float = _TIMEOUT_S,
) -> Answer:
    """Send one message; return what the server answered, as far as it is known. *headers*: of a mail.

    What is cut after *timeout_s* may still arrive: a thread cannot be stopped.

    Raises:
        NotSentError: nobody there, no answer in time, or a refusal.

    """
    plugin = apprise.Apprise.instantiate(url, asset=_ASSET)
    if plugin is None:
        raise NotSentError("渠道地址无法识别 (not an address apprise can read).", retry=False)
    if _hanging[url] >= _MOST_HANGING:
        raise NotSentError("前几次发送仍无结果 (earlier sendings still hang).", retry=True)
    _prepare(plugin, headers, timeout_s)
    heard = _Heard()
    _heard.set(heard)
    try:
        await asyncio.wait_for(_in_thread(url, lambda: _notify(plugin, title, text, heard)), timeout_s)
    except TimeoutError:
        raise NotSentError(f"{timeout_s:g} 秒内无应答 (no answer in time).", retry=True) from None
    if not heard.taken:
        raise NotSentError(mask(url, f"未送达 (not delivered): {heard.reason}"), retry=_may_retry(heard))
    return Answer(heard.answer.status, mask(url, heard.answer.text))


def _prepare(plugin: NotifyBase, headers: Mapping[str, str] | None, timeout_s: float) -> None:
    """Bound the plug-in's own waiting, give it *headers*, and put the witness into its module."""
    own: Any = plugin
    own.socket_connect_timeout = timeout_s / 2
    own.socket_read_timeout = timeout_s / 2
    if headers and isinstance(getattr(own, "headers", None), dict):
        own.headers.update(headers)
    module: Any = sys.modules[type(plugin).__module__]
    library = getattr(module, "requests", None)
    if library is not None and not isinstance(library, _Witness):
        module.requests = _Witness(library)


def _notify(plugin: NotifyBase, title: str, text: str, heard: _Heard) -> None:
    heard.taken = bool(plugin.notify(body=text, title=title, body_format=apprise.NotifyFormat.TEXT))


def _may_retry(heard: _Heard) -> bool:
    """Say whether the same message may be taken later: not after a refusal (HTTP 4xx, SMTP 5xx)."""
    status = heard.answer.status
    if status is not None:
        return status >= 500 or status in _LATER  # noqa: PLR2004 - classes of HTTP status
    codes = [int(found) for line in heard.lines for found in _SMTP_CODE.findall(line)]
    return not any(code >= 500 for code in codes)  # noqa: PLR2004 - classes of SMTP reply


async def _in_thread(url: str, work: Callable[[], None]) -> None:
    """Run *work* in a thread of its own: one that hangs must take no place from other channels, nor keep us from ending."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def settle(trouble: Exception | None) -> None:
        if done.done():
            return
        if trouble is None:
            done.set_result(None)
        else:
            done.set_exception(trouble)

    def run() -> None:
        trouble: Exception | None = None
        try:
            work()
        except Exception as exc:  # noqa: BLE001 - handed to who waits
            trouble = NotSentError(mask(url, f"发送出错 (failed): {type(exc).__name__} {exc}"), retry=True)
        with _counting:
            _hanging[url] -= 1
        # Whoever waited may be gone, and the loop with him.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, trouble)

    with _counting:
        _hanging[url] += 1
    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(run,), name="notify", daemon=True).start()
    await done
