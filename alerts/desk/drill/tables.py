"""What stands around the chart of a point, as HTML in which every foreign word is escaped. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alerts.desk import words
from alerts.desk.drill import curve, moments, spans
from alerts.desk.drill.spans import BASIS_ZH, Span
from alerts.desk.drill.spot import allowed
from alerts.desk.pages.chart import NOTHING as NO_DATA
from alerts.desk.words import NOTHING, safe
from schemas.catalog.duty import STATE_ZH, IncidentState
from schemas.catalog.enums import LEVEL_ZH, MARK_KIND_ZH, Basis, Level, MarkKind, Outcome
from schemas.times import day_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from alerts.desk.drill.reads import Marked, Said, Sheet
    from alerts.desk.drill.spot import Binding, Spot
    from alerts.desk.pages.chart import Window

#: More raw readings than of so many days are not exported at once (the wish of the duty desk's issue: a month).
MOST_RAW_DAYS = 31
ABOVE_RANGE = "above_range"
UNSURE = '<span class="unsure">待核实</span>'
_OUTCOME_ZH = {Outcome.COMPLIANT: "达标", Outcome.EXCEEDING: "超标", Outcome.NOT_JUDGEABLE: "未判定"}


def crumbs(spot: Spot) -> str:
    """Return the way down to the point."""
    site = f'<a href="/desk/site/{safe(spot.key[0])}">{safe(spot.site.name if spot.site else spot.key[0])}</a>'
    return f'<nav class="crumbs" aria-label="位置"><a href="/desk/county">全县</a>›{site}›<span>{safe(spot.place_name)}</span></nav>'


def head(spot: Spot, span: Span) -> str:
    """Return name and unit of the point, and the span."""
    often = f"，每 {words.span(spot.interval_s)}一个" if spot.interval_s else "，由系统计算"
    unit = f"，单位 {safe(spot.unit)}" if spot.unit else ""
    gone = "" if spot.site else '<p class="says">该测点已不在注册表中，以下为历史数据 (no longer in the registry)</p>'
    return (
        f"{crumbs(spot)}<h1>{safe(spot.title)}</h1>"
        f'<div class="line"><span>{BASIS_ZH[span.basis]} {span.first} 至 {span.last}</span>'
        f'<span class="dim">{safe("/".join(spot.key))}{unit}{often}，北京时间</span></div>{gone}'
    )


def controls(spot: Spot, span: Span, today: date) -> str:
    """Return the links that show another span or basis, and the exports of this one."""
    chips = "".join(_chip(zh, spot, one, on=one == span) for zh, one in spans.presets(span.basis, today))
    bases = "".join(
        _chip(
            BASIS_ZH[basis],
            spot,
            span if basis is span.basis else spans.switched(span, basis, today),
            on=basis is span.basis,
        )
        for basis in BASIS_ZH
    )
    steps = _step("‹ 前一段", spot, span.shifted(-1)) + _step("后一段 ›", spot, span.shifted(1))
    form = (
        f'<form method="get" action="{safe(spans.point_path(spot.key))}"><input type="hidden" name="basis" value="{span.basis.value}">'
        f'<label>从 <input type="date" name="from" value="{span.first}" required></label>'
        f'<label>至 <input type="date" name="to" value="{span.last}" required></label><button type="submit">查看</button></form>'
    )
    return f'<div class="span">{bases}<span class="gap"></span>{chips}</div><div class="span">{steps}{form}{exports(spot, span)}</div>'


def _chip(zh: str, spot: Spot, span: Span, *, on: bool) -> str:
    here = ' class="on" aria-current="true"' if on else ""
    return f'<a{here} href="{safe(spans.point_path(spot.key, span))}">{zh}</a>'


def _step(zh: str, spot: Spot, span: Span) -> str:
    return f'<a rel="nofollow" href="{safe(spans.point_path(spot.key, span))}">{zh}</a>'


def exports(spot: Spot, span: Span) -> str:
    """Return the links to what this span gives as files."""
    found = [("CSV", "csv", span.query), ("XLSX", "xlsx", span.query)]
    if spot.is_sent and span.days <= MOST_RAW_DAYS:
        found.append(("原始读数 CSV", "csv", span.query.replace(f"basis={span.basis.value}", "basis=raw")))
    links = "".join(
        f'<a download href="{safe(spans.export_path(spot.key, ending, query))}">{zh}</a>' for zh, ending, query in found
    )
    return f'<span class="gap"></span><span class="group-zh">导出</span>{links}'


def windows(sheet: Sheet, places: Sequence[int]) -> str:
    """Return the windows at *places* as rows: value, validity, marks, verdict, limit, with a link below; clauses as numbered notes."""
    notes = _notes(sheet, places)
    lines = "".join(_window(sheet, place, notes) for place in places)
    unit = f"（{safe(sheet.spot.unit)}）" if sheet.spot.unit else ""
    heads = (
        ("时段", ""),
        (f"数值{unit}", "n"),
        ("有效/应有", "n"),
        ("标记", ""),
        ("判定", ""),
        ("限值", ""),
        ("说明", ""),
    )
    clauses = "".join(
        f"<div>{_number(number)} {safe(clause)} {'' if verified else UNSURE}</div>"
        for clause, (number, verified) in notes.items()
    )
    return table(heads, lines) + (f'<div class="dim clauses">{clauses}</div>' if clauses else "")


def _notes(sheet: Sheet, places: Iterable[int]) -> dict[str, tuple[int, bool]]:
    """Return clause → its number among the notes under the table, and whether it was verified."""
    found: dict[str, tuple[int, bool]] = {}
    for one in (said for place in places for said in sheet.said[place] if speaks(said)):
        if one.limit is not None:
            found.setdefault(_clause(one), (len(found) + 1, one.limit.verified))
    return found


def _clause(said: Said) -> str:
    return f"{said.limit.standard} {said.limit.clause}"


def _number(number: int) -> str:
    return f'<sup class="note">[{number}]</sup>'


def _window(sheet: Sheet, place: int, notes: Mapping[str, tuple[int, bool]]) -> str:
    window, said = sheet.windows[place], [one for one in sheet.said[place] if speaks(one)]
    level = sheet.levels[place]
    marks = [curve.letters(sheet, place), "补传" if window.n_late else "", f"{LEVEL_ZH[level]}事件" if level else ""]
    name = f'<a href="{safe(below(sheet, place))}">{curve.label(window, sheet.span.basis)}</a>'
    value = words.number(window.value, sheet.spot.decimals)
    counted = f"{window.n_valid}/{window.n_expected}" if window.stored else NOTHING
    return (
        f'<tr class="{_tone(window.standing, said)}"><td class="t acts-in">{name}</td><td class="n">{value}</td><td class="n">{counted}</td>'
        f'<td class="t">{safe(" ".join(filter(None, marks)) or NOTHING)}</td><td class="t">{_verdicts(said)}</td>'
        f'<td class="t">{_limits(said, sheet.spot.unit, notes)}</td><td class="words">{safe(why(window, said))}</td></tr>'
    )


def why(window: Window, said: Iterable[Said]) -> str:
    """Return what deriving and judging remark on a window, each once."""
    parts = "；".join([window.note, *(one.why for one in said)]).split("；")
    return "；".join(dict.fromkeys(one for one in parts if one))


def speaks(said: Said) -> bool:
    """Say whether a verdict is worth a word: that a value is within its instrument's range is none."""
    return said.rule != ABOVE_RANGE or said.outcome is Outcome.EXCEEDING


def _tone(standing: str, said: Sequence[Said]) -> str:
    over = [one for one in said if one.outcome is Outcome.EXCEEDING]
    if over:
        return "over" if any(one.is_finding for one in over) else "warned"
    return "nothing" if standing == NO_DATA else "" if standing == "valid" else "invalid"


def verdict_words(said: Said) -> str:
    """Return what a verdict says in a word or two."""
    if said.rule == ABOVE_RANGE:
        return "超量程"
    return curve.verdict_zh(said)


def _verdicts(said: Sequence[Said]) -> str:
    return verdict_words(said[0]) if said else NOTHING


def limit_words(said: Said, unit: str) -> str:
    """Return what a verdict was held against."""
    if said.limit is not None:
        return allowed(said.limit)
    return NOTHING if said.limit_value is None else f"{said.limit_value:g} {unit}".strip()


def _limits(said: Sequence[Said], unit: str, notes: Mapping[str, tuple[int, bool]]) -> str:
    found: dict[str, None] = {}
    for one in said:
        shown = limit_words(one, unit)
        if shown != NOTHING:
            known = one.limit is not None
            number, verified = notes[_clause(one)] if known else (0, True)
            found[f"{safe(shown)} {_number(number) if known else ''}{'' if verified else UNSURE}"] = None
    return "<br>".join(found) or NOTHING


def below(sheet: Sheet, place: int) -> str:
    """Return the address of what a window is made of: its readings, the hours of a day, the days of a month."""
    window, spot, day = sheet.windows[place], sheet.spot, day_of(sheet.windows[place].start)
    if sheet.span.basis is Basis.HOUR:
        return spans.hour_path(spot.key, window.start)
    if sheet.span.basis is Basis.DAY:
        return spans.point_path(spot.key, Span(Basis.HOUR, day, day))
    return spans.point_path(spot.key, Span(Basis.DAY, day, spans.month_end(day)))


def limits(held: Sequence[Binding]) -> str:
    """Return all limits that bind the point in the span."""
    if not held:
        return '<div class="none">没有适用于该测点的限值 <span class="en">No limit binds this point</span></div>'
    lines = "".join(
        f'<tr><td class="t">{_BASIS_ZH[one.limit.basis]}</td><td class="t">{safe(one.value)}</td>'
        f'<td class="words">{safe(one.limit.standard)} {safe(one.limit.clause)} {"" if one.limit.verified else UNSURE}'
        f"{'<br>疑似，需采样核实' if one.limit.suspected else ''}</td>"
        f'<td class="t">{safe(one.limit.edition)}</td><td class="t">{safe(one.limit.valid_from)} 起{_until(one)}</td></tr>'
        for one in held
    )
    return table((("统计周期", ""), ("限值", ""), ("依据", ""), ("版本", ""), ("有效期", "")), lines)


_BASIS_ZH = {"instant": "瞬时", "hour": "小时", "day": "日", "month": "月", "quarter": "季", "year": "年"}


def _until(one: Binding) -> str:
    return f"，至 {safe(one.limit.valid_to)}" if one.limit.valid_to else ""


def incidents(rows: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> str:
    """Return the incidents of the span as links."""
    if not rows:
        return '<div class="none">这一时段没有事件 <span class="en">No incident</span></div>'
    lines = "".join(
        f'<a class="row {safe(one["level"])}" href="/desk/incident/{one["incident_id"]}"><span class="pill">{LEVEL_ZH[Level(one["level"])]}</span>'
        f"<span>{safe(one['rule_zh'] or names.get(one['rule'], one['rule']))}</span>"
        f'<span class="dim">{_span_of(one)}，{_state(one)}，事件 {one["incident_id"]}</span></a>'
        for one in rows
    )
    return f'<div class="lists">{lines}</div>'


def _span_of(one: Mapping[str, Any]) -> str:
    ended = f" 至 {moments.minute(one['ended_at'])}" if one["ended_at"] else " 起"
    return f"{moments.minute(one['began_at'])}{ended}"


def _state(one: Mapping[str, Any]) -> str:
    if one["withdrawn"]:
        return "已撤销"
    return STATE_ZH[IncidentState(one["state"])] + ("，已销号" if one["settled_at"] else "")


def marks(held: Iterable[Marked]) -> str:
    """Return people's marks of the span; nothing where there are none."""
    lines = "".join(
        f'<tr><td class="t">{MARK_KIND_ZH[MarkKind(one.kind)]}</td><td class="t">{moments.minute(one.since)} 至 {moments.minute(one.until)}</td>'
        f'<td class="words">{safe(one.reason)}</td><td class="t">{safe(one.made_by)}</td></tr>'
        for one in held
    )
    return table((("标记", ""), ("时段", ""), ("原因", ""), ("标记人", "")), lines) if lines else ""


def amended(sheet: Sheet) -> str:
    """Return the verdicts that late or corrected data changed; nothing where there are none."""
    decimals = sheet.spot.decimals
    lines = "".join(
        f'<tr><td class="t">{moments.minute(one["window_start"])}</td><td class="t">{_judged(one, "before", decimals)}'
        f" → {_judged(one, 'after', decimals)}</td><td class='t'>{moments.minute(one['amended_at'])}</td></tr>"
        for one in sheet.amended
    )
    return table((("时段", ""), ("更正前 → 更正后", ""), ("更正于", "")), lines) if lines else ""


def _judged(row: Mapping[str, Any], when: str, decimals: int) -> str:
    outcome = row[f"{when}_outcome"]
    if outcome is None:
        return "作废"
    suspected = "疑似" if row.get(f"{when}_suspected") else ""
    return f"{words.number(row[f'{when}_value'], decimals)} {suspected}{_OUTCOME_ZH[Outcome(outcome)]}"


def nothing(sheet: Sheet) -> str:
    """Return the sentence for a span without data, with when there last were some; "" where there are."""
    if sheet.has_data:
        return ""
    if sheet.last is None:
        return '<p class="wrong">该测点从未有过数据 (this point has never had data)</p>'
    at, value = sheet.last
    shown = f"{words.number(value, sheet.spot.decimals)} {safe(sheet.spot.unit)}".strip()
    link = safe(spans.point_path(sheet.spot.key, Span(Basis.HOUR, day_of(at), day_of(at))))
    return f'<p class="wrong">这一时段没有数据 (no data)；最近一个有值的时段是 <a href="{link}">{moments.minute(at)}</a>，{shown}</p>'


def table(heads: Iterable[tuple[str, str]], lines: str, classes: str = "") -> str:
    """Return rows *lines* under *heads* (name, class)."""
    head_row = "".join(f'<th scope="col" class="{kind}">{zh}</th>' for zh, kind in heads)
    return f'<div class="scroll" tabindex="0"><table class="{classes}"><thead><tr>{head_row}</tr></thead><tbody>{lines}</tbody></table></div>'


def kind_of(said: Said) -> str:
    """Return the class of a line for one verdict: found to exceed, warned of or suspected, else plain."""
    return "over" if said.is_finding else "warned" if said.outcome is Outcome.EXCEEDING else ""
