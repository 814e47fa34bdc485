"""The outbox on a real database, with real receivers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from prometheus_client import REGISTRY

from alerts.notify.outbox import Patience, Sent
from schemas.runtime import database
from tests.integration.outbox.play import HOUR, MINUTE, SECOND, STORM, Desk, query, start, until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.receivers import Web


async def test_a_notice_is_sent_once_and_its_receipt_kept(desk: Desk, hook: Web) -> None:
    now = start()
    await desk.tell(now)
    async with desk.outbox() as outbox:
        assert await outbox.next_due() == now
        assert await outbox.send_due(now) == Sent(sent=1)
        assert await outbox.send_due(now + HOUR) == Sent()
        assert await outbox.next_due() is None
    assert len(hook.taken) == 1
    assert query(desk.url, "SELECT attempts, receipt, claimed_until, sent_at IS NOT NULL FROM notice") == [
        (1, "HTTP 200", None, True)
    ]


async def test_a_step_is_told_to_one_recipient_once_however_often_it_is_inserted(desk: Desk, hook: Web) -> None:
    now = start()
    async with database.connect(desk.url, "tests") as db:
        for _ in range(3):
            await db.execute(
                "notice_insert", incident_id=None, event_id=0, step="opened", channel="a", recipient="chen",
                level="red", body=database.json({"text": "x"}), at=now,
            )  # fmt: skip
    async with desk.outbox() as outbox:
        assert (await outbox.send_due(now)).sent == 1
    assert hook.keys() == ["-/0/a/chen"]


async def test_reds_go_first_then_the_oldest(desk: Desk, hook: Web) -> None:
    now = start()
    for level in ("blue", "orange", "red", "yellow", "red", "orange"):
        await desk.tell(now, level=level)
    async with desk.outbox() as outbox:
        await outbox.send_due(now)
    titles = [one.body["title"] for one in hook.taken]
    assert [title[1:-1].split("】")[0] for title in titles] == ["red", "red", "orange", "orange", "yellow", "blue"]
    assert titles[:2] == sorted(titles[:2])


async def test_a_slow_channel_holds_up_no_other(desk: Desk, hook: Web, other: Web) -> None:
    now = start()
    other.stuck.clear()
    await desk.tell(now, 3, channel="b")
    await desk.tell(now, 3, channel="a")
    stop, wake = asyncio.Event(), asyncio.Event()
    async with desk.outbox() as outbox:
        running = asyncio.create_task(outbox.run(stop, wake))
        await until(lambda: len(hook.taken) == 3)
        # It is still stuck, and what comes now goes at once.
        await desk.tell(now, 1, channel="a")
        wake.set()
        await until(lambda: len(hook.taken) == 4)
        assert len(other.taken) == 1
        other.stuck.set()
        await until(lambda: len(other.taken) == 3)
        stop.set()
        await running
    assert query(desk.url, "SELECT count(*) FROM notice WHERE sent_at IS NULL") == [(0,)]


async def test_a_channel_that_is_away_is_tried_with_growing_pauses_by_one_notice_at_a_time(
    desk: Desk, hook: Web
) -> None:
    now = start()
    hook.answer = lambda _: (503, "")
    await desk.tell(now, 4)
    gaps = []
    async with desk.outbox() as outbox:
        for _ in range(6):
            assert await outbox.send_due(now) == Sent(failed=1)
            due = await outbox.next_due()
            assert due is not None
            gaps.append(round((due - now).total_seconds()))
            now = due
        assert gaps == [1, 2, 4, 8, 16, 32]
        assert query(desk.url, "SELECT count(*) FROM notice WHERE claimed_until IS NOT NULL") == [(0,)]
        hook.answer = lambda _: (200, "")
        hook.taken.clear()
        sent = 0
        for _ in range(8):
            now += MINUTE
            sent += (await outbox.send_due(now)).sent
    assert sent == 4
    assert len(set(hook.keys())) == len(hook.taken) == 4


async def test_what_a_channel_does_not_take_for_a_day_is_given_up_told_elsewhere_and_said(
    desk: Desk, hook: Web, other: Web
) -> None:
    now = start()
    hook.answer = lambda _: (503, "")
    await desk.tell(now, fallback=["b", "a"])
    async with desk.outbox(patience=Patience(give_up_h=24)) as outbox:
        assert (await outbox.send_due(now)).given_up == 0
        assert (await outbox.send_due(now + 25 * HOUR)).given_up == 1
        assert (await outbox.send_due(now + 26 * HOUR)).sent == 2
        assert await outbox.send_due(now + 30 * HOUR) == Sent()
    rows = query(desk.url, "SELECT channel, sent_at IS NULL, given_up_at IS NULL, receipt FROM notice ORDER BY channel")
    assert [row[:3] for row in rows] == [("a", True, False), ("b", False, True), ("log", False, True)]
    assert "503" in rows[0][3]
    assert other.taken[0].body["text"].startswith("（a 未送达，改发此处）【orange】")


async def test_a_channel_that_refuses_is_asked_three_times_and_then_others_are_told(
    desk: Desk, hook: Web, other: Web
) -> None:
    now = start()
    hook.answer = lambda _: (403, "")
    await desk.tell(now, 2, fallback=["b"])
    async with desk.outbox() as outbox:
        assert await outbox.send_due(now) == Sent(failed=2)
        assert await outbox.send_due(now + 29 * SECOND) == Sent()
        assert await outbox.send_due(now + 31 * SECOND) == Sent(failed=2)
        assert await outbox.send_due(now + 150 * SECOND) == Sent()
        assert await outbox.send_due(now + 160 * SECOND) == Sent(failed=2, given_up=2)
        assert await outbox.send_due(now + 161 * SECOND) == Sent(sent=4)
    assert len(hook.taken) == 6
    assert len(other.taken) == 2


async def test_one_message_that_is_refused_keeps_no_other_back(desk: Desk, hook: Web) -> None:
    now = start()
    await desk.tell(now, 3)
    first = min(number for (number,) in query(desk.url, "SELECT event_id FROM notice"))
    hook.answer = lambda one: (422, "") if f"/{first}/" in one.body["key"] else (200, "")
    async with desk.outbox() as outbox:
        assert await outbox.send_due(now) == Sent(sent=2, failed=1)


async def test_a_channel_that_nobody_knows_falls_back_to_the_log(desk: Desk) -> None:
    now = start()
    await desk.tell(now, channel="gone")
    async with desk.outbox() as outbox:
        for seconds in (0, 31, 160, 161):
            await outbox.send_due(now + seconds * SECOND)
    assert query(desk.url, "SELECT channel, receipt FROM notice WHERE sent_at IS NOT NULL") == [("log", "logged")]
    assert "gone" in query(desk.url, "SELECT receipt FROM notice WHERE given_up_at IS NOT NULL")[0][0]


async def test_what_stands_in_has_no_stand_in(desk: Desk, hook: Web, other: Web) -> None:
    now = start()
    hook.answer = other.answer = lambda _: (403, "")
    await desk.tell(now, fallback=["b"])
    async with desk.outbox() as outbox:
        for minute in range(0, 40, 3):
            await outbox.send_due(now + minute * MINUTE)
    assert query(desk.url, "SELECT channel, given_up_at IS NOT NULL FROM notice ORDER BY channel") == [
        ("a", True), ("b", True), ("log", False),
    ]  # fmt: skip


async def test_a_changed_channels_file_is_used_without_a_restart(desk: Desk, hook: Web, tmp_path: Path) -> None:
    now = start()
    await desk.tell(now, channel="new")
    async with desk.outbox() as outbox:
        assert (await outbox.send_due(now)).failed == 1
        (tmp_path / "channels.toml").write_text(f'[channel.new]\nurl = "{hook.url}/new"\n', encoding="utf-8")
        assert await outbox.send_due(now + MINUTE) == Sent(sent=1)


async def test_what_was_sent_and_what_failed_is_counted(desk: Desk, hook: Web) -> None:
    def count_of(name: str, **labels: str) -> float:
        return REGISTRY.get_sample_value(name, labels) or 0.0

    now = start()
    before = (
        count_of("notices_sent_total", channel="a"),
        count_of("notices_failed_total", channel="a", reason="refused"),
        count_of("notice_delay_seconds_count"),
    )
    await desk.tell(now, 12)
    refused = 1
    hook.answer = lambda _: (403, "") if len(hook.taken) <= refused else (200, "")
    async with desk.outbox(STORM) as outbox:
        await outbox.send_due(now)
        assert count_of("notices_waiting") == 12
        await outbox.send_due(now + 31 * SECOND)
        await outbox.next_due()
    after = (
        count_of("notices_sent_total", channel="a"),
        count_of("notices_failed_total", channel="a", reason="refused"),
        count_of("notice_delay_seconds_count"),
    )
    # Ten one by one, and two in a digest.
    assert [late - early for late, early in zip(after, before, strict=True)] == [12, 1, 11]
    assert count_of("notices_waiting") == 0
