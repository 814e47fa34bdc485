from __future__ import annotations

import pytest

from ingest.derive.means import Sampling, enough, month_mean
from schemas.records import Mean

COD = Sampling(60, "w01018", "water")
SO2 = Sampling(60, "a21026", "gas")


def days(count: int, value: float = 30.0, volume: float | None = 1.0) -> list[tuple[Mean, float | None]]:
    mean = Mean(
        value=value, low=value, high=value, n_valid=20, n_expected=24, valid=True, marks="N", n_received=21, n_late=2,
        n_stopped=1, n_checked=1,
    )  # fmt: skip
    return [(mean, volume)] * count


@pytest.mark.parametrize(
    ("sampling", "in_month", "needed"), [(SO2, 31, 25), (SO2, 30, 25), (SO2, 29, 23), (SO2, 28, 23), (COD, 31, 24),
                                         (COD, 30, 23), (COD, 29, 22), (COD, 28, 21)],
)  # fmt: skip
def test_a_month_needs_25_days_or_75_percent(sampling: Sampling, in_month: int, needed: int) -> None:
    """HJ 75-2017: 25 valid days, February (28 or, in a leap year, 29 days) 23; HJ 356-2019: 75 % of the days."""
    mean = month_mean(days(needed), in_month, sampling, weighted=True)
    assert (mean.value, mean.n_valid, mean.n_expected, mean.valid) == (30.0, needed, in_month, True)
    assert (mean.n_received, mean.n_late, mean.n_stopped, mean.n_checked) == (21 * needed, 2 * needed, needed, needed)
    assert not month_mean(days(needed - 1), in_month, sampling, weighted=True).valid


def test_a_month_is_weighted_with_the_days_volumes() -> None:
    """HJ 356-2019: monthly likewise flow-weighted; days of zero or unknown flow have no weight."""
    some = days(15, 10.0, 300.0) + days(15, 50.0, 100.0)
    assert month_mean(some, 30, COD, weighted=True).value == pytest.approx(20.0)
    assert month_mean(some, 30, SO2, weighted=True).value == pytest.approx(30.0)
    dry = month_mean(days(22) + days(4, 900.0, 0.0) + days(4, 900.0, None), 30, COD, weighted=True)
    assert (dry.value, dry.n_valid, dry.valid) == (30.0, 22, False)
    none = month_mean(days(30, 30.0, 0.0), 30, COD, weighted=True)
    assert (none.value, none.valid, none.note) == (None, False, "无有效数据或流量")


def test_75_percent_is_rounded_up() -> None:
    assert [enough(n) for n in (1, 2, 4, 24, 28, 29, 60)] == [1, 2, 3, 18, 21, 22, 45]
