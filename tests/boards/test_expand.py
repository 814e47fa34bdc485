"""What Grafana makes of queries: a table of its documented macros, variables and formats."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.boards.expand import ALL, ExpansionError, Span, Variable, expand, interval_of, interval_text

SINCE, UNTIL = datetime(2026, 11, 22, 16, tzinfo=UTC), datetime(2026, 11, 23, 15, 59, 59, 500_000, tzinfo=UTC)
SPAN = Span(SINCE, UNTIL, timedelta(minutes=5))
VARIABLES = {
    one.name: one
    for one in (
        Variable("site", "bj-wwtp", text="便江污水厂"),
        Variable("quoted", "O'Hara"),
        Variable("outlets", ("DW001", "DW'2"), multi=True),
        Variable("one", ("DW001",), multi=True),
        Variable("chosen", "DW001", include_all=True),
        Variable("town", ALL, include_all=True, options=("便江街道", "马田镇")),
        Variable("every", (ALL,), multi=True, include_all=True, options=("a", "b")),
        Variable("any", ALL, include_all=True, all_value=".*", options=("a", "b")),
        Variable("empty", (), multi=True),
    )
}


@pytest.mark.parametrize(
    ("query", "sql"),
    [
        pytest.param("$__time(ts)", 'ts AS "time"', id="time names the column"),
        pytest.param("$__timeEpoch(ts)", 'extract(epoch from ts) as "time"', id="epoch"),
        pytest.param(
            "$__timeFilter(r.ts)", "r.ts BETWEEN '2026-11-22T16:00:00Z' AND '2026-11-23T15:59:59.5Z'", id="filter, both ends in"
        ),
        pytest.param("ts > $__timeFrom()", "ts > '2026-11-22T16:00:00Z'", id="from"),
        pytest.param("ts < $__timeTo()", "ts < '2026-11-23T15:59:59.5Z'", id="to"),
        pytest.param("$__timeGroup(ts,'5m')", "floor(extract(epoch from ts)/300)*300", id="group"),
        pytest.param("$__timeGroup(ts,5m)", "floor(extract(epoch from ts)/300)*300", id="group without quotes"),
        pytest.param("$__timeGroup(ts, '1h', NULL)", "floor(extract(epoch from ts)/3600)*3600", id="group, gaps filled"),
        pytest.param("$__timeGroup(ts,'1h'), 1", 'floor(extract(epoch from ts)/3600)*3600 AS "time", 1', id="group before a comma"),
        pytest.param("$__timeGroupAlias(ts,'1d')", 'floor(extract(epoch from ts)/86400)*86400 AS "time"', id="group with a name"),
        pytest.param("$__timeGroup(ts,$__interval)", "floor(extract(epoch from ts)/300)*300", id="group by the panel's interval"),
        pytest.param("$__unixEpochFilter(s)", "s >= 1795363200 AND s <= 1795449599", id="filter on seconds"),
        pytest.param("$__unixEpochGroup(s,'1m')", "floor((s)/60)*60", id="group of seconds"),
        pytest.param("$__unixEpochFrom() $__unixEpochTo()", "1795363200 1795449599", id="seconds"),
        pytest.param("$__interval $__interval_ms", "5m 300000", id="the panel's interval"),
        pytest.param("$__from ${__to}", "1795363200000 1795449599500", id="range in milliseconds"),
        pytest.param("${__from:date:seconds}", "1795363200", id="range in seconds"),
        pytest.param("'${__to:date:iso}'", "'2026-11-23T15:59:59.5Z'", id="range as text"),
        pytest.param("$__range_s", "86400", id="length of the range"),
        pytest.param("'$site' '${site}' '[[site]]'", "'bj-wwtp' 'bj-wwtp' 'bj-wwtp'", id="a single value is not quoted"),
        pytest.param("'$quoted'", "'O''Hara'", id="but its quotes are doubled"),
        pytest.param("IN ($outlets)", "IN ('DW001','DW''2')", id="several values are quoted"),
        pytest.param("IN ($one)", "IN ('DW001')", id="one of several is quoted"),
        pytest.param("= $chosen", "= 'DW001'", id="what may be all is quoted"),
        pytest.param("IN ($town)", "IN ('便江街道','马田镇')", id="all stands for its options"),
        pytest.param("IN ($every)", "IN ('a','b')", id="all as a list"),
        pytest.param("~ '$any' ${any:sqlstring}", "~ '.*' .*", id="all with a value of its own goes in as it is"),
        pytest.param("IN ($empty)", "IN ()", id="nothing chosen"),
        pytest.param("${outlets:csv}|${outlets:raw}|${outlets:pipe}", "DW001,DW'2|DW001,DW'2|DW001|DW'2", id="bare lists"),
        pytest.param("${outlets:sqlstring}", "'DW001','DW''2'", id="as SQL"),
        pytest.param("${outlets:singlequote}", "'DW001','DW\\'2'", id="in single quotes"),
        pytest.param("${outlets:doublequote}", '"DW001","DW\'2"', id="in double quotes"),
        pytest.param("${site:sqlstring} ${site:raw} [[site:csv]]", "'bj-wwtp' bj-wwtp bj-wwtp", id="formats of one value"),
        pytest.param("${outlets:json}", '["DW001", "DW\'2"]', id="as JSON"),
        pytest.param("${site:text} ${town:text}", "便江污水厂 便江街道 + 马田镇", id="as people read it"),
    ],
)  # fmt: skip
def test_a_query_becomes_this_sql(query: str, sql: str) -> None:
    assert expand(query, VARIABLES, SPAN) == sql


def test_with_timescaledb_groups_are_buckets() -> None:
    assert expand("$__timeGroupAlias(ts,'5m')", {}, SPAN, timescaledb=True) == "time_bucket('300.000s',ts) AS \"time\""


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        pytest.param("$nowhere", r"unknown variable \$nowhere", id="a variable nobody declares"),
        pytest.param("${nowhere:csv}", r"unknown variable \$\{nowhere:csv\}", id="also with a format"),
        pytest.param("$__timeFliter(ts)", r"unknown macro \$__timeFliter", id="a macro spelt wrong"),
        pytest.param("$site(ts)", r"unknown macro \$site", id="a variable before a bracket is taken for a macro"),
        pytest.param("${site:shell}", "unknown format :shell", id="a format"),
        pytest.param("${site.text}", "a field of a variable", id="a field"),
        pytest.param("$__timeGroup(ts)", "needs a time column and an interval", id="no interval"),
        pytest.param("$__timeGroup(ts,'often')", "no interval: 'often'", id="no interval either"),
        pytest.param("$__timeGroup(ts,'1m',zero)", "no way to fill gaps: zero", id="no way to fill"),
        pytest.param("$__timeFilter(date(ts))", "brackets within", id="brackets in brackets end the arguments early"),
    ],
)
def test_what_grafana_does_not_understand_is_named(query: str, sentence: str) -> None:
    with pytest.raises(ExpansionError, match=sentence):
        expand(query, VARIABLES, SPAN)


@pytest.mark.parametrize(
    ("range_s", "points", "least_s", "interval"),
    [
        (3600, 1000, 1, "5s"),
        (86_400, 1000, 1, "1m"),
        (86_400, 1000, 600, "10m"),
        (35 * 86_400, 1000, 1, "1h"),
        (400 * 86_400, 1000, 1, "12h"),
        (400 * 86_400, 100, 1, "1d"),
        (400 * 86_400, 40, 1, "7d"),
    ],
)
def test_interval_follows_range_and_width(range_s: int, points: int, least_s: int, interval: str) -> None:
    found = interval_of(SINCE, SINCE + timedelta(seconds=range_s), points, timedelta(seconds=least_s))
    assert interval_text(found) == interval
