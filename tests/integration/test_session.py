"""The receiving border: what is settled is acknowledged, in order, on its own connection."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import structlog

from ingest import mqtt
from ingest.receive import Receiver
from schemas.runtime.settings import BrokerSettings
from tests.integration.scripted_broker import Script, publish, receiving, take, until


async def test_it_connects_by_name_with_a_lasting_session_and_subscribes(script: Script) -> None:
    async with receiving(script):
        assert script.connects == [mqtt.connect("me", "ingest", "word", 20)[2:]]
        assert script.filters == [["r/#"]]
    await until(lambda: script.left == ["disconnect"])


async def test_only_what_is_settled_is_acknowledged_and_in_order(script: Script) -> None:
    async with receiving(script) as (receiver, session):
        script.send(*(publish(mid, b"%d" % mid) for mid in (7, 3, 9, 65535, 1)))
        messages = await take(receiver, 5)
        assert [(one.topic, one.payload, one.mid) for one in messages] == [
            ("r/t", b"%d" % mid, mid) for mid in (7, 3, 9, 65535, 1)
        ]
        await asyncio.sleep(0.05)
        assert (script.acks, session.in_flight) == ([[]], 5)
        receiver.acknowledge(messages[:2])
        await until(lambda: script.acks == [[7, 3]])
        assert (session.in_flight, receiver.inbox.in_flight) == (3, 3)
        receiver.acknowledge(messages[2:])
        await until(lambda: script.acks == [[7, 3, 9, 65535, 1]])
        assert (session.in_flight, receiver.inbox.in_flight) == (0, 0)


async def test_a_repeat_of_what_is_in_our_hands_is_dropped_and_counted(script: Script) -> None:
    async with receiving(script) as (receiver, _):
        script.send(publish(1, b"a"), publish(2, b"b"))
        messages = await take(receiver, 2)
        script.send(publish(1, b"a", is_repeat=True), publish(2, b"b", is_repeat=True), publish(3, b"c"))
        [third] = await take(receiver, 1)
        assert (third.mid, receiver.repeats, receiver.inbox.received) == (3, 2, 3)
        receiver.acknowledge([*messages, third])
        await until(lambda: script.acks == [[1, 2, 3]])


@pytest.mark.parametrize(
    ("again", "is_new"),
    [
        (publish(1, b'{"ts": 1}', is_repeat=True), False),
        (publish(1, b'{"ts": 1}'), True),  # not a repeat: the number names another message now
        (publish(1, b'{"ts": 2}', is_repeat=True), True),  # other bytes
        (publish(2, b'{"ts": 1}', is_repeat=True), True),  # another number
        (publish(3, b'{"w01018": 1}', is_repeat=True), True),  # a bare value may truly come twice
    ],
)
async def test_a_repeat_that_was_under_way_when_we_acknowledged_is_dropped(
    script: Script, again: bytes, is_new: object
) -> None:
    async with receiving(script) as (receiver, _):
        script.send(publish(1, b'{"ts": 1}'), publish(3, b'{"w01018": 1}'))
        receiver.acknowledge(await take(receiver, 2))
        await until(lambda: script.acks == [[1, 3]])
        script.send(again, publish(9))
        await until(lambda: receiver.inbox.waiting == (2 if is_new else 1))
        await asyncio.sleep(0.05)
        assert script.acks == [[1, 3]], "its number may name another message already"
        assert receiver.repeats == (0 if is_new else 1)


async def test_a_number_used_again_after_its_acknowledgement_is_a_new_message(script: Script) -> None:
    async with receiving(script) as (receiver, _):
        for payload in (b"a", b"b"):
            script.send(publish(1, payload))
            [message] = await take(receiver, 1)
            assert message.payload == payload
            receiver.acknowledge([message])
        await until(lambda: script.acks == [[1, 1]])
        assert receiver.repeats == 0


async def test_what_came_before_a_reconnect_is_not_acknowledged_after_it(script: Script) -> None:
    script.session_present = [False, True]
    async with receiving(script) as (receiver, session):
        script.send(publish(1, b"old"), publish(2, b"old"))
        old = await take(receiver, 2)
        script.cut()
        await until(lambda: len(script.connects) == 2 and session.connected.is_set())
        script.send(publish(1, b"another"))
        [fresh] = await take(receiver, 1)
        assert (fresh.mid, fresh.payload, receiver.repeats) == (1, b"another", 0)
        receiver.acknowledge(old)
        await asyncio.sleep(0.05)
        assert (script.acks, session.in_flight) == ([[], []], 1)
        assert receiver.inbox.in_flight == 1, "settled here all the same"
        receiver.acknowledge([fresh])
        await until(lambda: script.acks == [[], [1]])
        assert receiver.lost_sessions == 0


async def test_settling_while_the_connection_is_away_harms_nothing(script: Script) -> None:
    async with receiving(script) as (receiver, session):
        script.send(publish(1))
        old = await take(receiver, 1)
        receiver.may_connect.clear()
        script.cut()
        await until(lambda: not session.connected.is_set())
        receiver.acknowledge(old)
        assert (session.in_flight, receiver.inbox.in_flight) == (0, 0)
        receiver.may_connect.set()
        await until(lambda: len(script.connects) == 2)
        assert script.acks == [[], []]


async def test_qos_0_is_delivered_and_never_acknowledged(script: Script) -> None:
    async with receiving(script) as (receiver, session):
        script.send(publish(0, b"a"), publish(0, b"a"), publish(5, b"b"))
        messages = await take(receiver, 3)
        assert [one.mid for one in messages] == [0, 0, 5]
        assert session.in_flight == 1
        receiver.acknowledge(messages)
        await until(lambda: script.acks == [[5]])
        assert (receiver.inbox.in_flight, receiver.repeats) == (0, 0)


async def test_a_full_inbox_stops_reading_and_settling_goes_on(script: Script) -> None:
    async with receiving(script) as (receiver, _):
        receiver.inbox._max_held_bytes = 50_000
        for mid in range(1, 4001):
            script.send(publish(mid, bytes(2000)))
        await until(lambda: not receiver.inbox.has_room.is_set())
        await asyncio.sleep(0.1)
        stood = receiver.inbox.received
        await asyncio.sleep(0.2)
        assert receiver.inbox.received == stood < 1000, "nobody reads"
        found: list[int] = []
        while len(found) < 4000:
            messages = await asyncio.wait_for(receiver.inbox.take(50), 3)
            found += [one.mid for one in messages]
            receiver.acknowledge(messages)
        assert found == list(range(1, 4001))
        await until(lambda: len(script.acks[0]) == 4000)
        assert script.acks == [found]
        assert len(script.connects) == 1


async def test_a_broker_is_not_left_because_we_do_not_read_it(script: Script) -> None:
    async with receiving(script, keepalive_s=2) as (receiver, _):
        receiver.inbox._max_held_bytes = 1000
        script.send(publish(1, bytes(1000)))
        [message] = await take(receiver, 1)
        assert not receiver.inbox.has_room.is_set()
        await asyncio.sleep(3.5)
        assert len(script.connects) == 1
        receiver.acknowledge([message])
        await until(lambda: script.acks == [[1]])


async def test_closing_waits_for_what_is_in_our_hands(script: Script) -> None:
    async with receiving(script) as (receiver, _):
        script.send(publish(1), publish(2))
        messages = await take(receiver, 2)
        closing = asyncio.create_task(receiver.close("me", drain_s=5))
        await asyncio.sleep(0.1)
        script.send(publish(3))
        await asyncio.sleep(0.1)
        assert not closing.done()
        assert receiver.inbox.waiting == 0, "nothing new is taken in"
        receiver.acknowledge(messages)
        await asyncio.wait_for(closing, 1)
        await until(lambda: script.left == ["disconnect"])
        assert script.acks == [[1, 2]]
        assert receiver.sessions == []


async def test_closing_waits_no_longer_than_told(script: Script) -> None:
    async with receiving(script) as (receiver, _):
        script.send(publish(1))
        await take(receiver, 1)
        began = asyncio.get_running_loop().time()
        await receiver.close("me", drain_s=0.3)
        assert 0.25 < asyncio.get_running_loop().time() - began < 1
    await until(lambda: script.left == ["disconnect"])
    assert script.acks == [[]]


async def test_it_stays_away_while_it_may_not_connect(script: Script) -> None:
    receiver = Receiver(BrokerSettings(port=script.port, root="r"), "word")
    receiver.may_connect.clear()
    session = receiver.open("me")
    session.follow(("r/#",))
    await asyncio.sleep(0.1)
    assert script.connects == []
    receiver.may_connect.set()
    await until(session.connected.is_set)
    await receiver.close_all(drain_s=0)


async def test_a_filter_followed_later_is_subscribed_at_once_and_after_a_reconnect(script: Script) -> None:
    async with receiving(script) as (_, session):
        session.follow(("r/#", "q/#"))
        await until(lambda: script.filters[0].count("q/#") == 1)
        await until(session.connected.is_set)
        session.follow(("r/#", "q/#"))
        assert script.filters[0].count("q/#") == 1, "what is subscribed is not asked for again"
        script.cut()
        await until(lambda: script.filters[1:] == [["r/#", "q/#"]])


async def test_two_sessions_acknowledge_each_its_own(script: Script) -> None:
    async with receiving(script) as (receiver, _):
        second = receiver.open("other")
        second.follow(("o/#",))
        await until(second.connected.is_set)
        script.writers[0].write(publish(1, b"a") + publish(2, b"a"))
        await until(lambda: receiver.inbox.waiting == 2)
        script.writers[1].write(publish(1, b"b"))
        messages = await take(receiver, 3)
        receiver.acknowledge([messages[2], messages[0]])
        await until(lambda: script.acks == [[1], [1]])
        receiver.acknowledge([messages[1]])
        await until(lambda: script.acks == [[1, 2], [1]])


async def test_a_broker_that_is_not_there_is_waited_for(script: Script) -> None:
    await script.stop()
    receiver = Receiver(BrokerSettings(port=script.port, root="r"), "word")
    session = receiver.open("me")
    with structlog.testing.capture_logs() as lines:
        session.follow(("r/#",))
        await asyncio.sleep(0.1)
    assert not session.connected.is_set()
    assert any(line["event"] == "broker away, we come back" for line in lines)
    await receiver.close_all(drain_s=0)


async def test_a_filter_followed_while_connecting_is_subscribed_too(script: Script) -> None:
    script.holds_suback = True
    async with receiving(script, wait=False) as (_, session):
        await until(lambda: script.filters == [["r/#"]])
        session.follow(("r/#", "late/#"))
        script.holds_suback = False
        script.send(b"\x90\x03\x00\x01\x01")
        await until(session.connected.is_set)
        await asyncio.sleep(0.1)
        assert {one for filters in script.filters for one in filters} == {"r/#", "late/#"}


async def test_a_refused_filter_does_not_harm_the_others(script: Script) -> None:
    async with receiving(script, keepalive_s=2) as (receiver, session):
        script.suback_codes = [0x80]
        session.follow(("r/#", "q/#"))
        await until(lambda: "q/#" in script.filters[0])
        script.send(publish(1))
        await until(lambda: receiver.inbox.waiting == 1)
        assert not session.connected.is_set(), "not all sites are received: whoever waits for that must go on waiting"
        await until(session.connected.is_set)
        assert len(script.connects) == 1


async def test_a_connection_cut_while_a_filter_is_asked_for_comes_back_with_it(script: Script) -> None:
    async with receiving(script) as (_, session):
        script.holds_suback = True
        session.follow(("r/#", "q/#"))
        await until(lambda: "q/#" in script.filters[0])
        script.holds_suback = False
        script.cut()
        await until(session.connected.is_set)
        assert script.filters[1] == ["r/#", "q/#"]


async def test_a_session_being_closed_reads_nothing_more_when_the_inbox_gets_room(script: Script) -> None:
    async with receiving(script) as (receiver, _):
        receiver.inbox._max_held_bytes = 3000
        script.send(publish(1, bytes(3000)), publish(2, bytes(0)))
        messages = await take(receiver, 2)
        assert not receiver.inbox.has_room.is_set()
        closing = asyncio.create_task(receiver.close("me", drain_s=1))
        await asyncio.sleep(0.05)
        script.send(publish(3))
        receiver.acknowledge(messages[:1])
        await asyncio.sleep(0.1)
        found = receiver.inbox.waiting
        receiver.acknowledge(messages[1:])
        await closing
        assert found == 0


async def test_a_session_that_connects_while_the_inbox_is_full_does_not_read(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = asyncio.get_running_loop()
    create = loop.create_connection
    async with receiving(script) as (receiver, _):
        receiver.inbox._max_held_bytes = 1000

        async def slowly(*args: Any, **options: Any) -> Any:
            made = await create(*args, **options)
            script.writers[0].write(publish(1, bytes(1000)))
            await until(lambda: not receiver.inbox.has_room.is_set())
            return made

        monkeypatch.setattr(loop, "create_connection", slowly)
        receiver.open("other")
        await asyncio.sleep(0.2)
        connected = len(script.connects)
        await receiver.close("other")
        assert connected == 1, "it says nothing to the broker while nobody may read"
