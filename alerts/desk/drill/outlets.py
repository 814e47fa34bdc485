"""Sewage outlets and stacks of one site against their limits. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from alerts.desk import judgement, words
from alerts.desk.drill import overview
from alerts.desk.drill.reach import Hour, Reach, day_words, link, reach
from alerts.desk.pages import texts
from alerts.judge.subjects import PH
from alerts.judge.windows import limit_on
from schemas.catalog.factors import FACTORS
from schemas.times import SHANGHAI, day_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from alerts.desk.drill.site_facts import RowOf, SiteFacts
    from alerts.desk.facts import PointView
    from alerts.judge.rules import Rule
    from alerts.judge.subjects import Subject
    from schemas.records import Limit

_NO_DAY = "近 400 日没有有效日均值"


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """An outlet or stack: its name, what it is held to, its rate of the month, its lines."""

    name: str
    said: str
    rate: str
    rate_tone: str
    lines: list[Reach]


def outlets(facts: SiteFacts, rules: Mapping[str, Rule], newest: Mapping[int, PointView], now: datetime) -> list[Place]:
    """Return the sewage outlets: each factor's newest valid day and today's hours; pH by its newest reading."""
    found = []
    for outlet in facts.site.outlets:
        key = f"{facts.site.id}/{outlet.id}/"
        days = [one for one in facts.of("sewage_day") if one.key.startswith(key) and one.factor != PH]
        lines = [_day(facts, one, rules, now) for one in days if "sewage_day" in rules]
        lines += [
            _instant(facts, one, rules, newest, now)
            for one in facts.of("sewage_ph")
            if one.key.startswith(key) and "sewage_ph" in rules
        ]
        rate, tone = _rate(facts, outlet.id)
        said = f"{outlet.standard} · 环评批复 {outlet.eia_approved.isoformat()}"
        found.append(Place(name=outlet.name, said=said, rate=rate, rate_tone=tone, lines=lines))
    return found


def stacks(facts: SiteFacts, rules: Mapping[str, Rule], now: datetime) -> list[Place]:
    """Return the stacks: the newest valid hour of each converted concentration."""
    found = []
    names = {boiler.id: boiler.name for boiler in facts.site.boilers}
    for stack in facts.site.stacks:
        judged = [one for one in facts.of("air_hour") if one.key.startswith(f"{facts.site.id}/{stack.id}/")]
        lines = [_hour(facts, one, rules, now) for one in judged if "air_hour" in rules]
        rate, tone = _rate(facts, stack.id)
        special = " · 特别排放限值" if stack.special else ""
        said = f"{'、'.join(names.get(one, one) for one in stack.boilers)}{special} · 折算至基准氧含量"
        found.append(Place(name=stack.name, said=said, rate=rate, rate_tone=tone, lines=lines))
    return found


def _day(facts: SiteFacts, subject: Subject, rules: Mapping[str, Rule], now: datetime) -> Reach:
    factor, today = FACTORS[subject.factor], day_of(now)
    row = facts.days.get(subject.point_id, {})
    day, value = row.get("day"), row.get("value")
    water = facts.days.get(subject.water_temp_id or -1, {})
    temperature = water["value"] if water and water["day"] == day else None
    limit = limit_on(rules["sewage_day"], subject, day or today, temperature)
    hours = facts.today.get(subject.point_id, [])
    cells, so_far = _today(hours, limit, factor.decimals)
    last = facts.last.get(subject.point_id)
    silent = f"，最近有数据 {last.isoformat()}" if last and day is None else ""
    return reach(
        name=factor.zh,
        link=link(facts.site.id, subject.device, subject.factor, "day"),
        unit=factor.unit,
        decimals=factor.decimals,
        value=value,
        limit=limit,
        at=f"{day_words(day, today)} 日均" if day else "",
        why="" if day else _NO_DAY + silent,
        hours=cells,
        so_far=so_far,
        is_current=day is not None and judgement.is_day_current(day, today),
    )


def _today(rows: list[RowOf], limit: Limit | None, decimals: int) -> tuple[tuple[Hour, ...], str]:
    """Return today's hours and what they say; an hour is held against no day limit, its height alone shows the share."""
    cells, values = [], []
    for row in rows:
        at, value = row["hour"].astimezone(SHANGHAI).hour, row["value"]
        if row["valid"] and value is not None:
            values.append(value)
            share = value / limit.high if limit is not None and limit.high else None
            cells.append(Hour(at, share, f"{at:02d} 时 {words.number(value, decimals)}"))
        else:
            note = row["note"] or f"有效数据 {row['n_valid']}/{row['n_expected']}"
            cells.append(Hour(at, None, f"{at:02d} 时 {note}"))
    if not rows:
        return (), "今日尚无整点数据"
    if not values:
        return tuple(cells), f"今日 {len(rows)} 小时均无有效值"
    low, high = (words.number(one, decimals) for one in (min(values), max(values)))
    return tuple(cells), f"今日有效 {len(values)}/{len(rows)} 小时，{low}–{high}"


def _instant(
    facts: SiteFacts, subject: Subject, rules: Mapping[str, Rule], newest: Mapping[int, PointView], now: datetime
) -> Reach:
    factor, point = FACTORS[subject.factor], newest.get(subject.point_id)
    counts = point is not None and point.mark in {"N", "n"}
    marked = f"，标记 {point.mark}，不作判定" if point is not None and point.mark and not counts else ""
    return reach(
        name=factor.zh,
        link=link(facts.site.id, subject.device, subject.factor, "hour"),
        unit=factor.unit,
        decimals=factor.decimals,
        value=point.value if point is not None and counts else None,
        limit=limit_on(rules["sewage_ph"], subject, day_of(now), None),
        at=f"{texts.moment(point.ts, now)} 读数" if point is not None and point.ts else "",
        why=(_silent(facts, subject.point_id) if point is None or point.ts is None else "逐个读数判定") + marked,
        is_current=point is not None and not point.silent,
    )


def _hour(facts: SiteFacts, subject: Subject, rules: Mapping[str, Rule], now: datetime) -> Reach:
    factor, row = FACTORS[subject.factor], facts.hours.get(subject.point_id, {})
    at = row.get("valid_hour")
    limit = limit_on(rules["air_hour"], subject, day_of(at or now), None)
    return reach(
        name=factor.zh,
        link=link(facts.site.id, subject.key.split("/")[1], subject.factor, "hour"),
        unit=factor.unit,
        decimals=factor.decimals,
        value=row.get("valid_value"),
        limit=limit,
        at=hour_words(at, now),
        why=why_not(facts, subject.point_id, row, now),
        is_current=at is not None and judgement.is_hour_current(at, now),
    )


def hour_words(at: datetime | None, now: datetime) -> str:
    """Return an hour as people say it; empty for none."""
    return f"{texts.moment(at, now)} 起 1 小时" if at else ""


def why_not(facts: SiteFacts, point: int, row: RowOf, now: datetime) -> str:
    """Return why the newest ended hour has no valid value; empty when it has."""
    if not row:
        return _silent(facts, point)
    if row["valid"] and row["value"] is not None:
        return ""
    note = row["note"] or f"有效数据不足 {row['n_valid']}/{row['n_expected']}"
    return f"{texts.moment(row['hour'], now)} 时段：{note}"


def _silent(facts: SiteFacts, point: int) -> str:
    last = facts.last.get(point)
    return f"{last.isoformat()} 之后无数据" if last else "尚无小时数据"


def _rate(facts: SiteFacts, place: str) -> tuple[str, str]:
    """Return the rate of this month so far, else that of the newest month that was judged, and its colour."""
    rate = facts.rates.get(place)
    if rate is not None and rate.share is not None:
        said = f"传输有效率 {overview.percent(rate.share)}（{words.month_day(rate.since)} 起，{rate.valid}/{rate.due} 小时）"
        return said, overview.rate_tone(rate.share)
    row = facts.verdicts.get(("data_rate", f"{facts.site.id}/{place}"))
    if row is None or row["value"] is None:
        return "传输有效率：本月尚无整日数据", overview.QUIET
    month = row["window_start"].astimezone(SHANGHAI)
    return f"传输有效率 {row['value']:.1f}%（{month:%Y-%m}）", overview.rate_tone(row["value"] / 100)
