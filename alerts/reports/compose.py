"""All papers of one kind and period, read in one transaction that sees one instant."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING

from alerts.reports import facts
from alerts.reports.budgets import budgets_paper
from alerts.reports.day import county_day, day_paper
from alerts.reports.exceedances import exceedances_paper
from alerts.reports.handling import Act, Noticed, Registered, handled, handling_paper
from alerts.reports.month import county_month, month_paper
from alerts.reports.paper import COUNTY, OF_SITES, Kind, Paper
from alerts.reports.period import Span, covers, span_of
from alerts.reports.publicity import publicity_paper
from alerts.reports.rates import rates_paper
from schemas.errors import UseError
from schemas.runtime import clock
from schemas.times import day_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from alerts.judge.rules import Rule
    from alerts.reports.known import Known
    from schemas.registry.store import Registry
    from schemas.runtime.database import Database

_OF_COUNTY = {
    Kind.DAY: county_day,
    Kind.MONTH: county_month,
    Kind.BUDGETS: budgets_paper,
    Kind.RATES: rates_paper,
    Kind.PUBLICITY: publicity_paper,
}
_OF_SITE = {Kind.DAY: day_paper, Kind.MONTH: month_paper}


async def papers(
    db: Database,
    kind: Kind,
    period: str,
    *,
    scopes: Collection[str] | None = None,
    now: datetime | None = None,
    rules: Mapping[str, Rule] | None = None,
) -> list[Paper]:
    """Return all papers of *kind* and *period*: the county's first, then the sites' where there are such.

    *scopes* (site ids, ``county``) picks some. *now* (aware; the clock's where absent) only says whether the period is over. The
    registry is the one in force at the period's end. *rules*: those in force where absent the shipped ones.

    Raises:
        UseError: *period* is not one of *kind*, or not over and may not be asked for before; an unknown scope; no registry.

    """
    span = span_of(kind, period, day_of(now or clock.now()))
    async with db.transaction():
        await db.execute("explain_snapshot")
        registry = await facts.read_registry(db, span)
        sites = _sites(kind, registry, scopes)
        wants_county = scopes is None or COUNTY in scopes
        if kind is Kind.HANDLING:
            return [await _handling(db, registry, span)] if wants_county else []
        if not wants_county and not sites:
            return []
        known = await facts.read(db, kind, span, registry, None if wants_county else sites, rules)
        if kind is Kind.EXCEEDANCES:
            return [exceedances_paper(known, await _acts(db, _incidents(known), span))]
    found = [_OF_COUNTY[kind](known)] if wants_county else []
    of_site = {site.id: site for site in registry.document.sites}
    for one in sites:
        found.append(_OF_SITE[kind](known, of_site[one]))
        # A thousand of them take seconds: whoever else lives in this process has his turn between two.
        await asyncio.sleep(0)
    return found


def _sites(kind: Kind, registry: Registry, scopes: Collection[str] | None) -> list[str]:
    """Return the sites papers are wanted of, in the order of the registry."""
    ids = [site.id for site in registry.document.sites]
    unknown = sorted(set(scopes or ()) - {COUNTY, *ids})
    if unknown:
        raise UseError(f"没有这个站点 unknown site: {', '.join(unknown)}.", f"one of: {COUNTY}, {', '.join(ids[:8])}")
    if kind not in OF_SITES:
        return []
    return [one for one in ids if scopes is None or one in scopes]


def _incidents(known: Known) -> list[int]:
    return sorted(one.incident_id for held in known.incidents.values() for one in held)


async def _acts(db: Database, incidents: list[int], span: Span) -> dict[int, list[Act]]:
    found: dict[int, list[Act]] = defaultdict(list)
    for row in await db.fetch("report_acts", incidents=incidents, until=span.until):
        found[row[0]].append(Act._make(row))
    return found


async def _handling(db: Database, registry: Registry, span: Span) -> Paper:
    rows = [Registered._make(row) for row in await db.fetch("report_cases", since=span.since, until=span.until)]
    ids = [one.incident_id for one in rows]
    acts = await _acts(db, ids, span)
    notices = {
        incident: Noticed(made, sent, first)
        for incident, made, sent, first in await db.fetch("report_notices", incidents=ids, until=span.until)
    }
    return handling_paper(registry, span, handled(rows, acts, span), notices)


__all__ = ["covers", "papers"]
