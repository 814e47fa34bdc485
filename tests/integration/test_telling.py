"""Who is told when, and who is spared: silences, consequences, flapping, holes of the rota, working hours, storms, acts."""

from __future__ import annotations

import math
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from alerts import acts, policy
from alerts.actor import Actor
from alerts.judge.round import Round
from alerts.ladder import Ladder
from alerts.notify.channels import Channels
from alerts.notify.outbox import Outbox
from schemas.catalog.duty import Cause, Role, SilenceKind
from schemas.registry.model import Document
from schemas.runtime.settings import AlertSettings
from schemas.times import DAY, HOUR
from tests.integration.play import (
    MINUTE,
    SECOND,
    Play,
    Sent,
    beijing,
    boiler,
    county,
    house,
    marked,
    played,
    sewage,
)
from tests.integration.receivers import web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime
    from pathlib import Path
    from typing import Any

    from tests.integration.receivers import Web

#: A Wednesday; it and the days after are working days.
START = beijing("2026-11-18T00:00")
#: So long after the end of an hour it has been derived and judged.
SOON = 20 * MINUTE
BUREAU = Actor(name="he", role=Role.BUREAU, person="he")
CHEN = Actor(name="chen", role=Role.INSPECTOR, person="chen")
POLICY = policy.load()


def duty(*sites: dict[str, Any], duties: bool = True) -> Document:
    """Return a county whose bureaus have somebody with a channel of their own."""
    raw = county(*sites).model_dump(mode="json", exclude_none=True)
    raw["people"] = [
        {"id": "chen", "name": "陈示一", "bureau": "epb", "channels": ["chen"]},
        {"id": "li", "name": "李示二", "bureau": "epb", "channels": ["li"]},
        {"id": "cao", "name": "曹示五", "bureau": "mkt", "channels": ["cao"]},
    ]
    raw["duties"] = [{"bureau": "epb", "people": ["chen", "li"]}, {"bureau": "mkt", "people": ["cao"]}]
    raw["duties"] = raw["duties"] if duties else []
    return Document.model_validate(raw)


class Desk:
    """Ingest, judge, ladder and outbox on one database, at whatever time the test says it is."""

    def __init__(self, play: Play, hook: Web, outbox: Outbox, ladder: Ladder) -> None:
        self.play, self.hook, self.outbox, self.ladder = play, hook, outbox, ladder
        self.read = 0
        self.texts: list[str] = []

    async def at(self, now: datetime) -> list[tuple[str, str]]:
        """Let all happen that is due at *now*; return what was received since: channel and step, "digest" for a digest."""
        await self.play.settle(now)
        await self.ladder.steps(now)
        return await self.send(now)

    async def send(self, now: datetime) -> list[tuple[str, str]]:
        await self.outbox.send_due(now)
        news, self.read = self.hook.taken[self.read :], len(self.hook.taken)
        self.texts = [one.body["text"] for one in news]
        return sorted((one.path.strip("/"), one.body["incident"].get("step", "digest")) for one in news)

    async def hours(self, cod: dict[int, Any], where: str = "plant/out") -> None:
        """Write the hours of *cod*, hour since START → value; nothing else is ever the same twice, which would be suspected."""
        for hour, value in cod.items():
            for n in range(6):
                at = START + hour * HOUR + n * 10 * MINUTE
                values: dict[str, Any] = {"w00000": _near(100, at), "w01010": _near(18, at), "w01001": _near(7.2, at)}
                await self.play.write([Sent(where, at, values | ({"w01018": value} if n == 0 else {}))])

    def history(self, rule: str) -> list[str]:
        return [
            kind
            for (kind,) in self.play.query(
                "SELECT e.kind FROM incident_event e JOIN incident USING (incident_id) WHERE rule = %s ORDER BY seq",
                rule,
            )
        ]

    def incident(self, rule: str) -> int:
        [(incident_id,)] = self.play.query("SELECT incident_id FROM incident WHERE rule = %s", rule)
        return int(incident_id)


def _near(value: float, at: datetime) -> float:
    return round(value * (1 + 0.05 * math.sin(at.timestamp() / 5000) + 0.02 * math.sin(at.timestamp() / 777)), 3)


@asynccontextmanager
async def desk_of(url: str, folder: Path, document: Document) -> AsyncIterator[Desk]:
    with web() as hook:
        file = folder / "channels.toml"
        file.write_text("".join(f'[channel.{name}]\nurl = "{hook.url}/{name}"\n' for name in ("chen", "li", "cao")))
        file.chmod(0o600)
        async with played(url, document, START) as play:
            settings = AlertSettings(channels_file=file)
            outbox = Outbox(play.db, settings, Channels(file), storm=POLICY.storm)
            yield Desk(play, hook, outbox, Ladder(play.db, settings))


async def test_a_silence_holds_notices_back_and_its_end_tells(url: str, tmp_path: Path) -> None:
    async with desk_of(url, tmp_path, duty(sewage("w01018"))) as desk:
        until = START + 6 * HOUR
        await acts.plan_silence(
            desk.play.db, BUREAU, kind=SilenceKind.MAINTENANCE, site="plant", device="", rule="", since=START, until=until,
            reason="更换水泵", now=START,
        )  # fmt: skip
        await desk.hours(dict.fromkeys(range(6), 90.0))
        for hour in range(1, 6):
            assert await desk.at(START + hour * HOUR + SOON) == []
        assert ("sewage_instant", "plant/DW001/w01018", "open", "orange") in desk.play.incidents()
        assert desk.history("sewage_instant") == ["opened", "muted", "overdue"]
        assert ("chen", "unmuted") in await desk.at(until + SOON)
        assert any("静默或检修已结束，事件仍在，恢复通知" in text for text in desk.texts)
        assert await desk.at(until + SOON + MINUTE) == []


async def test_what_a_silent_device_is_suspected_of_waits_until_it_is_heard(url: str, tmp_path: Path) -> None:
    """One notice per cause: while the device is offline its suspicions are its consequence."""
    async with desk_of(url, tmp_path, duty(sewage("w01018"))) as desk:
        play, night = desk.play, START + DAY
        play.round = Round(play.db, play.settings)

        async def heard(at: datetime, now: datetime) -> list[tuple[str, str]]:
            play.change(
                f"INSERT INTO worker VALUES ('w', '{now}') ON CONFLICT (worker) DO UPDATE SET seen_at = excluded.seen_at"
            )
            play.change(
                f"INSERT INTO device_clock VALUES ('plant', 'out', '{at}', 1)"
                " ON CONFLICT (site_id, device_id) DO UPDATE SET received_at = excluded.received_at"
            )
            play.change(f"UPDATE progress SET at = '{now - 5 * SECOND}' WHERE name = 'listening seen'")
            return await desk.at(now)

        await heard(START, START)
        await desk.hours(dict.fromkeys(range(24), 33.7))
        await heard(night - HOUR, night - HOUR)
        await heard(night - HOUR, night - 10 * MINUTE)
        assert ("offline", "plant/out", "open", "blue") in play.incidents()
        await heard(night - HOUR, night + SOON)
        number = desk.incident("offline")
        assert play.query("SELECT muted FROM incident WHERE rule = 'suspect_constant'") == [(f"inhibited:{number}",)]
        assert desk.history("suspect_constant") == ["opened", "muted"]
        assert ("chen", "unmuted") in await heard(night + HOUR, night + HOUR + MINUTE)
        assert ("offline", "plant/out", "closed", "yellow") in play.incidents()
        assert desk.history("suspect_constant") == ["opened", "muted", "unmuted"]


async def test_what_opens_a_third_time_in_a_day_is_folded_until_it_is_quiet(url: str, tmp_path: Path) -> None:
    async with desk_of(url, tmp_path, duty(sewage("w01018"))) as desk:
        for hour, cod in enumerate([90.0, 20.0, 20.0] * 2 + [90.0]):
            await desk.hours({hour: cod})
            await desk.at(START + (hour + 1) * HOUR + SOON)
        told = desk.play.query(
            "SELECT step FROM notice JOIN incident USING (incident_id) WHERE rule = 'sewage_instant' AND channel = 'chen'"
            " AND step IN ('opened', 'closed') ORDER BY notice_id"
        )
        assert told == [("opened",), ("closed",)] * 2
        assert play_states(desk) == ["closed", "closed", "open"]
        assert desk.history("sewage_instant")[-2:] == ["opened", "muted"]
        # It goes on and on: after twelve hours it flaps no more, and people are told.
        assert ("chen", "unmuted") in await desk.at(START + 7 * HOUR + SOON + 12 * HOUR + MINUTE)
        assert any("反复开合已平息" in text for text in desk.texts)


def play_states(desk: Desk) -> list[str]:
    return [state for rule, _, state, _ in desk.play.incidents() if rule == "sewage_instant"]


async def test_a_hole_in_the_rota_calls_others_and_says_so(url: str, tmp_path: Path) -> None:
    async with desk_of(url, tmp_path, duty(sewage("w01018"), duties=False)) as desk:
        await desk.hours({0: 90.0})
        assert await desk.at(START + HOUR + SOON) == [("chen", "opened"), ("li", "opened")]
        for text in desk.texts:
            assert "【值班空缺】示例epb无人值班" in text
            assert "改为通知本单位全体人员" in text


async def test_a_blue_one_waits_for_working_hours(url: str, tmp_path: Path) -> None:
    check = {"kind": "safety", "done": "2024-11-30", "result": "passed", "next_due": "2026-11-30"}
    async with desk_of(url, tmp_path, duty(house(boiler("B1", checks=[check])))) as desk:
        desk.play.round = Round(desk.play.db, desk.play.settings)
        assert await desk.at(START) == []
        assert ("boiler_check_overdue", "heat/B1/safety", "open", "blue") in desk.play.incidents()
        assert desk.play.query("SELECT DISTINCT channel FROM notice") == [("log",)]
        assert await desk.at(START + 8 * HOUR + 29 * MINUTE) == []
        assert await desk.at(START + 8 * HOUR + 31 * MINUTE) == [("cao", "escalated")]
        assert desk.texts[0].startswith("【蓝色预警】示例供热 B1燃煤锅炉 安全检验")
        assert await desk.at(START + 8 * HOUR + 32 * MINUTE) == []


async def test_a_storm_of_incidents_is_ten_notices_and_a_digest(url: str, tmp_path: Path) -> None:
    plants = [sewage("w01018", id=f"p{n:02}", name=f"示例{n:02}厂") for n in range(30)]
    async with desk_of(url, tmp_path, duty(*plants)) as desk:
        for one in plants:
            await desk.hours({0: 90.0}, f"{one['id']}/out")
        now = START + HOUR + SOON
        assert await desk.at(now) == [("chen", "opened")] * 10
        assert await desk.send(now + 31 * SECOND) == [("chen", "digest")]
        assert "另有 20 条通知" in desk.texts[0]
        assert desk.play.query("SELECT count(*) FROM notice WHERE sent_at IS NULL") == [(0,)]


async def test_a_graver_level_takes_a_closing_back_and_calls(url: str, tmp_path: Path) -> None:
    """A person's 销号 says that values do not speak for the plant; what grows graver is looked at again all the same."""
    async with desk_of(url, tmp_path, duty(sewage("w01018"))) as desk:
        await desk.hours({0: marked(5000.0, "T")})
        assert ("chen", "opened") in await desk.at(START + HOUR + SOON)
        number = desk.incident("above_range")
        await acts.settle(desk.play.db, CHEN, number, Cause.INSTRUMENT_FAULT, "量程设置有误", now=START + HOUR + SOON)
        await desk.at(START + HOUR + SOON + MINUTE)
        await desk.hours({1: marked(5000.0, "T")})
        assert ("chen", "unsettled") in await desk.at(START + 2 * HOUR + SOON)
        assert desk.play.query("SELECT level, settled_at, cause FROM incident WHERE rule = 'above_range'") == [
            ("orange", None, None)
        ]
        assert desk.history("above_range") == ["opened", "settled", "level", "unsettled"]
        assert any("销号自动撤回：级别上升" in text for text in desk.texts)


async def test_whoever_is_handed_an_incident_is_told_and_the_ladder_begins_anew(url: str, tmp_path: Path) -> None:
    async with desk_of(url, tmp_path, duty(sewage("w01018"))) as desk:
        await desk.hours({0: 90.0})
        opened = START + HOUR + SOON
        assert await desk.at(opened) == [("chen", "opened")]
        number = desk.incident("sewage_instant")
        await acts.reassign(desk.play.db, CHEN, number, "li", "请接手", now=opened + MINUTE)
        assert await desk.at(opened + 2 * MINUTE) == [("li", "reassigned")]
        assert "已移交给李示二" in desk.texts[0]
        assert "请接手" in desk.texts[0]
        # An hour from the handing over, not from the opening.
        assert "escalated" not in {step for _, step in await desk.at(opened + 61 * MINUTE)}
        assert ("li", "escalated") in await desk.at(opened + 63 * MINUTE)


async def test_an_act_on_what_nobody_was_told_of_is_told_to_nobody_and_only_once(url: str, tmp_path: Path) -> None:
    async with desk_of(url, tmp_path, duty(sewage("w01018"))) as desk:
        await acts.plan_silence(
            desk.play.db, BUREAU, kind=SilenceKind.SILENCE, site="plant", device="", rule="", since=START, until=START + DAY,
            reason="调试", now=START,
        )  # fmt: skip
        await desk.hours({0: 90.0})
        now = START + HOUR + SOON
        assert await desk.at(now) == []
        await acts.acknowledge(desk.play.db, CHEN, desk.incident("sewage_instant"), now=now, policy=POLICY)
        assert await desk.at(now + MINUTE) == []
        assert await desk.ladder.steps(now + MINUTE) == 0
        assert desk.history("sewage_instant") == ["opened", "muted", "acked"]
