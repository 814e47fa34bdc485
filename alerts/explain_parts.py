"""The parts every explanation has: readings, people's marks, the limit and why it, the comparison, the raw bytes. Pure."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from alerts.explain_text import figure, loud, minute, outcome, same, second
from alerts.judge.verdict import rounded
from schemas.catalog.enums import MARK_KIND_ZH, MarkKind, Outcome
from schemas.times import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from alerts.explain_source import Batch, Filed, Marked, Reading
    from alerts.judge.rules import Rule
    from alerts.judge.subjects import Subject
    from schemas.records import Limit, Mean

_SHOWN_READINGS = 6
_SHOWN_WINDOWS = 12
_SHOWN_BATCHES = 8
_PERMIT = "排污许可证"


def readings(of_hour: Sequence[Reading]) -> str:
    """Return an hour's readings: each with its mark (device's→person's), or how many, and from what to what."""
    if not of_hour:
        return "无 none"
    if len(of_hour) <= _SHOWN_READINGS:
        return " ".join(f"{figure(one.value, 10)}{_mark(one)}" for one in of_hour)
    values = [one.value for one in of_hour]
    seen = "".join(sorted({one.letter or one.mark for one in of_hour}))
    return f"{len(values)} 个 {figure(min(values), 10)}–{figure(max(values), 10)} {seen}"


def _mark(one: Reading) -> str:
    return f"{one.mark}{'→' if one.letter else ''}{one.letter}{'迟' if one.late else ''}"


def marked(marks: Sequence[Marked], names: Iterable[str]) -> list[str]:
    """Return the section on people's marks of the points *names*; nothing where there are none."""
    if not marks:
        return []
    lines = [f"## 人工标记 Marks by people ({'，'.join(names)})", ""]
    for one in marks:
        evidence = f"，证据 evidence {one.evidence}" if one.evidence else ""
        lines.append(
            f"- 标记 {one.mark_id} `{one.letter}` {MARK_KIND_ZH[MarkKind(one.kind)]} {one.kind}："
            f"{minute(one.since)} – {minute(one.until)}，{one.made_by} 于 {second(one.made_at)}：{one.reason}{evidence}"
        )
    return [*lines, ""]


def limit_lines(limit: Limit, subject: Subject, said: Sequence[str] = ()) -> list[str]:
    """Return the limit that binds and why it and no other; *said*: what else led to it."""
    bound = " – ".join(figure(part) for part in (limit.low, limit.high) if part is not None)
    sign = "" if limit.low is not None and limit.high is not None else "≥ " if limit.high is None else "≤ "
    until = f" 至 to {limit.valid_to}" if limit.valid_to else ""
    state = "已核实 verified" if limit.verified else "**待核实 not verified**"
    suspected = "；超出仅为疑似 a breach is a suspicion" if limit.suspected else ""
    why = "；".join([*_why(limit, subject), *said])
    return [
        (
            f"- `{limit.id}`：**{sign}{bound} {limit.unit}**，{limit.standard} {limit.clause}（{limit.edition}），"
            f"自 in force from {limit.valid_from}{until}，{state}{suspected}"
        ),
        f"- 为何是它 why this one：{why}",
    ]


def _why(limit: Limit, subject: Subject) -> list[str]:
    if limit.standard == _PERMIT:
        why = ["许可证限值优先于标准 the permit goes before the standard"]
    elif subject.stack:
        n = len(subject.stack)
        why = [f"烟囱所接 {n} 台锅炉中最严 the strictest of its {n} boiler(s) ({limit.scope})"]
    else:
        why = [f"执行标准 standard {limit.scope}"]
    if limit.water_temp_above_c is not None:
        why.append(f"水温 > {limit.water_temp_above_c:g} ℃ 或未知时 (warm or unknown: 括号外数值)")
    if limit.water_temp_up_to_c is not None:
        why.append(f"水温 ≤ {limit.water_temp_up_to_c:g} ℃ 时 (cold: 括号内数值)")
    if limit.built_from or limit.built_to:
        why.append(
            f"建成日期 date built {subject.built} 在 {limit.built_from or '…'} – {limit.built_to or '…'} 之间 (within)"
        )
    if (limit.rated_above is not None or limit.rated_up_to is not None) and subject.rated is not None:
        why.append(f"额定 rated {figure(subject.rated)} t/h")
    return why


def comparison(mean: Mean | None, limit: Limit | None) -> list[str]:
    """Return rounding, comparison, outcome and multiple of a window's value, computed here."""
    if mean is None:
        return ["- 无值，不作判定 no value, nothing is judged"]
    if limit is None:
        return ["- 当日没有生效限值，不作判定 no limit in force that day, nothing is judged"]
    if expected(mean, limit) is Outcome.NOT_JUDGEABLE or mean.value is None:
        why = f"有效 {mean.n_valid}/{mean.n_expected}{f'，{mean.note}' if mean.note else ''}"
        return [f"- 值无效 not valid（{why}）→ **{outcome(Outcome.NOT_JUDGEABLE)}**"]
    value = rounded(mean.value, limit.decimals)
    lines = [
        (
            f"- 修约 rounding：{figure(mean.value, 10)} → **{value:.{limit.decimals}f}** {limit.unit}"
            f"（{limit.decimals} 位小数 decimals，四舍六入五成双 half to even，GB/T 8170）"
        )
    ]
    broken, sign = _broken(value, limit)
    if broken is None:
        bounds = [f"{value:g} ≤ {figure(limit.high)}"] if limit.high is not None else []
        bounds += [f"{value:g} ≥ {figure(limit.low)}"] if limit.low is not None else []
        return [*lines, f"- 比较 comparison：{'，'.join(bounds)} → **{outcome(Outcome.COMPLIANT)}**"]
    multiple = abs(mean.value - broken) / broken
    return [
        *lines,
        f"- 比较 comparison：{value:g} {sign} {figure(broken)} → **{outcome(Outcome.EXCEEDING)}**",
        f"- 超标倍数 multiple：|{figure(mean.value, 10)} − {figure(broken)}| / {figure(broken)} = {multiple:.3f}",
    ]


def expected(mean: Mean, limit: Limit) -> Outcome:
    """Return the outcome of a value against a limit, as anybody would find it: missing or invalid is not judgeable."""
    if not mean.valid or mean.value is None or not math.isfinite(mean.value):
        return Outcome.NOT_JUDGEABLE
    broken = _broken(rounded(mean.value, limit.decimals), limit)[0]
    return Outcome.COMPLIANT if broken is None else Outcome.EXCEEDING


def _broken(value: float, limit: Limit) -> tuple[float | None, str]:
    if limit.high is not None and value > limit.high:
        return limit.high, ">"
    return (limit.low, "<") if limit.low is not None and value < limit.low else (None, "")


def in_force(filed: Iterable[Filed]) -> dict[tuple[str, datetime], Filed]:
    """Return the verdicts that stand, by rule and window."""
    return {(one.rule, one.window_start): one for one in filed if one.amended_at is None}


def verdict_lines(filed: Sequence[Filed], mean: Mean | None, limit: Limit | None, *, stable: bool) -> list[str]:
    """Return the verdict that stands on one window, its disagreements with what is stored now, and those before it."""
    standing = [one for one in filed if one.amended_at is None]
    lines = (
        []
        if standing
        else ["- 尚无判定 no verdict: 时段未结束、无限值或判定尚未进行 (not ended, no limit, or not judged yet)"]
    )
    for one in standing:
        when = "" if stable else f"判定 verdict {one.verdict_id}，判定于 judged at {second(one.judged_at)}："
        lines.append(f"- {when}**{outcome(one.outcome)}**，{verdict_text(one)}")
        lines += disagreements(one, mean, limit)
    amended = [one for one in filed if one.amended_at is not None]
    return lines + [f"- {amended_line(one, stable=stable)}" for one in amended]


def verdict_text(one: Filed) -> str:
    """Return value, limit, multiple and remarks of a verdict as filed."""
    parts = [f"值 value {figure(one.value, 10)}", f"限值 limit {figure(one.limit_value)} ({one.limit_id})"]
    parts += [f"倍数 multiple {one.body['multiple']}"] if "multiple" in one.body else []
    parts += [str(one.body[name]) for name in ("why", "note") if one.body.get(name)]
    parts += ["疑似 suspected"] if one.body.get("suspected") else []
    return "，".join([*parts, f"判定规则版本 rules {one.body.get('rule_version', '?')}"])


def disagreements(one: Filed, mean: Mean | None, limit: Limit | None) -> list[str]:
    """Return, loudly, where a standing verdict rests on other numbers than are stored now: it waits to be judged again."""
    found = []
    if not same(one.value, mean.value if mean else None):
        now = figure(mean.value if mean else None, 10)
        found.append(f"判定所据 the verdict's value {figure(one.value, 10)}，现存 stored now {now}")
    if limit is not None and one.limit_id != limit.id:
        found.append(f"判定所据限值 the verdict's limit {one.limit_id}，现适用 binds now {limit.id}")
    if mean is not None and limit is not None and one.outcome != expected(mean, limit):
        found.append(f"判定 filed {one.outcome}，按此处比较 by the comparison here {expected(mean, limit)}")
    return [f"- {loud(text)}" for text in found]


def amended_line(one: Filed, *, stable: bool) -> str:
    """Return one line on a verdict that was amended later."""
    number = "" if stable else f" {one.verdict_id}"
    when = "" if stable or one.amended_at is None else f"（{second(one.judged_at)} – {second(one.amended_at)}）"
    return f"已修正 amended{number}{when}：{minute(one.window_start)} {outcome(one.outcome)}，{verdict_text(one)}"


def hour_rules(filed: Sequence[Filed], rules: dict[str, Rule], names: Sequence[str]) -> list[str]:
    """Return one line for each hour rule of *names*: how many hours came out how, and which exceeded."""
    by_rule: dict[str, list[Filed]] = defaultdict(list)
    for (rule, _), one in sorted(in_force(filed).items()):
        by_rule[rule].append(one)
    lines = []
    for name in names:
        held = by_rule[name]
        count = Counter(one.outcome for one in held)
        if not held:
            lines.append(f"- {rules[name].zh} `{name}`：无判定 no verdict")
            continue
        numbers = "，".join(f"{outcome(each)} {count[each]}" for each in Outcome)
        limits = "、".join(sorted({_limit_of(one, rules[name]) for one in held}))
        over = [one for one in held if one.outcome == Outcome.EXCEEDING]
        shown = "、".join(f"{_clock(one.window_start)} ({figure(one.value)})" for one in over[:_SHOWN_WINDOWS])
        more = f" … 共 in all {len(over)}" if len(over) > _SHOWN_WINDOWS else ""
        at = f"；超标时段 exceeding hours {shown}{more}" if over else ""
        lines.append(f"- {rules[name].zh} `{name}`：{numbers}；限值 limit {limits}{at}")
    amended = sum(one.amended_at is not None and one.rule in names for one in filed)
    return [*lines, *([f"- 其中已修正的判定 amended verdicts among them：{amended}"] if amended else [])]


def _limit_of(one: Filed, rule: Rule) -> str:
    if one.limit_value is None:
        return f"`{one.limit_id}`"
    part = f" × {rule.share:g}" if rule.share < 1 else ""
    state = "" if one.body.get("verified", True) else "，待核实 not verified"
    return f"{figure(one.limit_value)}{part} (`{one.limit_id}`{state})"


def _clock(at: datetime) -> str:
    return at.astimezone(SHANGHAI).strftime("%H:%M")


def raw(batches: Sequence[Batch], trace: tuple[str, datetime] | None, *, stable: bool) -> list[str]:
    """Return where the raw bytes are; *trace*: point and instant of one reading that `monitor trace` finds."""
    if not batches or trace is None:
        return ["- 当日无原始数据 no readings that day"]
    lines = []
    if not stable:
        held = sum(one.readings for one in batches)
        lines.append(f"- {len(batches)} 个批次 batches，{held} 个读数 readings：")
        lines += [
            f"  - 批次 batch {one.batch_id} ({one.worker})，接收 received {second(one.received_from)} –"
            f" {second(one.received_to)}，{one.readings} 个读数 readings"
            for one in batches[:_SHOWN_BATCHES]
        ]
        if len(batches) > _SHOWN_BATCHES:
            rest = "、".join(str(one.batch_id) for one in batches[_SHOWN_BATCHES:])
            lines.append(f"  - 其余 the others：{rest}")
    point, at = trace
    lines.append(f"- 原文 the message itself：`monitor trace {point} {at.astimezone(SHANGHAI).isoformat()}`")
    return lines


def versions(found: Sequence[tuple[str, str, datetime]], *, stable: bool) -> str:
    """Return by which rules hours and day were derived, and when last."""
    words = {"hour": "小时 hours", "day": "日 day"}
    parts = [f"{words[basis]} {version}" + ("" if stable else f"（{second(at)}）") for basis, version, at in found]
    return f"- 计算规则版本 derived by rules：{'，'.join(parts) or '无 none'}"


def head(title: str, subject: str, day: date, facts: Iterable[str]) -> list[str]:
    """Return the heading of an explanation."""
    return [
        f"# {title}",
        "",
        f"`{subject}` · {day.isoformat()}（北京时间 Beijing time）",
        "",
        *(f"- {one}" for one in facts),
        "",
    ]
