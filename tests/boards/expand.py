"""What Grafana 11.6 makes of a query before PostgreSQL sees it: first the page puts in variables, then the server macros.

The rules are those of Grafana's documentation (PostgreSQL data source: macros; variable syntax: advanced formatting options),
checked against the behaviour of its code: a macro's arguments end at the first closing bracket, a variable that can hold
several values is quoted, one that cannot is not. What Grafana would leave standing, or refuse, is an error here, by name.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ALL = "$__all"
_VARIABLE = re.compile(r"\$(\w+)|\[\[(\w+?)(?::(\w+))?\]\]|\$\{(\w+)(?:\.([^:}]+))?(?::([^}]+))?\}")
_MACRO = re.compile(r"\$([_a-zA-Z0-9]+)\(([^)]*)\)")
_UNITS = {
    "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0, "M": 2629746.0, "y": 31556952.0,
}  # fmt: skip
_FILLS = {"NULL", "previous"}
#: Seconds between two points that Grafana allows itself: each up to half way (as it reckons that) to the next.
_STEPS_S = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 604800)
_DAY_S, _DAY_UP_TO_S = 43_200, 86_400


class ExpansionError(Exception):
    """Grafana would not understand this query, or not as it was meant."""


class Variable(NamedTuple):
    """A template variable with what is chosen; *options* are what "All" stands for unless *all_value* says it."""

    name: str
    value: str | tuple[str, ...]
    multi: bool = False
    include_all: bool = False
    all_value: str = ""
    options: tuple[str, ...] = ()
    text: str = ""


class Span(NamedTuple):
    """The page's time range, and how far apart a panel's points stand."""

    since: datetime
    until: datetime
    interval: timedelta


def expand(query: str, variables: Mapping[str, Variable], span: Span, *, timescaledb: bool = False) -> str:
    """Return the SQL that PostgreSQL gets. *timescaledb*: the data source's setting of that name.

    Raises:
        ExpansionError: a macro, variable or format that Grafana does not know; the sentence names it.

    """
    return macros(interpolate(query, variables, span), span, timescaledb=timescaledb)


def interpolate(query: str, variables: Mapping[str, Variable], span: Span) -> str:
    """Return *query* with its variables put in, its macros left."""
    found = _globals(span) | dict(variables)

    def put(match: re.Match[str]) -> str:
        name = match[1] or match[2] or match[4]
        # A macro is the server's.
        if match[1] and query[match.end() : match.end() + 1] == "(":
            return match[0]
        if match[5]:
            raise ExpansionError(f"a field of a variable: {match[0]}")
        if name not in found:
            raise ExpansionError(f"unknown variable {match[0]}")
        return _formatted(found[name], match[3] or match[6] or "")

    return _VARIABLE.sub(put, query)


def _formatted(variable: Variable, form: str) -> str:
    value: str | Sequence[str] = variable.value
    if value in (ALL, (ALL,)):
        # A value of one's own for "All" goes in as it is, whatever the format.
        if variable.all_value and form != "text":
            return variable.all_value
        value = variable.options
    if form.startswith("date"):
        return _date(str(value), form)
    if form == "text":
        return variable.text or (value if isinstance(value, str) else " + ".join(value))
    if form:
        if form not in _FORMATS:
            raise ExpansionError(f"unknown format :{form} of ${variable.name}")
        return _FORMATS[form]([value] if isinstance(value, str) else value)
    if isinstance(value, str):
        return _literal(value) if variable.multi or variable.include_all else value.replace("'", "''")
    return ",".join(_literal(one) for one in value)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _each(left: str, escaped: str) -> Callable[[Sequence[str]], str]:
    return lambda values: ",".join(left + one.replace(left, escaped) + left for one in values)


_FORMATS: dict[str, Callable[[Sequence[str]], str]] = {
    "raw": ",".join,
    "csv": ",".join,
    "pipe": "|".join,
    "sqlstring": _each("'", "''"),
    "singlequote": _each("'", "\\'"),
    "doublequote": _each('"', '\\"'),
    "json": lambda values: json.dumps(values[0] if len(values) == 1 else list(values), ensure_ascii=False),
}


def _globals(span: Span) -> dict[str, Variable]:
    seconds = (span.until - span.since).total_seconds()
    said = {
        "__from": str(_ms(span.since)),
        "__to": str(_ms(span.until)),
        "__interval": interval_text(span.interval),
        "__interval_ms": str(round(span.interval.total_seconds() * 1000)),
        "__range": f"{round(seconds)}s",
        "__range_s": str(round(seconds)),
        "__range_ms": str(round(seconds * 1000)),
        "__timezone": "browser",
    }
    return {name: Variable(name, value) for name, value in said.items()}


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _date(value: str, form: str) -> str:
    at = datetime.fromtimestamp(int(value) / 1000, UTC)
    match form:
        case "date" | "date:iso":
            return _rfc3339(at)
        case "date:seconds":
            return str(int(value) // 1000)
        case _:
            raise ExpansionError(f"unknown format :{form} of a time")


def _rfc3339(at: datetime) -> str:
    """As Go writes it: no zeros behind the last digit of the fraction."""
    fraction = f"{at.microsecond:06d}".rstrip("0")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S") + (f".{fraction}" if fraction else "") + "Z"


def interval_text(interval: timedelta) -> str:
    """Return *interval* in the largest unit it fills, whole (90 s are 1m)."""
    seconds = interval.total_seconds()
    for unit in ("d", "h", "m", "s"):
        if seconds >= _UNITS[unit]:
            return f"{int(seconds // _UNITS[unit])}{unit}"
    return f"{round(seconds * 1000)}ms"


def interval_of(since: datetime, until: datetime, points: int, least: timedelta) -> timedelta:
    """Return how far apart Grafana wants a panel's points: the range over its width in *points*, rounded, *least* at least."""
    wanted = (until - since).total_seconds() / points
    found = _STEPS_S[-1]
    for step, following in pairwise(_STEPS_S):
        up_to = _DAY_UP_TO_S if step == _DAY_S else following if step > _DAY_S else (step + following) / 2
        if wanted < up_to:
            found = step
            break
    return max(timedelta(seconds=found), least)


def macros(query: str, span: Span, *, timescaledb: bool = False) -> str:
    """Return *query* with its macros replaced, as the server does."""
    query = query.replace("$__unixEpochFrom()", str(int(span.since.timestamp())))
    query = query.replace("$__unixEpochTo()", str(int(span.until.timestamp())))

    def put(match: re.Match[str]) -> str:
        name, said = match[1], [one.strip(" ") for one in match[2].split(",")]
        if "(" in match[2]:
            raise ExpansionError(f"brackets within ${name}(…: its arguments end at the first closing one")
        # The old way to write it, which gives the column its name.
        if name == "__timeGroup" and query[match.end() : match.end() + 1] == ",":
            name = "__timeGroupAlias"
        if name.removesuffix("Alias") in {"__timeGroup", "__unixEpochGroup"}:
            group = _group(name, said, timescaledb=timescaledb)
            return f'{group} AS "time"' if name.endswith("Alias") else group
        if name not in _MACROS:
            raise ExpansionError(f"unknown macro ${name}")
        return _MACROS[name](said[0], span)

    return _MACRO.sub(put, query)


_MACROS: dict[str, Callable[[str, Span], str]] = {
    "__time": lambda column, _: f'{column} AS "time"',
    "__timeEpoch": lambda column, _: f'extract(epoch from {column}) as "time"',
    "__timeFrom": lambda _, span: f"'{_rfc3339(span.since)}'",
    "__timeTo": lambda _, span: f"'{_rfc3339(span.until)}'",
    "__timeFilter": lambda column, span: f"{column} BETWEEN '{_rfc3339(span.since)}' AND '{_rfc3339(span.until)}'",
    "__unixEpochFilter": lambda column, span: (
        f"{column} >= {int(span.since.timestamp())} AND {column} <= {int(span.until.timestamp())}"
    ),
}


def _group(name: str, said: Sequence[str], *, timescaledb: bool) -> str:
    seconds = _group_s(name, said)
    whole = f"{seconds:.6f}".rstrip("0").rstrip(".")
    if name.startswith("__unix"):
        return f"floor(({said[0]})/{whole})*{whole}"
    if timescaledb:
        return f"time_bucket('{seconds:.3f}s',{said[0]})"
    return f"floor(extract(epoch from {said[0]})/{whole})*{whole}"


def _group_s(name: str, said: Sequence[str]) -> float:
    if len(said) < 2:
        raise ExpansionError(f"${name} needs a time column and an interval")
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|[smhdwMy])", said[1].strip("'"))
    if found is None:
        raise ExpansionError(f"${name}: no interval: {said[1]}")
    if len(said) > 2 and said[2] not in _FILLS and not re.fullmatch(r"-?\d+(\.\d+)?", said[2]):
        raise ExpansionError(f"${name}: no way to fill gaps: {said[2]}")
    return float(found[1]) * _UNITS[found[2]]
