"""传输有效率表: transmission, validity and their product by outlet and factor, as first received and after back-fill. Pure.

The figures are the judge's (alerts.judge.rates): they count from the first whole day with data while we watched.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from alerts.judge.rates import Rates, rates
from alerts.reports.cells import DASH, UNVERIFIED, column, count, share, text, words_column
from alerts.reports.known import versions
from alerts.reports.loads import places
from alerts.reports.paper import COUNTY, Kind, Paper, Table, Tone
from schemas.catalog.factors import FACTORS
from schemas.catalog.validity import NUMBERS, number
from schemas.registry.model import Site
from schemas.times import DAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from alerts.reports.known import Known
    from alerts.reports.paper import Cell
    from schemas.records import Mean
    from schemas.registry.store import Registry

_PCT = 100.0


class Window(NamedTuple):
    """The days asked for; *firsts*: point → first day with data; *watched*: the day on which watching began."""

    first: date
    last: date
    firsts: Mapping[int, date]
    watched: date | None


class Rated(NamedTuple):
    """Rates of one factor of an outlet or stack, with factor "" of all its factors; None where nothing was due yet."""

    site: Site | None
    place: str
    place_name: str
    factor: str
    full: Rates | None
    prompt: Rates | None


def rated_points(registry: Registry, site: Site) -> list[tuple[str, str, dict[str, int]]]:
    """Return id and name of each outlet and stack of *site*, with its counted factors' points."""
    return [
        (
            place,
            name,
            {f: registry.points[site.id, device, f] for f in factors if (site.id, device, f) in registry.points},
        )
        for place, name, device, factors in places(site)
    ]


def rated(
    registry: Registry, sites: Iterable[Site], days: Mapping[int, Mapping[date, Mean]], of: Window
) -> list[Rated]:
    """Return the rates of each outlet's factors, of each outlet (factor ""), and of all together (site None), in this order."""
    found: list[Rated] = []
    county: list[Mean] = []
    due_days = 0
    for site in sites:
        for place, name, points in rated_points(registry, site):
            begin = _begin(points.values(), of)
            if begin is None or begin > of.last:
                found.append(Rated(site, place, name, "", None, None))
                continue
            n_days = (of.last - begin).days + 1
            every: list[Mean] = []
            for factor, point in points.items():
                means = [mean for day, mean in days.get(point, {}).items() if begin <= day <= of.last]
                found.append(Rated(site, place, name, factor, *_both(means, n_days)))
                every += means
            found.append(Rated(site, place, name, "", *_both(every, n_days * len(points))))
            county += every
            due_days += n_days * len(points)
    return [*found, Rated(None, "", "", "", *(_both(county, due_days) if due_days else (None, None)))]


def _begin(points: Iterable[int], of: Window) -> date | None:
    first = min((of.firsts[one] for one in points if one in of.firsts), default=None)
    return None if first is None or of.watched is None else max(of.first, max(of.watched, first) + DAY)


def _both(means: list[Mean], n_days: int) -> tuple[Rates, Rates]:
    return rates(means, n_days, prompt=False), rates(means, n_days, prompt=True)


def window(known: Known) -> Window:
    """Return the window of a period's own days."""
    return Window(known.span.first, known.span.last, known.firsts, known.watched)


def rates_of(known: Known, sites: Sequence[Site]) -> list[Rated]:
    """Return the rates of *sites* in the period."""
    return rated(known.registry, sites, known.days, window(known))


_COLUMNS = (
    words_column("站点", 14, en="site"), words_column("排放口", 8, en="outlet"), words_column("因子", 7, en="factor"),
    column("应传", "h", en="due"), column("实传", "h", en="received"), column("有效", "h", en="valid"), column("传输率", "%"),
    column("有效率", "%"), column("传输有效率", "%"), column("即时传输有效率", "%", en="prompt"), words_column("判定", 8),
)  # fmt: skip


def rates_paper(known: Known) -> Paper:
    """Return the county's rates of the month."""
    county = known.registry.document.county.name
    rows = tuple(_row(one, county) for one in rates_of(known, known.registry.document.sites))
    return Paper(
        kind=Kind.RATES, scope=COUNTY, scope_name=county, period=known.span.text, first=known.span.first, last=known.span.last,
        title=f"{county}数据传输有效率表", tables=(Table("按排放口与因子", _COLUMNS, rows),), notes=_notes(known),
        versions=versions(known, None),
    )  # fmt: skip


def _row(one: Rated, county: str) -> tuple[Cell, ...]:
    tone = Tone.PLAIN if one.factor else Tone.TOTAL
    names = (one.site.name, one.place_name) if one.site else (county, "全部")
    factor = FACTORS[one.factor].zh if one.factor else "合计"
    head = (text(names[0], tone=tone), text(names[1], tone=tone), text(factor, tone=tone))
    if one.full is None or one.prompt is None:
        return (*head, *(DASH,) * 7, text("尚无应传时段"))
    return (
        *head, count(one.full.due), count(one.full.transmitted), count(one.full.valid), share(one.full.transmission),
        share(one.full.validity), share(one.full.effective, tone=rate_tone(one.full)), share(one.prompt.effective),
        DASH if one.factor else text(rate_words(one.full), tone=rate_tone(one.full)),
    )  # fmt: skip


def rate_tone(one: Rates) -> Tone:
    """Return how a 传输有效率 reads against the target of 90 %."""
    if one.effective is None:
        return Tone.PLAIN
    return Tone.OVER if one.effective * _PCT < number("rate_target") else Tone.MET


def rate_words(one: Rates) -> str:
    """Return what the rules say of a 传输有效率: below 90 % yellow, below 75 % orange."""
    if one.effective is None:
        return "全期停运，无应传数据"
    value = one.valid * _PCT / one.due
    if value < number("rate_grave"):
        return f"低于{number('rate_grave'):g}%"
    return "达标" if value >= number("rate_target") else f"低于{number('rate_target'):g}%"


def _notes(known: Known) -> tuple[str, ...]:
    target, grave = NUMBERS["rate_target"], NUMBERS["rate_grave"]
    thresholds = [
        f"{one.zh} {one.value:g}%：{one.standard} {one.clause}{'' if one.verified else f'（{UNVERIFIED}）'}"
        for one in (target, grave)
    ]
    return (
        "传输率＝实传/应传，有效率＝有效/实传，传输有效率＝两者之积＝有效/应传；停运小时与每日1小时标样核查不计入应传",
        "传输有效率为补全（补传后）口径；即时：补传的小时不计",
        *thresholds,
        *watched_note(known),
        *running_note(known),
    )


def watched_note(known: Known) -> tuple[str, ...]:
    """Return from when silence counts, where that falls into the period or after it."""
    if known.watched is None:
        return ("平台尚未开始值守，不计传输率",)
    late = known.watched + DAY > known.span.first
    return (f"平台自 {known.watched} 起值守，传输率自次日起计",) if late else ()


def running_note(known: Known) -> tuple[str, ...]:
    """Return until when a period that is not over is told."""
    return (f"本期未结束，数据截至 {known.span.last} 24:00",) if known.span.running else ()
