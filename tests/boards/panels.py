"""The generated boards as Grafana reads them: panels with their queries, variables with their options, the range of time."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from schemas.times import SHANGHAI
from tests.boards.expand import ALL, Span, Variable, expand, interval_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import psycopg

FOLDER = Path(__file__).resolve().parents[2] / "grafana" / "dashboards"
MONITOR = "monitor"
_TABLE = "table"
_CELL_PX, _GRID = 160, 24  # of a 4K screen
_LEAST = timedelta(minutes=1)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
#: What Grafana takes instead of a range where a variable is not asked for on each change of it.
_PLAIN = timedelta(hours=6)


class Panel(NamedTuple):
    """One panel of one board, as it stands in the file."""

    board: Mapping[str, Any]
    said: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Where people find it, for the test's id."""
        return f"{self.board['uid']} · {self.said.get('title') or self.said.get('type')}#{self.said.get('id')}"

    @property
    def queries(self) -> list[Query]:
        """What it asks PostgreSQL."""
        return [
            Query(self, target.get("refId", "A"), target["rawSql"], target.get("format") or _TABLE)
            for target in self.said.get("targets", ())
            if uid(target) in {MONITOR, None} and uid(self.said) != "prometheus" and target.get("rawSql")
        ]


class Query(NamedTuple):
    """One query of a panel; *form* is table or time_series."""

    panel: Panel
    ref: str
    text: str
    form: str


class Answer(NamedTuple):
    """Columns with the numbers of their types, and rows."""

    columns: list[str]
    types: list[int]
    rows: list[tuple[Any, ...]]


def uid(said: Mapping[str, Any]) -> str | None:
    """Return the uid of the data source of a panel or target; None where it has none of its own."""
    source = said.get("datasource")
    return source.get("uid") if isinstance(source, dict) else source


def boards() -> list[dict[str, Any]]:
    """Return the boards, by the name of their files."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("**/*.json"))]


def panels() -> list[Panel]:
    """Return all panels of all boards that show something; those within rows too."""
    return [Panel(board, one) for board in boards() for one in _within(board.get("panels", ())) if one["type"] != "row"]


def _within(found: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for one in found:
        yield one
        yield from _within(one.get("panels", ()))


def variables(board: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the template variables of *board*, in the order in which Grafana asks for them."""
    return list(board.get("templating", {}).get("list", ()))


def query_of(variable: Mapping[str, Any]) -> str:
    """Return the query of a variable; it stands as text, or within an object."""
    query = variable.get("query") or variable.get("definition") or ""
    return query if isinstance(query, str) else str(query.get("rawSql") or query.get("query"))


def chosen(
    db: psycopg.Connection, board: Mapping[str, Any], now: datetime, *, timescaledb: bool
) -> dict[str, Variable]:
    """Return the variables of *board* as they are when it is opened for the first time: All, or the first there is."""
    found: dict[str, Variable] = {}
    for one in variables(board):
        options = _options(db, one, found, now, timescaledb=timescaledb)
        includes_all, several = bool(one.get("includeAll")), bool(one.get("multi"))
        first = ALL if includes_all else next(iter(options), "")
        text = "All" if includes_all else options.get(first, "")
        found[one["name"]] = Variable(
            one["name"],
            (first,) if several else first,
            several,
            includes_all,
            one.get("allValue") or "",
            tuple(options),
            text,
        )
    return found


def _options(
    db: psycopg.Connection, one: Mapping[str, Any], before: Mapping[str, Variable], now: datetime, *, timescaledb: bool
) -> dict[str, str]:
    match one["type"]:
        case "query":
            span = Span(now - _PLAIN, now, _LEAST)
            return options_of(ask(db, expand(query_of(one), before, span, timescaledb=timescaledb)))
        case "custom" | "interval":
            pairs = [part.strip().split(" : ") for part in query_of(one).split(",")]
            return {pair[-1].strip(): pair[0].strip() for pair in pairs}
        case "textbox" | "constant":
            return {query_of(one): query_of(one)}
        case _:
            return {}


def options_of(answer: Answer) -> dict[str, str]:
    """Return value → text of a variable's query: columns __value and __text, else all that it gave."""
    if "__value" in answer.columns:
        value, text = answer.columns.index("__value"), answer.columns.index("__text")
        return {str(row[value]): str(row[text]) for row in answer.rows}
    return {str(cell): str(cell) for row in answer.rows for cell in row if cell is not None}


def ask(db: psycopg.Connection, query: str) -> Answer:
    """Run *query* as Grafana does: as it stands, nothing bound."""
    cursor = db.execute(query.encode())
    columns = cursor.description or []
    return Answer([one.name for one in columns], [one.type_code for one in columns], cursor.fetchall())


def span_of(panel: Panel, now: datetime, length: timedelta | None = None) -> Span:
    """Return the range of *panel* as its board opens, or of *length* where somebody chose that."""
    since, until = _instant(panel.board["time"]["from"], now), _instant(panel.board["time"]["to"], now)
    if length is not None:
        since, until = now - length, now
    elif own := panel.said.get("timeFrom"):
        since, until = _instant(own if own.startswith("now") else f"now-{own}", now), now
    points = panel.said.get("maxDataPoints") or panel.said.get("gridPos", {}).get("w", _GRID) * _CELL_PX
    least = panel.said.get("interval") or ""
    return Span(since, until, interval_of(since, until, int(points), _length(least) if least else _LEAST))


def _instant(said: str, now: datetime) -> datetime:
    """Return the instant of words such as now-7d or now/d (days of Shanghai)."""
    found = re.fullmatch(r"now(?:([+-])(\d+[smhdwMy]))?(?:/([dwMy]))?", said)
    if found is None:
        raise ValueError(f"no time: {said}")
    at = now
    if found[2]:
        at = at + _length(found[2]) if found[1] == "+" else at - _length(found[2])
    if found[3]:
        at = at.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
        at -= {"d": timedelta(), "w": timedelta(days=at.weekday())}.get(found[3], timedelta(days=at.day - 1))
        at = at.replace(month=1) if found[3] == "y" else at
    return at


def _length(said: str) -> timedelta:
    count, unit = int(said.lstrip(">")[:-1]), said[-1]
    days = {"M": 30, "y": 365}.get(unit)
    return timedelta(days=days * count) if days else timedelta(**{_UNITS[unit]: count})


def sql_of(query: Query, chosen_by: Mapping[str, Variable], span: Span, *, timescaledb: bool) -> str:
    """Return what PostgreSQL gets of *query*."""
    return expand(query.text, chosen_by, span, timescaledb=timescaledb)
