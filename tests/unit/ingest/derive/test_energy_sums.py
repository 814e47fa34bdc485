from __future__ import annotations

import pytest

from ingest.derive.energy import Part, month, standard_coal
from schemas.records import Mean

SHARED = "估算: 缺数期间按时间分摊"
RESET = "表计示数下降(复位或换表)，该步未计"


def mean(value: float | None, *, valid: bool = True, marks: str = "N", note: str = "") -> Mean:
    return Mean(value=value, low=None, high=None, n_valid=1, n_expected=1, valid=valid, marks=marks, note=note)


ESTIMATED = mean(5.0, valid=False, marks="Ne", note=SHARED)
FALLEN = mean(5.0, valid=False, marks="Ne", note=f"{RESET}；{SHARED}")
NOTHING = mean(None, valid=False, marks="", note="无数据")


def test_standard_coal_of_the_worked_example() -> None:
    # House reference 5.1: 1 000 000 kWh + 500 000 m3 + 3000 t raw coal = 122.9 + 665.0 + 2142.9 = 2930.8 tce.
    parts = {
        "kwh": Part(mean(1e6), 0.1229e-3),
        "gas": Part(mean(5e5), 1.33e-3),
        "coal": Part(mean(3000.0), 0.7143, 1),
    }
    tce = standard_coal(parts)
    assert tce.value == pytest.approx(2930.8)
    assert (tce.n_valid, tce.n_expected, tce.valid, tce.marks, tce.note) == (3, 3, True, "", "")


def test_what_was_sold_is_taken_off() -> None:
    # GB/T 2589-2020: purchased + drawn from stock − sold; nothing is counted twice.
    assert standard_coal({"coal": Part(mean(100.0), 0.7143), "heat": Part(mean(500.0), 0.03412, -1)}).value == (
        pytest.approx(71.43 - 17.06)
    )


@pytest.mark.parametrize(
    ("part", "known", "n_valid", "marks", "note"),
    [
        (NOTHING, 10.0, 1, "", "数据不全: gas(无数据)"),
        (mean(5.0, valid=False), 15.0, 1, "", "数据不全: gas"),
        (ESTIMATED, 15.0, 2, "e", f"{SHARED}: gas"),
        (FALLEN, 15.0, 1, "e", f"数据不全: gas({RESET}；{SHARED})"),
    ],
)
def test_one_flawed_part_makes_the_sum_invalid_and_is_named(
    part: Mean, known: float, n_valid: int, marks: str, note: str
) -> None:
    tce = standard_coal({"kwh": Part(mean(10.0), 1.0), "gas": Part(part, 1.0)})
    assert (tce.value, tce.n_valid, tce.n_expected, tce.valid) == (known, n_valid, 2, False)
    assert (tce.marks, tce.note) == (marks, note)


def test_of_nothing_nothing_is_said() -> None:
    assert (standard_coal({}).value, standard_coal({}).valid) == (None, False)
    assert standard_coal({"kwh": Part(NOTHING, 1.0)}).value is None


GOOD = mean(5.0)


@pytest.mark.parametrize(
    ("days", "value", "n_valid", "valid", "note"),
    [
        ([GOOD] * 4, 20.0, 4, True, ""),
        ([GOOD, ESTIMATED, ESTIMATED, GOOD], 20.0, 2, True, "估算 2 天"),
        ([ESTIMATED, GOOD, GOOD, GOOD], 20.0, 3, False, "估算 1 天；缺数跨月，按时间分摊"),
        ([GOOD, GOOD, GOOD, ESTIMATED], 20.0, 3, False, "估算 1 天；缺数跨月，按时间分摊"),
        ([GOOD, GOOD, GOOD], 15.0, 3, False, "缺数或无效 1 天"),
        ([GOOD, FALLEN, ESTIMATED, GOOD], 20.0, 2, False, "估算 1 天；缺数或无效 1 天"),
        ([GOOD, NOTHING, GOOD, GOOD], 15.0, 3, False, "缺数或无效 1 天"),
        ([NOTHING] * 4, None, 0, False, "缺数或无效 4 天"),
        ([], None, 0, False, "缺数或无效 4 天"),
    ],
)
def test_a_month_is_the_sum_of_its_days(
    days: list[Mean], value: float | None, n_valid: int, *, valid: bool, note: str
) -> None:
    total = month(days, 4)
    assert (total.value, total.n_valid, total.n_expected, total.valid) == (value, n_valid, 4, valid)
    assert total.note == note
    assert total.marks == "".join(sorted({mark for day in days for mark in day.marks}))


def test_a_month_has_no_more_days_than_it_has() -> None:
    with pytest.raises(ValueError, match="29 rows for 28 days"):
        month([GOOD] * 29, 28)
