"""One evening on duty, hour by hour: breach, page, escalation, acknowledgement and its end, lost data, backfill, recovery, closing.

Real database, real readings through ingest's own code, a real receiver of notices; only the clock is the test's.
"""

from __future__ import annotations

import math
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from alerts import acts, chain, policy
from alerts.actor import Actor, NotAllowedError
from alerts.ladder import Ladder
from alerts.notify.channels import Channels
from alerts.notify.outbox import Outbox
from schemas.catalog.duty import Cause, Role
from schemas.errors import UseError
from schemas.registry.model import Document
from schemas.runtime.settings import AlertSettings
from schemas.times import HOUR
from tests.integration.play import MINUTE, Play, Sent, beijing, county, played, sewage
from tests.integration.receivers import web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.integration.receivers import Web

COD = "plant/DW001/w01018"
DAY = timedelta(days=1)
START = beijing("2026-11-18T00:00")
CHEN = Actor(name="chen", role=Role.INSPECTOR, person="chen")
LI = Actor(name="li", role=Role.INSPECTOR, person="li")
WANG = Actor(name="wang", role=Role.OPERATOR, person="wang", site="plant")
POLICY = policy.load()


def duty() -> Document:
    """A bureau with an inspector on duty, a second one, and a chief; the plant with an operator of its own."""
    raw = county(sewage("w01018")).model_dump(mode="json", exclude_none=True)
    raw["people"] = [
        {"id": "chen", "name": "陈示一", "bureau": "epb", "channels": ["chen"]},
        {"id": "li", "name": "李示二", "bureau": "epb", "channels": ["li"]},
        {"id": "he", "name": "何示三", "bureau": "epb", "role": "chief", "channels": ["he"]},
        {"id": "wang", "name": "王示十", "site": "plant", "role": "operator", "channels": ["wang"]},
    ]
    raw["duties"] = [{"bureau": "epb", "people": ["chen", "li"]}]
    return Document.model_validate(raw)


class Evening:
    """The whole desk on one database, at whatever time the test says it is."""

    def __init__(self, play: Play, hook: Web, outbox: Outbox, ladder: Ladder) -> None:
        self.play, self.hook, self.outbox, self.ladder = play, hook, outbox, ladder
        self.read = 0
        self.news: list[dict[str, Any]] = []

    async def at(self, now: datetime) -> list[tuple[str, str, str]]:
        """Let all happen that is due at *now*; return what was received of the exceedance: (channel, step, first line)."""
        await self.play.settle(now)
        await self.ladder.steps(now)
        await self.outbox.send_due(now)
        news, self.read = self.hook.taken[self.read :], len(self.hook.taken)
        self.news = [one.body for one in news if one.body["incident"].get("rule") == "污水日均值超标"]
        return sorted(
            (one.path.strip("/"), one.body["incident"]["step"], one.body["text"].splitlines()[0])
            for one in news
            if one.body in self.news
        )

    async def told(self, now: datetime) -> list[tuple[str, str]]:
        return [one[:2] for one in await self.at(now)]

    def history(self) -> list[str]:
        return [
            kind
            for (kind,) in self.play.query(
                "SELECT e.kind FROM incident_event e JOIN incident USING (incident_id) WHERE rule = 'sewage_day' ORDER BY seq"
            )
        ]

    def incident(self, *columns: str) -> tuple[Any, ...]:
        [row] = self.play.query(f"SELECT {', '.join(columns)} FROM incident WHERE rule = 'sewage_day'")
        return row


@asynccontextmanager
async def evening(url: str, tmp_path: Any) -> AsyncIterator[Evening]:
    with web() as hook:
        file = tmp_path / "channels.toml"
        file.write_text(
            "".join(f'[channel.{name}]\nurl = "{hook.url}/{name}"\n' for name in ("chen", "li", "he", "wang"))
        )
        file.chmod(0o600)
        async with played(url, duty(), START) as play:
            settings = AlertSettings(channels_file=file)
            outbox = Outbox(play.db, settings, Channels(file), storm=POLICY.storm)
            yield Evening(play, hook, outbox, Ladder(play.db, settings))


def _wobble(at: datetime, size: float) -> float:
    """A plant's values are never the same twice: constant ones would be suspected."""
    return round(size * math.sin(at.timestamp() / 5000.0) + size / 3 * math.sin(at.timestamp() / 777.0), 3)


async def _day(
    play: Play, day: datetime, cod: float, hours: range = range(24), received: datetime | None = None
) -> None:
    sent = []
    for n in range(hours.start * 6, hours.stop * 6):
        at = day + n * 10 * MINUTE
        values = {"w00000": 100.0 + _wobble(at, 20), "w01010": 18.0 + _wobble(at, 2), "w01001": 7.2 + _wobble(at, 0.3)}
        if n % 6 == 0:
            values["w01018"] = cod + _wobble(at, 4)
        sent.append(Sent("plant/out", at, values))
    await play.write(sent, received)


async def test_an_evening_on_duty(url: str, tmp_path: Any) -> None:  # noqa: PLR0915 - an evening is one story
    async with evening(url, tmp_path) as desk:
        play = desk.play
        await _day(play, START, 30.0)
        assert await desk.told(START + DAY + 20 * MINUTE) == []

        # 19 November: exceeding all day; the last four hours are missing. At midnight the day is judged and 陈示一 is called.
        await _day(play, START + DAY, 60.0, range(20))
        opened = START + 2 * DAY + 20 * MINUTE
        [page] = await desk.at(opened)
        assert page == ("chen", "opened", "【橙色预警】示例污水厂 总排口 化学需氧量：污水日均值超标")
        text = desk.news[0]["text"]
        for words in ("限值 50 mg/L", "GB 18918", "有效数据：20/24", "任务（26）", "通知您：值班", "/desk/incident/"):
            assert words in text

        # Nobody answers: after an hour the next one is called, not before, and not twice.
        assert await desk.told(opened + 59 * MINUTE) == []
        assert await desk.told(opened + 61 * MINUTE) == [("li", "escalated")]
        assert await desk.told(opened + 62 * MINUTE) == []

        # 李示二 takes it on: the first one hears that it is in hand; the ladder stands still for twelve hours.
        acked = opened + 70 * MINUTE
        [(incident_id,)] = play.query("SELECT incident_id FROM incident WHERE rule = 'sewage_day'")
        with pytest.raises(NotAllowedError):
            await acts.acknowledge(play.db, WANG, incident_id, now=acked, policy=POLICY)
        await acts.acknowledge(play.db, LI, incident_id, now=acked, policy=POLICY, hours=48, text="已联系厂方")
        assert await desk.told(acked + MINUTE) == [("chen", "acked"), ("li", "acked")]
        assert desk.incident("acked_until") == (acked + timedelta(hours=12),)
        assert await desk.told(acked + timedelta(hours=11, minutes=59)) == []
        await acts.feedback(play.db, WANG, incident_id, "曝气机故障，抢修中", now=acked + 3 * HOUR)
        assert await desk.told(acked + 3 * HOUR + MINUTE) == [("li", "feedback")]

        # The acknowledgement ends while it still exceeds: who had it is called again.
        assert await desk.told(acked + timedelta(hours=12, minutes=1)) == [("li", "ack_expired")]
        await acts.acknowledge(play.db, LI, incident_id, now=acked + timedelta(hours=12, minutes=5), policy=POLICY)
        await desk.at(acked + timedelta(hours=12, minutes=6))

        # 20 November: not a value comes. That closes nothing; those who know of it are told that the data have stopped.
        silent = START + 3 * DAY + 20 * MINUTE
        assert ("li", "unknown") in await desk.told(silent)
        assert desk.incident("state") == ("unknown",)

        # The logger catches up: the missing hours of the 19th were worse, the 20th exceeded too. Those who were told hear of both.
        late = silent + 2 * HOUR
        await _day(play, START + DAY, 90.0, range(20, 24), late)
        await _day(play, START + 2 * DAY, 70.0, received=late)
        news = await desk.at(late + MINUTE)
        assert ("li", "amended") in [one[:2] for one in news]
        assert any("更正：" in one["text"] for one in desk.news if one["incident"]["step"] == "amended")
        assert desk.incident("state") == ("open",)

        # 21 November is clean: recovered at midnight; everybody who was told hears it, then it is closed with its cause.
        await _day(play, START + 3 * DAY, 20.0)
        with pytest.raises(UseError, match="尚未恢复"):
            await acts.settle(play.db, LI, incident_id, Cause.RECTIFIED, "已修好", now=late + HOUR)
        closed = START + 4 * DAY + 20 * MINUTE
        assert {("chen", "closed"), ("li", "closed")} <= set(await desk.told(closed))
        assert desk.incident("state", "ended_at") == ("closed", START + 3 * DAY)
        await acts.settle(play.db, LI, incident_id, Cause.RECTIFIED, "曝气机已更换，复测达标", now=closed + HOUR)
        assert {("chen", "settled"), ("li", "settled")} <= set(await desk.told(closed + 2 * HOUR))
        assert await desk.told(closed + 30 * DAY) == []
        # What the storm cap has folded comes as a digest a little later.
        await desk.at(closed + 30 * DAY + HOUR)

        assert (await chain.verify(play.db))[1] is None
        keys = desk.hook.keys()
        assert len(keys) == len(set(keys)), "no notice was received twice"
        assert play.query("SELECT count(*) FROM notice WHERE sent_at IS NULL") == [(0,)]
        assert desk.history() == [
            "opened", "escalated", "acked", "feedback", "ack_expired", "acked", "unknown", "amended", "resumed",
            "ack_expired", "closed", "settled",
        ]  # fmt: skip


async def test_a_restart_in_the_middle_pages_nobody_twice(url: str, tmp_path: Any) -> None:
    async with evening(url, tmp_path) as desk:
        await _day(desk.play, START, 60.0)
        opened = START + DAY + 20 * MINUTE
        assert await desk.told(opened) == [("chen", "opened")]
        # Everything in memory is gone; the facts come once more, as after a crash before their commit was known.
        desk.play.round = type(desk.play.round)(desk.play.db, desk.play.settings)
        desk.ladder = Ladder(desk.play.db, desk.play.settings)
        desk.play.change(
            "INSERT INTO fresh_fact (basis, point_id, window_start)"
            " SELECT 'day', point_id, day::timestamp AT TIME ZONE 'Asia/Shanghai' FROM daily"
        )
        assert await desk.told(opened + MINUTE) == []
        assert await desk.told(opened + 61 * MINUTE) == [("li", "escalated")]
