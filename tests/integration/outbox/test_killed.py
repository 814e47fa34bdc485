"""Several senders, and senders that die."""

from __future__ import annotations

import asyncio
import random
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from alerts.notify.outbox import Outbox, Sent
from tests.integration.outbox.play import MINUTE, SECOND, STORM, Desk, query, start, until

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from tests.integration.receivers import Web


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


_VICTIM = """
import asyncio, sys
from pathlib import Path
from alerts.notify.channels import Channels
from alerts.notify.outbox import Outbox
from alerts.policy_file import Storm
from schemas.runtime import database
from schemas.runtime.settings import AlertSettings

async def main(url, channels):
    async with database.connect(url, "victim") as db:
        storm = Storm(notices=10, window_min=10, digest_min=5)
        outbox = Outbox(db, AlertSettings(), Channels(Path(channels)), storm=storm)
        await outbox.run(asyncio.Event(), asyncio.Event())

asyncio.run(main(*sys.argv[1:]))
"""


async def test_kill_9_after_the_receiver_took_it_brings_the_same_key_again(
    desk: Desk, hook: Web, tmp_path: Path
) -> None:
    now = start()
    await desk.tell(now, 3)
    hook.stuck.clear()
    arguments = [sys.executable, "-c", _VICTIM, desk.url, str(tmp_path / "channels.toml")]
    victim = await asyncio.create_subprocess_exec(*arguments)
    try:
        await until(lambda: hook.taken)
    finally:
        victim.kill()
        await victim.wait()
    hook.stuck.set()
    async with desk.outbox() as outbox:
        done = await outbox.send_due(now + 5 * MINUTE)
    assert done == Sent(sent=3)
    assert len(hook.taken) == 4
    assert hook.keys()[0] == hook.keys()[1]
    assert len(set(hook.keys())) == 3


async def test_two_senders_never_send_the_same_notice(desk: Desk, hook: Web) -> None:
    now = start()
    await desk.tell(now, 60)
    async with desk.outbox() as one, desk.outbox() as two, desk.outbox() as three:
        done = await asyncio.gather(*(each.send_due(now) for each in (one, two, three)))
    assert sum(each.sent for each in done) == 60
    assert Counter(hook.keys()).most_common(1)[0][1] == 1


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
