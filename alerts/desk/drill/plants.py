"""Boilers, energy budgets and loads of one site. Pure."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec

from alerts.desk import judgement, words
from alerts.desk.drill import overview, sums
from alerts.desk.drill.outlets import hour_words, why_not
from alerts.desk.drill.overview import OVER, QUIET, UNDER
from alerts.desk.drill.reach import Bound, Reach, bound, link, multiple, reach
from alerts.judge.windows import limit_on
from schemas.catalog.enums import CHECK_ZH, FUEL_ZH, Medium, Outcome
from schemas.catalog.factors import FACTORS
from schemas.catalog.limits import IN_SERVICE, in_force
from schemas.registry.derived import EFFICIENCY, ENERGY_BALANCE, INDIRECT, TCE
from schemas.times import SHANGHAI, day_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from alerts.desk.drill.site_facts import RowOf, SiteFacts
    from alerts.desk.facts import BudgetView
    from alerts.judge.rules import Rule
    from schemas.records import Limit
    from schemas.registry.model import Boiler

_METHOD_ZH = {EFFICIENCY: "正平衡热效率", INDIRECT: "反平衡热效率"}


class CheckLine(msgspec.Struct, frozen=True, kw_only=True):
    """One page of the three-in-one file 三位一体档案."""

    kind: str
    done: date
    passed: bool
    next_due: date
    overdue: bool
    body: str


class BoilerPart(msgspec.Struct, frozen=True, kw_only=True):
    """One boiler: what it is, its efficiency by both methods, its file."""

    name: str
    said: str
    lines: list[Reach]
    checks: list[CheckLine]


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A sum against what is allowed. Amounts in *unit*; *through*: the last day that counts; *crosses*: when it is expected to be reached."""

    name: str
    link: str
    unit: str
    decimals: int
    used: float | None
    allowed: float | None
    projected: float | None
    through: str
    crosses: str
    word: str
    tone: str
    clause: str
    verified: bool
    why: str


def boilers(facts: SiteFacts, rules: Mapping[str, Rule], now: datetime) -> list[BoilerPart]:
    """Return the boilers with their newest valid hour, its band of uncertainty, and why the newest hour has none."""
    today = day_of(now)
    return [
        BoilerPart(
            name=boiler.name,
            said=_said(boiler),
            lines=[_efficiency(facts, boiler, factor, rules, now) for factor in (EFFICIENCY, INDIRECT)]
            + _progress(facts, boiler, today),
            checks=[
                CheckLine(
                    kind=CHECK_ZH[one.kind], done=one.done, passed=one.result == "passed", next_due=one.next_due,
                    overdue=one.next_due < today, body=one.body or "",
                )
                for one in boiler.checks
            ],
        )
        for boiler in facts.site.boilers
    ]  # fmt: skip


def _said(boiler: Boiler) -> str:
    rated = f"{boiler.rated:g} {'MW' if boiler.medium is Medium.HOT_WATER else 't/h'}"
    return f"{FUEL_ZH[boiler.fuel]} · {rated} · {boiler.manufactured.isoformat()} 制造"


def _efficiency(facts: SiteFacts, boiler: Boiler, factor: str, rules: Mapping[str, Rule], now: datetime) -> Reach:
    point = facts.point(boiler.id, factor)
    row = facts.hours.get(point or -1, {})
    at, value = row.get("valid_hour"), row.get("valid_value")
    limit = _limit(facts, boiler, rules, day_of(at or now)) if factor == EFFICIENCY else None
    low, high = row.get("valid_low"), row.get("valid_high")
    band = f"不确定度带 {low:.1f}–{high:.1f}%" if value is not None and low is not None and high is not None else ""
    why = why_not(facts, point or -1, row, now)
    found = reach(
        name=_METHOD_ZH[factor],
        link=link(facts.site.id, boiler.id, factor, "hour"),
        unit="%",
        decimals=FACTORS[factor].decimals,
        value=value,
        limit=limit,
        at=hour_words(at, now),
        why="；".join(part for part in (band, why) if part),
        is_current=at is not None and judgement.is_hour_current(at, now),
    )
    if factor == INDIRECT:
        return msgspec.structs.replace(found, bound=Bound("", "与正平衡对照，不单独判定"))
    # A limit within the band of uncertainty makes a suspicion, no finding.
    floor = limit.low if limit is not None else None
    within = floor is not None and low is not None and high is not None and low <= floor <= high
    if found.tone == OVER and within:
        return msgspec.structs.replace(
            found, by=f"{found.by}，疑似", why=f"{found.why}，限值在带内", tone=overview.AHEAD
        )
    return found


def _limit(facts: SiteFacts, boiler: Boiler, rules: Mapping[str, Rule], day: date) -> Limit | None:
    subject = next((one for one in facts.of("boiler_efficiency") if one.key == f"{facts.site.id}/{boiler.id}"), None)
    rule = rules.get("boiler_efficiency")
    return limit_on(rule, subject, day, None) if subject is not None and rule is not None else None


def _progress(facts: SiteFacts, boiler: Boiler, today: date) -> list[Reach]:
    """Return the line of a boiler in service: its newest month against the baseline of 2015 and 5 points."""
    subject = next((one for one in facts.of("boiler_progress") if one.key == f"{facts.site.id}/{boiler.id}"), None)
    if subject is None or subject.amount is None:
        return []
    row = facts.verdicts.get(("boiler_progress", subject.key))
    day = day_of(row["window_start"]) if row else today
    limit = in_force(IN_SERVICE, EFFICIENCY, "month", day=day, built=boiler.manufactured)
    if limit is None or limit.low is None:
        return []
    body: Mapping[str, Any] = row["body"] if row else {}
    held = bound(limit)
    gain = body["efficiency"] - subject.amount if body.get("efficiency") is not None else None
    target = Bound(
        f"基准 {subject.amount:g} + {limit.low:g} = {subject.amount + limit.low:g} %",
        held.clause if held else "",
        limit.verified,
    )
    tones = {Outcome.EXCEEDING.value: OVER, Outcome.COMPLIANT.value: UNDER}
    return [
        Reach(
            name="月均热效率",
            link=link(facts.site.id, boiler.id, EFFICIENCY, "month"),
            unit="%",
            decimals=1,
            value=body.get("efficiency"),
            at=f"{day:%Y-%m}" if row else "",
            why=str(body.get("why") or "") if row else "尚无整月数据",
            bound=target,
            tone=tones.get(row["outcome"], QUIET) if row else QUIET,
            by="" if gain is None else f"较基准 {gain:+.1f} 个百分点" + (f"（{multiple(gain, limit)}）" if gain < limit.low else ""),
        )
    ]  # fmt: skip


def budgets(facts: SiteFacts, months: Iterable[BudgetView]) -> list[Account]:
    """Return the month's and the year's energy budget. *months*: the snapshot's, which know the day a month's is reached."""
    if not facts.site.budgets:
        return []
    key = f"{facts.site.id}/budget"
    where = link(facts.site.id, ENERGY_BALANCE, TCE, "day")
    month, year = facts.verdicts.get((sums.MONTH, key)), facts.verdicts.get((sums.YEAR, key))
    crosses = next(
        (
            one.crosses.isoformat()
            for one in months
            if one.site_id == facts.site.id and one.crosses is not None and not one.crosses_year and month is not None
        ),
        "",
    )
    return [
        _account("本月用能预算", month, where, "tce", 0, crosses, now=facts.at),
        _account("年度用能预算", year, where, "tce", 0, now=facts.at),
    ]


def loads(facts: SiteFacts) -> list[Account]:
    """Return the year's loads against the permit's."""
    return [
        _account(
            one.title.removeprefix(facts.site.name).strip(),
            facts.verdicts.get(("load_permit", one.key)),
            link(facts.site.id, one.key.split("/")[1], one.factor, "month"),
            "t",
            2,
            now=facts.at,
        )
        for one in facts.of("load_permit")
    ]


def _account(  # noqa: PLR0913 - what a line says
    name: str, row: RowOf | None, where: str, unit: str, decimals: int, crosses: str = "", *, now: datetime
) -> Account:
    body: Mapping[str, Any] = row["body"] if row else {}
    use = overview.use(row, now)
    period = row["window_start"].astimezone(SHANGHAI) if row else None
    clause = " ".join(str(body[part]) for part in ("standard", "clause") if body.get(part))
    edition = f"（{body['edition']} 版）" if body.get("edition") else ""
    return Account(
        name=name,
        link=where,
        unit=str(body.get("unit") or unit),
        decimals=decimals,
        used=judgement.used(body),
        allowed=body.get("allowed"),
        projected=body.get("projected"),
        through=str(body.get("through") or (f"{period:%Y-%m}" if period else "")),
        crosses=str(body.get("passes_on") or crosses),
        word=use.word if use else "尚无判定",
        tone=use.tone if use else QUIET,
        clause=clause + edition if clause else "",
        verified=bool(body.get("verified", True)),
        why=str(body.get("why") or body.get("note") or "") if row else "判定在首个整日之后产生",
    )


def share(account: Account) -> str:
    """Return how much of what is allowed was used, in percent."""
    return (
        overview.percent(account.used / account.allowed)
        if account.used is not None and account.allowed
        else words.NOTHING
    )
