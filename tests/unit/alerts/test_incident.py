from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.incident import uncovered, walk
from alerts.judge.rules import Rule
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
    assert [span(one) for one in walk(row(letters), rule(open_after, close_after))] == expected


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


LETTERS = st.text("CE", max_size=40)
RUNS = st.integers(1, 4)


@given(LETTERS, st.lists(st.integers(0, 40), max_size=40), RUNS, RUNS)
def test_silence_changes_no_incident(letters: str, gaps: list[int], open_after: int, close_after: int) -> None:
    spoken = row(letters)
    silent = [verdict(at + 0.5, "N") for at in gaps]
    mixed = sorted([*spoken, *silent], key=lambda one: one.window_start)
    assert walk(mixed, rule(open_after, close_after)) == walk(spoken, rule(open_after, close_after))


@given(st.text("CEN", max_size=60), RUNS, RUNS)
def test_incidents_follow_each_other_and_only_the_last_is_open(letters: str, open_after: int, close_after: int) -> None:
    found = walk(row(letters), rule(open_after, close_after))
    for earlier, later in itertools.pairwise(found):
        assert earlier.ended_at is not None
        assert earlier.ended_at < later.began_at
    for incident in found:
        begin, end = span(incident)
        assert letters[begin] == "E"
        assert end is None or letters[end] == "C"
        assert letters[begin:end].count("E") >= open_after
    assert len(found) <= letters.count("E") // open_after


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
