"""What must be known beside the values: incidents, what was not judged and why, people's marks, what came late or was amended. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.judge.verdict import rounded
from alerts.reports.cells import OUTCOME_ZH, allowed, clause, count, figure, minute, text, words_column
from alerts.reports.cells import column as number_column
from alerts.reports.paper import Table, Tone
from schemas.catalog.enums import LEVEL_ZH, MARK_KIND_ZH, MARK_LETTER, Level, MarkKind, Outcome
from schemas.catalog.factors import FACTORS
from schemas.times import HOUR

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alerts.judge.subjects import Subject
    from alerts.reports.known import Filed, Known, Stood
    from alerts.reports.paper import Cell
    from schemas.registry.model import Site

_LIMIT_RULES = ("sewage_day", "sewage_instant", "sewage_ph", "air_hour", "boiler_efficiency")
#: What is expected to be judged in every window; instants are judged beside it.
_COUNTED_RULES = ("sewage_day", "air_hour", "boiler_efficiency")


def quality(known: Known, site: Site) -> Iterator[Table]:
    """Yield these tables of *site*; one without a row says so in its note."""
    yield incidents(known, site.id)
    yield _unjudged(known, site)
    yield _marks(known, site)
    yield _late(known, site)
    yield amended(
        known, [(rule, one.key) for one in known.judged_of.get(site.id, ()) if (rule := one.rule) in _LIMIT_RULES]
    )


def incidents(known: Known, site: str) -> Table:
    """Return the incidents that stood in the period, as they were by its end."""
    columns = (
        words_column("编号", 4), words_column("级别", 4, en="level"), words_column("预警", 10, en="rule"), words_column("对象", 14),
        words_column("起", 9, en="from"), words_column("止", 9, en="to"),
    )  # fmt: skip
    rows = tuple(_incident(known, one) for one in known.incidents.get(site, ()))
    return Table("预警事件", columns, rows, () if rows else ("本期无预警事件",))


def _incident(known: Known, one: Stood) -> tuple[Cell, ...]:
    ended = one.ended_at if one.ended_at is not None and one.ended_at <= known.span.until else None
    return (
        text(str(one.incident_id)), text(LEVEL_ZH[Level(one.level)]), text(one.rule_zh), text(one.title), text(minute(one.began_at)),
        text(minute(ended)) if ended else text("期末仍持续", tone=Tone.DOUBTFUL),
    )  # fmt: skip


def _unjudged(known: Known, site: Site) -> Table:
    columns = (words_column("对象", 14), words_column("规则", 10), words_column("时段", 9), words_column("原因", 20))
    rows = []
    for one in known.judged_of.get(site.id, ()):
        names = (text(one.title), text(known.rules[one.rule].zh))
        held = known.filed.get((one.rule, one.key), ())
        rows += [
            (*names, text(minute(filed.window_start)), text(filed.why))
            for filed in held
            if filed.outcome == Outcome.NOT_JUDGEABLE
        ]
        lacking = _lacking(known, one)
        if lacking and one.rule == "sewage_day":
            rows.append((*names, text(f"{lacking} 天"), text("无数据")))
        elif lacking:
            rows.append((*names, text(f"{lacking} 小时"), text(_reasons(known, one.point_id))))
    return Table("未判定的数据及原因", columns, tuple(rows), () if rows else ("应判定的均已判定",))


def _lacking(known: Known, one: Subject) -> int:
    """Return how many days have no verdict at all, or how many hours were not judged or have none; 0 where nothing binds."""
    key = (one.rule, one.key)
    if one.rule not in _COUNTED_RULES or not known.limits(*key):
        return 0
    if one.rule == "sewage_day":
        return known.span.n_days - len(known.filed.get(key, ()))
    counts = known.counts(*key)
    return 24 * known.span.n_days - counts.get(Outcome.COMPLIANT.value, 0) - counts.get(Outcome.EXCEEDING.value, 0)


def _reasons(known: Known, point: int) -> str:
    """Return the reasons of a point's hours that are not valid, the most frequent first."""
    seen: dict[str, int] = {}
    if not known.hours:
        return "有效数据不足或停运，详见各日日报"
    missing = 24 - len(known.hours.get(point, {}))
    if missing:
        seen["无数据"] = missing
    for mean in known.hours.get(point, {}).values():
        if not mean.valid:
            why = mean.note or f"有效数据不足 {mean.n_valid}/{mean.n_expected}"
            seen[why] = seen.get(why, 0) + 1
    shown = sorted(seen.items(), key=lambda one: (-one[1], one[0]))[:3]
    return "；".join(f"{why}（{n} 小时）" for why, n in shown) or "有效数据不足"


def _marks(known: Known, site: Site) -> Table:
    columns = (
        words_column("设备", 8), words_column("因子", 14), words_column("标记", 6), words_column("起", 9), words_column("止", 9),
        words_column("事由", 14), words_column("证据", 8), words_column("标记人", 6), words_column("标记时间", 9),
    )  # fmt: skip
    held = known.marks.get(site.id, ())
    names = {number: FACTORS[key[2]].zh for key, number in known.registry.points.items() if held and key[0] == site.id}
    people = {one.id: one.name for one in known.registry.document.people}
    rows = []
    for one in held:
        kind = MarkKind(one.kind)
        factors = "、".join(dict.fromkeys(names[number] for number in one.point_ids if number in names))
        rows.append((
            text(one.device_id), text(factors), text(f"{MARK_KIND_ZH[kind]} {MARK_LETTER[kind]}"), text(minute(one.since)),
            text(minute(one.until)), text(one.reason), text(one.evidence), text(people.get(one.made_by, one.made_by)),
            text(minute(one.made_at)),
        ))  # fmt: skip
    return Table("人工标记", columns, tuple(rows), () if rows else ("本期无人工标记",))


def _late(known: Known, site: Site) -> Table:
    """Return which series had hours of which enough came only after the fact, and hours that did not come at all."""
    columns = (
        words_column("设备", 8), words_column("因子", 10), number_column("补传", "h"), number_column("缺失", "h"),
    )  # fmt: skip
    rows = []
    for device in site.devices:
        for point in device.points:
            number = known.point(site.id, device.id, point.factor)
            if number is None or point.carrier is not None or point.interval_s > HOUR.total_seconds():
                continue
            means = [
                mean for day, mean in known.days.get(number, {}).items() if known.span.first <= day <= known.span.last
            ]
            late = sum(mean.n_late for mean in means)
            due = 24 * known.span.n_days - sum(mean.n_stopped for mean in means)
            lacking = max(0, due - sum(mean.n_received for mean in means))
            if late or lacking:
                rows.append((text(device.name), text(FACTORS[point.factor].zh), count(late), count(lacking)))
    return Table("补传与缺失", columns, tuple(rows), () if rows else ("全部按时收到",))


_AMENDED = (
    words_column("对象", 14), words_column("规则", 10), words_column("时段", 9), words_column("原判定", 6), number_column("原值"),
    words_column("现判定", 6), number_column("现值"), words_column("更正时间", 9),
)  # fmt: skip


def amended(known: Known, keys: list[tuple[str, str]]) -> Table:
    """Return the verdicts that people could rely on and that were changed later: by late data, marks or the registry."""
    rows = []
    for key in keys:
        of = known.subjects[key]
        decimals = known.decimals(of.factor, key)
        for before in relied_on(known.amended.get(key, ())):
            now = known.verdict(*key, before.window_start)
            if now is not None and _says_the_same(before, now, decimals):
                continue
            # Of hours only the exceeding ones were read.
            said = (
                OUTCOME_ZH[Outcome(now.outcome)]
                if now is not None
                else "不再超标"
                if before.outcome == Outcome.EXCEEDING
                else ""
            )
            if not said:
                continue
            rows.append((
                text(of.title), text(known.rules[of.rule].zh), text(minute(before.window_start)),
                text(OUTCOME_ZH[Outcome(before.outcome)]), figure(before.value, decimals), text(said),
                figure(now.value if now else None, decimals), text(minute(before.amended_at)),
            ))  # fmt: skip
    return Table("更正的判定", _AMENDED, tuple(rows), () if rows else ("本期判定无更正",))


def _says_the_same(before: Filed, now: Filed, decimals: int) -> bool:
    """Say whether nobody would act otherwise: the same outcome, and of a breach the same figure as it is printed."""
    if before.outcome != now.outcome:
        return False
    if now.outcome != Outcome.EXCEEDING or before.value is None or now.value is None:
        return True
    return rounded(before.value, decimals) == rounded(now.value, decimals)


def relied_on(before: Sequence[Filed]) -> list[Filed]:
    """Return of the verdicts amended later the last one of each window; those that could not be judged told nobody anything."""
    found: dict[object, Filed] = {}
    for one in before:
        if one.outcome != Outcome.NOT_JUDGEABLE:
            found[one.window_start] = one
    return list(found.values())


def limit_notes(known: Known, site: Site | None) -> list[str]:
    """Return each limit in force that was used: what it allows, where it stands, 待核实 where its text was not read."""
    found: dict[str, None] = {}
    subjects = known.subjects.values() if site is None else known.judged_of.get(site.id, ())
    for one in subjects:
        if one.rule in _LIMIT_RULES:
            for limit in known.limits(one.rule, one.key):
                suspected = "（疑似，须采样核实）" if limit.suspected else ""
                found[
                    f"{FACTORS[one.factor].zh} {_BASIS_ZH[limit.basis]} {allowed(limit)}：{clause(limit)}{suspected}"
                ] = None
    return [f"限值 {one}" for one in found]


_BASIS_ZH = {"instant": "瞬时", "hour": "小时", "day": "日均", "month": "月", "year": "年"}
