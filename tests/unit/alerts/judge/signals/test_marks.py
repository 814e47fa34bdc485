from __future__ import annotations

import math
from datetime import date, timedelta
from types import NoneType
from typing import TYPE_CHECKING, Any

import pytest

from alerts.judge.signals.more import MORE
from alerts.judge.signals.scene import Answer, Found, Raw, Scene, Series, Unknown
from schemas.catalog.limits import LIMITS
from schemas.records import Mean
from schemas.times import HOUR, day_start

if TYPE_CHECKING:
    from collections.abc import Sequence

DAY = date(2026, 6, 2)
END = day_start(DAY + timedelta(days=1))
COD, FLOW = "w01018", "w00000"
HIGH = 50.0
LIMIT = next(one for one in LIMITS if one.scope == "GB18918-1A" and one.factor == COD and one.basis == "day")


def hour(letter: str, value: float = 30.0, *, due: int = 60) -> Mean:
    """An hour of *due* readings: N all normal, a digit so many tenths of it calibrating, another letter the whole hour."""
    share = 1.0 if letter.isalpha() else int(letter) / 10
    marked = 0 if letter == "N" else round(share * due)
    mark = "C" if letter.isdigit() else letter
    return Mean(
        value=None if marked == due else value, low=value, high=value, n_valid=due - marked, n_expected=due,
        valid=4 * (due - marked) >= 3 * due, marks="".join(sorted({mark, "N"} if marked < due else {mark})),
        n_received=due, n_checked=marked if mark in "Cck" else 0, n_stopped=marked if mark in "Ff" else 0,
    )  # fmt: skip


def series(hours: Sequence[Mean | None], factor: str = COD, **more: Any) -> Series:
    return Series(
        site="site", device="outlet", factor=factor, unit="mg/L", decimals=1, interval_s=60, low=0, high=500,
        hours=tuple(hours), **more,
    )  # fmt: skip


def ask(rule: str, *held: Series, bound: bool = False, numbers: dict[str, float] | None = None) -> Answer:
    declared = MORE[rule]
    scene = Scene(
        day=DAY, since=END - len(held[0].hours) * HOUR, end=END, series={one.factor: one for one in held},
        limits={COD: LIMIT} if bound else {},
    )  # fmt: skip
    return declared.find(scene, held[0].factor, dict(declared.numbers) | (numbers or {}))


def test_the_limit_used_here_is_that_of_the_standard() -> None:
    assert LIMIT.high == HIGH


@pytest.mark.parametrize(
    ("letters", "kind", "sentence"),
    [
        ("N" * 24, NoneType, "no mark at all"),
        ("NNC" + "N" * 21, NoneType, "an hour of calibration a day is the norm"),
        ("NNCC" + "N" * 20, NoneType, "two hours are allowed"),
        ("NNCC1" + "N" * 19, Found, "six minutes more are not"),
        ("3" * 6 + "N" * 18, NoneType, "six times eighteen minutes are 1.8 hours"),
        ("3" * 7 + "N" * 17, Found, "seven times are 2.1"),
        ("NMMM" + "N" * 20, Found, "maintenance counts like calibration"),
        ("Nkmc" + "N" * 20, Found, "and so does what people set"),
        ("NDDDBBB" + "N" * 17, NoneType, "a fault and a broken link are no calibration"),
        ("FFFFFF" + "N" * 18, NoneType, "nor is a stop"),
    ],
)
def test_calibration_and_maintenance_longer_than_two_hours_a_day(letters: str, kind: type, sentence: str) -> None:
    assert isinstance(ask("suspect_calibration_long", series([hour(one) for one in letters])), kind), sentence


def test_it_says_how_long_and_since_when() -> None:
    answer = ask("suspect_calibration_long", series([hour(one) for one in "NNCCC" + "N" * 19]))
    assert isinstance(answer, Found)
    assert (
        answer.sentence == "当日校准、维护标记合计 3.0 小时（允许 2 小时），首见 06-02 02:00，疑似以校准、维护避开监测"
    )
    assert answer.since == day_start(DAY) + 2 * HOUR


def test_a_day_without_hours_cannot_be_said() -> None:
    assert isinstance(ask("suspect_calibration_long", series([None] * 24)), Unknown)


def town(number: int) -> float:
    """Sewage of a town, 24 h wave with its peak at 20:00 and a little disorder."""
    return 100.0 + 30.0 * math.sin((number % 24 - 14) / 24 * 2 * math.pi) + (number * 7 % 5)


def week(marked: dict[int, str], *, flat: bool = False) -> tuple[Series, Series]:
    """Seven days; *marked*: hour of the span → letter."""
    return (
        series([hour(marked.get(number, "N")) for number in range(168)]),
        series([hour("N", 100.0 if flat else town(number)) for number in range(168)], FLOW),
    )


@pytest.mark.parametrize(
    ("marked", "flat", "kind", "sentence"),
    [
        ({}, False, NoneType, "no calibration"),
        ({24 * day + 2: "C" for day in range(7)}, False, NoneType, "every night at two"),
        (
            {24 * day + 20: "C" for day in range(7)},
            False,
            NoneType,
            "every evening at eight is a timetable, peak or not",
        ),
        ({10: "M", 38: "M", 57: "M", 105: "M"}, False, NoneType, "visits in working hours, before the peak"),
        ({19: "M", 20: "M", 21: "M"}, False, NoneType, "one long visit at the peak is one"),
        ({19: "M", 45: "C", 92: "M", 141: "M"}, False, Found, "four times at changing hours, always at the peak"),
        ({19: "M", 45: "C", 92: "M", 128: "M", 2: "C"}, False, NoneType, "three of five are chance"),
        ({19: "M", 45: "C", 92: "M", 141: "M", 2: "C"}, False, Found, "four of five are not"),
        ({19: "M", 45: "C", 92: "M"}, False, Found, "three times are enough"),
        ({20: "C", 44: "C", 68: "C", 93: "M"}, False, NoneType, "mostly by the timetable"),
        ({20: "C", 44: "C", 93: "M", 139: "M"}, False, Found, "half of them by no timetable"),
        ({19: "M", 45: "C", 92: "M", 141: "M"}, True, NoneType, "without ups and downs there is no peak"),
    ],
)
def test_calibration_that_always_falls_on_the_peak(
    marked: dict[int, str], flat: object, kind: type, sentence: str
) -> None:
    assert isinstance(ask("suspect_calibration_peak", *week(marked, flat=bool(flat))), kind), sentence


def test_without_load_nothing_is_said_of_peaks() -> None:
    marked, flow = week({19: "M", 45: "C", 92: "M", 141: "M"})
    assert isinstance(ask("suspect_calibration_peak", marked), Unknown)
    gaps = series([None if number % 3 else one for number, one in enumerate(flow.hours)], FLOW)
    assert isinstance(ask("suspect_calibration_peak", marked, gaps), Unknown)


def covered(letters: str) -> Series:
    """``^`` above the limit; the rest as `hour`."""
    return series([hour("N", 60.0) if one == "^" else hour(one) for one in letters.ljust(168, "N")])


@pytest.mark.parametrize(
    ("letters", "kind", "sentence"),
    [
        ("", NoneType, "nothing"),
        ("NNCNNNNCNNNNC", NoneType, "calibrations in calm water"),
        ("N^CCNNNNNN^MNNNNNCC^", Found, "each run lies beside an exceedance, before or after it"),
        ("N^CCNNNNNN^MNNNNNCC", NoneType, "two beside, one elsewhere"),
        ("N^CCNNNNNN^M", NoneType, "two runs are chance"),
        ("N^CCNNNNNN^MNNNNNCC^NNCNN^C", Found, "four of five"),
        ("N^NCNNN^NCNNN^NC", NoneType, "an hour between is not beside"),
        (("^" * 11 + "C") * 14, NoneType, "where all exceeds, marks hide nothing"),
    ],
)
def test_marks_that_always_lie_beside_an_exceedance(letters: str, kind: type, sentence: str) -> None:
    assert isinstance(ask("suspect_calibration_cover", covered(letters), bound=True), kind), sentence


def test_a_stack_is_held_against_its_limit_after_conversion() -> None:
    raw, zs = "a21026", "yx_zs_a21026"
    letters = "N^CCNNNNNN^MNNNNNCC^".ljust(168, "N")
    calm = series([hour("N" if one == "^" else one, 30.0) for one in letters], raw)
    converted = series([hour("N", 60.0) if one == "^" else hour(one) for one in letters], zs)
    scene = Scene(day=DAY, since=END - 168 * HOUR, end=END, series={raw: calm, zs: converted}, limits={zs: LIMIT})
    declared = MORE["suspect_calibration_cover"]
    assert isinstance(declared.find(scene, raw, declared.numbers), Found)


def test_without_a_limit_nothing_is_said_of_exceedances() -> None:
    assert isinstance(ask("suspect_calibration_cover", covered("N^CC")), Unknown)
    assert isinstance(ask("suspect_remarked", covered("N^CC")), Unknown)


def day(marks: str = "N", *, received: int = 24, valid: int = 24, stopped: int = 0, checked: int = 0) -> Mean:
    return Mean(
        value=30.0, low=1, high=50, n_valid=valid, n_expected=24, valid=valid >= 18, marks=marks, n_received=received,
        n_stopped=stopped, n_checked=checked,
    )  # fmt: skip


def month(days: Sequence[Mean]) -> Series:
    first = DAY - timedelta(days=len(days) - 1)
    return series([None] * 24, days=tuple((first + timedelta(days=number), one) for number, one in enumerate(days)))


def letters_month(letters: str) -> Series:
    """C a day with calibration, N without, F a day the boiler stood, x a day without a value."""
    one_of = {
        "C": day("CN"), "N": day(), "F": day("F", valid=0, stopped=24), "x": day("", received=0, valid=0),
        "k": day("Nk"),
    }  # fmt: skip
    return month([one_of[one] for one in letters])


@pytest.mark.parametrize(
    ("letters", "kind", "sentence"),
    [
        ("N" * 31, NoneType, "a device that never marks says nothing"),
        ("C" * 31, NoneType, "every day"),
        ("C" * 30 + "N", NoneType, "one day missed"),
        ("C" * 29 + "NN", Found, "two days missed where it was daily"),
        ("CNNNNNN" * 4 + "CNN", NoneType, "every week"),
        ("CNNNNNN" * 3 + "CNNNNNNN", NoneType, "seven days"),
        ("CNNNNNN" * 3 + "CNNNNNNNN", Found, "eight days without, where it was weekly"),
        ("CNNNNNN" * 3 + "kNNNNNN", NoneType, "a standard check set by a person counts"),
        ("CNNNNNN" * 3 + "C" + "F" * 9, NoneType, "a boiler that stands needs none"),
        ("CNNNNNN" * 3 + "C" + "x" * 9, NoneType, "days without data say nothing"),
        ("C" + "N" * 20, Found, "once, and never again"),
        ("C" * 7 + "NN", NoneType, "seven days are no habit yet"),
        ("C" * 8 + "NN", Found, "eight are"),
        ("NNN" + "C" * 8 + "NN", Found, "from whenever it began"),
        ("N" * 9 + "C" * 3 + "NN", NoneType, "three days of calibration are none"),
        ("CCCCNCCCCN" + "NN", Found, "eight of nine days are daily"),
        ("CCNCCNCCNCCNN", NoneType, "two of three days are not"),
        ("CNN", Unknown, "too short to know the habit"),
    ],
)
def test_calibration_that_was_kept_up_and_is_no_more(letters: str, kind: type, sentence: str) -> None:
    assert isinstance(ask("suspect_calibration_overdue", letters_month(letters)), kind), sentence


def test_an_overdue_calibration_is_dated_from_the_first_day_without() -> None:
    answer = ask("suspect_calibration_overdue", letters_month("C" * 28 + "NNN"))
    assert isinstance(answer, Found)
    assert answer.figures == {"days": 3, "days_allowed": 1}
    assert answer.since == day_start(DAY - timedelta(days=2))


@pytest.mark.parametrize(
    ("days", "kind", "sentence"),
    [
        ([day()] * 31, NoneType, "a clean month"),
        ([day("CN", valid=23, checked=1)] * 31, NoneType, "an hour of check a day"),
        ([day("DN", valid=14)] * 7 + [day()] * 24, NoneType, "70 of 744 hours of fault: 9.4 %"),
        ([day("DN", valid=14)] * 8 + [day()] * 23, Found, "80 of 744: 10.8 %"),
        ([day("CN", valid=20, checked=1)] * 31, Found, "three more hours of calibration every day: 12.5 %"),
        ([day("F", valid=0, stopped=24)] * 10 + [day()] * 21, NoneType, "a stop is a stop"),
        ([day("DN", valid=12)] * 2 + [day()] * 8, NoneType, "24 of 240: a tenth is allowed"),
        ([day("DFN", valid=10, stopped=14)] * 31, NoneType, "what is left of a day of stops was all valid"),
        ([day("CN", valid=22, checked=1)] * 31, NoneType, "an hour beside the one of check: 4.2 %"),
        ([day("DN", valid=14, received=14)] * 31, NoneType, "hours that never came carry no mark"),
        ([day(valid=14)] * 31, NoneType, "hours invalid without a mark (flow unknown) neither"),
        ([day("DN", valid=0)] * 9, Unknown, "nine days are no month"),
        ([day("", received=0, valid=0)] * 31, Unknown, "nothing came"),
    ],
)
def test_marks_on_more_than_a_tenth_of_a_month(days: list[Mean], kind: type, sentence: str) -> None:
    assert isinstance(ask("suspect_marks", month(days)), kind), sentence


def test_abused_marks_are_named() -> None:
    answer = ask("suspect_marks", month([day("DMN", valid=14)] * 31))
    assert isinstance(answer, Found)
    assert "因标记 DM 不参与评价" in answer.sentence
    assert answer.figures == {"hours": 310, "share": pytest.approx(310 / 744), "days": 31}


def remarked(letters: str, value: float, mark: str = "N") -> Series:
    """A day whose hours 10 to 12 people marked with *letters*, while the device sent *value* under *mark*."""
    raw = [Raw(END - 24 * HOUR + number * HOUR / 4, value if 40 <= number < 52 else 30.0, mark, late=False) for number in range(96)]  # fmt: skip
    marks = {10 + number: letter for number, letter in enumerate(letters)}
    return series([hour(marks.get(number, "N")) for number in range(24)], raw=tuple(raw))


@pytest.mark.parametrize(
    ("held", "kind", "sentence"),
    [
        (remarked("ddd", 60.0), Found, "sent as normal, above the limit, then marked a fault"),
        (remarked("m", 60.0), Found, "one hour is enough"),
        (remarked("ddd", 50.0), NoneType, "at the limit is not above it"),
        (remarked("ddd", 60.0, "D"), NoneType, "the device said so itself"),
        (remarked("", 60.0), NoneType, "nobody marked anything: that is an exceedance, not a suspicion"),
        (remarked("vvv", 60.0), NoneType, "marked as valid takes nothing out"),
        (remarked("DDD", 60.0), NoneType, "a capital letter is the device's"),
    ],
)
def test_an_exceedance_marked_away_by_hand(held: Series, kind: type, sentence: str) -> None:
    assert isinstance(ask("suspect_remarked", held, bound=True), kind), sentence


def test_a_mark_set_by_hand_is_dated_from_the_first_hour_it_hid() -> None:
    answer = ask("suspect_remarked", remarked("ddd", 60.0), bound=True)
    assert isinstance(answer, Found)
    assert answer.since == END - 14 * HOUR
    assert answer.figures == {"hours": 3, "highest": 60.0, "limit": 50.0}
