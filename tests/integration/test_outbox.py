"""The outbox on a real database, with real receivers."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from prometheus_client import REGISTRY

from alerts.notify.channels import Channels
from alerts.notify.outbox import Outbox, Patience, Sent
from alerts.policy_file import Storm
from schemas.runtime import database
from schemas.runtime.settings import AlertSettings
from tests.integration.receivers import Web, web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from schemas.runtime.database import Database

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
CALM = Storm(notices=100_000, window_min=10, digest_min=5)
STORM = Storm(notices=10, window_min=10, digest_min=5)
NUMBERS = count(1)


def query(url: str, sql: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(sql).fetchall()


@pytest.fixture
def hook() -> Iterator[Web]:
    with web() as one:
        yield one


@pytest.fixture
def other() -> Iterator[Web]:
    with web() as one:
        yield one


class Desk:
    """Inserts notices as the teller does, and opens outboxes as senders do."""

    def __init__(self, url: str, channels: Channels) -> None:
        self.url = url
        self.channels = channels

    @asynccontextmanager
    async def outbox(self, storm: Storm = CALM, patience: Patience | None = None) -> AsyncIterator[Outbox]:
        async with database.connect(self.url, "tests-outbox") as db:
            yield Outbox(db, AlertSettings(), self.channels, storm=storm, patience=patience)

    async def tell(self, at: datetime, how_many: int = 1, **fields: Any) -> None:
        async with database.connect(self.url, "tests") as db, db.transaction():
            for _ in range(how_many):
                await tell(db, at, **fields)


async def tell(db: Database, at: datetime, **fields: Any) -> int:
    number = next(NUMBERS)
    level = fields.get("level", "orange")
    body = {
        "text": f"【{level}】第 {number} 起\nhttp://desk/", "link": "http://desk/", "site": fields.get("site", "甲厂"),
        "fallback": fields.get("fallback", []),
    }  # fmt: skip
    await db.execute(
        "notice_insert", incident_id=None, event_id=number, step="opened", channel=fields.get("channel", "a"),
        recipient=fields.get("recipient", "chen"), level=level, body=database.json(body), at=at,
    )  # fmt: skip
    return number


@pytest.fixture
def desk(url: str, tmp_path: Path, hook: Web, other: Web) -> Desk:
    path = tmp_path / "channels.toml"
    path.touch(0o600)
    path.write_text(
        f'[channel.a]\nurl = "{hook.url}/a"\n[channel.b]\nurl = "{other.url}/b"\n'
        f'[channel.slow]\nurl = "{other.url}/slow"\nrate_per_min = 20\n[channel.calm]\nurl = "{hook.url}/calm"\nquiet = true\n',
        encoding="utf-8",
    )
    return Desk(url, Channels(path))


def start() -> datetime:
    """Return now: the database dates its rows itself, and a test's clock may only run ahead of that."""
    return datetime.now(UTC)


async def test_a_notice_is_sent_once_and_its_receipt_kept(desk: Desk, hook: Web) -> None:
    now = start()
    await desk.tell(now)
    async with desk.outbox() as outbox:
        assert await outbox.next_due() == now
        assert await outbox.send_due(now) == Sent(sent=1)
        assert await outbox.send_due(now + HOUR) == Sent()
        assert await outbox.next_due() is None
    assert len(hook.taken) == 1
    assert query(desk.url, "SELECT attempts, receipt, claimed_until, sent_at >= made_at FROM notice") == [
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


async def test_two_senders_never_send_the_same_notice(desk: Desk, hook: Web) -> None:
    now = start()
    await desk.tell(now, 60)
    async with desk.outbox() as one, desk.outbox() as two, desk.outbox() as three:
        done = await asyncio.gather(*(each.send_due(now) for each in (one, two, three)))
    assert sum(each.sent for each in done) == 60
    assert Counter(hook.keys()).most_common(1)[0][1] == 1


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


async def until(happened: Any) -> None:
    async with asyncio.timeout(20):
        while not happened():  # noqa: ASYNC110 - the other side is a thread of a real server
            await asyncio.sleep(0.01)


async def test_the_loop_ends_with_what_is_under_way_sent_and_recorded(desk: Desk, hook: Web) -> None:
    now = start()
    hook.stuck.clear()
    await desk.tell(now)
    stop = asyncio.Event()
    async with desk.outbox() as outbox:
        running = asyncio.create_task(outbox.run(stop, asyncio.Event()))
        await until(lambda: hook.taken)
        stop.set()
        hook.stuck.set()
        await running
    assert query(desk.url, "SELECT receipt FROM notice") == [("HTTP 200",)]


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


class KilledError(BaseException):
    """Stands for kill -9: nobody catches it on the way."""


@pytest.mark.parametrize("seed", range(4))
async def test_whenever_a_sender_is_killed_each_notice_arrives_and_twice_only_under_the_same_key(
    desk: Desk, hook: Web, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    record = Outbox._record
    killed: list[str] = []

    async def killed_now_and_then(self: Outbox, row: Any, receipt: str, now: datetime) -> int:
        # Sent, and not recorded: the only moment in which a copy can arise.
        if chance.random() < 0.25:
            killed.append(row.message().key)
            raise KilledError
        return await record(self, row, receipt, now)

    monkeypatch.setattr(Outbox, "_record", killed_now_and_then)
    now = start()
    told = 0
    for step in range(40):
        if step < 25:
            some = chance.randrange(4)
            await desk.tell(
                now, some, level=chance.choice(["red", "orange", "blue"]), recipient=chance.choice(["chen", "li"])
            )
            told += some
        status = chance.choice([200, 200, 200, 503])
        hook.answer = lambda _, status=status: (status, "")  # type: ignore[misc]
        async with desk.outbox(STORM) as outbox:
            try:
                await outbox.send_due(now)
            except KilledError:
                """A new sender, with nothing but the database to go by."""
        now += chance.choice([SECOND, 20 * SECOND, 70 * SECOND])
    monkeypatch.setattr(Outbox, "_record", record)
    hook.answer = lambda _: (200, "")
    for _ in range(20):
        now += 6 * MINUTE
        async with desk.outbox(STORM) as outbox:
            await outbox.send_due(now)
    assert killed
    assert query(desk.url, "SELECT count(*) FROM notice WHERE sent_at IS NULL") == [(0,)]
    assert query(desk.url, "SELECT count(*) FROM notice WHERE step = 'opened'") == [(told,)]
    arrived: Counter[int] = Counter()
    for one in {taken.body["key"]: taken.body for taken in hook.taken}.values():
        inside = one["incident"].get("notices")
        arrived.update([each["event_id"] for each in inside] if inside else [int(one["key"].split("/")[1])])
    assert set(arrived.values()) == {1}
    assert len(arrived) == told


async def test_a_killed_senders_claim_is_respected_until_it_ends(
    desk: Desk, hook: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def killed(*_: object) -> int:
        raise KilledError

    now = start()
    await desk.tell(now)
    with monkeypatch.context() as patch:
        patch.setattr(Outbox, "_record", killed)
        async with desk.outbox() as outbox:
            with pytest.raises(KilledError):
                await outbox.send_due(now)
    async with desk.outbox() as outbox:
        assert await outbox.send_due(now + 55 * SECOND) == Sent()
        due = await outbox.next_due()
        assert due is not None
        assert now + 60 * SECOND <= due < now + 65 * SECOND
        assert await outbox.send_due(due) == Sent(sent=1)
    assert hook.keys() == hook.keys()[:1] * 2


async def test_a_loop_that_is_thrown_out_ends_at_once_and_leaves_what_was_under_way_to_its_claim(
    desk: Desk, hook: Web
) -> None:
    hook.stuck.clear()
    await desk.tell(start())
    async with desk.outbox() as outbox:
        running = asyncio.create_task(outbox.run(asyncio.Event(), asyncio.Event()))
        await until(lambda: hook.taken)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert query(desk.url, "SELECT sent_at, claimed_until > now() FROM notice") == [(None, True)]


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
