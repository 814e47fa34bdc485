from __future__ import annotations

from datetime import date

import pytest

from alerts.desk.drill import devices, reach
from alerts.desk.drill.overview import OVER, QUIET, UNDER
from schemas.records import Limit


def limit(low: float | None, high: float | None, *, unit: str = "mg/L", verified: bool = True) -> Limit:
    return Limit(
        id="x", scope="s", factor="f", basis="day", unit=unit, decimals=1, standard="GB 18918-2002", clause="表1",
        edition="2002", task=26, source="tests", verified=verified, valid_from="2003-07-01", low=low, high=high,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("value", "bound", "tone", "by", "why"),
    [
        (6.5, limit(None, 5), OVER, "超标 0.30 倍", "above an upper limit by its multiple"),
        (5.04, limit(None, 5), UNDER, "为限值的 101%", "rounded as the limit is written it is not above"),
        (3.1, limit(None, 5), UNDER, "为限值的 62%", "below: the share that was used"),
        (78.0, limit(80, None), OVER, "低 2.5%", "below a lower limit by its shortfall"),
        (83.0, limit(80, None), UNDER, "", "above a lower limit there is nothing to count"),
        (9.6, limit(6, 9), OVER, "超标 0.07 倍", "above a band"),
        (5.4, limit(6, 9), OVER, "低 10.0%", "below a band"),
        (None, limit(None, 5), QUIET, "", "without a value nothing is compliant"),
        (3.1, None, QUIET, "", "without a limit nothing is compliant"),
    ],
)
def test_a_value_against_its_limit(value: float | None, bound: Limit | None, tone: str, by: str, why: str) -> None:
    found = reach.reach(name="氨氮", link="/", unit="mg/L", decimals=2, value=value, limit=bound)
    assert (found.tone, found.by) == (tone, by), why


@pytest.mark.parametrize(
    ("one", "text"),
    [
        (limit(None, 5), "≤ 5 mg/L"),
        (limit(80, None, unit="%"), "≥ 80 %"),
        (limit(6, 9, unit="无量纲"), "6–9"),
    ],
)
def test_a_limit_says_its_numbers_clause_and_edition(one: Limit, text: str) -> None:
    assert reach.bound(one) == reach.Bound(text, "GB 18918-2002 表1（2002 版）", verified=True)


def test_a_limit_whose_text_was_not_read_says_so() -> None:
    found = reach.bound(limit(None, 5, verified=False))
    assert found is not None
    assert not found.verified


@pytest.mark.parametrize(("day", "said"), [(None, ""), (date(2026, 6, 14), "06-14"), (date(2025, 6, 14), "2025-06-14")])
def test_a_day_of_another_year_stands_with_it(day: date | None, said: str) -> None:
    assert reach.day_words(day, date(2026, 6, 15)) == said


def test_a_link_is_safe_in_an_address() -> None:
    assert reach.link("a/b", "energy", "yx_e_tce", "day") == "/desk/point/a%2Fb/energy/yx_e_tce?basis=day"


@pytest.mark.parametrize(
    ("lag_s", "said"),
    [(0.4, "一致"), (-0.9, "一致"), (3.0, "滞后 3 秒"), (-200.0, "超前 3 分钟"), (102585.2, "滞后 28 小时")],
)
def test_how_far_a_clock_is_off(lag_s: float, said: str) -> None:
    assert devices.lag_words(lag_s) == said


def test_bytes_are_shown_as_text_where_they_are_and_what_was_cut_is_said() -> None:
    assert devices.shown_bytes("二号".encode()) == "二号"
    assert "ff 00" in devices.shown_bytes(b"\xff\x00")
    assert devices.shown_bytes(b"a" * 5000).endswith("a\n… 另有 904 字节")


@pytest.mark.parametrize(
    ("mark", "said"), [(None, "—"), ("N", "N 正常"), ("n", "n 正常（接收时间）"), ("C", "C 校准"), ("?", "?")]
)
def test_a_mark_says_what_it_means(mark: str | None, said: str) -> None:
    assert devices.mark_words(mark) == said
