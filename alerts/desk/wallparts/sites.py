"""Sites as tiles, or counted by town where there are too many for tiles. Pure."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from alerts.desk import words
from alerts.desk.facts import COMPLIANT, EXCEEDING, NOT_JUDGEABLE, STALE, STATE_ZH
from alerts.desk.wall_book import HOLDS, SITES
from alerts.desk.wallparts.pieces import SHORT_ZH, SIGN, Part, empty, heading, named, site_path
from alerts.desk.words import big, safe

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from alerts.desk.facts import PointView, SiteView, Snapshot
    from alerts.desk.wall_book import Leaf

_HEADLINE = (
    "w01018", "w21003", "w21011",
    "yx_b_steam_flow", "yx_b_water_flow", "a01012", "a19001",
    "yx_e_kwh", "yx_e_gas_m3", "yx_e_coal_t",
)  # fmt: skip
_MOST_VALUES, _MOST_COUNTERS = 3, 2
#: So many sites stand as tiles on the overview; of more, the towns are counted.
_TILES_ON_OVERVIEW = 14
#: So many towns fit as lines of the overview and as cards of a page.
_TOWNS_ON_OVERVIEW, _TOWNS_ON_PAGE = 16, 30
#: Few tiles stand larger.
_SIZES = ((6, "few"), (12, "some"), (HOLDS[SITES], "many"))
_ORDER = {EXCEEDING: 0, STALE: 1, NOT_JUDGEABLE: 2, COMPLIANT: 3}


def overview(snapshot: Snapshot, now: datetime) -> Part:
    """Return the overview's panel: tiles by town, or one line a town with its counts."""
    if not snapshot.sites:
        return Part("panel a-sites", "站点", heading("站点", "Sites by township") + nothing())
    head = heading("站点", "Sites by township", legend(snapshot.sites))
    if len(snapshot.sites) > _TILES_ON_OVERVIEW:
        return Part("panel a-sites", "站点", f'{head}<div class="lines">{_town_lines(snapshot.sites)}</div>')
    ordered = sorted(snapshot.sites, key=lambda site: (site.town, site.kind, site.id))
    towns = "".join(_town(town, list(group), now) for town, group in groupby(ordered, key=lambda site: site.town))
    return Part("panel a-sites", "站点", f'{head}<div class="towns">{towns}</div>')


def page(snapshot: Snapshot, leaf: Leaf, now: datetime) -> Part:
    """Return one page of tiles. What exceeds and what is grey come first when there are several."""
    if not snapshot.sites:
        return Part("panel a-all", "站点", heading("站点", "Sites by township") + nothing())
    head = heading(f"站点 · 共 {len(snapshot.sites)} 个", "Sites", legend(snapshot.sites))
    ordered = sorted(
        snapshot.sites,
        key=lambda site: (_ORDER[site.state] if leaf.of > 1 else 0, site.town, site.kind, site.id),
    )
    if leaf.is_rest:
        return Part("panel a-all", "站点", head + _rest(ordered[leaf.first :]))
    shown = ordered[leaf.first : leaf.first + HOLDS[SITES]]
    tiles = "".join(_tile(site, now, town=True) for site in shown)
    size = next(name for most, name in _SIZES if len(shown) <= most)
    return Part("panel a-all", "站点", f'{head}<div class="tiles {size}">{tiles}</div>')


def nothing() -> str:
    """Return what an empty county says, and what to do."""
    return empty(
        "尚未登记站点<br>请导入注册表：<code>monitor registry apply 文件.xlsx</code>",
        "No site registered; apply a registry document",
    )


def legend(sites: Sequence[SiteView]) -> str:
    """Return how many sites there are of each state, with the state's sign and word."""
    states = [site.state for site in sites]
    return "".join(
        f'<span class="key {state}">{SIGN[state]}{zh} {states.count(state)}</span>'
        for state, zh in STATE_ZH.items()
        if state in states
    )


def _town(town: str, found: Sequence[SiteView], now: datetime) -> str:
    tiles = "".join(_tile(site, now) for site in found)
    return (
        f'<div class="town n{min(len(found), 3)}"><h3 class="name" title="{safe(town)}">{safe(town)}</h3>'
        f'<div class="few">{tiles}</div></div>'
    )


def _tile(site: SiteView, now: datetime, *, town: bool = False) -> str:
    seconds = (now - site.newest).total_seconds() if site.newest else None
    points = [point for device in site.devices for point in device.points]
    shown = [point for factor in _HEADLINE for point in points if point.factor == factor]
    shown = shown[: _MOST_COUNTERS if any(point.counter for point in shown) else _MOST_VALUES]
    values = "".join(_value(point, stale=site.state == STALE) for point in shown)
    where = f'<span class="where" title="{safe(site.town)}">{safe(site.town)}</span>' if town else ""
    # The detail of a site whose data stopped names what is silent; how long ago stands beside it.
    return (
        f'<a class="tile {site.state}" href="{site_path(site.id)}" title="{safe(site.name)} · {words.kind(site.kind)} · '
        f'{safe(site.bureau)}"><span class="who"><b>{safe(site.name)}</b>{where}</span><span class="values">{values}</span>'
        f'<span class="foot"><span class="pill">{SIGN[site.state]}{STATE_ZH[site.state]}</span>'
        f'<span class="why" title="{safe(site.detail)}">{safe(site.detail)}</span><span>{words.ago(seconds)}</span></span></a>'
    )


def _value(point: PointView, *, stale: bool) -> str:
    decimals = 0 if point.counter else point.decimals
    quiet = ' class="old"' if stale or point.silent or point.value is None else ""
    name = safe(SHORT_ZH.get(point.factor) or point.name.split("(")[0].split("（")[0])
    mark = f'<sup title="数据标记">{safe(point.mark)}</sup>' if point.mark and point.mark not in {"N", "n"} else ""
    return f"<span{quiet}><i>{name}</i><b>{big(point.value, decimals)}</b>{mark}<u>{safe(_UNITS.get(point.unit, point.unit))}</u></span>"


_UNITS = {"m3": "m³", "Nm3": "Nm³", "m3/h": "m³/h"}


def _by_town(sites: Sequence[SiteView]) -> list[tuple[str, dict[str, int]]]:
    """Return the towns with how many sites of each state, the worst first."""
    found: dict[str, dict[str, int]] = {}
    for site in sites:
        counts = found.setdefault(site.town, dict.fromkeys(STATE_ZH, 0))
        counts[site.state] += 1
    return sorted(found.items(), key=lambda one: ([-one[1][state] for state in _ORDER], one[0]))


def _counts(counts: dict[str, int]) -> str:
    return "".join(
        f'<span class="key {state}">{SIGN[state]}{STATE_ZH[state]} {counts[state]}</span>'
        for state in _ORDER
        if counts[state]
    )


def _town_lines(sites: Sequence[SiteView]) -> str:
    towns = _by_town(sites)
    lines = "".join(
        f'<div class="townline">{named(town)}<span class="en">{sum(counts.values())} 个</span>'
        f'<span class="states">{_counts(counts)}</span></div>'
        for town, counts in towns[:_TOWNS_ON_OVERVIEW]
    )
    return lines + _more(towns[_TOWNS_ON_OVERVIEW:])


def _rest(sites: Sequence[SiteView]) -> str:
    towns = _by_town(sites)
    cards = "".join(
        f'<div class="towncard">{named(town)}<span class="states">{_counts(counts)}</span></div>'
        for town, counts in towns[:_TOWNS_ON_PAGE]
    )
    said = f'<div class="note">其余 {len(sites)} 个站点按乡镇计 · <a href="/?page=sites">逐页查看全部</a> <span class="en">The others by township</span></div>'
    return f'{said}<div class="towncards">{cards}</div>{_more(towns[_TOWNS_ON_PAGE:])}'


def _more(towns: Sequence[tuple[str, dict[str, int]]]) -> str:
    if not towns:
        return ""
    amount = sum(sum(counts.values()) for _, counts in towns)
    return f'<div class="more">另有 {len(towns)} 个乡镇 {amount} 个站点 · {len(towns)} more</div>'
