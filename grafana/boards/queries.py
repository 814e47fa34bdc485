"""What panels ask: SQL from the files beside this one on the data source "monitor", PromQL on "prometheus", lists to choose from.

SQL files stand in ``sql/`` and hold Grafana's macros and variables as they are; ``<<word>>`` is put in here, when the boards are
built. Every query bounds itself: hours 92 days, days 800, raw readings one day, whatever the page's range.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grafana_foundation_sdk.builders import dashboard as dashboards
from grafana_foundation_sdk.builders import prometheus
from grafana_foundation_sdk.cog import builder, variants
from grafana_foundation_sdk.models.dashboard import DataSourceRef, VariableRefresh, VariableSort

from schemas.catalog.validity import GAS_COUNTED, WATER_COUNTED

if TYPE_CHECKING:
    from typing import Self

MONITOR = DataSourceRef(type_val="grafana-postgresql-datasource", uid="monitor")
PROMETHEUS = DataSourceRef(type_val="prometheus", uid="prometheus")
TABLE, SERIES = "table", "time_series"
_SQL = Path(__file__).with_name("sql")
_WORD = re.compile(r"<<([a-z0-9_ ]+)>>")
_SAFE = re.compile(r"[\w', #]*")
_TZ = "AT TIME ZONE 'Asia/Shanghai'"
_FROM, _TO = "$__timeFrom()::timestamptz", "$__timeTo()::timestamptz"
#: HJ 212-2017 table 8, with ``n``: no time sent, ``e``: estimated, and the small letters of people's marks.
_MARK_ZH = {
    "F": "停运", "M": "维护", "S": "手工输入", "D": "故障", "C": "校准", "T": "超量程", "B": "通讯异常", "n": "无时标",
    "e": "估算", "f": "停运(人工)", "m": "维护(人工)", "d": "故障(人工)", "c": "校准(人工)", "k": "标样核查(人工)",
    "u": "启停(人工)", "v": "有效(人工)",
}  # fmt: skip


def _since(days: int) -> str:
    return f"greatest({_FROM}, {_TO} - interval '{days} days')"


def _hours(days: int) -> str:
    return f"generate_series(date_trunc('hour', {_since(days)}), {_TO}, interval '1 hour')"


def _days(days: int, until: str = f"({_TO} {_TZ})::date") -> str:
    return f"generate_series(({_since(days)} {_TZ})::date, {until}, interval '1 day')"


#: A verdict says nothing of now a while after its window, or after the last day that counts in a sum (as on the desk's wall).
_SPEAKS = (
    f"least(v.window_end, coalesce(((v.body ->> 'through')::date + 1)::timestamp {_TZ}, v.window_end))"
    " + CASE WHEN v.rule IN ('boiler_efficiency', 'air_hour', 'sewage_ph') THEN interval '3 hours' ELSE interval '2 days' END"
)
#: Of a sum of which not a single day is known nothing is known: the judge's sum of nothing is 0.
_USED = "CASE WHEN v.value <> 0 OR (v.body ->> 'n_known')::int > 0 OR (v.body ->> 'n_valid')::int > 0 THEN v.value END"
_DUE = "greatest(0, 24 - coalesce(d.n_stopped + d.n_checked, 0))"
_LENGTH = f"extract(day FROM v.time {_TZ} + interval '1 month' - interval '1 day')"
#: What several queries say alike; schemas/catalog/validity.toml names the factors that count (house reference part II 6).
_SHARED = {
    "hours": _hours(92),
    "hours14": _hours(14),
    "since": f"date_trunc('hour', {_since(92)})",
    "days": _days(800),
    "days92": _days(92),
    "first_day92": f"(({_since(92)} {_TZ})::date::timestamp {_TZ})",
    "days31": _days(31, f"least(({_TO} {_TZ})::date, (now() {_TZ})::date - 1)"),
    "days7": _days(7, f"least(({_TO} {_TZ})::date, (now() {_TZ})::date - 1)"),
    "since7": _since(7),
    "since31": _since(31),
    "day_start": f"(g.day::timestamp {_TZ})",
    "yesterday": f"(now() {_TZ})::date - 1",
    "month_first": f"date_trunc('month', now() {_TZ})::date",
    "this_month": f"date_trunc('month', now() {_TZ}) {_TZ}",
    "range_month": f"date_trunc('month', {_TO} {_TZ})",
    "lasting": "state IN ('open', 'unknown', 'recovering') AND settled_at IS NULL",
    # A suspicion 疑似 is no finding, nor is what a sum is expected to be.
    "outcome_now": f"CASE WHEN v.outcome IS NULL THEN 'not_judgeable' WHEN now() > {_SPEAKS} THEN 'stale'"
    " WHEN v.outcome = 'exceeding' AND (v.body ->> 'suspected')::bool THEN 'suspected'"
    " WHEN v.outcome = 'exceeding' AND v.body ->> 'kind' IN ('projected', 'warn', 'notice') THEN 'ahead' ELSE v.outcome END",
    "speaking_value": f"CASE WHEN now() <= {_SPEAKS} THEN v.value END",
    "speaking_sum": f"CASE WHEN now() <= {_SPEAKS} THEN {_USED} END",
    "used": _USED,
    # Days too few to project from are said to be so; what they would give is not shown.
    "projected": "CASE WHEN v.body ->> 'why' IS NULL THEN (v.body ->> 'projected')::float8 END",
    "crosses_on": f"CASE WHEN v.body ->> 'why' IS NULL AND v.body ->> 'kind' = 'projected' THEN"
    f" greatest((v.time {_TZ})::date + floor(v.limit_value / nullif((v.body ->> 'projected')::float8 / {_LENGTH}, 0))::int,"
    " (v.body ->> 'through')::date + 1)::text END",
    # A dial ends a quarter beyond its limit; its colour is the verdict's, not Grafana's reckoning.
    "dial": 'v.limit_value AS "限值", 1.25 * v.limit_value AS "满度"',
    "due_hours": _DUE,
    "sent_hours": f"coalesce(least(d.n_received, {_DUE}), 0)",
    "valid_hours": f"coalesce(least(d.n_valid, d.n_received, {_DUE}), 0)",
    "rated": ", ".join(f"'{factor}'" for factor in sorted(WATER_COUNTED | GAS_COUNTED)),
    "tce_point": "SELECT p.point_id FROM screen.point p WHERE p.site_id = ${unit:sqlstring} AND p.factor = 'yx_e_tce'",
    "mark_words": "CASE m.mark {} ELSE '其他' END".format(
        " ".join(f"WHEN '{mark}' THEN '{words}'" for mark, words in _MARK_ZH.items())
    ),
}


@cache
def _text(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8").rstrip()


def sql_text(file: str, **words: str) -> str:
    """Return the SQL of *file* with *words* put in. Raises KeyError on an unknown word, ValueError on one that could break out."""
    unsafe = [word for word in words.values() if not _SAFE.fullmatch(word)]
    if unsafe:
        raise ValueError(f"not fit for a query: {unsafe}")
    known = _SHARED | words
    return _WORD.sub(lambda match: known[match[1]], _text(file))


class SqlQuery(variants.Dataquery):
    """One query on PostgreSQL; the SDK has no type for it and reads it back as it is."""

    def __init__(self, sql: str, form: str, ref: str) -> None:
        self.sql, self.form, self.ref = sql, form, ref

    def to_json(self) -> dict[str, object]:
        """Return the query as Grafana's code editor keeps it."""
        return {
            "datasource": MONITOR.to_json(),
            "editorMode": "code",
            "format": self.form,
            "rawQuery": True,
            "rawSql": self.sql,
            "refId": self.ref,
        }


class Sql(builder.Builder[variants.Dataquery]):
    """Builds the query *file* of ``sql/``, as table or (with a column "time", a "metric" or none) as series."""

    def __init__(self, file: str, form: str = TABLE, ref: str = "A", **words: str) -> None:
        self._query = SqlQuery(sql_text(file, **words), form, ref)

    def build(self) -> variants.Dataquery:
        """Return the query."""
        return self._query

    @property
    def source(self) -> str:
        """The views it reads, for the panel's description."""
        return ", ".join(sorted(set(re.findall(r"screen\.[a-z]+", self._query.sql))))


class Prom(builder.Builder[variants.Dataquery]):
    """Builds one PromQL query, named *legend* in the panel."""

    def __init__(self, expr: str, legend: str, ref: str = "A") -> None:
        self._expr = expr
        made = prometheus.Dataquery().expr(expr).range().legend_format(legend).ref_id(ref)
        self._query = made.datasource(PROMETHEUS).build()

    def now(self) -> Self:
        """Ask for the newest value only."""
        self._query.instant, self._query.range_val = True, False
        return self

    def build(self) -> variants.Dataquery:
        """Return the query."""
        return self._query

    @property
    def source(self) -> str:
        """Where it comes from, for the panel's description."""
        return "/metrics (Prometheus)"


Query = Sql | Prom


def data_source(query: Query) -> DataSourceRef:
    """Return the data source of *query*."""
    return MONITOR if isinstance(query, Sql) else PROMETHEUS


def choice(name: str, label: str, query: str) -> dashboards.QueryVariable:
    """Return a variable whose values the SQL *query* lists when the board opens; the first stands until another is chosen."""
    made = dashboards.QueryVariable(name).label(label).datasource(MONITOR).query(sql_text(query))
    made = made.refresh(VariableRefresh.ON_DASHBOARD_LOAD).sort(VariableSort.DISABLED)
    return made.multi(multi=False).include_all(include_all=False)


def of_a_dial(ref: str = "B") -> dict[str, Any]:
    """Return options of "config from query results": query *ref* says the limit, the end of the scale and the verdict's colour."""
    said = {"限值": "threshold1", "满度": "max", "颜色": "color"}
    mappings = [{"fieldName": field, "handlerKey": handler} for field, handler in said.items()]
    return {"configRefId": ref, "mappings": mappings}
