"""The county's caps 总量控制 (plan task 2) against what is monitored online, from the judge's own verdicts. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.judge.subjects import CAPPED_LOADS, COUNTY
from alerts.reports.cells import UNVERIFIED, column, figure, share, text, words_column
from alerts.reports.paper import Table, Tone
from alerts.reports.sections_energy import budget_outcome
from schemas.catalog.factors import FACTORS
from schemas.registry.derived import TCE

if TYPE_CHECKING:
    from alerts.reports.known import Known
    from alerts.reports.paper import Cell
    from schemas.records import Verdict

_COLUMNS = (
    words_column("指标", 9, en="indicator"), column("年控制量", en="cap"), words_column("单位", 4), column("年累计", en="year to date"),
    column("占控制量", "%"), words_column("判定", 8), words_column("依据", 18), words_column("说明", 14),
)  # fmt: skip
PART = "在线监测部分合计，非全县统计口径 (monitored sources only)"


def cap_verdicts(known: Known) -> list[tuple[str, Verdict]]:
    """Return name → verdict on the year up to the period's end, of energy and the capped pollutants there are."""
    keys = [("energy_cap", f"{COUNTY}/{TCE}", "能源消费总量")]
    keys += [("load_cap", f"{COUNTY}/{factor}", FACTORS[factor].zh) for factor in CAPPED_LOADS]
    return [(name, known.sums[rule, key]) for rule, key, name in keys if (rule, key) in known.sums]


def caps_table(known: Known) -> Table:
    """Return the county's sums of the year up to the period's end against its caps."""
    rows = tuple(_row(name, verdict) for name, verdict in cap_verdicts(known))
    return Table("全县总量控制（年累计）", _COLUMNS, rows, (PART,) if rows else ("没有参与总量统计的在线监测单位",))


def _row(name: str, verdict: Verdict) -> tuple[Cell, ...]:
    body = verdict.body
    used = verdict.value if body.get("n_known") or verdict.value else None
    rate = used / verdict.limit_value if used is not None and verdict.limit_value else None
    where = (
        f"{body.get('standard', '')} {body.get('clause', '')}{'' if body.get('verified', True) else f'，{UNVERIFIED}'}"
    )
    return (
        text(name), figure(verdict.limit_value, 0), text(str(body.get("unit", ""))), figure(used, 3),
        share(rate, tone=Tone.OVER if body.get("kind") == "over" else Tone.PLAIN), budget_outcome(verdict), text(where.strip()),
        text(str(body.get("why") or "")),
    )  # fmt: skip
