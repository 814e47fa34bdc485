from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from typer.testing import CliRunner

import monitor
from ingest.batch import build
from ingest.write import Writer
from schemas.errors import MonitorError, UseError
from schemas.records import Message
from schemas.runtime import database
from schemas.runtime.clock import now
from schemas.times import SHANGHAI, to_us

if TYPE_CHECKING:
    from ingest.context import Context

TOPIC = "yx/v1/bj-wwtp/outlet/telemetry"
AT = now().replace(microsecond=0) - timedelta(minutes=5)


def message(values: dict[str, Any]) -> Message:
    return Message(TOPIC, json.dumps({"ts": to_us(AT) // 1000, "values": values}).encode(), to_us(now()), 1, 1)


@pytest.fixture
async def filled(url: str, context: Context, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database with one good value and two refused ones."""
    monkeypatch.setenv("MONITOR_DATABASE_URL", url)
    async with database.connect(url, "tests") as db:
        writer = Writer(db, "w")
        await writer.prepare()
        messages = [message({"w01018": 31.2, "w99": 1}), message({"w21003": "a lot"})]
        await writer.write(build(messages, context), context)
    return url


def run(*words: str) -> str:
    result = CliRunner().invoke(monitor.app, list(words), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize(
    ("words", "shown", "hidden"),
    [
        ((), ["unknown_point ×1", "not_a_number ×1", "w99", "a lot", "2 条"], []),
        (("--reason", "unknown_point"), ["w99", "1 条"], ["a lot"]),
        (("--device", "bj-wwtp/outlet", "--contains", "a lot"), ["not_a_number"], ["w99"]),
        (("--device", "mt-wwtp"), ["0 条"], ["w99"]),
        (("--since", f"{now().astimezone(SHANGHAI) + timedelta(days=1):%Y-%m-%d}"), ["0 条"], ["w99"]),
        (("--limit", "1"), ["1 条 rejections (--limit)"], []),
    ],
)
@pytest.mark.usefixtures("filled")
async def test_the_list_shows_what_is_asked_for(words: tuple[str, ...], shown: list[str], hidden: list[str]) -> None:
    said = await asyncio.to_thread(run, "rejections", "list", *words)
    assert all(word in said for word in shown), said
    assert not any(word in said for word in hidden), said


@pytest.mark.usefixtures("filled")
async def test_replay_says_what_became_of_the_messages() -> None:
    said = await asyncio.to_thread(run, "rejections", "replay")
    assert "重放 2 条消息 messages: 入库 stored 0, 重复 duplicate 1, 再次拒收 refused again 2" in said
    assert "2 条" in await asyncio.to_thread(run, "rejections", "list")
    assert "4 条" in await asyncio.to_thread(run, "rejections", "list", "--all")


async def test_trace_leads_to_the_bytes_and_verify_finds_what_was_changed(filled: str) -> None:
    said = await asyncio.to_thread(run, "trace", "bj-wwtp.outlet.w01018", AT.astimezone(SHANGHAI).isoformat())
    assert '"w01018": 31.2, "w99": 1' in said
    assert "1 批原始消息完好" in await asyncio.to_thread(run, "verify", "--rows")
    with psycopg.connect(filled) as connection:
        connection.execute("DELETE FROM reading")
    with pytest.raises(MonitorError, match="应有 1 行，实有 0 行"):
        await asyncio.to_thread(run, "verify", "--rows")
    assert "1 批原始消息完好" in await asyncio.to_thread(run, "verify")


@pytest.mark.usefixtures("filled")
async def test_a_point_that_is_none_is_named_with_its_mend() -> None:
    with pytest.raises(UseError, match=r"site\.device\.factor"):
        await asyncio.to_thread(run, "trace", "w01018", AT.astimezone(SHANGHAI).isoformat())
