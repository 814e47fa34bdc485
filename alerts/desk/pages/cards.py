"""One incident as a card, the line of who is on duty, the sites in a storm: HTML in which every foreign word is escaped. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from alerts.desk.pages import texts
from alerts.desk.words import safe
from schemas.catalog.duty import SILENCE_ZH, SilenceKind
from schemas.catalog.enums import LEVEL_ZH

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from typing import Any

    from alerts.casework import Case
    from alerts.desk.pages.board import Picture
    from alerts.roster import OnDuty
    from schemas.catalog.enums import Level


def classes(case: Case) -> str:
    """Return the CSS classes of the card: the level's colour, hatched grey while the data are silent."""
    return f"inc {case.level.value} {texts.tone(case)}"


def card(case: Case, picture: Picture, now: datetime) -> str:
    """Return what stands in the card of *case*."""
    body = case.body
    return (
        f'<div class="line"><span class="pill {case.level.value}">{LEVEL_ZH[case.level]}</span>'
        f'<span class="state {texts.tone(case)}">{safe(texts.state(case))}</span>'
        f'<a class="title" href="/desk/incident/{case.incident_id}">{safe(body.get("title") or case.subject)}</a></div>'
        f'<div class="line"><span>{safe(body.get("rule") or case.rule)}</span><span class="dim">{safe(texts.since(case, now))}</span>'
        f'<span class="dim">{safe(texts.lead(case, picture.bureaus))}</span>{at_site(case, picture)}</div>'
        f'<div class="figure">{safe(texts.measured(body) or str(body.get("note") or ""))}</div>'
        f'<div class="line">{hands(case, picture, now)}</div>'
    )


def at_site(case: Case, picture: Picture) -> str:
    """Return the link to the page of the incident's site; empty where it concerns none."""
    name = picture.sites.get(case.site_id)
    return f'<a href="/desk/site/{quote(case.site_id, safe="")}">站点 {safe(name)}</a>' if name else ""


def hands(case: Case, picture: Picture, now: datetime) -> str:
    """Return who has *case* in hand, what is due and why nobody is told."""
    parts = [("hand", texts.acknowledged(case, now, picture.accounts))]
    if case.assignee:
        parts.append(("hand", f"责任人 {picture.people.get(case.assignee, case.assignee)}"))
    parts += [("late" if is_late else "dim", words) for words, is_late in texts.deadlines(case, now)]
    parts += [
        ("hush", texts.muted(case, picture.silences, now)),
        ("dim", texts.cause(case, picture.accounts)),
        ("dim", str(case.body.get("withdrawn", ""))),
    ]
    return "".join(f'<span class="{kind}">{safe(words)}</span>' for kind, words in parts if words)


def duty(found: Iterable[tuple[str, OnDuty]], bureaus: Mapping[str, str], own: str | None, now: datetime) -> str:
    """Return who is on duty at each bureau: holes first and loudly, then the *own* bureau."""
    shown = []
    for bureau, one in sorted(found, key=lambda pair: (pair[1].person is not None, pair[0] != own)):
        name = safe(bureaus.get(bureau, bureau))
        if one.person is None:
            shown.append(f'<span class="on hole">{name} 无人值班！{safe(one.hole or "")}</span>')
            continue
        until = f"至 {texts.moment(one.until, now)}" if one.until else "长期"
        shown.append(
            f'<span class="on" title="{safe(one.because)}">{name}<b>{safe(one.person.name)}</b>'
            f'<span class="dim">{until} · {safe(one.because.split("：")[0])}</span></span>'
        )
    empty = '<span class="on unset">注册表未设值班 <span class="en">No rota</span></span>'
    return "".join(shown) or empty


def hushed(rows: Iterable[Mapping[str, Any]], picture: Picture, rules: Mapping[str, str], now: datetime) -> str:
    """Return the silences in force, so that nobody takes quiet for health."""
    return "".join(
        f'<span class="on hush">{SILENCE_ZH[SilenceKind(row["kind"])]}中：{safe(scope(row, picture, rules))}'
        f" 至 {texts.moment(row['until'], now)} · {safe(row['reason'])}</span>"
        for row in rows
    )


def scope(row: Mapping[str, Any], picture: Picture, rules: Mapping[str, str]) -> str:
    """Return what a silence covers, in words."""
    devices = {
        (site.id, device.id): device.name
        for site in (picture.registry.document.sites if picture.registry else [])
        for device in site.devices
    }
    site, device = row["site_id"], row["device_id"]
    parts = [
        picture.sites.get(site, site),
        devices.get((site, device), device),
        f"规则“{rules.get(row['rule'], row['rule'])}”" if row["rule"] else "",
    ]
    return " ".join(part for part in parts if part)


def group(name: str, levels: Mapping[Level, int]) -> str:
    """Return a site of a storm with its counts by level."""
    tally = "".join(f'<i class="{level.value}">{LEVEL_ZH[level][0]} {count}</i>' for level, count in levels.items())
    return f"<b>{safe(name)}</b>{tally}"
