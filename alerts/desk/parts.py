"""Parts of a snapshot from the rows of the database: incidents, outlets, boilers. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.desk import judgement
from alerts.desk.facts import BoilerView, CellView, CheckView, IncidentView, OutletView
from alerts.judge.subjects import DAY_FACTORS, WATER_TEMPERATURE
from alerts.judge.windows import limit_on
from schemas.catalog.enums import CHECK_ZH, FUEL_ZH, Level, Medium
from schemas.catalog.factors import FACTORS
from schemas.catalog.limits import boiler_scope, in_force, tonnes_per_hour
from schemas.registry.derived import EFFICIENCY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alerts.desk.parts_facts import Facts
    from alerts.judge.rules import Rule
    from schemas.registry.model import Boiler, Outlet, Site


def incidents(facts: Facts, rules: Mapping[str, Rule]) -> list[IncidentView]:
    """Return the open incidents, gravest first, then newest first."""
    document = facts.frame.registry.document
    # What is nobody's is the county's; what the registry has forgotten is called as it was.
    names = {"": document.county.name} | {site.id: site.name for site in document.sites}
    bureaus = {bureau.id: bureau.name for bureau in document.bureaus}
    found = []
    for row in facts.incidents:
        body = row["body"]
        rule = rules.get(row["rule"])
        site = names.get(row["site_id"]) or str(row["site_id"])
        title = facts.frame.titles.get((row["rule"], row["subject"])) or body.get("title") or row["subject"]
        found.append(
            IncidentView(
                id=row["incident_id"],
                level=row["level"],
                # As the evaluator called it: a county may have rules of its own.
                rule=str(body.get("rule") or (rule.zh if rule else row["rule"])),
                site=site,
                subject=title.removeprefix(f"{site} "),
                began_at=row["began_at"],
                bureau=bureaus.get(row["lead_bureau"]) or str(row["lead_bureau"]),
                task=body.get("task") or (rule.task if rule else None),
                body=body,
                state=row["state"],
                acked=row["acked_until"] is not None and row["acked_until"] > facts.now,
                site_id=row["site_id"],
            )
        )
    rank = {level.value: number for number, level in enumerate(Level)}
    return sorted(found, key=lambda one: (-rank.get(one.level, 0), -one.began_at.timestamp()))


def levels(facts: Facts) -> dict[str, int]:
    """Return how many incidents last, by level, gravest first; levels without one are left out."""
    numbers = {level.value: 0 for level in reversed(Level)}
    for row in facts.counts:
        numbers[row["level"]] = numbers.get(row["level"], 0) + row["n"]
    return {level: number for level, number in numbers.items() if number}


def outlets(facts: Facts, rule: Rule) -> list[OutletView]:
    """Return the sewage outlets against the limits that bind them under *rule*, as the judge finds them: the permit's, else the standard's."""
    return [
        _outlet(facts, rule, site, outlet) for site in facts.frame.registry.document.sites for outlet in site.outlets
    ]


def _outlet(facts: Facts, rule: Rule, site: Site, outlet: Outlet) -> OutletView:
    rows = {
        factor: facts.days.get(facts.frame.registry.points.get((site.id, outlet.device, factor), -1), {})
        for factor in (*DAY_FACTORS, WATER_TEMPERATURE)
    }
    water = rows[WATER_TEMPERATURE]
    cells = []
    for factor in DAY_FACTORS:
        day, value = rows[factor].get("day"), rows[factor].get("value")
        on, warmth = day or facts.frame.today, water["value"] if water and water["day"] == day else None
        judged = facts.frame.outlets.get(f"{site.id}/{outlet.id}/{factor}")
        if judged is None:
            limit = in_force(outlet.standard, factor, "day", day=on, built=outlet.eia_approved, water_temp_c=warmth)
        else:
            limit = limit_on(rule, judged, on, warmth)
        cells.append(
            CellView(
                factor=factor,
                day=day,
                value=value,
                limit=limit.high if limit else None,
                exceeding=judgement.breaks(value, limit),
                decimals=FACTORS[factor].decimals,
            )
        )
    newest = max((cell.day for cell in cells if cell.day), default=None)
    return OutletView(
        site=site.name, name=outlet.name, standard=outlet.standard, day=newest, cells=cells, site_id=site.id,
        outlet=outlet.id, device=outlet.device,
    )  # fmt: skip


def boilers(facts: Facts) -> list[BoilerView]:
    """Return the boilers with their newest hour."""
    return [_boiler(facts, site, boiler) for site in facts.frame.registry.document.sites for boiler in site.boilers]


def _boiler(facts: Facts, site: Site, boiler: Boiler) -> BoilerView:
    today = facts.frame.today
    row = facts.hours.get(facts.frame.registry.points.get((site.id, boiler.id, EFFICIENCY), -1), {})
    scope = boiler_scope(
        fuel=boiler.fuel, firing=boiler.firing, condensing=boiler.condensing, coal_class=boiler.coal_class
    )
    rated = tonnes_per_hour(boiler.rated, is_hot_water=boiler.medium is Medium.HOT_WATER)
    limit = in_force(scope, EFFICIENCY, "hour", day=today, built=boiler.manufactured, rated=rated)
    checks = [
        CheckView(
            kind=CHECK_ZH[check.kind],
            passed=check.result == "passed",
            next_due=check.next_due,
            overdue=check.next_due < today,
        )
        for check in boiler.checks
    ]
    return BoilerView(
        site=site.name,
        name=boiler.name,
        fuel=FUEL_ZH[boiler.fuel],
        hour=row.get("hour"),
        value=row.get("value") if row.get("valid") else None,
        low=row.get("low") if row.get("valid") else None,
        high=row.get("high") if row.get("valid") else None,
        note=row.get("note") or ("" if row.get("valid") else "暂无小时数据"),
        limit=limit.low if limit else None,
        baseline=boiler.baseline_efficiency_pct,
        checks=checks,
        site_id=site.id,
        boiler=boiler.id,
    )
