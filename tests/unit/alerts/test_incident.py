from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from alerts.incident import Standing, advance, uncovered, walk
from alerts.judge.rules import Rule
from schemas.catalog.duty import IncidentState as State
from schemas.catalog.enums import Basis, Level, Outcome
from schemas.records import Incident, Verdict

START = datetime(2026, 6, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
OUTCOMES = {"C": Outcome.COMPLIANT, "E": Outcome.EXCEEDING, "N": Outcome.NOT_JUDGEABLE}


def rule(open_after: int = 1, close_after: int = 1, **changed: object) -> Rule:
    plain = Rule(
        zh="规则",
        task=1,
        basis=Basis.HOUR,
        lead_bureau="epb",
        level=Level.ORANGE,
        open_after=open_after,
        close_after=close_after,
        source="test",
    )
    return msgspec.structs.replace(plain, **changed)


def verdict(number: float, outcome: str, value: float | None = None, name: str = "r", **body: object) -> Verdict:
    return Verdict(
        rule=name,
        subject="s",
        point_id=1,
        window_start=START + number * HOUR,
        window_end=START + (number + 1) * HOUR,
        outcome=OUTCOMES[outcome],
        value=value,
        limit_value=80.0,
        limit_id="l",
        body=body,
    )


def row(letters: str) -> list[Verdict]:
    return [verdict(number, letter) for number, letter in enumerate(letters)]


def span(incident: Incident) -> tuple[int, int | None]:
    """Return the numbers of the windows at which *incident* begins and ends."""
    ended = None if incident.ended_at is None else (incident.ended_at - START) // HOUR
    return (incident.began_at - START) // HOUR, ended


def opened(incidents: list[Incident]) -> list[Incident]:
    return [one for one in incidents if one.state is not State.PENDING]


@pytest.mark.parametrize(
    ("letters", "open_after", "close_after", "expected"),
    [
        ("", 1, 1, []),
        ("CCCC", 1, 1, []),
        ("NNNN", 1, 1, []),
        ("E", 1, 1, [(0, None)]),
        ("CEC", 1, 1, [(1, 2)]),
        ("CEEEC", 1, 1, [(1, 4)]),
        ("ECEC", 1, 1, [(0, 1), (2, 3)]),
        ("ENNN", 1, 1, [(0, None)]),
        ("ENC", 1, 1, [(0, 2)]),
        ("NENC", 1, 1, [(1, 3)]),
        ("EE", 3, 1, []),
        ("EEE", 3, 1, [(0, None)]),
        ("EECEE", 3, 1, []),
        ("EECEEE", 3, 1, [(3, None)]),
        ("ENNENE", 3, 1, [(0, None)]),
        ("ENN", 3, 1, []),
        ("EEEC", 3, 3, [(0, None)]),
        ("EEECC", 3, 3, [(0, None)]),
        ("EEECCC", 3, 3, [(0, 5)]),
        ("EEECCECC", 3, 3, [(0, None)]),
        ("EEECCECCC", 3, 3, [(0, 8)]),
        ("EEECNCNNC", 3, 3, [(0, 8)]),
        ("EEECCNNNN", 3, 3, [(0, None)]),
        ("EEECCCEEC", 3, 3, [(0, 5)]),
        ("EEECCCEEEC", 3, 3, [(0, 5), (6, None)]),
    ],
)
def test_runs_open_and_close(
    letters: str, open_after: int, close_after: int, expected: list[tuple[int, int | None]]
) -> None:
    assert [span(one) for one in opened(walk(row(letters), rule(open_after, close_after)))] == expected


def test_the_last_window_is_the_one_that_closed_or_the_last_breach() -> None:
    closed, still = walk(row("EECENN"), rule())
    assert closed.last_window == START + 3 * HOUR
    assert still.last_window == START + 4 * HOUR


def test_worst_and_latest_are_breaches() -> None:
    verdicts = [
        verdict(0, "E", multiple=0.1),
        verdict(1, "E", multiple=0.7),
        verdict(2, "E", multiple=0.2),
        verdict(3, "N"),
        verdict(4, "C"),
    ]
    (incident,) = walk(verdicts, rule())
    assert (incident.worst, incident.latest) == (verdicts[1], verdicts[2])
    assert (incident.rule, incident.subject) == ("r", "s")


@pytest.mark.parametrize(("letters", "level"), [("E", "orange"), ("EE", "orange"), ("EENE", "red"), ("EEEC", "red")])
def test_repeated_breaches_are_graver(letters: str, level: str) -> None:
    (incident,) = walk(row(letters), rule(level_repeated=Level.RED, repeated_after=3))
    assert incident.level == level


@pytest.mark.parametrize(
    ("after", "closed"),
    [
        ([80.0, 80.9, 80.99], False),
        ([81.0], True),
        ([95.0], True),
        ([80.5, 81.5], True),
    ],
)
def test_a_value_on_the_edge_of_a_lower_limit_does_not_close(after: list[float], *, closed: bool) -> None:
    verdicts = [verdict(0, "E", 70.0, low=80.0, high=None)]
    verdicts += [verdict(number, "C", value, low=80.0, high=None) for number, value in enumerate(after, 1)]
    (incident,) = walk(verdicts, rule(deadband=1.0))
    assert (incident.ended_at is not None) is closed


@pytest.mark.parametrize(("value", "closed"), [(80.0, False), (79.1, False), (79.0, True), (10.0, True)])
def test_a_value_on_the_edge_of_an_upper_limit_does_not_close(value: float, *, closed: bool) -> None:
    verdicts = [verdict(0, "E", 90.0, low=None, high=80.0), verdict(1, "C", value, low=None, high=80.0)]
    (incident,) = walk(verdicts, rule(deadband=1.0))
    assert (incident.ended_at is not None) is closed


def test_a_value_on_the_edge_breaks_the_run_that_would_close() -> None:
    values = [81.5, 81.5, 80.2, 81.5, 81.5, 81.5]
    verdicts = [verdict(0, "E", 70.0, low=80.0)]
    verdicts += [verdict(number, "C", value, low=80.0) for number, value in enumerate(values, 1)]
    (incident,) = walk(verdicts, rule(1, 3, deadband=1.0))
    assert span(incident) == (0, 6)


def test_without_a_deadband_compliant_is_enough() -> None:
    (incident,) = walk([verdict(0, "E", 70.0, low=80.0), verdict(1, "C", 80.0, low=80.0)], rule())
    assert incident.ended_at is not None


def test_an_iterator_will_do() -> None:
    assert walk(iter(row("EC")), rule()) == walk(row("EC"), rule())


def test_while_a_graver_incident_lasts_a_warning_is_part_of_it() -> None:
    """One incident per cause: the hours of a day that is over its limit open nothing of their own."""
    verdicts = row("EEEEEEEE")
    assert len(walk(verdicts, rule(open_after=2))) == 1
    assert walk(uncovered(verdicts, [(START, None)]), rule(open_after=2)) == []
    [before] = walk(uncovered(verdicts, [(START + 4 * HOUR, None)]), rule(open_after=2, close_after=2))
    assert (before.began_at, before.ended_at) == (START, START + 5 * HOUR)
    [after] = walk(uncovered(verdicts, [(START, START + 3 * HOUR)]), rule(open_after=2))
    assert (after.began_at, after.ended_at) == (START + 3 * HOUR, None)


def test_a_run_of_suspicions_stays_below_a_finding() -> None:
    plain = rule(level_suspected=Level.YELLOW)
    suspected = [msgspec.structs.replace(one, body=one.body | {"suspected": True}) for one in row("EEE")]
    assert walk(suspected, plain)[0].level is Level.YELLOW
    assert walk([*suspected[:2], row("EEE")[2]], plain)[0].level is plain.level


def test_an_account_says_itself_how_far_it_is_gone() -> None:
    said = [msgspec.structs.replace(one, body=one.body | {"level": "red"}) for one in row("E")]
    assert walk(said, rule())[0].level is Level.RED


IDLE, LAPSED = Standing(), Standing(State.LAPSED)
T, F = True, False
#: Opens with 2 in a row, closes with 3.
ROW = rule(2, 3, deadband=1.0)
#: Opens with 2 of 3.
OF_3 = rule(2, 3, open_within=3, deadband=1.0)
WAITING = Standing(State.PENDING, (T,))
OPEN = Standing(State.OPEN, (T, T))
UNKNOWN = Standing(State.UNKNOWN, (T, T), 2)
RECOVERING = Standing(State.RECOVERING, (T, T), 2)
#: exceeding, clear of the limit 80 by the deadband, compliant on its edge, not judgeable
SEEN = {
    "E": verdict(0, "E", 90.0),
    "C": verdict(0, "C", 70.0),
    "e": verdict(0, "C", 79.5),
    "N": verdict(0, "N"),
}


@pytest.mark.parametrize(
    ("sentence", "before", "seen", "by", "after"),
    [
        ("a first breach waits for the hold", IDLE, "E", ROW, WAITING),
        ("a first breach opens at once where one is enough", IDLE, "E", rule(), Standing(State.OPEN, (T,))),
        ("nothing was wrong and nothing is", IDLE, "C", ROW, IDLE),
        ("the edge is no breach", IDLE, "e", ROW, IDLE),
        ("silence opens nothing", IDLE, "N", ROW, IDLE),
        ("after a lapse a breach waits anew", LAPSED, "E", ROW, WAITING),
        ("a lapse is over", LAPSED, "C", ROW, LAPSED),
        ("a lapse is over, on the edge too", LAPSED, "e", ROW, LAPSED),
        ("silence after a lapse", LAPSED, "N", ROW, LAPSED),
        ("the hold is full", WAITING, "E", ROW, OPEN),
        ("one good window ends a run", WAITING, "C", ROW, LAPSED),
        ("a window on the edge interrupts a run as well", WAITING, "e", ROW, LAPSED),
        ("silence keeps a run waiting", WAITING, "N", ROW, WAITING),
        ("2 of 3: a good window between is borne", WAITING, "C", OF_3, Standing(State.PENDING, (T, F))),
        ("2 of 3: so is one on the edge", WAITING, "e", OF_3, Standing(State.PENDING, (T, F))),
        ("2 of 3: silence is none of the 3", WAITING, "N", OF_3, WAITING),
        ("2 of 3 are there", Standing(State.PENDING, (T, F)), "E", OF_3, Standing(State.OPEN, (T, F, T))),
        ("2 of 3: the only breach leaves the 3", Standing(State.PENDING, (T, F, F)), "C", OF_3, LAPSED),
        ("2 of 3: the breach that left counts no more", Standing(State.PENDING, (T, F, F)), "E", OF_3, WAITING),
        ("2 of 3: what is left begins with a breach", Standing(State.PENDING, (T, F, T)), "C", rule(3, 3, open_within=3),
         Standing(State.PENDING, (T, F))),
        ("it goes on", OPEN, "E", ROW, OPEN),
        ("better again, not yet for long", OPEN, "C", ROW, Standing(State.RECOVERING, (T, T), 1)),
        ("better for as long as asked", OPEN, "C", rule(2, 1), IDLE),
        ("on the edge it is not yet recovering", OPEN, "e", ROW, OPEN),
        ("the data stop", OPEN, "N", ROW, Standing(State.UNKNOWN, (T, T))),
        ("the data are back and exceed: clear windows before are void", UNKNOWN, "E", ROW, OPEN),
        ("the data are back: clear windows before the gap count", UNKNOWN, "C", ROW, IDLE),
        ("the data are back and clear, not yet for long", Standing(State.UNKNOWN, (T, T)), "C", ROW,
         Standing(State.RECOVERING, (T, T), 1)),
        ("the data are back on the edge: compliant, counted anew", UNKNOWN, "e", ROW, Standing(State.RECOVERING, (T, T))),
        ("still no data", UNKNOWN, "N", ROW, UNKNOWN),
        ("worse again: the same incident", RECOVERING, "E", ROW, OPEN),
        ("the release is full", RECOVERING, "C", ROW, IDLE),
        ("not yet full", Standing(State.RECOVERING, (T, T), 1), "C", ROW, RECOVERING),
        ("the edge breaks the run that would close", RECOVERING, "e", ROW, Standing(State.RECOVERING, (T, T))),
        ("the data stop while recovering: the clear windows stay counted", RECOVERING, "N", ROW, UNKNOWN),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)  # fmt: skip
def test_each_state_takes_each_outcome(sentence: str, before: Standing, seen: str, by: Rule, after: Standing) -> None:
    assert advance(before, SEEN[seen], by) == after, sentence


def test_what_was_merged_into_a_graver_incident_is_clear_whatever_its_value() -> None:
    merged = msgspec.structs.replace(SEEN["e"], body={"merged": True})
    assert advance(RECOVERING, merged, ROW) == IDLE


@pytest.mark.parametrize(
    ("letters", "state", "opened_at"),
    [
        ("E", State.PENDING, None),
        ("ENN", State.PENDING, None),
        ("EE", State.OPEN, 2),
        ("EEE", State.OPEN, 2),
        ("ENNE", State.OPEN, 4),
        ("EEN", State.UNKNOWN, 2),
        ("EEC", State.RECOVERING, 2),
        ("EECN", State.UNKNOWN, 2),
        ("EECNC", State.RECOVERING, 2),
        ("EECE", State.OPEN, 2),
        ("EECCC", State.CLOSED, 2),
    ],
)
def test_an_incident_says_where_it_stands_and_when_it_could_first_be_known(
    letters: str, state: State, opened_at: int | None
) -> None:
    (incident,) = walk(row(letters), ROW)
    assert incident.state is state
    assert incident.opened_at_window == (None if opened_at is None else START + opened_at * HOUR)


def test_a_run_that_lapsed_is_no_incident_and_one_that_waits_comes_last() -> None:
    assert walk(row("ECEC"), ROW) == []
    closed, waiting = walk(row("EECCCECE"), ROW)
    assert (span(closed), closed.state) == ((0, 4), State.CLOSED)
    assert (span(waiting), waiting.state, waiting.last_window) == ((7, None), State.PENDING, START + 8 * HOUR)


def test_of_the_last_windows_the_first_that_counts_is_the_beginning() -> None:
    two_of_three = rule(2, 1, open_within=3)
    assert [span(one) for one in walk(row("ECCECE"), two_of_three)] == [(3, None)]
    assert [span(one) for one in walk(row("ENCNE"), two_of_three)] == [(0, None)]
    assert [span(one) for one in walk(row("ECECCE"), two_of_three)] == [(0, 3), (5, None)]
    (waiting,) = walk(row("ECEC"), rule(3, 1, open_within=3))
    assert (span(waiting), waiting.state) == ((2, None), State.PENDING)


def test_repetition_counts_breaches_not_windows() -> None:
    (incident,) = walk(row("ENCE"), rule(2, 2, open_within=3, level_repeated=Level.RED, repeated_after=3))
    assert incident.level is Level.ORANGE
