from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.reports.due import AGAIN_OLD, DAYS_BACK, FIRST_DAYS, RETRY, Known, Why, due, due_at, items
from alerts.reports.paper import DAILY, MONTHLY, Kind
from schemas.times import SHANGHAI

#: Noon of a day in Beijing, in the middle of a month.
NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)
TODAY = date(2026, 11, 20)
LONG_AGO = date(2020, 1, 1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def beijing(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def everything(at: datetime, **fields: Any) -> Known:
    """Everything that is looked back at was made and looked at at *at*."""
    keys = [(item.kind, item.period) for item in items(NOW)]
    known: dict[str, Any] = {"made": dict.fromkeys(keys, at), "looked": dict.fromkeys(keys, at), "first_day": LONG_AGO}
    return Known(**(known | fields))


def periods(known: Known, now: datetime = NOW, kind: Kind = Kind.DAY) -> list[str]:
    return [item.period for _, item in due(now, known) if item.kind is kind]


def test_the_papers_of_a_day_are_due_at_half_past_one_of_the_next() -> None:
    known = everything(NOW)
    assert "2026-11-20" not in periods(known, beijing("2026-11-21T01:29"))
    assert "2026-11-20" in periods(known, beijing("2026-11-21T01:30"))


def test_the_papers_of_a_month_are_due_at_two_on_the_first() -> None:
    first_made = dict.fromkeys((*DAILY, *MONTHLY), date(2026, 6, 1))
    made = {(kind, f"2026-{month:02d}"): NOW for kind in MONTHLY for month in (8, 9, 10)}
    known = Known(made=made, looked=made, first_day=LONG_AGO, first_made=first_made)
    assert "2026-11" not in periods(known, beijing("2026-12-01T01:59"), Kind.MONTH)
    assert {kind for kind in MONTHLY if periods(known, beijing("2026-12-01T02:00"), kind)[:1] == ["2026-11"]} == set(
        MONTHLY
    )


def test_the_first_start_makes_a_week_and_the_last_month_and_no_more() -> None:
    known = Known(first_day=LONG_AGO)
    days = [f"2026-11-{day}" for day in range(19, 19 - FIRST_DAYS, -1)]
    assert periods(known) == days
    assert periods(known, kind=Kind.MONTH) == periods(known, kind=Kind.PUBLICITY) == ["2026-10"]


def test_nothing_is_made_of_days_before_there_were_values_nor_without_any() -> None:
    assert periods(Known(first_day=date(2026, 11, 18))) == ["2026-11-19", "2026-11-18"]
    assert periods(Known(first_day=date(2026, 11, 18)), kind=Kind.MONTH) == []
    assert due(NOW, Known()) == []


def test_a_service_that_was_down_for_ten_days_catches_up() -> None:
    made = {(Kind.DAY, f"2026-11-{day:02d}"): NOW for day in range(1, 10)}
    known = Known(made=made, looked=made, first_day=LONG_AGO, first_made={Kind.DAY: date(2026, 11, 1)})
    assert periods(known) == [f"2026-11-{day}" for day in range(19, 9, -1)]


def test_what_somebody_had_made_before_the_month_was_over_is_made_again_at_its_end() -> None:
    made = {(Kind.BUDGETS, "2026-10"): beijing("2026-10-20T09:00")}
    assert periods(Known(made=made, first_day=LONG_AGO), kind=Kind.BUDGETS) == ["2026-10"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, []),
        ({"changed": {date(2026, 11, 5): NOW}}, ["2026-11-05"]),
        ({"changed": {date(2026, 11, 5): NOW - 2 * HOUR}}, []),
        ({"changed": {date(2026, 9, 1): NOW}}, []),
    ],
    ids=["nothing", "a day whose facts came later", "facts that were there already", "a day too far back"],
)
def test_a_day_whose_facts_changed_since_is_made_again(fields: dict[str, Any], expected: list[str]) -> None:
    known = everything(NOW - HOUR / 2, **fields)
    assert [item.period for why, item in due(NOW, known) if why is Why.CHANGED and item.kind is Kind.DAY] == expected


def test_a_day_that_changed_makes_its_month_anew_as_well() -> None:
    known = everything(NOW - HOUR / 2, changed={date(2026, 10, 5): NOW})
    assert {item.kind for why, item in due(NOW, known) if why is Why.CHANGED and item.period == "2026-10"} == set(
        MONTHLY
    )


def test_another_registry_makes_all_anew() -> None:
    found = due(NOW, everything(NOW - HOUR / 2, registry_at=NOW))
    assert len(found) == DAYS_BACK * len(DAILY) + 3 * len(MONTHLY)
    assert {why for why, _ in found} == {Why.CHANGED}


def test_what_is_young_is_compared_every_hour_and_what_is_old_every_day() -> None:
    assert periods(everything(NOW - HOUR)) == ["2026-11-19", "2026-11-18", "2026-11-17"]
    assert len(periods(everything(NOW - AGAIN_OLD))) == DAYS_BACK


def test_what_failed_is_left_alone_for_an_hour_unless_its_facts_change() -> None:
    looked = {(Kind.DAY, "2026-11-19"): NOW - RETRY / 2}
    assert "2026-11-19" not in periods(Known(looked=looked, first_day=LONG_AGO))
    assert "2026-11-19" in periods(Known(looked=looked, first_day=LONG_AGO), NOW + RETRY)
    assert "2026-11-19" in periods(Known(looked=looked, first_day=LONG_AGO, changed={date(2026, 11, 19): NOW}))


def test_what_was_made_by_a_clock_that_ran_ahead_is_compared_and_what_failed_then_is_tried_again() -> None:
    ahead = NOW + 365 * DAY
    known = everything(ahead)
    assert {why for why, _ in due(NOW, known)} == {Why.COMPARE}
    looked = {(item.kind, item.period): NOW - RETRY / 2 for item in items(NOW)}
    assert due(NOW, Known(made=known.made, looked=looked, first_day=LONG_AGO)) == []
    failed = Known(looked={(Kind.DAY, "2026-11-19"): ahead}, first_day=LONG_AGO)
    assert "2026-11-19" in periods(failed)


def test_what_is_missing_comes_first_then_what_changed_then_what_was_compared_longest_ago() -> None:
    known = everything(NOW - 2 * AGAIN_OLD, changed={date(2026, 11, 5): NOW})
    made = {key: at for key, at in known.made.items() if key != (Kind.DAY, "2026-11-15")}
    looked = {**known.looked, (Kind.DAY, "2026-11-10"): NOW - 3 * AGAIN_OLD, (Kind.DAY, "2026-11-05"): NOW - HOUR / 2}
    made[Kind.DAY, "2026-11-10"] = NOW - 3 * AGAIN_OLD
    found = due(NOW, Known(made=made, looked=looked, changed=known.changed, first_day=LONG_AGO))
    told = {"2026-11-15", "2026-11-05", "2026-11-10"}
    assert [(why, item.period) for why, item in found if item.period in told] == [
        (Why.MISSING, "2026-11-15"),
        (Why.CHANGED, "2026-11-05"),
        (Why.COMPARE, "2026-11-10"),
    ]


@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31)),  # noqa: DTZ001 - made aware below
    st.dates(date(2024, 12, 1), date(2027, 12, 31)),
)
def test_nothing_is_ever_made_before_its_time_or_twice_in_a_run(at: datetime, first_day: date) -> None:
    now = at.replace(tzinfo=UTC)
    found = [item for _, item in due(now, Known(first_day=first_day))]
    assert len(found) == len(set(found))
    assert all(due_at(item) <= now and item.last >= first_day for item in found)


@given(st.integers(0, 60 * 24 * 40))
def test_whenever_it_is_looked_every_day_that_is_over_is_missing_until_it_is_made(minutes: int) -> None:
    now = NOW + timedelta(minutes=minutes)
    known = everything(NOW, first_made={Kind.DAY: date(2026, 1, 1)})
    missing = [item.last for why, item in due(now, known) if why is Why.MISSING and item.kind is Kind.DAY]
    today = now.astimezone(SHANGHAI)
    last = today.date() - (DAY if today.strftime("%H:%M") >= "01:30" else 2 * DAY)
    expected = [last - n * DAY for n in range((last - TODAY).days + 1)]
    assert missing == [day for day in expected if day >= today.date() - DAYS_BACK * DAY]
