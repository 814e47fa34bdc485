"""Blocks of a site's page as HTML. Every foreign word goes through `safe`. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.desk import words
from alerts.desk.drill import overview, plants, tiles
from alerts.desk.drill.reach import UNSURE
from alerts.desk.pages import cards, texts
from alerts.desk.words import number, safe
from schemas.catalog.enums import LEVEL_ZH

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from alerts.casework import Case
    from alerts.desk.drill.outlets import Place
    from alerts.desk.drill.plants import Account, BoilerPart
    from alerts.desk.drill.reach import Bound, Hour, Reach
    from alerts.desk.facts import SiteView
    from alerts.desk.pages.board import Picture
    from schemas.registry.model import Site

NOTHING_OF = '<div class="none">无 <span class="en">None</span></div>'
_MOST_SHARE = 1.2


def head(site: Site, view: SiteView | None, bureau: str, said: str) -> str:
    """Return what the site is, where, who answers for it, its state and why; *said*: its newest data in words."""
    state = tiles.state(view.state) if view else '<span class="st not_judgeable">未判定</span>'
    why = overview.why(view.state, view.detail) if view else "站点刚登记，尚无快照"
    facts = (("类型", words.kind(site.kind.value)), ("乡镇", site.town), ("牵头单位", bureau),
             ("联系方式", site.contact or words.NOTHING), ("编号", site.id), ("最新数据", said))  # fmt: skip
    cells = "".join(f"<div><dt>{name}</dt><dd>{safe(value)}</dd></div>" for name, value in facts)
    return (
        f'<a class="back" href="/desk/county">← 全部站点 <span class="en">All sites</span></a>'
        f'<h1>{safe(site.name)}</h1><div class="line">{state}<b>{safe(why)}</b></div><dl class="facts">{cells}</dl>'
    )


def incidents(live: Sequence[Case], over: Iterable[Case], picture: Picture, now: datetime) -> str:
    """Return the incidents that last, the graver first, then those that are over."""
    lasting = "".join(_incident(case, picture, now) for case in live)
    past = "".join(_incident(case, picture, now) for case in over)
    none = '<div class="none">当前没有未解除的预警 <span class="en">No open incident</span></div>'
    ended = f'<h3>近 30 天已恢复或已销号</h3><div class="lines">{past}</div>' if past else ""
    return f'<div class="lines">{lasting}</div>{ended}' if lasting else none + ended


def _incident(case: Case, picture: Picture, now: datetime) -> str:
    body = case.body
    title = body.get("rule") or case.rule
    return (
        f'<div class="ln {case.level.value} {texts.tone(case) if case.live else "past"}"><span class="pill">{LEVEL_ZH[case.level]}</span>'
        f'<span class="state {texts.tone(case)}">{safe(texts.state(case))}</span>'
        f'<a href="/desk/incident/{case.incident_id}">{safe(title)}</a><span>{safe(_title(case, picture))}</span>'
        f'<span class="figure">{safe(texts.measured(body))}</span><span class="dim">{safe(texts.since(case, now))}</span></div>'
    )


def _title(case: Case, picture: Picture) -> str:
    title = str(case.body.get("title") or case.subject)
    return title.removeprefix(picture.sites.get(case.site_id, "")).strip()


def places(found: Iterable[Place]) -> str:
    """Return outlets or stacks, each with its lines."""
    return "".join(
        f'<div class="place"><h3>{safe(one.name)}<i class="dim">{safe(one.said)}</i><i class="{one.rate_tone}">{safe(one.rate)}</i></h3>'
        + (_lines(one.lines) if one.lines else '<div class="none">没有登记需判定的因子</div>')
        + "</div>"
        for one in found
    )


def _lines(found: Iterable[Reach]) -> str:
    return f'<div class="reaches">{"".join(_reach(one) for one in found)}</div>'


def _reach(one: Reach) -> str:
    hours = _strip(one.hours) if one.hours else ""
    so_far = f'<div class="far">{hours}<span class="dim">{safe(one.so_far)}</span></div>' if one.so_far else ""
    value = f"<b>{number(one.value, one.decimals)}</b> <u>{safe(one.unit)}</u>"
    why = f'<div class="why dim">{safe(one.why)}</div>' if one.why else ""
    return (
        f'<div class="rc {one.tone}"><div class="n"><a href="{safe(one.link)}">{safe(one.name)}</a><i class="dim">{safe(one.at)}</i></div>'
        f'<div class="v">{value}<i>{safe(one.by)}</i></div><div class="l">{_bound(one.bound)}</div>{so_far}{why}</div>'
    )


def _bound(one: Bound | None) -> str:
    if one is None:
        return '<span class="dim">无适用限值</span>'
    unsure = "" if one.verified else f' <em class="unsure" title="限值来源待核实 not verified">{UNSURE}</em>'
    text = f"限值 <b>{safe(one.text)}</b>{unsure}" if one.text else ""
    return f'{text}<i class="dim">{safe(one.clause)}</i>'


def _strip(hours: Iterable[Hour]) -> str:
    """Return today's hours as small bars: the height is the share of the limit, hatched where nothing is valid."""
    bars = "".join(
        f'<s class="{"no" if hour.share is None else ""}" title="{safe(hour.said)}" style="height:{_height(hour.share):.0%}"></s>'
        for hour in hours
    )
    return f'<div class="strip" role="img" aria-label="今日逐小时">{bars}</div>'


def _height(share: float | None) -> float:
    return 1.0 if share is None else max(0.06, min(_MOST_SHARE, share) / _MOST_SHARE)


def boilers(found: Iterable[BoilerPart]) -> str:
    """Return the boilers with both methods and their three-in-one file."""
    return "".join(
        f'<div class="place"><h3>{safe(one.name)}<i class="dim">{safe(one.said)}</i></h3>{_lines(one.lines)}{_checks(one)}</div>'
        for one in found
    )


def _checks(boiler: BoilerPart) -> str:
    if not boiler.checks:
        return '<div class="none">“三位一体”档案未登记 <span class="en">No inspection file</span></div>'
    cells = "".join(
        f'<span class="{"late" if one.overdue or not one.passed else "dim"}">{safe(one.kind)} '
        f"{'合格' if one.passed else '不合格'}（{one.done.isoformat()}{' ' if one.body else ''}{safe(one.body)}）"
        f"{'已逾期，应于' if one.overdue else '下次'} {one.next_due.isoformat()}</span>"
        for one in boiler.checks
    )
    return f'<div class="checks"><b>三位一体档案</b>{cells}</div>'


def accounts(found: Sequence[Account]) -> str:
    """Return budgets or loads as bars, each with what it is held to."""
    return f'<div class="accs">{"".join(_account(one) for one in found)}</div>' if found else ""


def _account(one: Account) -> str:
    unsure = "" if one.verified else f' <em class="unsure">{UNSURE}</em>'
    said = [f"至 {one.through}" if one.through else ""]
    if one.projected is not None:
        said.append(f"预计 {number(one.projected, one.decimals)} {one.unit}")
    said.append(f"{one.crosses} 前后达到" if one.crosses else "")
    used = f"<b>{number(one.used, one.decimals)}</b>/{number(one.allowed, one.decimals)} <u>{safe(one.unit)}</u>"
    why = f'<div class="why dim">{safe(one.why)}</div>' if one.why else ""
    return (
        f'<div class="rc acc {one.tone}"><div class="n"><a href="{safe(one.link)}">{safe(one.name)}</a><i class="dim">{safe("，".join(filter(None, said)))}</i></div>'
        f'<div class="v">{used}<i>{plants.share(one)} · {safe(one.word)}</i></div><div class="bar2">{_track(one)}</div>'
        f'<div class="l"><i class="dim">{safe(one.clause)}</i>{unsure}</div>{why}</div>'
    )


def _track(one: Account) -> str:
    if one.used is None or not one.allowed:
        return '<div class="track"></div>'
    full = max(one.used, one.projected or 0.0, one.allowed) * 1.08
    ahead = f'<s class="proj" style="width:{(one.projected or 0.0) / full:.2%}"></s>' if one.projected else ""
    return (
        f'<div class="track">{ahead}<s class="used" style="width:{one.used / full:.2%}"></s>'
        f'<s class="cap" style="left:{one.allowed / full:.2%}"></s></div>'
    )


def silences(rows: Sequence[Mapping[str, Any]], picture: Picture, rules: Mapping[str, str], now: datetime) -> str:
    """Return the silences that hold or will."""
    if not rows:
        return NOTHING_OF
    return '<div class="lines">' + "".join(
        f'<div class="ln"><span class="state">{"生效中" if row["since"] <= now else "未开始"}</span>'
        f"<b>{safe(cards.scope(row, picture, rules) or '全部')}</b>"
        f"<span>{texts.moment(row['since'], now)} — {texts.moment(row['until'], now)}</span>"
        f'<span class="dim">{safe(row["reason"])} · {safe(picture.accounts.get(row["made_by"], row["made_by"]))} 设</span></div>'
        for row in rows
    ) + "</div>"  # fmt: skip
