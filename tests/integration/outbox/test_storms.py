"""Caps of robots and of people: nobody gets more than can be read, and nothing is forgotten."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from alerts.notify.outbox import Sent
from schemas.runtime import database
from tests.integration.outbox.play import MINUTE, SECOND, STORM, Desk, query, start, tell

if TYPE_CHECKING:
    from tests.integration.receivers import Web


async def test_a_robots_cap_holds_over_a_restart_and_for_two_senders(desk: Desk, other: Web) -> None:
    now = start()
    await desk.tell(now, 50, channel="slow")
    async with desk.outbox() as one, desk.outbox() as two:
        done = await asyncio.gather(one.send_due(now), two.send_due(now))
        assert sum(each.sent for each in done) == 20
    async with desk.outbox() as outbox:
        assert await outbox.send_due(now + 30 * SECOND) == Sent()
        due = await outbox.next_due()
        assert due is not None
        assert now + 30 * SECOND < due < now + 2 * MINUTE
        assert (await outbox.send_due(due + SECOND)).sent == 20
        assert (await outbox.send_due(due + 2 * MINUTE)).sent == 10
    assert len(other.taken) == 50


async def test_a_thousand_at_once_are_ten_and_a_digest_and_none_is_forgotten(desk: Desk, hook: Web) -> None:
    now = start()
    async with database.connect(desk.url, "tests") as db, db.transaction():
        for number in range(1000):
            # Ten reds, at the very end.
            level = "red" if number >= 990 else ("blue", "yellow", "orange")[number % 3]
            await tell(db, now, level=level, site=("甲厂", "甲厂", "乙厂", "丙厂", "乙厂", "甲厂")[number % 6])
    async with desk.outbox(STORM) as outbox:
        assert await outbox.send_due(now) == Sent(sent=10, folded=990)
        assert [one.body["title"][:5] for one in hook.taken] == ["【red】"] * 10
        assert await outbox.send_due(now + 20 * SECOND) == Sent()
        assert await outbox.send_due(now + 31 * SECOND) == Sent(sent=991)
    assert len(hook.taken) == 11
    digest = hook.taken[-1].body
    assert digest["title"] == "【汇总】另有 990 条通知：橙色 330、黄色 330、蓝色 330"
    lines = digest["text"].splitlines()
    assert len(lines) == 1 + 1 + 20 + 1 + 1
    assert lines[1] == "站点：甲厂 495、乙厂 330、丙厂 165"
    assert lines[2].startswith("1. 【orange】第 ")
    assert lines[-2] == "另有 970 起见值班台"
    assert len(digest["incident"]["notices"]) == 990
    assert query(desk.url, "SELECT count(*) FROM notice WHERE sent_at IS NULL") == [(0,)]
    assert query(desk.url, "SELECT count(*), count(DISTINCT sent_at) FROM notice WHERE digest_id IS NOT NULL") == [
        (990, 1)
    ]


async def test_a_storm_that_lasts_brings_one_digest_in_an_interval(desk: Desk, hook: Web) -> None:
    now = start()
    told = 0
    async with desk.outbox(STORM) as outbox:
        for minute in range(60):
            at = now + minute * MINUTE
            await desk.tell(at, 7)
            told += 7
            await outbox.send_due(at)
            await outbox.send_due(at + 35 * SECOND)
        for minute in range(60, 72):
            await outbox.send_due(now + minute * MINUTE)
    digests = [one for one in hook.taken if one.body["key"].startswith("digest/")]
    assert len(digests) <= 13
    assert len(hook.taken) - len(digests) <= 70
    inside = sum(one.body["incident"]["count"] for one in digests)
    assert len(hook.taken) - len(digests) + inside == told
    assert query(desk.url, "SELECT count(*) FROM notice WHERE sent_at IS NULL") == [(0,)]


async def test_one_persons_storm_is_nobody_elses(desk: Desk, hook: Web) -> None:
    now = start()
    await desk.tell(now, 30)
    await desk.tell(now, 3, recipient="li")
    async with desk.outbox(STORM) as outbox:
        assert await outbox.send_due(now) == Sent(sent=13, folded=20)
    assert sum(one.body["key"].endswith("/li") for one in hook.taken) == 3


async def test_the_log_takes_all_one_by_one(desk: Desk) -> None:
    now = start()
    await desk.tell(now, 30, channel="log", recipient="")
    async with desk.outbox(STORM) as outbox:
        assert await outbox.send_due(now) == Sent(sent=30)


async def test_a_quiet_channel_rings_for_red_and_orange_and_gathers_the_rest(desk: Desk, hook: Web) -> None:
    now = start()
    for level in ("red", "orange", "yellow", "blue"):
        await desk.tell(now, channel="calm", level=level)
    async with desk.outbox(STORM) as outbox:
        assert await outbox.send_due(now) == Sent(sent=2, folded=2)
        assert await outbox.send_due(now + 31 * SECOND) == Sent(sent=3)
    assert hook.taken[-1].body["title"] == "【汇总】另有 2 条通知：黄色 1、蓝色 1"


async def test_a_digest_that_was_tried_says_the_same_when_it_is_tried_again(desk: Desk, hook: Web) -> None:
    now = start()
    await desk.tell(now, 15)
    async with desk.outbox(STORM) as outbox:
        await outbox.send_due(now)
        hook.answer = lambda _: (503, "")
        assert (await outbox.send_due(now + 31 * SECOND)).failed == 1
        # What comes meanwhile is beyond the cap too, and goes into the next one.
        await desk.tell(now + 32 * SECOND, 4)
        hook.answer = lambda _: (200, "")
        assert await outbox.send_due(now + 40 * SECOND) == Sent(sent=6, folded=4)
        assert await outbox.send_due(now + 6 * MINUTE) == Sent(sent=5)
    first, second, third = hook.taken[10:]
    assert first.body == second.body
    assert third.body["incident"]["count"] == 4
    assert query(desk.url, "SELECT count(*) FROM notice WHERE sent_at IS NULL") == [(0,)]


async def test_a_digest_that_is_given_up_is_told_elsewhere_one_by_one(desk: Desk, hook: Web, other: Web) -> None:
    now = start()
    await desk.tell(now, 12, fallback=["b"])
    async with desk.outbox(STORM) as outbox:
        await outbox.send_due(now)
        hook.answer = lambda _: (403, "")
        for seconds in (31, 65, 190, 191):
            await outbox.send_due(now + seconds * SECOND)
    assert len(other.taken) == 2
    assert query(desk.url, "SELECT count(*) FROM notice WHERE channel = 'log' AND sent_at IS NOT NULL") == [(2,)]
    assert query(desk.url, "SELECT count(*) FROM notice WHERE given_up_at IS NOT NULL") == [(3,)]
