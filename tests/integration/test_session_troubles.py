"""The receiving border against brokers that refuse, fall silent, speak nonsense or forget."""

from __future__ import annotations

import asyncio

import pytest
import structlog

from tests.integration.scripted_broker import Script, publish, receiving, take, until


async def test_a_refused_connect_is_logged_and_tried_again(script: Script) -> None:
    script.return_code = 4
    with structlog.testing.capture_logs() as lines:
        async with receiving(script, wait=False) as (_, session):
            await until(lambda: len(script.connects) >= 3)
            assert not session.connected.is_set()
            script.return_code = 0
            await until(session.connected.is_set)
    said = [line["error"] for line in lines if line["log_level"] == "warning"]
    assert "bad user name or password" in said[0]
    assert "Check user and password" in said[0]


async def test_a_refused_subscription_is_logged_and_tried_again(script: Script) -> None:
    script.suback_codes = [0x80, 0x80]
    with structlog.testing.capture_logs() as lines:
        async with receiving(script) as (receiver, _):
            assert script.filters == [["r/#"]] * 3
            script.send(publish(1))
            assert len(await take(receiver, 1)) == 1
    said = [line["error"] for line in lines if line["log_level"] == "warning"]
    assert "r/#" in said[0]


async def test_a_long_absence_is_not_a_line_for_every_try(script: Script) -> None:
    script.return_code = 3
    with structlog.testing.capture_logs() as lines:
        async with receiving(script, wait=False):
            await until(lambda: len(script.connects) >= 15)
    assert sum(line["log_level"] == "warning" for line in lines) == 3


async def test_a_broker_that_accepts_and_says_nothing_is_left(script: Script) -> None:
    script.is_silent = True
    async with receiving(script, wait=False) as (_, session):
        await until(lambda: len(script.writers) >= 2)
        assert script.left[0] == "cut"
        script.is_silent = False
        await until(session.connected.is_set)


async def test_a_broker_that_answers_no_pings_is_left_within_twice_the_keepalive(script: Script) -> None:
    script.answers_pings = False
    async with receiving(script, keepalive_s=2) as (_, session):
        began = asyncio.get_running_loop().time()
        await until(lambda: len(script.connects) == 2, seconds=6)
        assert 1.9 < asyncio.get_running_loop().time() - began < 4.5
        assert script.pings >= 1
        await until(session.connected.is_set)


async def test_a_broker_that_answers_pings_is_kept_though_no_message_comes(script: Script) -> None:
    async with receiving(script, keepalive_s=2) as (_, session):
        await until(lambda: script.pings >= 4, seconds=6)
        assert (len(script.connects), session.connected.is_set()) == (1, True)


@pytest.mark.parametrize("garbage", [b"\x30\xff\xff\xff\xff\xff", b"\xf0\x00", b"\x32\x04\x00\x01t\x00"])
async def test_garbage_leads_to_a_reconnect_and_what_came_before_it_is_sent_again(
    script: Script, garbage: bytes
) -> None:
    async with receiving(script) as (receiver, session):
        script.send(publish(1), garbage)
        await until(lambda: len(script.connects) == 2 and session.connected.is_set())
        script.send(publish(1, is_repeat=True))
        messages = await take(receiver, receiver.inbox.waiting or 1)
        assert messages[-1].mid == 1
        receiver.acknowledge(messages)
        await until(lambda: script.acks == [[], [1]])


async def test_a_session_the_broker_forgot_is_counted_and_said(script: Script) -> None:
    script.session_present = [False, True, False]
    with structlog.testing.capture_logs() as lines:
        async with receiving(script) as (receiver, session):
            assert receiver.lost_sessions == 0, "at the first connect there is nothing to lose"
            for lost in (0, 1):
                script.cut()
                await until(lambda: not session.connected.is_set())
                await until(session.connected.is_set)
                assert receiver.lost_sessions == lost
            assert script.filters == [["r/#"]] * 3, "subscribed anew each time"
    assert receiver.lost_sessions == 1, "kept after closing"
    assert any("lost our session" in line["event"] for line in lines)
