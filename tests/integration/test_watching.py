"""What the clock alone judges: silence, our own outage, boilers' files, files that are read while we run."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.judge.round import Round
from schemas.times import DAY, HOUR
from tests.integration.play import MINUTE, SECOND, beijing, boiler, changed, county, house, played, sewage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime
    from typing import Any

    from schemas.registry.model import Document
    from tests.integration.play import Play

START = beijing("2026-11-18T00:00")
#: Our own workers say every second that they are there; a look at least this often keeps the silence counted.
STEP = timedelta(seconds=60)
OUT = "plant/out"


class Watch:
    """Ingest and evaluator as the watching sees them, at whatever time the test says it is."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self.begin_anew()

    def begin_anew(self) -> None:
        """Start the evaluator again: everything in memory is gone."""
        self.round = Round(self.play.db, self.play.settings)

    def beat(self, at: datetime) -> None:
        self.play.change(
            f"INSERT INTO worker VALUES ('w', '{at}') ON CONFLICT (worker) DO UPDATE SET seen_at = excluded.seen_at"
        )

    def hear(self, device: str, at: datetime) -> None:
        site, name = device.split("/")
        self.play.change(
            f"INSERT INTO device_clock VALUES ('{site}', '{name}', '{at}', 1)"
            " ON CONFLICT (site_id, device_id) DO UPDATE SET received_at = excluded.received_at"
        )

    async def look(self, at: datetime, *, listening: bool = True) -> list[tuple[str, str, str, str]]:
        """Let a round be at *at*; return the incidents."""
        if listening:
            self.beat(at)
        await self.round.round(at)
        return self.play.incidents()

    async def watch(self, since: datetime, until: datetime, *, listening: bool = True) -> None:
        """Look as often as counts, from *since* until before *until*."""
        at = since
        while at < until:
            await self.look(at, listening=listening)
            at += STEP

    async def later(self, at: datetime) -> list[tuple[str, str, str, str]]:
        """Return the incidents at *at*, where somebody has looked all the while."""
        self.play.change(f"UPDATE progress SET at = '{at - 5 * SECOND}' WHERE name = 'listening seen'")
        return await self.look(at)

    def history(self, rule: str) -> list[str]:
        return [
            kind
            for (kind,) in self.play.query(
                "SELECT e.kind FROM incident_event e JOIN incident USING (incident_id) WHERE rule = %s ORDER BY seq",
                rule,
            )
        ]


@asynccontextmanager
async def watching(url: str, document: Document) -> AsyncIterator[Watch]:
    async with played(url, document, START) as play:
        yield Watch(play)


async def test_a_device_that_falls_silent_is_told_ever_more_gravely_until_it_is_heard(url: str) -> None:
    """House reference 8.1 OFF: three intervals (here of ten minutes) blue, an hour yellow, a day orange; one incident."""
    async with watching(url, county(sewage("w01018"))) as one:
        one.hear(OUT, START)
        await one.watch(START, START + 30 * MINUTE)
        assert one.play.incidents() == []
        assert await one.look(START + 30 * MINUTE) == [("offline", OUT, "open", "blue")]
        await one.watch(START + 31 * MINUTE, START + HOUR)
        assert one.play.incidents() == [("offline", OUT, "open", "blue")]
        assert await one.look(START + HOUR) == [("offline", OUT, "open", "yellow")]
        assert await one.later(START + DAY) == [("offline", OUT, "open", "orange")]
        one.hear(OUT, START + DAY + MINUTE)
        assert await one.look(START + DAY + MINUTE + 5 * SECOND) == [("offline", OUT, "closed", "orange")]
        assert one.history("offline") == ["opened", "level", "level", "closed"]
        assert one.play.query("SELECT began_at, ended_at, site_id, device_id FROM incident") == [
            (START, START + DAY + MINUTE, "plant", "out")
        ]


async def test_a_device_never_heard_is_counted_from_when_we_began_to_listen(url: str) -> None:
    async with watching(url, county(sewage("w01018"))) as one:
        await one.watch(START, START + 30 * MINUTE)
        assert one.play.incidents() == []
        assert await one.look(START + 30 * MINUTE) == [("offline", OUT, "open", "blue")]


async def test_a_whole_site_that_falls_silent_is_one_incident(url: str) -> None:
    """One per cause: while the site is offline its devices say nothing of their own."""
    async with watching(url, county(house(boiler("B1"), boiler("B2")))) as one:
        for device in ("heat/dcs-B1", "heat/dcs-B2"):
            one.hear(device, START)
        await one.watch(START, START + 5 * MINUTE)
        assert await one.look(START + 5 * MINUTE) == [("site_offline", "heat", "open", "blue")]
        one.hear("heat/dcs-B1", START + 6 * MINUTE)
        found = await one.look(START + 6 * MINUTE + 5 * SECOND)
        assert ("site_offline", "heat", "closed", "blue") in found
        assert [row for row in found if row[0] == "offline"] == [("offline", "heat/dcs-B2", "open", "blue")]


async def test_our_own_outage_accuses_nobody_but_us(url: str) -> None:
    """While no worker listens, a device's silence is ours; after 90 s that is an incident of its own."""
    async with watching(url, county(sewage("w01018"))) as one:
        one.hear(OUT, START)
        await one.look(START)
        for seconds in range(5, 90, 5):
            assert await one.look(START + seconds * SECOND, listening=False) == []
        assert await one.look(START + 90 * SECOND, listening=False) == [("ingest_down", "ingest/all", "open", "red")]
        await one.watch(START + 95 * SECOND, START + 2 * HOUR, listening=False)
        assert one.play.incidents() == [("ingest_down", "ingest/all", "open", "red")]
        # A worker is back: silence is counted from here on.
        assert await one.look(START + 2 * HOUR) == [("ingest_down", "ingest/all", "closed", "red")]
        await one.watch(START + 2 * HOUR + MINUTE, START + 2 * HOUR + 30 * MINUTE)
        assert {row[0] for row in one.play.incidents()} == {"ingest_down"}
        found = await one.look(START + 2 * HOUR + 30 * MINUTE)
        assert ("offline", OUT, "open", "blue") in found


async def test_an_evaluator_that_was_away_counts_silence_anew(url: str) -> None:
    async with watching(url, county(sewage("w01018"))) as one:
        one.hear(OUT, START)
        await one.watch(START, START + 20 * MINUTE)
        # Nobody looked for two hours; what was heard meanwhile nobody can say.
        back = START + 2 * HOUR
        one.begin_anew()
        assert await one.look(back) == []
        await one.watch(back + MINUTE, back + 30 * MINUTE)
        assert one.play.incidents() == []
        assert await one.look(back + 30 * MINUTE) == [("offline", OUT, "open", "blue")]


async def test_an_evaluator_that_has_just_begun_knows_nothing_of_ingest_yet(url: str) -> None:
    async with watching(url, county(sewage("w01018"))) as one:
        one.beat(START)
        begun = START + 10 * MINUTE
        for seconds in range(0, 90, 5):
            assert await one.look(begun + seconds * SECOND, listening=False) == []
        assert await one.look(begun + 90 * SECOND, listening=False) == [("ingest_down", "ingest/all", "open", "red")]


async def test_after_a_jump_of_the_clock_silence_is_counted_anew(url: str) -> None:
    async with watching(url, county(sewage("w01018"))) as one:
        one.hear(OUT, START)
        await one.watch(START, START + 29 * MINUTE)
        one.round.forget_hearing()
        await one.watch(START + 29 * MINUTE, START + 59 * MINUTE)
        assert one.play.incidents() == []
        assert await one.look(START + 59 * MINUTE) == [("offline", OUT, "open", "blue")]


def checked(done: str, due: str) -> dict[str, Any]:
    return boiler("B1", checks=[{"kind": "safety", "done": done, "result": "passed", "next_due": due}])


OVERDUE = ("boiler_check_overdue", "heat/B1/safety", "open", "yellow")


async def test_an_overdue_check_is_told_and_a_new_one_in_the_file_ends_it(url: str) -> None:
    """Plan task 13, three-in-one file: yellow from the day after it was due, until a check is passed."""
    document = county(house(checked("2024-11-10", "2026-11-10")))
    async with watching(url, document) as one:
        assert await one.look(START) == [OVERDUE]
        assert one.play.query("SELECT lead_bureau, device_id FROM incident") == [("mkt", "dcs-B1")]
        file = house(checked("2024-11-10", "2026-11-10"))["boilers"][0]
        new = {"kind": "safety", "done": "2026-11-17", "result": "passed", "next_due": "2028-11-17"}
        await one.play.apply(changed(document, boilers=[file | {"checks": [*file["checks"], new]}]))
        assert await one.look(START + MINUTE) == [(*OVERDUE[:2], "closed", "yellow")]
        assert one.play.query("SELECT ended_at FROM incident") == [(beijing("2026-11-17T00:00"),)]


async def test_a_wrong_date_in_the_file_that_is_mended_withdraws_the_incident(url: str) -> None:
    document = county(house(checked("2025-11-10", "2026-11-10")))
    async with watching(url, document) as one:
        assert await one.look(START) == [OVERDUE]
        await one.play.apply(changed(document, boilers=[checked("2025-11-10", "2027-11-10")]))
        assert await one.look(START + MINUTE) == []
        assert one.play.incidents(withdrawn=True) == [(*OVERDUE[:2], "closed", "yellow")]


async def test_a_check_falls_overdue_at_midnight_while_we_run(url: str) -> None:
    async with watching(url, county(house(checked("2024-11-18", "2026-11-18")))) as one:
        assert await one.look(START) == [(*OVERDUE[:3], "blue")]
        assert await one.look(START + DAY - SECOND) == [(*OVERDUE[:3], "blue")]
        assert await one.later(START + DAY + 5 * SECOND) == [OVERDUE]


async def test_a_broken_file_is_an_incident_until_it_is_mended(url: str) -> None:
    async with watching(url, county(sewage("w01018"))) as one:
        assert await one.look(START) == []
        one.round.broken = {"rules.toml": "第 3 行：没有这条规则", "policy.toml": None}
        assert await one.look(START + MINUTE) == [("settings_broken", "file/rules.toml", "open", "yellow")]
        [(text,)] = one.play.query("SELECT body ->> 'text' FROM notice WHERE step = 'opened' AND channel = 'log'")
        assert "第 3 行：没有这条规则" in text
        one.round.broken = {"rules.toml": None, "policy.toml": None}
        assert await one.look(START + 2 * MINUTE) == [("settings_broken", "file/rules.toml", "closed", "yellow")]
