"""A screen without a browser: opens the wall and holds its socket as the page's own code does, so that fifty fit beside the service."""

from __future__ import annotations

import asyncio
import json
import re
import time
import uuid
from html import unescape
from typing import Any
from urllib.parse import urlencode

import httpx
import socketio

_QUERY = re.compile(r"query: (\{.*?\}),")


class Screen:
    """One open wall. *bytes*: what it was sent since it was opened; *first*: the page as it came."""

    def __init__(self, first: str, client: str) -> None:
        self.first = first
        self.bytes = 0
        self._client = client
        self._line = socketio.AsyncClient(reconnection=False)
        self._heard = asyncio.Condition()
        self._newest: list[tuple[float, str]] = []
        self._next = 0
        self._line.on("*", self._take)

    @classmethod
    async def open(cls, base: str, path: str = "/") -> Screen:
        """Fetch the page at *path* and connect.

        Raises:
            OSError: nobody answers, or not with the wall.

        """
        try:
            async with httpx.AsyncClient(timeout=20) as web:
                answer = await web.get(base + path)
        except httpx.HTTPError as exc:
            raise OSError(str(exc)) from exc
        found = _QUERY.search(answer.text)
        if found is None:
            raise OSError(f"no wall: {answer.status_code}")
        client = re.search(r"'client_id': '([^']+)'", found[1])
        assert client is not None
        screen = cls(unescape(answer.text), client[1])
        query = {
            "client_id": client[1], "next_message_id": 0, "implicit_handshake": "true", "document_id": str(uuid.uuid4()),
            "tab_id": str(uuid.uuid4()),
        }  # fmt: skip
        await screen._line.connect(
            f"{base}/?{urlencode(query)}", socketio_path="/_nicegui_ws/socket.io", transports=["websocket"]
        )
        return screen

    @property
    def connected(self) -> bool:
        """Say whether the line stands."""
        return bool(self._line.connected)

    async def until(self, text: str, within_s: float) -> float:
        """Return when a message with *text* came (monotonic seconds).

        Raises:
            TimeoutError: none came.

        """
        async with asyncio.timeout(within_s), self._heard:
            self._newest.clear()
            while True:
                for at, message in self._newest:
                    if text in message:
                        return at
                await self._heard.wait()

    async def close(self) -> None:
        """Hang up."""
        await self._line.disconnect()

    async def _take(self, event: str, message: Any = None) -> None:
        said = json.dumps(message, ensure_ascii=False)
        self.bytes += len(said.encode())
        # As the page's code does: what was acknowledged the server forgets.
        self._next += 1
        if self._next % 10 == 0:
            await self._line.emit("ack", {"client_id": self._client, "next_message_id": self._next})
        async with self._heard:
            self._newest.append((time.monotonic(), f"{event} {said}"))
            self._heard.notify_all()
