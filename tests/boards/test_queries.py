"""Every query of every board, as Grafana sends it, as Grafana's login, on five weeks of the example county."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from schemas.times import day_of
from tests.boards.expand import Span, expand
from tests.boards.panels import (
    MONITOR,
    Answer,
    Panel,
    Query,
    ask,
    boards,
    chosen,
    options_of,
    panels,
    query_of,
    span_of,
    sql_of,
    uid,
    variables,
)
from tests.boards.plans import raw_reads

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import psycopg

    from tests.boards.expand import Variable

#: Type numbers of PostgreSQL: what Grafana takes for an instant, and what for a number.
_INSTANTS, _NUMBERS, _TEXTS = {1184, 1114}, {20, 21, 23, 700, 701, 1700}, {25, 1043, 18, 19}
_LONG = timedelta(days=35)
#: Panels that have nothing to show in the example county, by a part of their name, and why.
EMPTY: dict[str, str] = {}
_OF_THIS_MONTH = re.compile("本月|'month'")
#: Panels without a number: their kind says so.
_WITHOUT_NUMBERS = {"text", "row", "dashlist", "news", "logs", "annolist"}
#: Their steps must come from a query: what the law or a decision sets is never typed into a board.
_OF_A_LIMIT = re.compile(r"限值|标准|1-A|一级|热效率|预算|总量|传输有效率|达标|折算|浓度|均值")


@pytest.fixture(scope="session")
def by_board(grafana: psycopg.Connection) -> dict[str, dict[str, Variable]]:
    """What is chosen on each board when it opens."""
    now = datetime.now(UTC)
    return {board["uid"]: chosen(grafana, board, now, timescaledb=False) for board in boards()}


def _queries() -> list[Any]:
    found = [query for panel in panels() for query in panel.queries]
    return [pytest.param(query, id=f"{query.panel.name} {query.ref}") for query in found]


def _panels(*, with_queries: bool = False) -> list[Any]:
    return [pytest.param(one, id=one.name) for one in panels() if not with_queries or one.queries]


def _variables() -> list[Any]:
    return [
        pytest.param(board, one, id=f"{board['uid']} ${one['name']}")
        for board in boards()
        for one in variables(board)
        if one["type"] == "query" and uid(one) in {MONITOR, None}
    ]


def _answer(db: psycopg.Connection, query: Query, by_board: Mapping[str, Mapping[str, Variable]]) -> Answer:
    span = span_of(query.panel, datetime.now(UTC))
    return ask(db, sql_of(query, by_board[query.panel.board["uid"]], span, timescaledb=False))


def test_there_are_boards() -> None:
    assert len(boards()) >= 8
    names = [panel.name for panel in panels()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(("board", "variable"), _variables())
def test_variables_have_options(
    grafana: psycopg.Connection,
    by_board: dict[str, dict[str, Variable]],
    board: dict[str, Any],
    variable: dict[str, Any],
) -> None:
    now = datetime.now(UTC)
    span = Span(now - timedelta(hours=6), now, timedelta(minutes=1))
    assert options_of(ask(grafana, expand(query_of(variable), by_board[board["uid"]], span)))


@pytest.mark.parametrize("query", _queries())
def test_a_panel_gets_what_its_kind_needs(
    grafana: psycopg.Connection, by_board: dict[str, dict[str, Variable]], query: Query
) -> None:
    answer = _answer(grafana, query, by_board)
    if query.form == "time_series":
        _assert_series(answer)
    elif query.panel.said["type"] in {"stat", "gauge", "bargauge"}:
        assert _NUMBERS & set(answer.types), answer.columns
    assert len(set(answer.columns)) == len(answer.columns), answer.columns


def _assert_series(answer: Answer) -> None:
    """Hold a series to Grafana's rules: an instant first, numbers, the name in `metric`, in the order of time."""
    assert answer.columns[0] == "time"
    assert answer.types[0] in _INSTANTS | _NUMBERS
    others = list(zip(answer.columns, answer.types, strict=True))[1:]
    assert all(kind in _NUMBERS or (name == "metric" and kind in _TEXTS) for name, kind in others), others
    assert any(kind in _NUMBERS for _, kind in others), others
    times = [row[0] for row in answer.rows]
    assert None not in times
    assert times == sorted(times)
    # Two values of one series at one instant make a line that nobody can read.
    if "metric" in answer.columns:
        at = answer.columns.index("metric")
        seen = [(row[0], row[at]) for row in answer.rows]
        assert len(set(seen)) == len(seen)


@pytest.mark.parametrize("query", _queries())
def test_a_panel_shows_something(
    grafana: psycopg.Connection, by_board: dict[str, dict[str, Variable]], query: Query
) -> None:
    """At least one row, with a value in it, for one of those who can be chosen: not all burn gas, not all exceed."""
    chosen_by, span = by_board[query.panel.board["uid"]], span_of(query.panel, datetime.now(UTC))
    asked = {sql_of(query, one, span, timescaledb=False): None for one in _choices(chosen_by)}
    shows = any(_has_value(ask(grafana, one)) for one in asked)
    if not shows and day_of(datetime.now(UTC)).day == 1 and _OF_THIS_MONTH.search(f"{query.panel.name} {query.text}"):
        pytest.skip("on the first of a month nothing of it has ended yet")
    why = next((why for part, why in EMPTY.items() if part in f"{query.panel.name} {query.ref}"), "")
    assert shows == (not why), why or "nothing to show"


def _choices(chosen_by: Mapping[str, Variable]) -> Iterator[Mapping[str, Variable]]:
    """Yield what is chosen when the board opens, then each option of each variable."""
    yield chosen_by
    for name, one in chosen_by.items():
        for option in one.options:
            yield {**chosen_by, name: one._replace(value=(option,) if one.multi else option)}


def _has_value(answer: Answer) -> bool:
    wanted = [at for at, name in enumerate(answer.columns) if name not in {"time", "metric"}]
    return any(row[at] is not None for row in answer.rows for at in wanted)


@pytest.mark.parametrize("query", _queries())
def test_raw_readings_are_asked_for_a_day_at_most(
    grafana: psycopg.Connection, by_board: dict[str, dict[str, Variable]], query: Query
) -> None:
    """Whatever range somebody chooses: a query's cost must not grow with it. Readings of four days lie there."""
    span = span_of(query.panel, datetime.now(UTC), _LONG)
    raw_reads(grafana, sql_of(query, by_board[query.panel.board["uid"]], span, timescaledb=False)).require_a_day()


@pytest.mark.parametrize("panel", _panels(with_queries=True))
def test_columns_that_overrides_and_transformations_name_are_there(
    grafana: psycopg.Connection, by_board: dict[str, dict[str, Variable]], panel: Panel
) -> None:
    names = {"Time", "Value"}
    for query in panel.queries:
        answer = _answer(grafana, query, by_board)
        names |= set(answer.columns)
        if "metric" in answer.columns:
            names |= {str(row[answer.columns.index("metric")]) for row in answer.rows}
    for transformation in panel.said.get("transformations", ()):
        asked, made = _named(transformation)
        assert asked - names == set(), transformation["id"]
        names |= made
    overrides = panel.said.get("fieldConfig", {}).get("overrides", ())
    asked = {one["matcher"]["options"] for one in overrides if one["matcher"]["id"] == "byName"}
    assert asked - names == set()


def _named(transformation: Mapping[str, Any]) -> tuple[set[str], set[str]]:
    """Return the fields that a transformation asks for, and those it makes."""
    options = transformation.get("options", {})
    match transformation["id"]:
        case "organize":
            asked = {
                *options.get("renameByName", {}),
                *options.get("excludeByName", {}),
                *options.get("indexByName", {}),
            }
            return asked, set(options.get("renameByName", {}).values())
        case "sortBy":
            return {one["field"] for one in options.get("sort", ())}, set()
        case "configFromData":
            return {one["fieldName"] for one in options.get("mappings", ())}, set()
        case "filterFieldsByName":
            return set(options.get("include", {}).get("names", ())), set()
        case _:
            return set(), set()


@pytest.mark.parametrize("panel", _panels(with_queries=True))
def test_limits_from_queries_name_queries_that_are_there(panel: Panel) -> None:
    refs = {query.ref for query in panel.queries}
    for transformation in panel.said.get("transformations", ()):
        if transformation["id"] == "configFromData":
            assert transformation["options"]["configRefId"] in refs


@pytest.mark.parametrize("panel", _panels())
def test_every_number_has_a_unit(
    grafana: psycopg.Connection, by_board: dict[str, dict[str, Variable]], panel: Panel
) -> None:
    config = panel.said.get("fieldConfig", {})
    if panel.said["type"] in _WITHOUT_NUMBERS or config.get("defaults", {}).get("unit"):
        return
    numbers: set[str] = set()
    for query in panel.queries:
        answer = _answer(grafana, query, by_board)
        numbers |= {name for name, kind in zip(answer.columns, answer.types, strict=True) if kind in _NUMBERS}
    with_unit = {
        one["matcher"]["options"]
        for one in config.get("overrides", ())
        if one["matcher"]["id"] == "byName"
        and {"unit", "custom.hidden", "custom.hideFrom"} & {p["id"] for p in one["properties"]}
    }
    assert panel.queries, "a panel of another data source says its unit for all its values"
    assert numbers - with_unit - {"time"} == set()


@pytest.mark.parametrize("panel", _panels())
def test_no_limit_is_typed_into_a_board(panel: Panel) -> None:
    """Where a limit is shown, steps come from a query; what is typed may be a word's colour, as of an outcome, not a number."""
    if not _shows_limit(panel):
        return
    typed = [steps for steps in _steps(panel) if any(step.get("value") is not None for step in steps)]
    assert typed == []


def _shows_limit(panel: Panel) -> bool:
    said = panel.said.get("title", "") + panel.said.get("description", "")
    mapped = panel.said.get("fieldConfig", {}).get("defaults", {}).get("mappings")
    return bool(_OF_A_LIMIT.search(said) or any("limit_value" in query.text for query in panel.queries)) and not mapped


def _steps(panel: Panel) -> Iterator[list[dict[str, Any]]]:
    config = panel.said.get("fieldConfig", {})
    yield config.get("defaults", {}).get("thresholds", {}).get("steps", [])
    for one in config.get("overrides", ()):
        yield from (said["value"].get("steps", []) for said in one["properties"] if said["id"] == "thresholds")


@pytest.mark.parametrize("query", _queries())
def test_with_grafanas_timescaledb_setting_the_answer_has_the_same_form(
    grafana: psycopg.Connection, by_board: dict[str, dict[str, Variable]], query: Query, database_kind: str
) -> None:
    """The setting makes time_bucket of $__timeGroup; without the extension it must stay off."""
    if database_kind != "timescaledb":
        assert "time_bucket" not in query.text
        return
    span = span_of(query.panel, datetime.now(UTC))
    said = by_board[query.panel.board["uid"]]
    bucketed = ask(grafana, sql_of(query, said, span, timescaledb=True))
    plain = ask(grafana, sql_of(query, said, span, timescaledb=False))
    assert bucketed.columns == plain.columns
    if query.form == "time_series":
        _assert_series(bucketed)
