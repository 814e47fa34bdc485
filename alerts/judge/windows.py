"""Hour, day and month values against the legal limits that bind them: the limit family of rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING

import msgspec

from alerts.judge.rules import RULES_VERSION
from alerts.judge.verdict import Judged, Said, end_of, judge_limit
from schemas.catalog.enums import Basis, Outcome
from schemas.catalog.limits import fits_water, grade, in_force, stack_limit
from schemas.records import Limit, Mean, Verdict
from schemas.times import day_of

if TYPE_CHECKING:
    from alerts.judge.facts import Facts
    from alerts.judge.rules import Rule
    from alerts.judge.subjects import Subject

Wanted = Mapping["Subject", Iterable[datetime]]
#: Subject and window start of windows in which nothing binds.
Void = list[tuple["Subject", datetime]]
_PH = "w01001"
_RANGE_LIMIT = "HJ212-2017.T"


async def judge(rules: Mapping[str, Rule], wanted: Wanted, facts: Facts) -> tuple[list[Verdict], Void]:
    """Return the verdicts on the wanted windows, and the windows in which no limit is in force."""
    hours = await facts.hours(_keys(wanted, Basis.HOUR))
    days = await facts.days((point, day_of(start)) for point, start in _keys(wanted, Basis.DAY))
    verdicts: list[Verdict] = []
    void: Void = []
    for subject, starts in wanted.items():
        rule = rules[subject.rule]
        for start in sorted(starts):
            means: Mapping[int, Mean] = {
                point: mean
                for point in _points(subject)
                if (
                    mean := hours.get((point, start))
                    if subject.basis == Basis.HOUR
                    else days.get((point, day_of(start)))
                )
            }
            verdict = _judge(rule, subject, start, means)
            if verdict is None:
                void.append((subject, start))
            else:
                verdicts.append(verdict)
    return verdicts, void


def _points(subject: Subject) -> tuple[int, ...]:
    return tuple(filter(None, (subject.point_id, subject.water_temp_id, subject.flow_id, subject.indirect_id)))


def _keys(wanted: Wanted, basis: Basis) -> set[tuple[int, datetime]]:
    return {
        (point, start)
        for subject, starts in wanted.items()
        if subject.basis == basis
        for start in starts
        for point in _points(subject)
    }


def _judge(rule: Rule, subject: Subject, start: datetime, means: Mapping[int, Mean]) -> Verdict | None:
    mean = means.get(subject.point_id)
    if mean is None:
        return None
    judged = Judged(rule=subject.rule, subject=subject.key, point_id=subject.point_id, basis=subject.basis, start=start)
    if subject.rule == "above_range":
        return _above_range(judged, mean)
    temperature, notes = _temperature(subject, means)
    limit = limit_on(rule, subject, day_of(start), temperature)
    if limit is None:
        return None
    # HJ 356: where nothing flows nothing is discharged; an hour's concentration then says nothing (pH and temperature neither).
    flow = means.get(subject.flow_id) if subject.flow_id is not None and subject.basis == Basis.HOUR else None
    if flow is not None and flow.valid and flow.value is not None and flow.value <= 0:
        mean = msgspec.structs.replace(mean, value=None, valid=False, note="零流量，浓度无效")
    said = Said(
        note="；".join(notes),
        share=rule.share,
        band=subject.rule == "boiler_efficiency",
        extra=_other_method(subject, mean, means),
    )
    return judge_limit(judged, mean, limit, said)


def _other_method(subject: Subject, direct: Mean, means: Mapping[int, Mean]) -> dict[str, object]:
    """Return what else there is to say of an efficiency: its grade, and what the indirect method says beside the direct one."""
    if direct.value is None or not direct.valid:
        return {}
    found: dict[str, object] = {}
    if subject.make is not None:
        # The grade its operating value would have: 1 to 3, 0 below the least a boiler of its kind may be designed for.
        make = subject.make
        found["grade"] = grade(
            make.fuel, make.firing, condensing=make.condensing, coal_class=make.coal_class,
            efficiency_pct=direct.value, rated_tph=subject.rated or 0.0,
        )  # fmt: skip
    other = means.get(subject.indirect_id) if subject.indirect_id is not None else None
    if other is not None and other.valid and other.value is not None:
        found |= {"indirect": round(other.value, 2), "methods_differ": round(other.value - direct.value, 2)}
    return found


def _temperature(subject: Subject, means: Mapping[int, Mean]) -> tuple[float | None, list[str]]:
    if subject.water_temp_id is None:
        return None, []
    held = means.get(subject.water_temp_id)
    if held is None or not held.valid or held.value is None:
        return None, ["温度缺失，按严值"]
    return held.value, [f"水温 {held.value:.1f}℃"]


def limit_on(rule: Rule, subject: Subject, day: date, water_temp_c: float | None) -> Limit | None:
    """Return the limit that binds *subject* on *day*: the permit's, else the standard's (shared stack: the strictest)."""
    basis = (rule.limit or rule.basis).value
    on = day.isoformat()
    permits = [
        permit
        for permit in subject.permits
        if permit.basis == basis
        and permit.valid_from <= on <= (permit.valid_to or "9999-12-31")
        and fits_water(permit, water_temp_c)
    ]
    if permits:
        return max(permits, key=lambda permit: permit.valid_from)
    if subject.stack:
        return stack_limit(subject.stack, subject.factor, day)
    return in_force(
        subject.scope,
        subject.factor,
        basis,
        day=day,
        built=subject.built,
        water_temp_c=water_temp_c,
        rated=subject.rated,
    )


def _above_range(judged: Judged, mean: Mean) -> Verdict:
    """Mark T: the true value is at least the range (HJ 212-2017 table 8). An hour without data says nothing."""
    above = "T" in mean.marks
    outcome = Outcome.EXCEEDING if above else Outcome.COMPLIANT if mean.n_received else Outcome.NOT_JUDGEABLE
    return Verdict(
        rule=judged.rule,
        subject=judged.subject,
        point_id=judged.point_id,
        window_start=judged.start,
        window_end=end_of(judged.basis, judged.start),
        outcome=outcome,
        value=mean.value,
        limit_value=None,
        limit_id=_RANGE_LIMIT,
        body={
            "n_valid": mean.n_valid,
            "n_expected": mean.n_expected,
            "marks": mean.marks,
            "note": "超测量上限：真值不低于量程" if above else "",
            "standard": "HJ 212-2017",
            "clause": "表8 数据标记 T",
            "edition": "2017",
            "verified": True,
            "task": 39,
            "rule_version": RULES_VERSION,
            **({"why": "无数据"} if outcome is Outcome.NOT_JUDGEABLE else {}),
        },
    )
