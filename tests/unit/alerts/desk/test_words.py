from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from alerts.desk import words


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [
        (None, 2, "—"),
        (0.0, 1, "0.0"),
        (0.3125, 3, "0.312"),
        (50.45, 1, "50.4"),
        (1234567.8, 0, "1,234,568"),
        (-1.5, 0, "-2"),
    ],
)
def test_numbers_carry_their_factors_decimals_rounded_half_to_even(
    value: float | None, decimals: int, shown: str
) -> None:
    assert words.number(value, decimals) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (None, "无数据"),
        (-5, "0 秒前"),
        (119, "119 秒前"),
        (120, "2 分钟前"),
        (7199, "119 分钟前"),
        (7200, "2 小时前"),
        (172_799, "47 小时前"),
        (172_800, "2 天前"),
    ],
)
def test_ages(seconds: float | None, shown: str) -> None:
    assert words.age(seconds) == shown


def test_times_are_beijings() -> None:
    instant = datetime(2026, 6, 1, 16, 30, 5, tzinfo=UTC)
    assert words.clock(instant) == "2026-06-02 00:30:05"
    assert words.minute(instant) == "06-02 00:30"
    assert words.month_day(date(2026, 6, 1)) == "06-01"
    assert words.month_day(None) == "—"


def test_names_cannot_bring_markup_to_the_page() -> None:
    assert words.safe('<img src=x onerror="x">') == "&lt;img src=x onerror=&quot;x&quot;&gt;"
