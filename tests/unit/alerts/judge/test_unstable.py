from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import NoneType

import pytest

from alerts.judge.signals.more import MORE
from alerts.judge.signals.scene import Found, Scene, Series, Unknown
from alerts.judge.unstable import unstable
from schemas.records import Mean

SINCE = datetime(2026, 5, 31, 16, 0, tzinfo=UTC)


def hour(letter: str) -> Mean | None:
    """``.`` runs, ``F`` and ``f`` stands (device, person), ``g`` said by a person while nothing came, ``o`` nothing came, ``x`` no row."""
    if letter == "x":
        return None
    stands = letter in "Ffg"
    return Mean(
        value=None if stands or letter == "o" else 1.0, low=None, high=None, n_valid=6 if letter == "." else 0, n_expected=6,
        valid=letter == ".", marks={".": "N", "o": "", "g": "f"}.get(letter, letter), n_received=0 if letter in "go" else 6,
        n_stopped=6 if stands else 0,
    )  # fmt: skip


def hours(letters: str) -> list[tuple[datetime, Mean | None]]:
    return [(SINCE + timedelta(hours=number), hour(letter)) for number, letter in enumerate(letters)]


def week(letters: str) -> str:
    return letters + "." * (168 - len(letters))


@pytest.mark.parametrize(
    ("letters", "kind", "sentence"),
    [
        (week(""), NoneType, "a quiet week"),
        (week("...FF....FFF"), NoneType, "two stops"),
        (week("...FF....F...F"), Found, "three stops"),
        (week("..ff..g..F"), Found, "whoever says so, and whether or not values came"),
        (week("." * 20 + "F" * 120), NoneType, "one long stop is a planned one"),
        (week("F" * 168), NoneType, "a plant that stands all week does not run unstably"),
        (week(".oo...x"), NoneType, "two outages"),
        (week(".o..x..o"), Found, "three outages"),
        (week(".ox..xo"), NoneType, "an hour without a row and one without values are one outage"),
        (week("." * 9 + "o" * 11), NoneType, "eleven hours of outage"),
        (week("." * 9 + "o" * 12), Found, "twelve hours"),
        (week("o" * 168), Found, "nothing all week is no calm"),
        (week("x" * 168), Unknown, "never derived: nobody watched"),
        (week("x" * 90 + "." * 78), NoneType, "before the first derived hour nobody watched"),
        (week("F.F..o.o"), NoneType, "two and two"),
    ],
)
def test_three_stops_three_outages_or_twelve_hours_of_outage_a_week_are_unstable(
    letters: str, kind: type, sentence: str
) -> None:
    assert isinstance(unstable(hours(letters)), kind), sentence


def test_it_says_how_often_and_since_when() -> None:
    answer = unstable(hours(week("...FF....F.x.F")))
    assert isinstance(answer, Found)
    assert answer.since == SINCE + timedelta(hours=3)
    assert answer.figures == {"stops": 3, "outages": 1, "outage_hours": 1}
    assert answer.sentence.startswith("近 7 日停运 3 次共 4 小时、断数 1 次共 1 小时")
    assert "疑似" in answer.sentence


def test_what_has_hardly_begun_cannot_be_said_to_run_unstably() -> None:
    assert isinstance(unstable(hours("F.F.F." * 11)), Unknown)


def test_the_figures_can_be_set() -> None:
    strict = {"stops": 1, "outages": 9, "outage_hours": 99, "hours_known": 24}
    assert isinstance(unstable(hours(week("..F")), strict), Found)


def test_it_is_asked_of_a_scene_over_seven_days() -> None:
    declared = MORE["unstable_plant"]
    flow = Series(
        site="s", device="d", factor="w00000", unit="L/s", decimals=1, interval_s=600, low=0, high=None,
        hours=tuple(mean for _, mean in hours(week("F.F.F"))),
    )  # fmt: skip
    until = SINCE + timedelta(hours=declared.hours_back)
    scene = Scene(day=date(2026, 6, 7), since=SINCE, end=until, series={"w00000": flow})
    assert declared.hours_back == 168
    assert isinstance(declared.find(scene, "w00000", declared.numbers), Found)
    assert isinstance(declared.find(scene, "a19001", declared.numbers), Unknown)


def half(n_stopped: int, marks: str, n_received: int = 6) -> Mean:
    return Mean(
        value=1.0, low=1, high=1, n_valid=6 - n_stopped, n_expected=6, valid=False, marks=marks, n_received=n_received,
        n_stopped=n_stopped,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("mean", "kind", "sentence"),
    [
        (half(3, "FN"), Found, "half an hour of standing is a stop"),
        (half(2, "FN"), NoneType, "a third is not"),
        (half(0, "FN"), NoneType, "a letter alone says little"),
        (half(6, "N"), NoneType, "without the letter nobody said that it stood"),
    ],
)
def test_an_hour_is_a_stop_when_half_of_it_was_marked_so(mean: Mean, kind: type, sentence: str) -> None:
    held = [(at, mean if number in {5, 9, 40} else one) for number, (at, one) in enumerate(hours(week("")))]
    assert isinstance(unstable(held), kind), sentence


def test_three_days_are_enough_to_speak() -> None:
    assert isinstance(unstable(hours("F.F.F." * 12)), Found)
