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


@pytest.mark.parametrize(
    ("seconds", "shown"), [(None, "无数据"), (0, "2 分钟内"), (119, "2 分钟内"), (120, "2 分钟前"), (7200, "2 小时前")]
)
def test_ages_on_the_wall_change_by_the_minute(seconds: float | None, shown: str) -> None:
    assert words.ago(seconds) == shown


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [
        (None, 0, "—"),
        (9_999_999.0, 0, "9,999,999"),
        (63_387_354.0, 0, "6,338.7 万"),
        (-63_387_354.0, 1, "-6,338.7 万"),
        (123_456_789.0, 0, "1.235 亿"),
        (31.94, 1, "31.9"),
    ],
)
def test_large_amounts_stand_in_ten_thousands_and_hundred_millions(
    value: float | None, decimals: int, shown: str
) -> None:
    assert words.big(value, decimals) == shown


@pytest.mark.parametrize(("share", "shown"), [(None, "—"), (0.9871, "98.7%"), (1.0, "100.0%"), (0.0, "0.0%")])
def test_shares_stand_as_per_cent(share: float | None, shown: str) -> None:
    assert words.percent(share) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "不到 2 分钟"), (119, "不到 2 分钟"), (120, "已 2 分钟"), (10_800, "已 3 小时")]
)
def test_how_long_something_lasts_changes_by_the_minute(seconds: float, shown: str) -> None:
    assert words.lasted(seconds) == shown


def test_times_are_beijings() -> None:
    instant = datetime(2026, 6, 1, 16, 30, 5, tzinfo=UTC)
    assert words.clock(instant) == "2026-06-02 00:30:05"
    assert words.minute(instant) == "06-02 00:30"
    assert words.hour_minute(instant) == "00:30"
    assert words.time_of_day(instant) == "00:30:05"
    assert words.long_day(instant) == "2026-06-02 星期二"
    assert words.month_day(date(2026, 6, 1)) == "06-01"
    assert words.month_day(None) == "—"


def test_names_cannot_bring_markup_to_the_page() -> None:
    assert words.safe('<img src=x onerror="x">') == "&lt;img src=x onerror=&quot;x&quot;&gt;"
