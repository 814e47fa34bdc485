from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from alerts.desk import dials, panels, tables
from alerts.desk.api import find_point, stamp
from alerts.desk.facts import BoilerView, BudgetView, CheckView, IncidentView, Snapshot, Totals
from alerts.desk.keeper import Keeper
from schemas.registry.model import County, Document
from schemas.registry.store import Registry

NOW = datetime(2026, 6, 2, 4, 0, tzinfo=UTC)


def boiler(value: float | None, limit: float | None, *, baseline: float | None = None) -> BoilerView:
    return BoilerView(
        site="锅炉房",
        name="1号",
        fuel="燃煤",
        hour=NOW,
        value=value,
        note="负荷 31% 低于 50%",
        limit=limit,
        baseline=baseline,
        checks=[CheckView(kind="排放检测", passed=True, next_due=date(2026, 5, 20), overdue=True)],
    )


def incident(number: int, level: str = "orange") -> IncidentView:
    return IncidentView(
        id=number,
        level=level,
        rule="污水日均值超标",
        site="<b>厂</b>",
        subject="氨氮",
        began_at=NOW - timedelta(hours=5),
        bureau="永兴分局",
        task=26,
        body={"value": 6.75, "limit": 5.0, "high": 5, "unit": "mg/L", "multiple": 0.35, "standard": "GB 18918-2002"},
    )


@pytest.mark.parametrize(
    ("totals", "balanced"),
    [(Totals(10, 7, 2, 1), True), (Totals(10, 7, 2, 0), False), (Totals(), True)],
)
def test_the_header_says_whether_the_counters_balance(totals: Totals, balanced: bool) -> None:  # noqa: FBT001
    shown = panels.header(Snapshot(county="永兴县", now=NOW, totals=totals), NOW)
    assert ("✓" in shown) is balanced
    assert ("✗" in shown) is not balanced


@pytest.mark.parametrize(
    ("value", "limit", "colour"),
    [(83.0, 80.0, dials.GOOD), (79.0, 80.0, dials.BAD), (None, 80.0, dials.QUIET), (71.0, None, dials.QUIET)],
)
def test_only_a_value_above_its_limit_is_green(value: float | None, limit: float | None, colour: str) -> None:
    assert dials.colour(boiler(value, limit)) == colour


@pytest.mark.parametrize(("value", "share"), [(None, 0.0), (30.0, 0.0), (70.0, 0.5), (100.0, 1.0), (120.0, 1.0)])
def test_a_dial_ends_at_its_ends(value: float | None, share: float) -> None:
    assert dials.share(value) == share


def test_a_boiler_without_a_value_says_why_and_an_old_one_shows_its_baseline() -> None:
    shown = tables.dial_words(boiler(None, 80.0))
    assert "负荷 31% 低于 50%" in shown
    assert "限值 ≥80%" in shown
    assert 'class="due">排放!' in shown
    assert "基准 68.5 +5 → 73.5%" in tables.dial_words(boiler(71.9, None, baseline=68.5))


def test_incident_cards_escape_names_and_name_value_limit_and_task() -> None:
    shown = panels.incidents(Snapshot(county="永兴县", now=NOW, incidents=[incident(1)]), NOW)
    assert "<b>厂</b>" not in shown
    for part in ("&lt;b&gt;厂", "6.75", "限值 5", "超标 0.35 倍", "任务（26）", "GB 18918-2002", "已 5 小时"):
        assert part in shown


@pytest.mark.parametrize(("amount", "cards", "more"), [(5, 5, 0), (6, 6, 0), (10, 10, 0), (14, 10, 4)])
def test_more_incidents_than_the_wall_holds_are_counted(amount: int, cards: int, more: int) -> None:
    found = [incident(number) for number in range(amount)]
    shown = panels.incidents(Snapshot(county="永兴县", now=NOW, incidents=found), NOW)
    assert shown.count('<div class="card ') == cards
    assert (f"另有 {more} 起" in shown) is bool(more)


@pytest.mark.parametrize(
    ("outcome", "kind", "word"),
    [
        ("exceeding", "over", "已超支"),
        ("exceeding", "projected", "预计超支"),
        ("compliant", None, "预算内"),
        ("not_judgeable", None, "数据不足"),
    ],
)
def test_budget_words(outcome: str, kind: str | None, word: str) -> None:
    view = BudgetView(
        site="厂",
        month=date(2026, 6, 1),
        outcome=outcome,
        used=90.0,
        allowed=100.0,
        projected=120.0,
        through="2026-06-20",
        kind=kind,
        why="数据不足",
    )
    assert word in tables.budgets(Snapshot(county="永兴县", now=NOW, budgets=[view]))


def test_the_banner_stands_only_while_the_database_is_away() -> None:
    assert panels.banner(None, NOW) == ""
    assert "数据库失联 since 2026-06-02 11:58:00" in panels.banner(NOW - timedelta(minutes=2), NOW)


def test_a_point_is_found_by_number_and_by_name() -> None:
    document = Document(county=County(name="永兴县", code="431023"), bureaus=[], sites=[])
    registry = Registry(1, document, {("a", "b", "w01018"): 7})
    assert find_point(registry, "7") == find_point(registry, "a.b.w01018") == ("a", "b", "w01018")
    assert find_point(registry, "8") is None
    assert find_point(None, "7") is None
    assert stamp(NOW) == "2026-06-02T12:00:00+08:00"


def test_ready_only_with_a_young_snapshot() -> None:
    keeper = Keeper("postgresql://nowhere")
    assert keeper.why_not_ready(NOW)
    keeper.snapshot = Snapshot(county="永兴县", now=NOW)
    assert keeper.why_not_ready(NOW + timedelta(seconds=9)) is None
    assert keeper.why_not_ready(NOW + timedelta(seconds=11))
