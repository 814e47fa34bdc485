"""超标台账: every exceeding window of the month, by site: value, limit, clause, multiple, incident and what was done. Pure.

By event time: a window of the month stands in the month's ledger, whenever it became known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.reports.breaches import RULES, breaches
from alerts.reports.cells import allowed, clause, column, count, figure, minute, multiple, text, words_column
from alerts.reports.known import versions
from alerts.reports.paper import COUNTY, Kind, Paper, Table, Tone
from alerts.reports.quality import amended
from alerts.reports.rates import running_note
from schemas.catalog.duty import EventKind
from schemas.catalog.enums import LEVEL_ZH, Basis, Level
from schemas.catalog.factors import FACTORS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from alerts.reports.breaches import Breach
    from alerts.reports.handling import Act
    from alerts.reports.known import Known
    from alerts.reports.paper import Cell

BASIS_ZH = {
    Basis.INSTANT: "瞬时值", Basis.HOUR: "小时均值", Basis.DAY: "日均值", Basis.MONTH: "月值", Basis.YEAR: "年累计",
    Basis.QUARTER: "季度值",
}  # fmt: skip
COLUMNS = (
    words_column("站点", 12, en="site"), words_column("对象", 14, en="subject"), words_column("规则", 9, en="rule"),
    words_column("起", 9, en="from"), words_column("止", 9, en="to"), column("时段数", width=4), words_column("判据", 5, en="basis"),
    column("最严重值", en="worst"), words_column("单位", 4), words_column("限值", 7, en="limit"), words_column("超标倍数", 5),
    words_column("限值依据", 16, en="clause"), words_column("认定", 5), words_column("更正", 4), words_column("事件", 8),
)  # fmt: skip
_DONE = words_column("处置", 18, en="handling")
_TOLD = (EventKind.ACKED, EventKind.FEEDBACK, EventKind.SETTLED, EventKind.UNSETTLED)
_NOTES = (
    "相连的超标时段合为一行，列最严重一段的值；“疑似”须经采样核实，不作超标认定",
    "“更正”：该时段此前有过不同的判定；此前判为超标、更正后不再超标的另列",
    "接近限值的预警、数据异常信号、用能预算不在本台账",
)


def exceedances_paper(known: Known, acts: Mapping[int, Sequence[Act]]) -> Paper:
    """Return the county's ledger; *acts*: incident → what happened to it by the end of the period."""
    county = known.registry.document.county.name
    names = {site.id: site.name for site in known.registry.document.sites}
    found = breaches(known, names)
    rows = tuple((*row(known, one, names), text(done(acts, one))) for one in found)
    clear = ("本期无超标时段",) if not rows else ()
    keys = [key for key in known.amended if key in known.subjects and key[0] in RULES]
    return Paper(
        kind=Kind.EXCEEDANCES, scope=COUNTY, scope_name=county, period=known.span.text, first=known.span.first,
        last=known.span.last, title=f"{county}超标台账",
        tables=(Table("超标时段", (*COLUMNS, _DONE), rows, clear), amended(known, sorted(keys))),
        notes=(*_NOTES, *running_note(known)), versions=versions(known, None),
    )  # fmt: skip


def row(known: Known, one: Breach, names: Mapping[str, str]) -> tuple[Cell, ...]:
    """Return the cells of one breach under `COLUMNS`."""
    of, worst = one.subject, one.worst
    decimals = known.decimals(of.factor, (of.rule, of.key))
    tone = Tone.DOUBTFUL if one.suspected else Tone.OVER
    standing = "未成事件"
    if one.incident is not None:
        ended = one.incident.ended_at is not None and one.incident.ended_at <= known.span.until
        standing = f"{one.incident.incident_id} {LEVEL_ZH[Level(one.incident.level)]} {'已恢复' if ended else '持续'}"
    return (
        text(names.get(of.site_id, of.site_id)), text(of.title), text(known.rules[of.rule].zh), text(minute(one.since)),
        text(minute(one.until)), count(one.n), text(BASIS_ZH[known.rules[of.rule].basis]), figure(worst.value, decimals, tone=tone),
        text(worst.unit or FACTORS[of.factor].unit), text(allowed(worst)), text(multiple(worst.multiple), tone=tone), text(clause(worst)),
        text("疑似" if one.suspected else "超标", tone=tone), text("已更正" if one.amended else ""), text(standing),
    )  # fmt: skip


def done(acts: Mapping[int, Sequence[Act]], one: Breach) -> str:
    """Return what people did about the incident of a breach: the last feedback, and how it was closed."""
    if one.incident is None:
        return ""
    held = acts.get(one.incident.incident_id, ())
    said = [act for act in held if act.kind in _TOLD]
    if not said:
        return "尚无处置记录"
    last = said[-1]
    if last.kind == EventKind.UNSETTLED:
        return f"{minute(last.at)} 撤回销号{f'：{last.text}' if last.text else ''}"
    if last.kind == EventKind.SETTLED:
        return f"{minute(last.at)} 销号（{last.cause}）：{last.text}"
    return f"{minute(last.at)} {'反馈' if last.kind == EventKind.FEEDBACK else '签收'}{f'：{last.text}' if last.text else ''}"
