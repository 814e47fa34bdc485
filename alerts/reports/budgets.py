"""用能预算执行表: each unit's month and year against its budget, with projection, its method and the day it is passed; the county's cap.

Pure. The figures are those of the judge's verdicts as they are on the morning after the period's last day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.judge.budget import budget_in_force
from alerts.reports.caps import PART
from alerts.reports.cells import DASH, column, figure, share, text, words_column
from alerts.reports.energy import BASIS_ZH
from alerts.reports.known import versions
from alerts.reports.paper import COUNTY, Kind, Paper, Table, Tone
from alerts.reports.rates import running_note
from alerts.reports.sections_energy import budget_outcome
from schemas.catalog.enums import ElectricityBasis
from schemas.registry.derived import TCE

if TYPE_CHECKING:
    from alerts.reports.known import Known
    from alerts.reports.paper import Cell
    from schemas.records import Verdict
    from schemas.registry.model import Site

_AMOUNT = 2
_COLUMNS = (
    words_column("单位", 14, en="unit"), words_column("乡镇", 6), words_column("电力口径", 5, en="basis"),
    column("年度预算", "tce", en="budget"), column("当月份额", "tce"), column("当月用能", "tce"), column("月执行率", "%"),
    words_column("月判定", 8), column("年累计", "tce"), column("计划进度", "tce", en="plan to date"), column("年执行率", "%"),
    column("比计划", "%", en="over plan"), column("推算全年", "tce", en="projected"), column("超预算概率", "%"),
    words_column("超过日期", 7, en="passed on"), words_column("年判定", 8), column("有效天", width=4), words_column("说明", 16),
)  # fmt: skip
_NOTES = (
    "预算与实际用能使用同一电力口径（当量值 0.1229 kgce/kWh，或等价值），不得混用",
    "判定档次：年执行率≥80%或超计划进度5%蓝色，≥90%或超10%黄色，推算超100%橙色，已超100%红色（本系统约定，无国家统一数值）",
    "红色只依据确定的用能；标记 e 的分摊估算计入累计。不足31天或有数据天数不足90%不作推算，示为“—”",
    "超过日期：按近期日均，累计用能超过年度预算的第一天",
)


def budgets_paper(known: Known) -> Paper:
    """Return the county's budgets as they stand at the end of the period."""
    county = known.registry.document.county
    rows = tuple(_row(known, site) for site in known.registry.document.sites if site.budgets)
    methods = dict.fromkeys(
        str(one.body["method"])
        for (rule, _), one in sorted(known.sums.items())
        if rule == "energy_year" and "method" in one.body
    )
    return Paper(
        kind=Kind.BUDGETS, scope=COUNTY, scope_name=county.name, period=known.span.text, first=known.span.first,
        last=known.span.last, title=f"{county.name}用能预算执行表",
        tables=(Table("重点用能单位", _COLUMNS, rows, () if rows else ("注册表没有用能预算",)), _county(known)),
        notes=(*_NOTES, *(f"推算方法：{one}" for one in methods), *running_note(known)), versions=versions(known, None),
    )  # fmt: skip


def _row(known: Known, site: Site) -> tuple[Cell, ...]:
    month = known.sums.get(("energy_budget", f"{site.id}/budget"))
    year = known.sums.get(("energy_year", f"{site.id}/budget"))
    budget = budget_in_force(site.budgets, known.span.last)
    basis = BASIS_ZH[budget.electricity] if budget else ""
    return (
        text(site.name), text(site.town), text(basis), figure(budget.annual_tce if budget else None, _AMOUNT),
        *_month_cells(month), *_year_cells(year),
    )  # fmt: skip


def _month_cells(verdict: Verdict | None) -> tuple[Cell, ...]:
    if verdict is None:
        return (DASH, DASH, DASH, text("未判定", tone=Tone.DOUBTFUL))
    used = used_of(verdict)
    rate = used / verdict.limit_value if used is not None and verdict.limit_value else None
    return figure(verdict.limit_value, _AMOUNT), figure(used, _AMOUNT), share(rate), budget_outcome(verdict)


def _year_cells(verdict: Verdict | None) -> tuple[Cell, ...]:
    if verdict is None:
        return (*(DASH,) * 7, text("未判定", tone=Tone.DOUBTFUL), DASH, text("没有生效的用能预算"))
    body, used = verdict.body, used_of(verdict)
    known = used is not None
    return (
        figure(used, _AMOUNT), figure(_float(body, "plan_to_date"), _AMOUNT), share(_float(body, "use_rate") if known else None),
        share(_float(body, "over_plan") if known else None), figure(_float(body, "projected"), _AMOUNT), share(_float(body, "probability")),
        text(str(body.get("passes_on") or "")), budget_outcome(verdict), text(f"{body.get('n_valid', 0)}/{body.get('n_expected', 0)}"),
        text("；".join(str(body[name]) for name in ("why", "note") if body.get(name))),
    )  # fmt: skip


def used_of(verdict: Verdict) -> float | None:
    """Return what was used; None where not a single day is known (the judge's sum of nothing is 0)."""
    return verdict.value if verdict.value or verdict.body.get("n_known") or verdict.body.get("n_valid") else None


def _float(body: dict[str, object], name: str) -> float | None:
    value = body.get(name)
    return float(value) if isinstance(value, int | float) else None


def _county(known: Known) -> Table:
    columns = (
        words_column("范围", 12), column("总量控制", "tce/a", en="cap"), column("年累计", "tce"), column("计划进度", "tce"),
        column("执行率", "%"), column("推算全年", "tce"), column("超限概率", "%"), words_column("超过日期", 7), words_column("判定", 8),
        words_column("说明", 16),
    )  # fmt: skip
    verdict = known.sums.get(("energy_cap", f"{COUNTY}/{TCE}"))
    if verdict is None:
        return Table("全县能源消费总量控制", columns, (), ("没有总量控制目标，或没有参与统计的单位",))
    body, used = verdict.body, used_of(verdict)
    row = (
        text(f"{known.registry.document.county.name}（在线监测部分）"), figure(verdict.limit_value, 0), figure(used, _AMOUNT),
        figure(_float(body, "plan_to_date"), _AMOUNT), share(_float(body, "use_rate") if used is not None else None),
        figure(_float(body, "projected"), _AMOUNT), share(_float(body, "probability")), text(str(body.get("passes_on") or "")),
        budget_outcome(verdict), text(str(body.get("why") or body.get("note") or "")),
    )  # fmt: skip
    where = f"依据：{body.get('standard')} {body.get('clause')}"
    bases = {
        one.electricity
        for site in known.registry.document.sites
        if (one := budget_in_force(site.budgets, known.span.last))
    }
    mixed = ("各单位电力口径不一，合计仅供参考",) if len(bases | _default(known)) > 1 else ()
    return Table("全县能源消费总量控制", columns, (row,), (where, PART, *mixed))


def _default(known: Known) -> set[ElectricityBasis]:
    """Return the basis of those that have meters and no budget: the calorific value."""
    return {
        ElectricityBasis.CALORIFIC
        for site in known.registry.document.sites
        if budget_in_force(site.budgets, known.span.last) is None and known.point(site.id, "energy", TCE) is not None
    }
