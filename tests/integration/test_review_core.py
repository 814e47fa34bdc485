"""What a second reader of the desk's core feared: things told to nobody, looked at for ever, or left as they were."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg
import pytest

from alerts import acts, policy
from alerts.actor import Actor
from alerts.casework import Case, next_step
from alerts.happenings import Happening, Stored, happenings
from alerts.incident import walk
from alerts.judge import rules, system
from alerts.judge.round import Round
from alerts.ladder import Ladder
from alerts.replay import replay
from alerts.telling import Teller
from ingest.derive import rounds
from schemas.catalog.duty import Cause, EventKind, IncidentState, Role, SilenceKind
from schemas.catalog.enums import Level
from schemas.runtime import database
from schemas.runtime.clock import now
from schemas.runtime.migrate import migrate
from schemas.times import DAY, HOUR
from tests.acceptance.test_evening import duty
from tests.integration.play import MINUTE, Play, beijing, changed, every, played
from tests.unit.alerts.test_incident_amended import rule, verdict

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime
    from pathlib import Path

START = beijing("2026-11-02T00:00")
NOW = beijing("2026-11-18T12:00")
CHEN = Actor(name="chen", role=Role.INSPECTOR, person="chen")
CHIEF = Actor(name="he", role=Role.BUREAU, person="he")
POLICY = policy.load()
BODY = {"title": "t", "rule": "r", "level": "orange", "began_at": NOW.isoformat()}


@pytest.fixture
async def play(url: str) -> AsyncIterator[Play]:
    async with played(url, duty(), START) as one:
        yield one


def put(play: Play, subject: str = "s1", **columns: Any) -> int:
    """File an incident as the service would have; return its number."""
    row = {
        "rule": "sewage_day", "subject": subject, "site_id": "plant", "state": "open", "level": "orange", "lead_bureau": "epb",
        "began_at": NOW - HOUR, "last_window": NOW, "opened_at": NOW,
        "body": psycopg.types.json.Jsonb(BODY),
    } | columns  # fmt: skip
    names = ", ".join(row)
    text = f"INSERT INTO incident ({names}) VALUES ({', '.join(['%s'] * len(row))}) RETURNING incident_id"
    with psycopg.connect(play.url, autocommit=True) as connection:
        [(number,)] = connection.execute(text.encode(), list(row.values())).fetchall()
    return int(number)


async def cases(play: Play, number: int) -> list[Case]:
    return [msgspec.convert(row, Case) for row in await play.db.fetch_dicts("act_incident", incident_id=number)]


def column(play: Play, number: int, name: str) -> Any:
    return play.query(f"SELECT {name} FROM incident WHERE incident_id = %s", number)[0][0]


def told(play: Play) -> list[tuple[str, str]]:
    """Return what people (not the log) were told of exceedances: (step, recipient), in its order."""
    return play.query(
        "SELECT step, recipient FROM notice JOIN incident USING (incident_id)"
        " WHERE recipient <> '' AND rule = 'sewage_day' ORDER BY notice_id"
    )


async def day(play: Play, number: int, cod: float) -> None:
    since = START + number * DAY
    await play.write([
        *every("plant/out", since, 10 * MINUTE, 144, lambda n: {"w00000": 100.0 + n % 7, "w01010": 18.0 + n % 3, "w01001": 7.1 + n % 5 / 10}),
        *every("plant/out", since, HOUR, 24, lambda n: {"w01018": cod + n % 5}),
    ])  # fmt: skip


def later(number: int) -> datetime:
    """Return when the days before day *number* have been judged."""
    return START + number * DAY + 20 * MINUTE


async def test_an_act_of_which_nobody_need_hear_is_not_told_again_every_second(play: Play) -> None:
    number = put(play, ladder_at=NOW + HOUR, next_step_at=NOW + HOUR)
    ladder = Ladder(play.db, play.settings)
    await acts.settle(play.db, CHEN, number, Cause.FALSE_ALARM, "误报", now=NOW)
    assert await ladder.steps(NOW) == 1
    assert await ladder.steps(NOW) == 0
    await acts.unsettle(play.db, CHEN, number, "并非误报", now=NOW)
    for _ in range(2):
        await ladder.steps(NOW)
        assert column(play, number, "ladder_at") == NOW + HOUR
    # Another process, or this one after a restart, finds nothing to tell either.
    assert await Ladder(play.db, play.settings).steps(NOW) == 0


async def test_an_act_is_told_however_much_has_happened_since(play: Play) -> None:
    number = put(play)
    await acts.reassign(play.db, CHEN, number, "li", "", now=NOW)
    play.change(
        "INSERT INTO incident_event (incident_id, kind, body)"
        f" SELECT {number}, 'recovering', '{{}}' FROM generate_series(1, 2100)"
    )
    await Ladder(play.db, play.settings).steps(NOW)
    assert told(play) == [("reassigned", "li")]
    assert column(play, number, "ladder_at") is not None


async def test_who_acknowledged_what_was_muted_is_called_once_both_have_ended(play: Play) -> None:
    await acts.plan_silence(
        play.db, CHIEF, kind=SilenceKind.SILENCE, site="plant", device="", rule="", since=NOW, until=NOW + HOUR, reason="检修",
        now=NOW,
    )  # fmt: skip
    number = put(play, muted="silence:1", rung=-1, ladder_at=NOW + MINUTE, next_step_at=NOW + MINUTE)
    await acts.acknowledge(play.db, CHEN, number, now=NOW, policy=POLICY, hours=4)
    ladder = Ladder(play.db, play.settings)
    await ladder.steps(NOW + 2 * HOUR)
    assert told(play) == []
    await ladder.steps(NOW + 5 * HOUR)
    assert told(play) == [("unmuted", "chen")]
    assert column(play, number, "next_step_at") > NOW + 5 * HOUR


async def test_what_is_in_hand_is_not_looked_at_every_second_when_its_source_ends(play: Play) -> None:
    number = put(play, muted="inhibited:99", rung=-1, ladder_at=NOW + MINUTE, next_step_at=NOW + MINUTE)
    await acts.acknowledge(play.db, CHEN, number, now=NOW, policy=POLICY, hours=4)
    await play.db.execute("incident_muted_by", muted="inhibited:99", now=NOW + HOUR)
    await Ladder(play.db, play.settings).steps(NOW + HOUR)
    assert column(play, number, "next_step_at") == NOW + 4 * HOUR


async def test_a_grave_turn_is_told_though_a_silence_that_has_ended_is_still_noted(play: Play) -> None:
    until = NOW + 4 * HOUR
    number = put(play, level="red", muted="silence:1", rung=-1, acked_by="chen", acked_at=NOW, acked_until=until)
    teller = Teller(play.db, play.settings)
    await teller.begin(NOW)
    async with play.db.transaction():
        [case] = await cases(play, number)
        rise = Happening(EventKind.LEVEL, {"level_before": "orange"}, Level.ORANGE)
        await teller.happened(case, rise, now=NOW, rule=None)
    assert told(play) == [("level", "chen")]


async def test_what_turns_grave_at_night_is_escalated_in_the_time_of_its_new_level(play: Play) -> None:
    night = beijing("2026-11-18T22:00")
    number = put(play, level="red", rung=-1, ladder_at=night + 10 * HOUR, next_step_at=night + 10 * HOUR)
    teller = Teller(play.db, play.settings)
    await teller.begin(night)
    async with play.db.transaction():
        [case] = await cases(play, number)
        rise = Happening(EventKind.LEVEL, {"level_before": "blue"}, Level.BLUE)
        await teller.happened(case, rise, now=night, rule=None)
    await Ladder(play.db, play.settings).steps(night + 16 * MINUTE)
    assert told(play) == [("level", "chen"), ("escalated", "li")]


async def test_what_comes_back_long_past_is_not_pressed_for_by_its_old_deadlines(play: Play) -> None:
    past = NOW - 9 * DAY
    number = put(
        play, state="closed", overdue="fc", ack_due=past, feedback_due=past, supervise_due=past, close_due=past
    )
    teller = Teller(play.db, play.settings)
    await teller.begin(NOW)
    async with play.db.transaction():
        [case] = await cases(play, number)
        await teller.happened(case, Happening(EventKind.REOPENED), now=NOW, rule=None, is_news=False)
    await Ladder(play.db, play.settings).steps(NOW)
    assert play.query("SELECT count(*) FROM notice") == [(0,)]
    assert column(play, number, "next_step_at") is None


async def test_nobody_is_pressed_to_close_what_was_withdrawn(play: Play) -> None:
    number = put(
        play, state="closed", close_due=NOW + HOUR, feedback_due=NOW + HOUR,
        body=psycopg.types.json.Jsonb({"title": "t", "withdrawn": "数据更正"}),
    )  # fmt: skip
    [case] = await cases(play, number)
    assert next_step(case) is None


async def test_a_graver_level_takes_a_closing_back_and_the_ladder_goes_on(play: Play) -> None:
    await day(play, 0, 60.0)
    await play.settle(later(1))
    [(number,)] = play.query("SELECT incident_id FROM incident WHERE rule = 'sewage_day'")
    await acts.settle(play.db, CHEN, number, Cause.FALSE_ALARM, "误报", now=later(1))
    await Ladder(play.db, play.settings).steps(later(1))
    for n in (1, 2):
        await day(play, n, 60.0)
        await play.settle(later(n + 1))
    assert column(play, number, "level") == "red"
    assert (column(play, number, "settled_at"), column(play, number, "cause")) == (None, None)
    assert column(play, number, "ladder_at") is not None


def test_what_comes_back_after_it_was_withdrawn_is_no_longer_settled() -> None:
    (incident,) = walk([verdict(0, "E", 90.0)], rule())
    stored = Stored(
        incident_id=1, state=IncidentState.CLOSED, level=Level.ORANGE, began_at=incident.began_at, ended_at=None,
        last_window=incident.last_window, body={"withdrawn": "数据更正"}, settled_at=NOW,
    )  # fmt: skip
    assert [one.kind for one in happenings(stored, incident)] == [EventKind.UNSETTLED, EventKind.REOPENED]


async def test_what_a_backlog_filed_is_called_for_once_it_proves_to_last(play: Play) -> None:
    """A logger sends what it kept, oldest first: at first it is long past, then it is now, and nothing else ever happens to it."""
    await day(play, 0, 60.0)
    found = later(9)
    await play.settle(found)
    assert told(play) == []
    for n in range(1, 9):
        await day(play, n, 60.0)
    await play.settle(found + MINUTE)
    ladder = Ladder(play.db, play.settings)
    await ladder.steps(found + MINUTE)
    # It has grown red meanwhile, which is what people are called for, once; the next one is called a quarter of an hour later.
    assert told(play) == [("level", "chen"), ("resumed", "chen")]
    await ladder.steps(found + 17 * MINUTE)
    assert told(play)[2:] == [("escalated", "li")]
    [(number,)] = play.query("SELECT incident_id FROM incident WHERE rule = 'sewage_day'")
    assert column(play, number, "feedback_due") == found + MINUTE + 24 * HOUR
    before = len(told(play))
    await day(play, 9, 60.0)
    await play.settle(later(10))
    assert len(told(play)) == before


async def test_whoever_was_told_hears_of_the_end_however_late_it_is_found(play: Play) -> None:
    await day(play, 0, 60.0)
    await play.settle(later(1))
    await day(play, 1, 20.0)
    await play.settle(later(9))
    assert ("closed", "chen") in told(play)


async def test_whoever_was_told_hears_that_it_was_no_breach_a_week_later(play: Play) -> None:
    await day(play, 0, 60.0)
    await play.settle(later(1))
    await day(play, 1, 20.0)
    await play.settle(later(2))
    await play.mark("plant/out", "maintenance", START, START + DAY)
    await play.settle(later(8))
    assert {"withdrawn", "amended"} & {step for step, who in told(play) if who == "chen"}


async def test_a_replay_of_a_day_leaves_the_other_days_to_the_evaluator(play: Play) -> None:
    """The registry changed while nobody judged; a replay of one day must not hide that from the evaluator."""
    for n in range(2):
        await day(play, n, 40.0)
    await play.settle(later(2))
    permit = {
        "outlet": "DW001", "factor": "w01018", "basis": "day", "high": 30, "number": "P1", "valid_from": "2026-01-01",
    }  # fmt: skip
    await play.apply(changed(play.registry.document, permits=[permit]))
    await replay(play.db, play.settings, (START, START + DAY), rounds.catch_up, now=later(2), dry_run=False)
    play.round = type(play.round)(play.db, play.settings, watches=False)
    await play.settle(later(2))
    assert play.outcomes("sewage_day", "plant/DW001/w01018") == "EE"


async def test_what_was_open_before_the_upgrade_is_called_for_after_it(empty_url: str) -> None:
    await asyncio.to_thread(migrate, empty_url, to="0005")
    for subject, state in (("s1", "open"), ("s2", "closed")):
        with psycopg.connect(empty_url, autocommit=True) as connection:
            connection.execute(
                "INSERT INTO incident (rule, subject, site_id, state, level, lead_bureau, began_at, last_window, body)"
                " VALUES ('sewage_day', %s, 'plant', %s, 'orange', 'epb', %s, %s, %s)",
                [subject, state, NOW, NOW, psycopg.types.json.Jsonb(BODY)],
            )
    await asyncio.to_thread(migrate, empty_url)
    async with database.connect(empty_url, "tests") as db:
        play = Play(empty_url, db)
        await play.open(duty())
        ladder = Ladder(db, play.settings)
        at = now() + MINUTE
        await ladder.steps(at)
        await ladder.steps(at + 61 * MINUTE)
        assert told(play) == [("escalated", "chen"), ("escalated", "li")]
        due = play.query("SELECT subject, feedback_due FROM incident ORDER BY 1")
        assert due == [("s1", at + 24 * HOUR), ("s2", None)]


async def test_a_rise_that_ends_an_acknowledgement_leaves_whoever_is_told_time_to_answer(play: Play) -> None:
    number = put(play, level="red", acked_by="chen", acked_at=NOW, acked_until=NOW + 4 * HOUR)
    teller = Teller(play.db, play.settings)
    await teller.begin(NOW)
    async with play.db.transaction():
        [case] = await cases(play, number)
        rise = Happening(EventKind.LEVEL, {"level_before": "orange"}, Level.ORANGE)
        await teller.happened(case, rise, now=NOW, rule=None)
    ladder = Ladder(play.db, play.settings)
    await ladder.steps(NOW + MINUTE)
    assert told(play) == [("level", "chen")]
    await ladder.steps(NOW + 16 * MINUTE)
    assert told(play)[1:] == [("escalated", "li")]


async def test_a_rule_of_the_services_own_can_be_turned_off(play: Play) -> None:
    shipped = rules.load()
    off = shipped | {system.BROKEN: msgspec.structs.replace(shipped[system.BROKEN], enabled=False)}
    one = Round(play.db, play.settings, by=off)
    one.broken = {"rules.toml": "坏了"}
    await one.round(NOW)
    assert play.query("SELECT count(*) FROM verdict WHERE rule = %s", system.BROKEN) == [(0,)]


async def test_a_replay_judges_by_the_rules_in_force_not_by_those_that_came_with_the_program(
    play: Play, tmp_path: Path
) -> None:
    file = tmp_path / "rules.toml"
    file.write_text(rules.shipped_text().replace("[sewage_day]\n", "[sewage_day]\nenabled = false\n", 1), "utf-8")
    play.round.obey(rules.load(file.read_text("utf-8")), "own")
    await day(play, 0, 60.0)
    await play.settle(later(1))
    settings = play.settings.model_copy(update={"rules_file": file})
    await replay(play.db, settings, (START, START + DAY), rounds.catch_up, now=later(1), dry_run=False)
    assert play.outcomes("sewage_day", "plant/DW001/w01018") == ""
