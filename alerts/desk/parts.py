"""Parts of a snapshot from the rows of the database. Pure."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from alerts.desk import judgement
from alerts.desk.facts import (
    BoilerView,
    BudgetView,
    CellView,
    CheckView,
    CountyEnergy,
    DeviceView,
    IncidentView,
    OutletView,
    PointView,
    SiteView,
)
from alerts.judge.subjects import DAY_FACTORS, WATER_TEMPERATURE, Subject
from schemas.catalog.enums import CHECK_ZH, FUEL_ZH, Level, Medium, PointKind
from schemas.catalog.factors import FACTORS
from schemas.catalog.limits import boiler_scope, in_force, tonnes_per_hour
from schemas.registry.derived import EFFICIENCY
from schemas.registry.store import Registry
from schemas.times import SHANGHAI, day_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alerts.judge.rules import Rule
    from schemas.registry.model import Boiler, Device, Outlet, Site

Row = dict[str, Any]


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything read for one snapshot."""

    now: datetime
    registry: Registry
    subjects: list[Subject]
    latest: dict[int, Row]
    days: dict[int, Row]
    hours: dict[int, Row]
    online: dict[tuple[str, str], bool]
    lags: dict[tuple[str, str], float]
    incidents: list[Row]
    verdicts: list[Row]
    month: Row


def sites(facts: Facts) -> list[SiteView]:
    """Return the sites, in the registry's order."""
    bureaus = {bureau.id: bureau.name for bureau in facts.registry.document.bureaus}
    return [
        _site(facts, site, bureaus.get(site.lead_bureau, site.lead_bureau)) for site in facts.registry.document.sites
    ]


def _site(facts: Facts, site: Site, bureau: str) -> SiteView:
    devices = [_device(facts, site, device) for device in site.devices]
    keys = {subject.key for subject in facts.subjects if subject.site_id == site.id}
    current = [row for row in facts.verdicts if row["subject"] in keys and judgement.is_current(row, facts.now)]
    state, detail = judgement.site_state(
        incidents=sum(row["site_id"] == site.id and row["rule"] in judgement.COLOURING for row in facts.incidents),
        stale=[device.silence for device in devices if device.silence],
        outcomes=[row["outcome"] for row in current],
        subjects=len(keys),
    )
    newest = max((point.ts for device in devices for point in device.points if point.ts), default=None)
    return SiteView(
        id=site.id,
        name=site.name,
        town=site.town,
        kind=site.kind.value,
        bureau=bureau,
        state=state,
        detail=detail,
        newest=newest,
        age_s=(facts.now - newest).total_seconds() if newest else None,
        devices=devices,
    )


def _device(facts: Facts, site: Site, device: Device) -> DeviceView:
    points = []
    for point in device.points:
        number = facts.registry.points[site.id, device.id, point.factor]
        factor = FACTORS[point.factor]
        row = facts.latest.get(number, {})
        points.append(
            PointView(
                point_id=number,
                site=site.id,
                device=device.id,
                factor=point.factor,
                name=factor.zh,
                unit=factor.unit,
                decimals=factor.decimals,
                interval_s=point.interval_s,
                counter=point.kind is PointKind.COUNTER,
                ts=row.get("ts"),
                value=row.get("value"),
                mark=row.get("mark"),
                late=row.get("late", False),
                silent=judgement.is_silent(row.get("ts"), point.interval_s, facts.now),
            )
        )
    stale = all(point.silent for point in points)
    return DeviceView(
        id=device.id,
        name=device.name,
        # Who has said farewell is gone; who has said nothing is there as long as it speaks.
        online=facts.online.get((site.id, device.id), not stale),
        stale=stale,
        points=points,
        lag_s=facts.lags.get((site.id, device.id)),
    )


def incidents(facts: Facts, rules: Mapping[str, Rule]) -> list[IncidentView]:
    """Return the open incidents, gravest first, then newest first."""
    document = facts.registry.document
    names = {site.id: site.name for site in document.sites}
    bureaus = {bureau.id: bureau.name for bureau in document.bureaus}
    titles = {(subject.rule, subject.key): subject.title for subject in facts.subjects}
    found = []
    for row in facts.incidents:
        body = row["body"]
        rule = rules.get(row["rule"])
        site = names.get(row["site_id"]) or str(row["site_id"])
        title = titles.get((row["rule"], row["subject"])) or body.get("title") or row["subject"]
        found.append(
            IncidentView(
                id=row["incident_id"],
                level=row["level"],
                rule=rule.zh if rule else row["rule"],
                site=site,
                subject=title.removeprefix(site).strip() or title,
                began_at=row["began_at"],
                bureau=bureaus.get(row["lead_bureau"]) or str(row["lead_bureau"]),
                task=body.get("task") or (rule.task if rule else None),
                body=body,
            )
        )
    rank = {level.value: number for number, level in enumerate(Level)}
    return sorted(found, key=lambda one: (-rank.get(one.level, 0), -one.began_at.timestamp()))


def outlets(facts: Facts) -> list[OutletView]:
    """Return the sewage outlets against their limits."""
    return [_outlet(facts, site, outlet) for site in facts.registry.document.sites for outlet in site.outlets]


def _outlet(facts: Facts, site: Site, outlet: Outlet) -> OutletView:
    rows = {
        factor: facts.days.get(facts.registry.points.get((site.id, outlet.device, factor), -1), {})
        for factor in (*DAY_FACTORS, WATER_TEMPERATURE)
    }
    water = rows[WATER_TEMPERATURE]
    cells = []
    for factor in DAY_FACTORS:
        day, value = rows[factor].get("day"), rows[factor].get("value")
        limit = in_force(
            outlet.standard,
            factor,
            "day",
            day=day or day_of(facts.now),
            built=outlet.eia_approved,
            water_temp_c=water["value"] if water and water["day"] == day else None,
        )
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
    return OutletView(site=site.name, name=outlet.name, standard=outlet.standard, day=newest, cells=cells)


def boilers(facts: Facts) -> list[BoilerView]:
    """Return the boilers with their newest hour."""
    return [_boiler(facts, site, boiler) for site in facts.registry.document.sites for boiler in site.boilers]


def _boiler(facts: Facts, site: Site, boiler: Boiler) -> BoilerView:
    today = day_of(facts.now)
    row = facts.hours.get(facts.registry.points.get((site.id, boiler.id, EFFICIENCY), -1), {})
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
        note=row.get("note") or ("" if row.get("valid") else "暂无小时数据"),
        limit=limit.low if limit else None,
        baseline=boiler.baseline_efficiency_pct,
        checks=checks,
    )


def budgets(facts: Facts) -> list[BudgetView]:
    """Return each budgeted site's newest month verdict."""
    names = {site.id: site.name for site in facts.registry.document.sites}
    verdicts = {row["subject"]: row for row in facts.verdicts if row["rule"] == "energy_budget"}
    found = []
    for subject in facts.subjects:
        if subject.rule != "energy_budget":
            continue
        row = verdicts.get(subject.key)
        body = row["body"] if row else {}
        found.append(
            BudgetView(
                site=names[subject.site_id],
                month=row["window_start"].astimezone(SHANGHAI).date() if row else _month(facts.now),
                outcome=row["outcome"] if row else "not_judgeable",
                used=body.get("used"),
                allowed=body.get("allowed"),
                projected=body.get("projected"),
                through=body.get("through"),
                kind=body.get("kind"),
                why=body.get("why") or ("" if row else "本月尚无判定"),
            )
        )
    return found


def energy(facts: Facts) -> CountyEnergy:
    """Return the county's month so far."""
    cap = facts.registry.document.county.energy_cap_tce
    return CountyEnergy(
        used=facts.month["total"],
        days=facts.month["days"],
        through=facts.month["through"],
        cap=cap / 12 if cap else None,
    )


def _month(now: datetime) -> date:
    return day_of(now).replace(day=1)
