"""监测月报: one month of a site, day by day, and of the county, a row a site. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.reports.county import county_tables
from alerts.reports.known import versions
from alerts.reports.paper import COUNTY, Kind, Paper
from alerts.reports.quality import limit_notes, quality
from alerts.reports.rates import watched_note
from alerts.reports.sections_boiler import boiler_month
from alerts.reports.sections_energy import energy_month
from alerts.reports.sections_loads import loads_month
from alerts.reports.sections_stack import stack_month
from alerts.reports.sections_water import water_month

if TYPE_CHECKING:
    from alerts.reports.known import Known
    from schemas.registry.model import Site

_NOTES = (
    "时间为北京时间；缺测为“—”，不作零值；数值按限值小数位数修约（GB/T 8170 四舍六入五成双）",
    "未判定：有效数据不足，既不计达标也不计超标；月均值按有效日计算，有效天数不足者为灰色",
)


def month_paper(known: Known, site: Site) -> Paper:
    """Return the month of one site."""
    tables = [
        *water_month(known, site),
        *stack_month(known, site),
        *boiler_month(known, site),
        *loads_month(known, site),
        *energy_month(known, site),
    ]
    return Paper(
        kind=Kind.MONTH, scope=site.id, scope_name=site.name, period=known.span.text, first=known.span.first,
        last=known.span.last, title=f"{site.name}监测月报", tables=(*tables, *quality(known, site)),
        notes=(*_NOTES, *limit_notes(known, site)), versions=versions(known, site),
    )  # fmt: skip


def county_month(known: Known) -> Paper:
    """Return the month of the county."""
    county = known.registry.document.county.name
    return Paper(
        kind=Kind.MONTH, scope=COUNTY, scope_name=county, period=known.span.text, first=known.span.first, last=known.span.last,
        title=f"{county}监测月报", tables=tuple(county_tables(known)),
        notes=(*_NOTES, *limit_notes(known, None), *watched_note(known)), versions=versions(known, None),
    )  # fmt: skip
