"""How boards are read: panels within rows, ranges of time, options of variables, without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.boards.panels import Answer, Panel, _within, options_of, query_of, span_of

NOW = datetime(2026, 11, 23, 17, 30, tzinfo=UTC)  # half past one of the 24th in Shanghai, a Tuesday


def _panel(since: str, until: str = "now", **said: Any) -> Panel:
    return Panel({"uid": "b", "time": {"from": since, "to": until}}, said)


@pytest.mark.parametrize(
    ("since", "until", "wanted"),
    [
        pytest.param("now-24h", "now", (datetime(2026, 11, 22, 17, 30, tzinfo=UTC), NOW), id="a length"),
        pytest.param("now/d", "now", (datetime(2026, 11, 23, 16, tzinfo=UTC), NOW), id="today, in Shanghai"),
        pytest.param("now-1d/d", "now/d", (datetime(2026, 11, 22, 16, tzinfo=UTC), datetime(2026, 11, 23, 16, tzinfo=UTC)), id="yesterday"),
        pytest.param("now/w", "now", (datetime(2026, 11, 22, 16, tzinfo=UTC), NOW), id="this week, from Monday"),
        pytest.param("now/M", "now", (datetime(2026, 10, 31, 16, tzinfo=UTC), NOW), id="this month"),
        pytest.param("now/y", "now", (datetime(2025, 12, 31, 16, tzinfo=UTC), NOW), id="this year"),
        pytest.param("now-30d", "now+2d", (datetime(2026, 10, 24, 17, 30, tzinfo=UTC), NOW + timedelta(days=2)), id="into the future"),
    ],
)  # fmt: skip
def test_ranges_of_time(since: str, until: str, wanted: tuple[datetime, datetime]) -> None:
    found = span_of(_panel(since, until), NOW)
    assert (found.since, found.until) == wanted


def test_a_panel_may_have_its_own_range_and_least_interval() -> None:
    found = span_of(_panel("now-30d", timeFrom="1h", interval="5m"), NOW)
    assert (NOW - found.since, found.interval) == (timedelta(hours=1), timedelta(minutes=5))


def test_a_panels_own_range_may_begin_with_a_month() -> None:
    assert span_of(_panel("now-24h", timeFrom="now/M"), NOW).since == datetime(2026, 10, 31, 16, tzinfo=UTC)


def test_interval_follows_the_panels_width() -> None:
    assert span_of(_panel("now-30d", gridPos={"w": 24}), NOW).interval == timedelta(minutes=10)
    assert span_of(_panel("now-30d", maxDataPoints=100), NOW).interval == timedelta(hours=6)


def test_no_time_is_refused() -> None:
    with pytest.raises(ValueError, match="no time: yesterday"):
        span_of(_panel("yesterday"), NOW)


def test_panels_within_rows_are_found() -> None:
    row = {"type": "row", "panels": [{"type": "stat", "id": 2}]}
    assert [one.get("id") for one in _within([row, {"type": "text", "id": 3}])] == [None, 2, 3]


def test_only_queries_to_postgresql_count() -> None:
    def target(source: str | None) -> dict[str, Any]:
        return {"rawSql": "SELECT 1", "datasource": {"uid": source} if source else None}

    assert (
        len(_panel("now", targets=[target("monitor"), target(None), target("prometheus"), {"expr": "up"}]).queries) == 2
    )


@pytest.mark.parametrize(
    ("answer", "options"),
    [
        (Answer(["__text", "__value"], [25, 25], [("便江", "bj"), ("马田", "mt")]), {"bj": "便江", "mt": "马田"}),
        (Answer(["a", "b"], [25, 25], [("x", "y"), (None, "z")]), {"x": "x", "y": "y", "z": "z"}),
    ],
)
def test_options_of_a_variable(answer: Answer, options: dict[str, str]) -> None:
    assert options_of(answer) == options


@pytest.mark.parametrize(
    "said", [{"query": "SELECT 1"}, {"query": {"rawSql": "SELECT 1"}}, {"query": {"query": "SELECT 1"}}, {"definition": "SELECT 1"}]
)  # fmt: skip
def test_a_variables_query_stands_in_several_forms(said: dict[str, Any]) -> None:
    assert query_of(said) == "SELECT 1"
