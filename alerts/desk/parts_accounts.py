"""Accounts of a snapshot: budgets, the county's caps, its 传输有效率, its standard coal. What a verdict says is never reckoned anew. Pure."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from alerts.desk import judgement
from alerts.desk.facts import NOT_JUDGEABLE, BudgetView, CapView, CountyEnergy, RateView
from alerts.judge.subjects import CAPPED_LOADS, COUNTY
from schemas.catalog.enums import Outcome
from schemas.catalog.factors import FACTORS
from schemas.catalog.limits import in_force
from schemas.registry.derived import TCE, load_factor
from schemas.times import day_of, month_start

if TYPE_CHECKING:
    from alerts.desk.parts_facts import Facts, Row
    from alerts.judge.subjects import Subject

_NO_VERDICT = "尚无判定"
_NO_SOURCE = "无在线监测源"
#: The caps hang on no day of building.
_NO_DAY = date.min
_TCE_NAME = "能源消费总量"


def budgets(facts: Facts) -> list[BudgetView]:
    """Return each budgeted site's newest month verdict, and when month or year is expected to pass its budget."""
    names = {site.id: site.name for site in facts.frame.registry.document.sites}
    return [
        _budget(facts, subject, names[subject.site_id])
        for subject in facts.frame.accounts
        if subject.rule == "energy_budget"
    ]


def _budget(facts: Facts, subject: Subject, name: str) -> BudgetView:
    row = facts.accounts.get(("energy_budget", subject.key))
    if row is None:
        return BudgetView(
            site=name, site_id=subject.site_id, month=month_start(facts.frame.today), outcome=NOT_JUDGEABLE, used=None,
            allowed=None, projected=None, through=None, kind=None, why=f"本月{_NO_VERDICT}",
        )  # fmt: skip
    body, old = row["body"], _old(facts, row)
    month = day_of(row["window_start"])
    # Days too few to project from are said to be so; what they would give is not shown.
    projected = None if old or body.get("why") else body.get("projected")
    crosses = None
    if projected is not None and body.get("kind") == "projected":
        through = date.fromisoformat(body["through"])
        crosses = judgement.month_crosses(month, projected=projected, allowed=body["allowed"], through=through)
    year = None if crosses else _passes_on(facts, facts.accounts.get(("energy_year", subject.key)))
    return BudgetView(
        site=name,
        site_id=subject.site_id,
        month=month,
        outcome=NOT_JUDGEABLE if old else row["outcome"],
        used=judgement.used(body),
        allowed=body.get("allowed"),
        projected=projected,
        through=body.get("through"),
        kind=None if old else body.get("kind"),
        why=old or body.get("why") or "",
        crosses=crosses or year,
        crosses_year=year is not None,
    )


def caps(facts: Facts) -> list[CapView]:
    """Return the county's caps: standard coal where the registry sets one, then the four loads of the plan (task 2)."""
    county, today = facts.frame.registry.document.county, facts.frame.today
    keys = {subject.key for subject in facts.frame.accounts if subject.rule in {"energy_cap", "load_cap"}}
    found = []
    if county.energy_cap_tce is not None:
        found.append(_cap(facts, "energy_cap", TCE, _TCE_NAME, ("tce", county.energy_cap_tce), keys))
    for factor in CAPPED_LOADS:
        limit = in_force(COUNTY, load_factor(factor), "year", day=today, built=_NO_DAY)
        if limit is not None:
            found.append(_cap(facts, "load_cap", factor, FACTORS[factor].zh, (limit.unit, limit.high), keys))
    return found


def _cap(facts: Facts, rule: str, factor: str, name: str, allowed: tuple[str, float | None], keys: set[str]) -> CapView:
    key = f"{COUNTY}/{factor}"
    row = facts.accounts.get((rule, key))
    if row is None or key not in keys:
        return CapView(
            factor=factor, name=name, unit=allowed[0], outcome=NOT_JUDGEABLE, used=None, allowed=allowed[1],
            why=_NO_VERDICT if key in keys else _NO_SOURCE,
        )  # fmt: skip
    body, old = row["body"], _old(facts, row)
    return CapView(
        factor=factor,
        name=name,
        unit=body.get("unit", allowed[0]),
        outcome=NOT_JUDGEABLE if old else row["outcome"],
        used=judgement.used(body),
        allowed=body.get("allowed", allowed[1]),
        projected=None if old else body.get("projected"),
        crosses=_passes_on(facts, row),
        through=_day(body.get("through")),
        why=old or body.get("why") or "",
        kind=None if old else body.get("kind"),
        note=body.get("part") or "",
    )


def rate(facts: Facts) -> RateView | None:
    """Return valid hours of hours due over all outlets and stacks in the newest month judged; None where none was.

    A month is judged when it has ended: the share of one that lasts is nobody's yet.
    """
    keys = [subject.key for subject in facts.frame.accounts if subject.rule == "data_rate"]
    rows = [row for key in keys if (row := facts.accounts.get(("data_rate", key)))]
    if not rows:
        return None
    newest = max(row["window_start"] for row in rows)
    found = [row for row in rows if row["window_start"] == newest]
    # Of the 补全 figure, which is the one that is judged.
    due, valid = (sum(row["body"].get(name, 0) for row in found) for name in ("n_expected", "n_valid"))
    return RateView(
        month=day_of(newest),
        rate=valid / due if due else None,
        outlets=len(found),
        below=sum(row["outcome"] == Outcome.EXCEEDING for row in found),
    )


def energy(facts: Facts) -> CountyEnergy:
    """Return the county's month so far."""
    cap = facts.frame.registry.document.county.energy_cap_tce
    return CountyEnergy(
        used=facts.month["total"],
        days=facts.month["days"],
        through=facts.month["through"],
        cap=cap / 12 if cap else None,
    )


def _old(facts: Facts, row: Row) -> str:
    """Return why the verdict *row* is no truth of now; empty where it is."""
    if judgement.is_current(row, facts.now):
        return ""
    return f"判定截至 {row['body'].get('through') or day_of(row['window_end'])}，此后尚无判定"


def _passes_on(facts: Facts, row: Row | None) -> date | None:
    """Return the day on which a year's amount is expected to be passed, as a verdict that speaks of now says."""
    return None if row is None or _old(facts, row) else _day(row["body"].get("passes_on"))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
