"""Loads 排放量 of a site in the month paper: the month, the year to date, against the permit. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.reports.cells import column, figure, share, text, words_column
from alerts.reports.loads import loads_of
from alerts.reports.paper import Table, Tone
from schemas.catalog.factors import FACTORS
from schemas.times import month_start

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alerts.reports.known import Known
    from schemas.registry.model import Site

_DECIMALS = 3
_COLUMNS = (
    words_column("排放口", 8, en="outlet"), words_column("因子", 7, en="factor"), column("当月", "t"), column("其中实测", "t"),
    column("替代", "t"), column("年累计", "t"), column("许可量", "t/a"), column("占许可", "%"), words_column("说明", 16),
)  # fmt: skip


def loads_month(known: Known, site: Site) -> Iterator[Table]:
    """Yield what the outlets and stacks of *site* discharged in the month and since January."""
    month = month_start(known.span.first)
    of_month = list(loads_of(known.registry, site, known.months, month, month))
    of_year = list(loads_of(known.registry, site, known.months, month.replace(month=1), month))
    rows = []
    for now, year in zip(of_month, of_year, strict=True):
        allowed = year.permit.high if year.permit else None
        used = year.tonnes / allowed if allowed and year.tonnes is not None else None
        verdict = known.sums.get(("load_permit", f"{site.id}/{now.place}/{now.factor}"))
        over = verdict is not None and verdict.body.get("kind") == "over"
        substituted = now.tonnes - now.measured if now.tonnes is not None and now.measured is not None else None
        rows.append((
            text(now.place_name), text(FACTORS[now.factor].zh), figure(now.tonnes, _DECIMALS), figure(now.measured, _DECIMALS),
            figure(substituted, _DECIMALS), figure(year.tonnes, _DECIMALS), figure(allowed, 3),
            share(used, tone=Tone.OVER if over else Tone.PLAIN), text(now.note or ("" if now.tonnes is not None else "无数据")),
        ))  # fmt: skip
    if rows:
        note = "缺测时段按 HJ 356-2019、HJ 75-2017 替代，只用于排放量；年累计自1月1日起（平台有数据的月份）"
        yield Table("污染物排放量", _COLUMNS, tuple(rows), (note,))
