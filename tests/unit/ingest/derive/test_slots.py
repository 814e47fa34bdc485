from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.derive.means import COUNTED, Period, Sampling, Value, hour_mean, overlay
from ingest.derive.slots import due_units, grid_offset, in_slots
from schemas.catalog.enums import MARK_LETTER

S_US = 1_000_000
MINUTE_US = 60 * S_US
HOUR_US = 60 * MINUTE_US
COD = Sampling(60, "w01018", "water")
SO2 = Sampling(60, "a21026", "gas")


def minutes(count: int, mark: str = "N", first: int = 0) -> list[Value]:
    return [Value((first + minute) * MINUTE_US, 30.0, mark) for minute in range(count)]


def period(since: int, until: int, letter: str, made: int = 0) -> Period:
    return Period(since * MINUTE_US, until * MINUTE_US, letter, made)


def test_the_newest_mark_prevails() -> None:
    """Announcement 2022 No. 21, house reference part II 6: the manual mark prevails over the automatic one."""
    laid = overlay(minutes(6), [period(1, 5, "d", 1), period(2, 3, "v", 2), period(0, 6, "m", 0)])
    assert "".join(value.mark for value in laid) == "mdvddm"
    assert [value._replace(mark="N") for value in laid] == minutes(6)
    assert overlay(minutes(2), []) == minutes(2)


def test_a_mark_is_half_open() -> None:
    assert [value.mark for value in overlay(minutes(3), [period(1, 2, "c")])] == ["N", "c", "N"]


def test_marks_made_at_once_are_told_apart() -> None:
    both = [period(0, 9, "m", 5), period(1, 9, "c", 5), period(1, 9, "d", 5)]
    for periods in (both, both[::-1]):
        assert [value.mark for value in overlay(minutes(3), periods)] == ["m", "d", "d"]


@pytest.mark.parametrize(
    ("periods", "share"),
    [
        ([], 0.0),
        ([period(-10, 30, "f")], 0.5),
        ([period(0, 30, "f"), period(15, 45, "f")], 0.75),
        ([period(0, 60, "f", 1), period(15, 45, "v", 2)], 0.5),
        ([period(0, 60, "f", 2), period(15, 45, "v", 1)], 1.0),
        ([period(0, 60, "u")], 0.0),
        ([period(60, 90, "f")], 0.0),
    ],
)
def test_the_share_a_person_marked_stopped(periods: list[Period], share: float) -> None:
    """House reference part II 6 (a): 停运 leaves the denominator; start-up (u) does not."""
    for told in (periods, periods[::-1]):
        assert hour_mean([], 0, COD, told).n_stopped == share * 60


@pytest.mark.parametrize("letter", sorted(MARK_LETTER.values()))
def test_what_a_persons_mark_does_to_an_hour(letter: str) -> None:
    mean = hour_mean(minutes(60), 0, COD, [period(0, 60, letter)])
    assert (mean.valid, mean.marks) == (letter == "v", letter)
    assert (mean.value is not None) is (letter in COUNTED)
    assert mean.n_stopped == (60 if letter == "f" else 0)
    assert mean.n_checked == (60 if letter in "ck" else 0)
    assert mean.n_received == 60


def test_a_person_may_call_a_faulty_value_valid() -> None:
    mean = hour_mean(minutes(60, "D"), 0, SO2, [period(10, 60, "v")])
    assert (mean.n_valid, mean.valid, mean.marks) == (50, True, "Dv")


def test_a_mark_covers_time_in_which_nothing_arrived() -> None:
    mean = hour_mean(minutes(30), 0, COD, [period(30, 50, "f"), period(50, 60, "k")])
    assert (mean.n_valid, mean.n_received, mean.n_stopped, mean.n_checked) == (30, 30, 20, 10)
    assert mean.marks == "Nfk"
    empty = hour_mean([], 0, COD, [period(0, 60, "f")])
    assert (empty.value, empty.valid, empty.n_stopped, empty.marks, empty.note) == (
        None,
        False,
        60,
        "f",
        "无数据；停运",
    )
    assert hour_mean([], 0, COD, [period(0, 60, "v")]).n_valid == 0


def test_the_device_says_stopped() -> None:
    mean = hour_mean(minutes(40, "F") + minutes(20, first=40), 0, SO2)
    assert (mean.n_stopped, mean.n_valid, mean.n_received, mean.valid) == (40, 20, 60, False)


@pytest.mark.parametrize("tremble", [[0], [1], [-1], [-1, 1], [3, -3, 0], [-5, -5, 5, 5]])
@pytest.mark.parametrize("sampling", [COD, SO2, Sampling(30, "a21026", "gas")], ids=str)
def test_a_trembling_clock_costs_no_hour(sampling: Sampling, tremble: list[int]) -> None:
    """HJ 75-2017: 45 valid minutes; a reading a second beside its minute is still that minute's."""
    step = sampling.interval_s
    values = [
        Value(max(0, index * step * S_US + tremble[index % len(tremble)] * step * S_US // 60), 1.0, "N")
        for index in range(3600 // step)
    ]
    mean = hour_mean(values, 0, sampling)
    assert mean.valid
    assert mean.n_valid >= 55


@pytest.mark.parametrize("sampling", [COD, SO2, Sampling(5, "a21026", "gas")], ids=str)
def test_a_bunch_of_readings_is_no_hour(sampling: Sampling) -> None:
    """HJ 75-2017: 45 minutes must be covered; a clock that jumped and bunched an hour's readings covers few."""
    values = [Value(10 * MINUTE_US + index * S_US // 4, 30.0, "N") for index in range(720)]
    mean = hour_mean(values, 0, sampling)
    assert not mean.valid
    assert mean.n_valid <= 4


INSTANTS = st.lists(st.integers(0, HOUR_US - 1), max_size=90)


@given(INSTANTS, st.sampled_from([7, 30, 60, 300, 900, 1000, 3600, 7200]), st.sampled_from(["water", "gas"]))
def test_every_reading_keeps_one_slot_on_a_grid_that_holds_no_fewer(instants: list[int], s: int, medium: str) -> None:
    sampling = Sampling(s, "w01018", medium)
    values = [Value(ts, 1.0, "N") for ts in instants]
    offset = grid_offset(values, 0, sampling)
    held, plain = in_slots(values, 0, sampling, offset), in_slots(values, 0, sampling)
    assert sorted(value for of_slot in held.values() for value in of_slot) == sorted(values)
    assert set(held) <= set(range(len(due_units(sampling))))
    assert len(held) >= len(plain)
    assert offset == 0 or len(held) > len(plain)


def test_a_trembling_reading_of_half_hours_counts() -> None:
    """HJ 356-2019: 75 % of two values due are two; both came, a second beside their instants."""
    sampling = Sampling(1800, "w01018", "water")
    for at in ((1, 1799), (1801, 3599), (0, 1800), (1799, 3599)):
        values = [Value(second * S_US, 1.0, "N") for second in at]
        assert hour_mean(values, 0, sampling).n_valid == 2
