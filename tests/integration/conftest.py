from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.integration.scripted_broker import Script

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def script(quick_session: None) -> AsyncIterator[Script]:
    """A running scripted broker, met by sessions that do not wait long between their tries."""
    del quick_session
    broker = Script()
    await broker.start()
    yield broker
    await broker.stop()


@pytest.fixture
def quick_session(monkeypatch: pytest.MonkeyPatch) -> None:
    async def pause(_attempt: int, *, cap_s: float = 0) -> None:
        del cap_s
        await asyncio.sleep(0.01)

    monkeypatch.setattr("ingest.session.pause", pause)
    monkeypatch.setattr("ingest.session._CONNECT_WITHIN_S", 0.4)
