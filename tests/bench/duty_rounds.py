"""What a round costs when 10,000 subjects were just derived, and when 1,000 of them begin to exceed in the same hour."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import psycopg

from alerts import policy
from alerts.judge.families import subjects_of
from alerts.judge.round import Round
from alerts.notify.channels import Channels
from alerts.notify.outbox import Outbox
from schemas.catalog.enums import Basis
from schemas.registry.check import check
from schemas.registry.model import Document, Person, Rota
from schemas.registry.store import Registry
from schemas.runtime import database, garbage
from schemas.runtime.clock import now
from schemas.runtime.settings import AlertSettings
from schemas.times import DAY, HOUR, day_of, hour_of
from tests.bench import county
from tests.bench.figures import Figure, over_rounds
from tests.bench.filling import Series, fill_hourly, fill_verdicts, registry_of, say
from tests.integration.receivers import web

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from schemas.runtime.database import Database
    from tests.bench.filling import Cluster
    from tests.integration.receivers import Taken

AMMONIA = "w21003"
#: Ammonia far over any limit of GB 18918-2002: two subjects of the plant exceed, the hour and the early warning.
OVER_MGL = 60.0
#: With the 17 hourly subjects that eight factors of a plant give, 10,013 subjects.
PLANTS = 589
#: Plants whose ammonia is over in one run: 100 of about 10,000 subjects.
OVER_A_RUN = 50
#: Facts of 10,000 points: two rounds by the round's own bound.
PLANTS_OF_POINTS = 1250
STORM_PLANTS = 1000
OFFICER, OFFICERS = "officer", "officers"
_ROTA_SINCE = "2026-01-01T08:30:00+08:00"
_RUNS = 3
#: So far an hourly subject's walk looks back; a plant that has run for a month has these verdicts.
_HISTORY = 31 * DAY
_AFTER = timedelta(minutes=1)
_LOOK = timedelta(seconds=31)
_DRAIN = timedelta(minutes=16)
_FACTS = """
INSERT INTO fresh_fact (basis, point_id, window_start) SELECT 'hour', point, %s FROM unnest(%s::int[]) AS point
"""
_OPENED = """
SELECT count(DISTINCT incident_id) FROM incident JOIN incident_event USING (incident_id)
WHERE rule = 'sewage_instant' AND kind = 'opened' AND opened_at >= %s
"""
_ROWS = """
SELECT count(*) FILTER (WHERE sent_at IS NOT NULL AND digest_id IS NULL),
       count(*) FILTER (WHERE digest_id IS NOT NULL),
       count(*) FILTER (WHERE sent_at IS NULL AND digest_id IS NULL),
       count(*) FILTER (WHERE sent_at IS NULL)
FROM notice WHERE channel <> 'log' AND step <> 'digest'
"""
_UNTOLD = """
SELECT count(*) FROM incident_event e JOIN incident USING (incident_id)
WHERE rule = 'sewage_instant' AND kind = 'opened' AND (SELECT count(*) FROM notice n WHERE n.event_id = e.event_id AND channel <> 'log') <> 2
"""


class Plants(NamedTuple):
    """A county in a database: what its outlets measure, as it is in order."""

    registry: Registry
    measured: Series

    def points(self, numbers: Iterable[int], factor: str = AMMONIA) -> list[int]:
        """Return the points of *factor* at the plants *numbers*."""
        return [self.registry.points[f"plant-{number:03d}", "outlet", factor] for number in numbers]

    def with_over(self, numbers: Iterable[int]) -> Series:
        """Return the hour in which ammonia is over at the plants *numbers*."""
        over = set(self.points(numbers))
        values = zip(self.measured.points, self.measured.bases, strict=True)
        return Series(self.measured.points, [OVER_MGL if point in over else base for point, base in values])


def with_officer(document: Document) -> Document:
    """Return *document* with somebody to call: one who is reached by a channel of his own."""
    officer = Person(id=OFFICER, name="officer", bureau="epb", channels=[OFFICERS])
    rota = Rota(bureau="epb", starts=_ROTA_SINCE, people=[OFFICER])
    found = document.model_copy(update={"people": [officer], "rotas": [rota]})
    assert not check(found)
    return found


async def plants_of(url: str, number: int) -> Plants:
    """Apply a county of *number* plants with an outlet each."""
    document = with_officer(county.document(number, interval_s=60, outlets=True))
    registry = await registry_of(url, document)
    held = {
        point: county.IN_ORDER[factor]
        for (_, _, factor), point in sorted(registry.points.items())
        if factor in county.IN_ORDER
    }
    return Plants(registry, Series(list(held), list(held.values())))


def hourly_subjects(registry: Registry, today: datetime) -> int:
    """Return how many subjects are judged each hour."""
    return sum(one.basis == Basis.HOUR for one in subjects_of(registry, day_of(today)))


def subjects_round(server: Cluster) -> list[Figure]:
    """Time the rounds over 10,000 subjects, then those over 10,000 points, 1 % of the plants' subjects exceeding."""
    figures = []
    for name, number, reach in (("subjects", PLANTS, "< 2"), ("points", PLANTS_OF_POINTS, None)):
        with server.fresh("duty_rounds") as url:
            plants = asyncio.run(plants_of(url, number))
            hours = [hour_of(now()) + (run - _RUNS) * HOUR for run in range(_RUNS)]
            touched = range(_RUNS * OVER_A_RUN)
            fill_history(url, plants, touched, hours[0])
            say(
                f"{name}: {len(plants.measured.points):,} facts, {hourly_subjects(plants.registry, hours[0]):,} subjects"
            )
            seconds = asyncio.run(_hours(url, plants, hours))
            _prove(url, hours[0])
        figures.append(over_rounds(f"duty_10000_{name}_round_s", seconds, "s", reach))
    return figures


def fill_history(url: str, plants: Plants, numbers: Iterable[int], until: datetime) -> None:
    """Store a month of compliant verdicts for the ammonia of the plants *numbers*, up to *until*."""
    points = set(plants.points(numbers))
    watched = [
        one
        for one in subjects_of(plants.registry, day_of(until))
        if one.point_id in points and one.basis == Basis.HOUR and one.rule != "above_range"
    ]
    fill_verdicts(url, watched, until - _HISTORY, until)


async def _hours(url: str, plants: Plants, hours: Sequence[datetime]) -> list[float]:
    """Judge *hours* one after the other, each with other plants over; return seconds of each."""
    seconds = []
    async with database.connect(url, "bench") as db:
        judge = await _learned(db, hours[0])
        for run, hour in enumerate(hours):
            over = range(run * OVER_A_RUN, (run + 1) * OVER_A_RUN)
            fill_hourly(url, plants.with_over(over), hour, hour + HOUR)
            seconds.append(await _judge_hour(url, judge, plants.measured.points, hour))
            say(f"round of {len(plants.measured.points):,} facts: {seconds[-1]:.2f} s")
    return seconds


async def _learned(db: Database, at: datetime, settings: AlertSettings | None = None) -> Round:
    """Return a round with registry and plan in hand, as in the running service."""
    garbage.tune()
    judge = Round(db, settings or AlertSettings())
    assert not (await judge.round(at)).facts, "nothing is derived yet"
    return judge


async def _judge_hour(url: str, judge: Round, points: list[int], hour: datetime) -> float:
    """Say that *hour* of *points* was just derived; return the seconds until all of it is judged and committed."""
    with psycopg.connect(url, autocommit=True) as other:
        other.execute(_FACTS, [hour, points])
        other.execute("ANALYZE fresh_fact")
    began, left = time.monotonic(), len(points)
    while left:
        done = await judge.round(hour + HOUR + _AFTER)
        assert done.facts, "facts that are not taken"
        left -= done.facts
    return time.monotonic() - began


def _prove(url: str, since: datetime) -> None:
    """Assert that each run opened the incidents of its plants and no others."""
    with psycopg.connect(url) as db:
        (opened,) = db.execute(_OPENED, [since]).fetchone() or (0,)
    assert opened == _RUNS * OVER_A_RUN, f"{opened} incidents were opened"


class Storm(NamedTuple):
    """What came of a storm: seconds of the round, and the notices by where they went within the window."""

    seconds: float
    most: int
    forgotten: int


def storm(server: Cluster) -> list[Figure]:
    """Let 1,000 subjects begin to exceed in one hour; time the round, and count what reaches a real receiver."""
    found = [_one_storm(server) for _ in range(_RUNS)]
    cap = policy.load().storm.notices
    return [
        Figure("duty_storm_notices", max(one.most for one in found), "notices", f"<= {cap + 1}"),
        Figure("duty_storm_forgotten", sum(one.forgotten for one in found), "notices", "= 0"),
        over_rounds("duty_storm_round_s", [one.seconds for one in found], "s", "< 3"),
    ]


def _one_storm(server: Cluster) -> Storm:
    with server.fresh("duty_storm") as url:
        plants = asyncio.run(plants_of(url, STORM_PLANTS))
        hour = hour_of(now()) - HOUR
        everyone = range(STORM_PLANTS)
        fill_history(url, plants, everyone, hour)
        fill_hourly(url, plants.with_over(everyone), hour, hour + HOUR)
        seconds = asyncio.run(_open(url, plants.points(everyone), hour))
        with psycopg.connect(url) as db:
            (opened,) = db.execute(_OPENED, [hour]).fetchone() or (0,)
            assert opened == STORM_PLANTS, f"{opened} incidents stand in the database"
        most, forgotten = asyncio.run(_deliver(url, server.root))
        say(f"storm: {seconds:.2f} s, {most} notices to one recipient at most, {forgotten} forgotten")
    return Storm(seconds, most, forgotten)


async def _open(url: str, points: list[int], hour: datetime) -> float:
    async with database.connect(url, "bench") as db:
        judge = await _learned(db, hour, AlertSettings(webhook_url="http://127.0.0.1:9/"))
        return await _judge_hour(url, judge, points, hour)


async def _deliver(url: str, folder: Path) -> tuple[int, int]:
    """Send what the storm left; return the most that one recipient got within the window, and what was forgotten."""
    with web() as receiver:
        file = folder / "channels.toml"
        file.write_text(f'[channel.{OFFICERS}]\nurl = "{receiver.url}/officer"\n', encoding="utf-8")
        file.chmod(0o600)
        settings = AlertSettings(webhook_url=f"{receiver.url}/webhook")
        cap = policy.load().storm
        began = now()
        async with database.connect(url, "bench") as db:
            outbox = Outbox(db, settings, Channels(file, settings.webhook_url), storm=cap)
            at = began
            while at < began + timedelta(minutes=cap.window_min):
                await outbox.send_due(at)
                at += _LOOK
            within = list(receiver.taken)
            accounted = _astray(url, within)
            # The digest that waits is sent, and with it the last that were folded.
            await outbox.send_due(began + _DRAIN)
            await outbox.send_due(began + 2 * _DRAIN)
        with psycopg.connect(url) as db_now:
            *_, unsent = db_now.execute(_ROWS).fetchone() or (0, 0, 0, 1)
    return max(Counter(one.path for one in within).values()), accounted + int(unsent)


def _astray(url: str, taken: Sequence[Taken]) -> int:
    """Return how many notices are neither sent, folded nor in a digest that waits, and openings that nobody is told of."""
    with psycopg.connect(url) as db:
        sent, folded, waiting, _ = db.execute(_ROWS).fetchone() or (0, 0, 0, 0)
        (untold,) = db.execute(_UNTOLD).fetchone() or (0,)
    digests = [one for one in taken if one.body["incident"].get("step") == "digest"]
    say(f"storm: {sent} sent, {folded} folded, {waiting} left, {len(digests)} digests; {untold} openings untold")
    return int(waiting + untold + abs(len(taken) - len(digests) - sent))
