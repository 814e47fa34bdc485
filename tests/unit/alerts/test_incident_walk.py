from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from alerts.incident import Course, Standing, advance, walk
from alerts.judge.rules import Rule
from schemas.catalog.duty import LIVE
from schemas.catalog.duty import IncidentState as State
from schemas.catalog.enums import Basis, Level, Outcome
from schemas.records import Incident, Verdict

START = datetime(2026, 6, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
#: Exceeding, compliant and clear, compliant on the edge of the deadband, not judgeable.
VALUES = {"E": 90.0, "C": 70.0, "e": 79.5, "N": None}
OUTCOMES = {
    "E": Outcome.EXCEEDING,
    "C": Outcome.COMPLIANT,
    "e": Outcome.COMPLIANT,
    "N": Outcome.NOT_JUDGEABLE,
}


def verdict(number: float, letter: str) -> Verdict:
    return Verdict(
        rule="r",
        subject="s",
        point_id=1,
        window_start=START + number * HOUR,
        window_end=START + (number + 0.5) * HOUR,
        outcome=OUTCOMES[letter],
        value=VALUES[letter],
        limit_value=80.0,
        limit_id="l",
        body={"multiple": 0.1 * (number % 7)},
    )


def row(letters: str) -> list[Verdict]:
    return [verdict(number, letter) for number, letter in enumerate(letters)]


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    open_after = draw(st.integers(1, 4))
    within = draw(st.one_of(st.just(0), st.integers(open_after, open_after + 4)))
    repeated = draw(st.integers(0, 3))
    return Rule(
        zh="规则",
        task=1,
        basis=Basis.HOUR,
        lead_bureau="epb",
        level=Level.ORANGE,
        open_after=open_after,
        close_after=draw(st.integers(1, 4)),
        source="test",
        deadband=draw(st.sampled_from([0.0, 1.0])),
        level_repeated=Level.RED if repeated else None,
        repeated_after=repeated,
        open_within=within,
    )


WORDS = st.text("ECeN", max_size=50)
SPOKEN = st.text("ECe", max_size=40)


def hour(instant: datetime | None) -> int | None:
    return None if instant is None else (instant - START) // HOUR


def brute(letters: str, rule: Rule) -> list[tuple[int, int, int | None]]:
    """Return (began, opened, ended) as window numbers, found by looking back anew from every window."""
    spoken = [(at, letter) for at, letter in enumerate(letters) if letter != "N"]
    clear = "Ce" if rule.deadband == 0 else "C"
    found: list[tuple[int, int, int | None]] = []
    first = 0
    while first < len(spoken):
        opening = None
        for last in range(first, len(spoken)):
            width = rule.open_within or rule.open_after
            seen = spoken[max(first, last - width + 1) : last + 1]
            breaches = [at for at, letter in seen if letter == "E"]
            if len(breaches) >= rule.open_after and seen[-1][1] == "E":
                opening = (breaches[0], seen[-1][0], last)
                break
        if opening is None:
            break
        began, opened, last = opening
        closing = None
        for end in range(last + rule.close_after, len(spoken)):
            if all(letter in clear for _, letter in spoken[end - rule.close_after + 1 : end + 1]):
                closing = end
                break
        found.append((began, opened, None if closing is None else spoken[closing][0]))
        if closing is None:
            break
        first = closing + 1
    return found


def spans(incidents: list[Incident]) -> list[tuple[datetime, datetime | None, datetime | None]]:
    return [(one.began_at, one.opened_at_window, one.ended_at) for one in incidents]


@given(WORDS, rules())
def test_incidents_are_those_that_looking_back_from_every_window_finds(letters: str, rule: Rule) -> None:
    opened = [one for one in walk(row(letters), rule) if one.state is not State.PENDING]
    assert [(hour(one.began_at), hour(one.opened_at_window), hour(one.ended_at)) for one in opened] == brute(
        letters, rule
    )


@given(WORDS, rules())
def test_incidents_follow_each_other_and_only_the_last_is_not_closed(letters: str, rule: Rule) -> None:
    found = walk(row(letters), rule)
    for earlier, later in itertools.pairwise(found):
        assert earlier.state is State.CLOSED
        assert earlier.ended_at is not None
        assert earlier.ended_at < later.began_at
        assert earlier.last_window <= later.began_at
    for incident in found:
        assert (incident.state is State.CLOSED) == (incident.ended_at is not None)
        assert (incident.state is State.PENDING) == (incident.opened_at_window is None)
        begin, end = hour(incident.began_at), hour(incident.ended_at)
        assert begin is not None
        assert letters[begin] == "E"
        assert end is None or letters[end] in "Ce"
        breaches = letters[begin:end].count("E")
        assert (incident.level is Level.RED) == (rule.level_repeated is not None and breaches >= rule.repeated_after)
        assert incident.worst.outcome is incident.latest.outcome is Outcome.EXCEEDING
        assert incident.began_at <= incident.worst.window_start <= incident.latest.window_start


@given(SPOKEN, st.lists(st.tuples(st.integers(0, 40), st.integers(1, 3)), max_size=20), rules())
def test_silence_anywhere_changes_no_incident(letters: str, gaps: list[tuple[int, int]], rule: Rule) -> None:
    """Whatever is not judgeable is put between: number, begin, opening, end, level, worst stay; only the last may be unknown."""
    spoken = row(letters)
    silent = [verdict(at + 0.5 + 0.01 * nth, "N") for at, count in gaps for nth in range(count)]
    quiet = walk(sorted([*spoken, *silent], key=lambda one: one.window_start), rule)
    loud = walk(spoken, rule)
    for one, other in zip(quiet, loud, strict=True):
        assert one.state is other.state or (one.state is State.UNKNOWN and other.state in LIVE)
        assert msgspec.structs.replace(one, state=other.state) == other


@given(WORDS, rules())
def test_no_silence_opens_or_closes(letters: str, rule: Rule) -> None:
    standing = Standing()
    for one in row(letters):
        after = advance(standing, one, rule)
        if one.outcome is Outcome.NOT_JUDGEABLE:
            assert (after.state in LIVE) == (standing.state in LIVE)
            assert (after.recent, after.clears) == (standing.recent, standing.clears)
            assert after.state is (State.UNKNOWN if standing.state in LIVE else standing.state)
        standing = after


@given(WORDS, rules())
def test_verdict_by_verdict_is_the_same_as_in_one_go(letters: str, rule: Rule) -> None:
    course = Course(rule)
    for number, one in enumerate(row(letters), 1):
        course.take(one)
        assert course.incidents() == walk(row(letters[:number]), rule)


@given(WORDS, rules())
def test_what_closed_stays_whatever_comes_after(letters: str, rule: Rule) -> None:
    """A walk that is begun anew behind a closed incident finds the same: nothing is carried over."""
    found = walk(row(letters), rule)
    for number, incident in enumerate(found):
        if incident.ended_at is not None:
            behind = [one for one in row(letters) if one.window_start > incident.ended_at]
            assert walk(behind, rule) == found[number + 1 :]


@given(WORDS, rules())
def test_a_standing_keeps_what_it_needs_and_no_more(letters: str, rule: Rule) -> None:
    standing = Standing()
    for one in row(letters):
        standing = advance(standing, one, rule)
        assert len(standing.recent) <= (rule.open_within or rule.open_after)
        assert standing.clears < rule.close_after
        assert not standing.recent or standing.recent[0]
        is_waiting = standing.state is State.PENDING
        assert not is_waiting or 0 < standing.breaches < rule.open_after
        assert standing.clears == 0 or standing.state in {State.RECOVERING, State.UNKNOWN}
        assert bool(standing.recent) == (standing.state in {State.PENDING, *LIVE})
