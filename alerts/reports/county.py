"""The county's day or month: a row a site, all breaches, silent devices; the month also against the county's caps. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from alerts.judge.subjects import CAPPED_LOADS
from alerts.reports.breaches import breaches
from alerts.reports.caps import caps_table
from alerts.reports.cells import DASH, column, count, figure, share, text, words_column
from alerts.reports.energy import total
from alerts.reports.exceedances import COLUMNS, row
from alerts.reports.loads import loads_of, places
from alerts.reports.paper import Table, Tone
from alerts.reports.rates import rate_tone, rates_of
from schemas.catalog.enums import SITE_KIND_ZH, Outcome
from schemas.catalog.factors import FACTORS
from schemas.registry.derived import ENERGY_BALANCE, TCE, load_factor
from schemas.times import DAY, HOUR, month_start

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from alerts.judge.rates import Rates
    from alerts.reports.known import Known
    from alerts.reports.paper import Cell
    from schemas.registry.model import Device, Site

_TALLIED = ("sewage_day", "air_hour", "boiler_efficiency")


class Items(NamedTuple):
    """How a site's items came out in the period: by its worst window each."""

    met: int
    over: int
    unjudged: int


def county_tables(known: Known) -> Iterator[Table]:
    """Yield the county's tables of a day or month."""
    sites = known.registry.document.sites
    yield _sites(known)
    names = {site.id: site.name for site in sites}
    rows = tuple(row(known, one, names) for one in breaches(known, names))
    yield Table("超标时段", COLUMNS, rows, () if rows else ("本期无超标时段",))
    yield _silent(known)
    if known.span.n_days > 1:
        yield caps_table(known)


def _sites(known: Known) -> Table:
    is_day = known.span.n_days == 1
    unit = "kg" if is_day else "t"
    columns = (
        words_column("站点", 14, en="site"), words_column("乡镇", 6, en="town"), words_column("类别", 6), column("达标项", width=4),
        column("超标项", width=4), column("未判定项", width=4), column("传输有效率", "%"),
        *(column(FACTORS[one].zh, unit) for one in CAPPED_LOADS), column("综合能耗", "tce"), column("预警事件", width=4),
        column("失联设备", width=4),
    )  # fmt: skip
    rows = []
    sums: list[list[float]] = [[] for _ in range(len(CAPPED_LOADS) + 1)]
    by_site = _rates(known)
    for site in known.registry.document.sites:
        amounts = [*(_load(known, site, one) for one in CAPPED_LOADS), _tce(known, site)]
        for held, amount in zip(sums, amounts, strict=True):
            held.extend([amount] if amount is not None else [])
        rows.append(_site(known, site, amounts, by_site.get(site.id)))
    totals = [figure(math.fsum(held) if held else None, 3, tone=Tone.TOTAL) for held in sums]
    whole = by_site.get("")
    items = [_items(known, site) for site in known.registry.document.sites]
    rows.append((
        text("合计", tone=Tone.TOTAL), DASH, DASH, *(count(sum(each), tone=Tone.TOTAL) for each in zip(*items, strict=True)),
        share(whole.effective if whole else None, tone=Tone.TOTAL), *totals,
        count(_n_incidents(known), tone=Tone.TOTAL),
        count(sum(_n_silent(known, site) for site in known.registry.document.sites), tone=Tone.TOTAL) if is_day else DASH,
    ))  # fmt: skip
    return Table("各站点", columns, tuple(rows), _about())


def _n_incidents(known: Known) -> int:
    """Return how many incidents stood, those of the county as a whole among them."""
    sites = {site.id for site in known.registry.document.sites} | {""}
    return sum(len(held) for site, held in known.incidents.items() if site in sites)


def _about() -> tuple[str, ...]:
    return (
        "项：每个因子或锅炉为一项；有超标（非疑似）时段为超标项，有达标时段且无超标为达标项，其余未判定",
        "排放量、能耗为在线监测部分，非全县统计口径；合计只含有数据的站点",
    )


def _site(known: Known, site: Site, amounts: list[float | None], of: Rates | None) -> tuple[Cell, ...]:
    items = _items(known, site)
    n = len(known.incidents.get(site.id, ()))
    silent = _n_silent(known, site)
    return (
        text(site.name), text(site.town), text(SITE_KIND_ZH[site.kind]), count(items.met),
        count(items.over, tone=Tone.OVER if items.over else Tone.PLAIN),
        count(items.unjudged, tone=Tone.DOUBTFUL if items.unjudged else Tone.PLAIN),
        share(of.effective if of else None, tone=rate_tone(of) if of else Tone.PLAIN), *(figure(one, 3) for one in amounts),
        count(n), count(silent, tone=Tone.DOUBTFUL if silent else Tone.PLAIN) if known.span.n_days == 1 else DASH,
    )  # fmt: skip


def _items(known: Known, site: Site) -> Items:
    met = over = unjudged = 0
    for one in known.judged_of.get(site.id, ()):
        key = (one.rule, one.key)
        if one.rule not in _TALLIED or not known.limits(*key):
            continue
        held = known.filed.get(key, ())
        counts = known.counts(*key)
        found = [each for each in (*held, *known.over.get(key, ())) if each.outcome == Outcome.EXCEEDING]
        if any(not each.suspected for each in found):
            over += 1
        elif counts.get(Outcome.COMPLIANT.value) or any(each.outcome == Outcome.COMPLIANT for each in held):
            met += 1
        else:
            unjudged += 1
    return Items(met, over, unjudged)


def _rates(known: Known) -> dict[str, Rates]:
    """Return site → rates of all its outlets together, and "" → the county's."""
    found: dict[str, Rates] = {}
    for one in rates_of(known, known.registry.document.sites):
        if one.factor or one.full is None:
            continue
        key = one.site.id if one.site else ""
        found[key] = _joined(found[key], one.full) if key in found else one.full
    return found


def _joined(first: Rates, second: Rates) -> Rates:
    due, came, valid = (a + b for a, b in zip(first[:3], second[:3], strict=True))
    return first._replace(
        due=due, transmitted=came, valid=valid, transmission=came / due if due else None, validity=valid / came if came else None,
        effective=valid / due if due else None,
    )  # fmt: skip


def _load(known: Known, site: Site, factor: str) -> float | None:
    """Return kg of the day, or t of the month, of all outlets of a site."""
    if known.span.n_days > 1:
        month = month_start(known.span.first)
        held = [
            one.tonnes for one in loads_of(known.registry, site, known.months, month, month) if one.factor == factor
        ]
        amounts = [one for one in held if one is not None]
    else:
        points = [known.point(site.id, place, load_factor(factor)) for place, *_ in places(site)]
        means = [known.day(point, known.span.first) for point in points]
        amounts = [mean.value for mean in means if mean is not None and mean.value is not None]
    return math.fsum(amounts) if amounts else None


def _tce(known: Known, site: Site) -> float | None:
    point = known.point(site.id, ENERGY_BALANCE, TCE)
    return total(known.days.get(point or 0, {}), known.span.first, known.span.last)


def silent_hours(known: Known, site: Site, device: Device) -> int:
    """Return in how many of the day's hours nothing at all came of a device that sends at least hourly; late values did come."""
    points = [
        number
        for point in device.points
        if point.interval_s <= HOUR.total_seconds()
        and (number := known.point(site.id, device.id, point.factor)) is not None
    ]
    starts = [known.span.since + n * HOUR for n in range(24)]
    return sum(not any(_came(known, point, at) for point in points) for at in starts) if points else 0


def _came(known: Known, point: int, at: datetime) -> bool:
    mean = known.hours.get(point, {}).get(at)
    return mean is not None and mean.n_received > 0


def _n_silent(known: Known, site: Site) -> int:
    return sum(silent_hours(known, site, device) > 0 for device in site.devices) if known.span.n_days == 1 else 0


def _silent(known: Known) -> Table:
    if known.span.n_days == 1:
        columns = (words_column("站点", 14), words_column("设备", 10), column("无数据", "h"))
        rows = [
            (text(site.name), text(device.name), count(n, tone=Tone.DOUBTFUL))
            for site in known.registry.document.sites
            for device in site.devices
            if (n := silent_hours(known, site, device))
        ]
    else:
        columns = (words_column("站点", 14), words_column("设备", 10), column("整日无数据", "天"))
        rows = [
            (text(site.name), text(device.name), count(n, tone=Tone.DOUBTFUL))
            for site in known.registry.document.sites
            for device in site.devices
            if (n := _silent_days(known, site, device))
        ]
    return Table("失联设备", columns, tuple(rows), () if rows else ("本期无失联设备",))


def _silent_days(known: Known, site: Site, device: Device) -> int:
    points = [
        number for point in device.points if (number := known.point(site.id, device.id, point.factor)) is not None
    ]
    days = [known.span.first + n * DAY for n in range(known.span.n_days)]
    return sum(
        not any((mean := known.day(point, day)) is not None and mean.n_received > 0 for point in points) for day in days
    )
