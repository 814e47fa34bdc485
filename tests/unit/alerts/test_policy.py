"""Who is told, when, and when the next one is called: tables with a sentence a row, and the ladder walked at random."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import policy as policies
from alerts import workdays
from alerts.policy import NOBODY_YET, Audience, Occasion
from schemas.catalog.duty import EventKind
from schemas.catalog.enums import Level
from schemas.errors import UseError
from schemas.times import SHANGHAI

POLICY = policies.load()
NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)  # a Monday, 10:00 in Beijing
HOUR = timedelta(hours=1)
TOLD = frozenset({"opened"})
ACKED = NOW + HOUR
BLUE, YELLOW, ORANGE, RED = Level


def beijing(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


OCCASIONS: list[tuple[EventKind, dict[str, Any], Audience, str]] = [
    (EventKind.OPENED, {}, Audience.RUNG, "an opening calls whoever is on duty"),
    (EventKind.OPENED, {"is_news": False}, Audience.NOBODY, "what a backlog reveals of long ago is filed"),
    (EventKind.OPENED, {"muted": "silence:12"}, Audience.NOBODY, "a planned silence holds it back"),
    (EventKind.REOPENED, {"told_before": TOLD}, Audience.RUNG, "a breach that comes back calls again"),
    (EventKind.REOPENED, {"told_before": TOLD, "acked_until": ACKED}, Audience.TOLD, "unless somebody has it in hand"),
    (EventKind.OPENED, {"acked_until": ACKED}, Audience.RUNG, "in hand, but nobody ever told: the rung is called"),
    (EventKind.LEVEL, {"level_before": YELLOW}, Audience.RUNG, "a rise is told"),
    (EventKind.LEVEL, {"level_before": RED}, Audience.NOBODY, "a fall is not"),
    (EventKind.LEVEL, {"level_before": ORANGE}, Audience.NOBODY, "nor what stayed"),
    (EventKind.LEVEL, {"level_before": YELLOW, "muted": "flapping"}, Audience.NOBODY, "nor a rise of a muted one"),
    (EventKind.UNKNOWN, {"told_before": TOLD}, Audience.TOLD, "that the data stopped is told to those who know"),
    (EventKind.UNKNOWN, {"told_before": TOLD | {"unknown"}}, Audience.NOBODY, "once of an incident"),
    (EventKind.UNKNOWN, {}, Audience.NOBODY, "and to nobody where nobody knows of the incident"),
    (EventKind.RECOVERING, {"told_before": TOLD}, Audience.NOBODY, "a first compliant value is recorded only"),
    (EventKind.CLOSED, {"told_before": TOLD}, Audience.TOLD, "the end is told to those who know of the beginning"),
    (EventKind.CLOSED, {"told_before": TOLD, "muted": "silence:1"}, Audience.TOLD, "even when muted meanwhile"),
    (EventKind.CLOSED, {"muted": "silence:1"}, Audience.NOBODY, "but not where it was muted all along"),
    (EventKind.CLOSED, {"told_before": TOLD, "is_news": False}, Audience.NOBODY, "an end long past is filed"),
    (EventKind.WITHDRAWN, {"told_before": TOLD}, Audience.TOLD, "a call that was none is taken back"),
    (EventKind.AMENDED, {"told_before": TOLD}, Audience.TOLD, "corrected figures reach those who heard the others"),
    (EventKind.ESCALATED, {"told_before": TOLD}, Audience.RUNG, "the next rung"),
    (EventKind.ESCALATED, {"acked_until": ACKED}, Audience.NOBODY, "stands still while somebody has it in hand"),
    (EventKind.ESCALATED, {"acked_until": NOW}, Audience.RUNG, "and goes on when that ends"),
    (EventKind.ACK_EXPIRED, {"told_before": TOLD}, Audience.RUNG, "an acknowledgement that ended calls again"),
    (EventKind.OVERDUE, {"told_before": TOLD, "acked_until": ACKED}, Audience.CHIEFS, "overdue is the chiefs', in hand or not"),
    (EventKind.MUTED, {"told_before": TOLD}, Audience.NOBODY, "that nobody is told is told to nobody"),
    (EventKind.UNMUTED, {}, Audience.RUNG, "what outlasts its silence calls"),
    (EventKind.ACKED, {"told_before": TOLD}, Audience.TOLD, "all who were called learn that one has it in hand"),
    (EventKind.FEEDBACK, {"muted": "silence:1"}, Audience.ASSIGNEE, "a plant's answer reaches whoever waits for it"),
    (EventKind.REASSIGNED, {"is_news": False}, Audience.ASSIGNEE, "who is handed an old thing is told all the same"),
    (EventKind.SETTLED, {"told_before": TOLD, "muted": "flapping"}, Audience.TOLD, "a closing is told though muted"),
    (EventKind.UNSETTLED, {"acked_until": ACKED, "told_before": TOLD}, Audience.RUNG, "a closing taken back calls anew"),
    (EventKind.NOTED, {"told_before": TOLD}, Audience.NOBODY, "a note is for the record"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "fields", "audience", "why"), OCCASIONS)
def test_who_is_told(kind: EventKind, fields: dict[str, Any], audience: Audience, why: str) -> None:
    told = policies.who_is_told(POLICY, Occasion(kind=kind, level=ORANGE, **fields), NOW)

    assert told.audience is audience, f"{why}; said: {told.reason}"
    assert told.reason


@pytest.mark.parametrize("kind", [kind for kind in EventKind if POLICY.told[kind] is Audience.RUNG])
def test_only_a_rise_ends_an_acknowledgement(kind: EventKind) -> None:
    occasion = Occasion(kind=kind, level=RED, level_before=ORANGE, acked_until=ACKED, told_before=TOLD)

    assert policies.who_is_told(POLICY, occasion, NOW).ends_ack is (kind is EventKind.LEVEL)


@given(
    kind=st.sampled_from(EventKind),
    level=st.sampled_from(Level),
    before=st.none() | st.sampled_from(Level),
    muted=st.none() | st.sampled_from(["silence:1", "inhibited:2", "flapping"]),
    acked=st.none() | st.integers(-3, 3).map(lambda hours: NOW + hours * HOUR),
    told=st.frozensets(st.sampled_from(["opened", "unknown"])),
    is_news=st.booleans(),
)  # fmt: skip
def test_what_is_muted_or_old_tells_nobody_who_did_not_know_unless_a_person_acts(  # noqa: PLR0917 - one for each field
    kind: EventKind, level: Level, before: Level | None, muted: str | None, acked: datetime | None,
    told: frozenset[str], is_news: bool,  # noqa: FBT001 - drawn
) -> None:  # fmt: skip
    occasion = Occasion(
        kind=kind, level=level, level_before=before, muted=muted, acked_until=acked, told_before=told, is_news=is_news
    )
    found = policies.who_is_told(POLICY, occasion, NOW)
    by_people = kind in (
        EventKind.REASSIGNED,
        EventKind.FEEDBACK,
        EventKind.SETTLED,
        EventKind.ACKED,
        EventKind.UNSETTLED,
    )

    if (muted or not is_news) and not by_people:
        assert found.audience in (Audience.NOBODY, Audience.TOLD)
        assert found.audience is Audience.NOBODY or (told and is_news)


CLOCK = [
    (RED, "2026-11-22T03:00", "2026-11-22T03:00", "red is called on a Sunday at night"),
    (YELLOW, "2026-10-01T03:00", "2026-10-01T03:00", "and so is yellow on National Day"),
    (BLUE, "2026-11-23T10:00", "2026-11-23T10:00", "blue in working hours at once"),
    (BLUE, "2026-11-23T08:30", "2026-11-23T08:30", "from the first minute on"),
    (BLUE, "2026-11-23T17:30", "2026-11-24T08:30", "but not in the last one's successor"),
    (BLUE, "2026-11-23T06:00", "2026-11-23T08:30", "an early one waits for the same day"),
    (BLUE, "2026-11-20T18:00", "2026-11-23T08:30", "a Friday evening's for Monday"),
    (BLUE, "2026-10-09T18:00", "2026-10-10T08:30", "unless that Saturday is worked in lieu"),
    (BLUE, "2026-09-30T20:00", "2026-10-08T08:30", "over National Day it is eight days"),
]


@pytest.mark.parametrize(("level", "at", "first", "why"), CLOCK)
def test_blue_waits_for_working_hours(level: Level, at: str, first: str, why: str) -> None:
    assert policies.not_before(POLICY, level, beijing(at), workdays) == beijing(first), why


DUE = [
    (ORANGE, "2026-11-23T10:00", ("2026-11-23T12:00", "2026-11-24T10:00", "2026-11-25T10:00", "2026-11-30T10:00")),
    (RED, "2026-11-22T03:00", ("2026-11-22T03:30", "2026-11-23T03:00", "2026-11-24T03:00", "2026-11-27T03:00")),
    (BLUE, "2026-11-20T18:00", ("2026-11-23T10:30", "2026-11-24T08:30", "2026-11-25T08:30", "2026-11-30T08:30")),
]


@pytest.mark.parametrize(("level", "at", "due"), DUE)
def test_deadlines_are_those_of_the_reference(level: Level, at: str, due: tuple[str, str, str, str]) -> None:
    found = policies.deadlines(POLICY, level, beijing(at), workdays)

    assert (found.ack_due, found.feedback_due, found.supervise_due, found.close_due) == tuple(map(beijing, due))


STEPS = [
    (RED, 0, 3, 1, "00:15", False, "a quarter of an hour without an answer"),
    (RED, 1, 3, 2, "00:15", False, "and another"),
    (RED, 2, 3, 2, "01:00", True, "the last rung is called every hour"),
    (RED, 2, 5, 3, "00:15", False, "a longer ladder goes on with the last figure"),
    (ORANGE, 0, 3, 1, "01:00", False, "orange waits an hour"),
    (ORANGE, 0, 1, 0, "06:00", True, "one rung alone is called again"),
    (ORANGE, 0, 0, 0, "06:00", True, "and so are the channels where nobody is registered"),
    (ORANGE, 4, 2, 1, "06:00", True, "a roster that has grown shorter ends at its last rung"),
    (YELLOW, NOBODY_YET, 3, 0, "00:00", False, "nobody was called yet: the first at once"),
]


@pytest.mark.parametrize(("level", "rung", "rungs", "following", "wait", "repeat", "why"), STEPS)
def test_the_next_rung_is_called_after_its_time(  # noqa: PLR0917 - one column each
    level: Level, rung: int, rungs: int, following: int, wait: str, repeat: bool, why: str  # noqa: FBT001 - a column
) -> None:  # fmt: skip
    hours, minutes = map(int, wait.split(":"))
    step = policies.next_rung(POLICY, level, rung, NOW, rungs=rungs, calendar=workdays)

    assert (step.rung, step.at, step.repeat) == (following, NOW + timedelta(hours=hours, minutes=minutes), repeat), why
    assert step.reason


def test_without_a_ladder_the_first_rung_is_called_again() -> None:
    red = msgspec.structs.replace(POLICY.levels.red, ladder_min=())
    policy = msgspec.structs.replace(POLICY, levels=msgspec.structs.replace(POLICY.levels, red=red))
    step = policies.next_rung(policy, RED, 0, NOW, rungs=3, calendar=workdays)

    assert (step.rung, step.at, step.repeat) == (0, NOW + HOUR, True)


def test_an_opening_calls_at_once_or_in_the_first_working_hour() -> None:
    at_once = policies.after_opening(POLICY, RED, NOW, rungs=3, calendar=workdays)
    later = policies.after_opening(POLICY, BLUE, beijing("2026-11-21T10:00"), rungs=3, calendar=workdays)

    assert (at_once.rung, at_once.next_step_at) == (0, NOW + timedelta(minutes=15))
    assert (later.rung, later.next_step_at) == (NOBODY_YET, beijing("2026-11-23T08:30"))


class Case(msgspec.Struct):
    level: Level = ORANGE
    live: bool = True
    muted: str | None = None
    rung: int = 0
    ladder_at: datetime | None = None
    acked_until: datetime | None = None


CALLS: list[tuple[dict[str, Any], tuple[int, EventKind, bool] | None, str]] = [
    ({"ladder_at": NOW}, (1, EventKind.ESCALATED, False), "the time has come: the next rung"),
    ({"ladder_at": NOW + HOUR}, None, "not before the time"),
    ({}, None, "nobody is to be called"),
    ({"ladder_at": NOW, "rung": NOBODY_YET}, (0, EventKind.ESCALATED, False), "what waited for working hours"),
    ({"ladder_at": NOW, "rung": 2}, (2, EventKind.ESCALATED, True), "the last rung again"),
    ({"ladder_at": NOW, "live": False}, None, "an incident that is over calls nobody"),
    ({"ladder_at": NOW, "muted": "flapping"}, None, "nor one that is muted"),
    ({"ladder_at": NOW, "acked_until": NOW + HOUR}, None, "nor one in hand"),
    ({"acked_until": NOW, "rung": 1}, (1, EventKind.ACK_EXPIRED, True), "the ladder goes on where it stopped"),
    ({"acked_until": NOW, "rung": NOBODY_YET}, (0, EventKind.ACK_EXPIRED, True), "or at the first rung"),
    ({"acked_until": NOW, "rung": 7}, (2, EventKind.ACK_EXPIRED, True), "or at the last that is left"),
]


@pytest.mark.parametrize(("fields", "called", "why"), CALLS)
def test_who_is_called_now(fields: dict[str, Any], called: tuple[int, EventKind, bool] | None, why: str) -> None:
    found = policies.call_due(POLICY, Case(**fields), NOW, rungs=3)

    assert (None if found is None else (found.rung, found.kind, found.repeat)) == called, why


@given(
    level=st.sampled_from(Level),
    rungs=st.integers(0, 5),
    looks=st.lists(st.integers(1, 600), min_size=1, max_size=60),
    acks=st.dictionaries(st.integers(0, 59), st.floats(0.1, 100), max_size=3),
    opened=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis adds it
)
def test_the_ladder_climbs_to_its_end_and_calls_again_but_never_early_nor_while_acknowledged(
    level: Level, rungs: int, looks: list[int], acks: dict[int, float], opened: datetime
) -> None:
    opening = policies.after_opening(POLICY, level, opened, rungs=rungs, calendar=workdays)
    case = Case(level=level, rung=opening.rung, ladder_at=opening.next_step_at)
    now, called_at = opened, opened
    for number, minutes in enumerate(looks):
        now += timedelta(minutes=minutes)
        if number in acks:
            case.acked_until = policies.ack_until(POLICY, level, now, acks[number])
            case.ladder_at = None
            ends = now + timedelta(hours=min(acks[number], POLICY.ack_hours(level)))
            assert case.acked_until == policies.not_before(POLICY, level, ends, workdays)
        call = policies.call_due(POLICY, case, now, rungs=rungs)
        if call is None:
            assert case.ladder_at is None or now < case.ladder_at, "what is due is called"
            continue
        assert case.acked_until is None or now >= case.acked_until
        assert call.rung in {max(case.rung, 0), case.rung + 1}, "no rung is left out"
        assert call.rung < max(rungs, 1)
        if call.kind is EventKind.ESCALATED:
            assert policies.not_before(POLICY, level, case.ladder_at or now, workdays) == case.ladder_at
            assert call.repeat is (call.rung == case.rung)
            assert not call.repeat or now - called_at >= timedelta(hours=POLICY.of(level).repeat_h)
        case.rung, case.acked_until, called_at = call.rung, None, now
        case.ladder_at = policies.next_rung(POLICY, level, call.rung, now, rungs=rungs, calendar=workdays).at
    for _ in range(rungs + 1):
        now = max(now, case.ladder_at or now, case.acked_until or now)
        last = policies.call_due(POLICY, case, now, rungs=rungs)
        assert last is not None
        case.rung, case.acked_until = last.rung, None
        case.ladder_at = policies.next_rung(POLICY, level, last.rung, now, rungs=rungs, calendar=workdays).at
    final = policies.next_rung(POLICY, level, case.rung, now, rungs=rungs, calendar=workdays)
    assert (case.rung, final.repeat) == (max(rungs, 1) - 1, True)


@pytest.mark.parametrize(
    ("asked", "hours", "why"),
    [
        (None, 12, "not asked: what the level allows"),
        (3, 3, "less may be asked"),
        (100, 12, "more is cut to what the level allows"),
    ],
)
def test_an_acknowledgement_lasts_no_longer_than_its_level_allows(asked: float | None, hours: int, why: str) -> None:
    assert policies.ack_until(POLICY, ORANGE, NOW, asked) == NOW + timedelta(hours=hours), why


def test_an_acknowledgement_of_blue_that_would_end_at_night_holds_until_the_morning() -> None:
    assert policies.ack_until(POLICY, BLUE, beijing("2026-11-20T10:00"), 12) == beijing("2026-11-23T08:30")


@pytest.mark.parametrize("asked", [0, -1, float("nan")])
def test_an_acknowledgement_of_no_time_is_refused(asked: float) -> None:
    with pytest.raises(UseError, match="must be above 0"):
        policies.ack_until(POLICY, ORANGE, NOW, asked)
