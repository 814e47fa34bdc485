"""Marks that say more of the plant than of the instrument: 校准窗口, 标记滥用, 改标 (house reference 7.3). Pure.

A false mark of an instrument's state or of production is falsification ([REG820] Art. 25); whether one is false, the
inspector finds out. Small letters were set by people and count like those of the device.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from statistics import fmean, median
from typing import TYPE_CHECKING

from alerts.judge.signals.correlation import LOADS, STOPS, clock, judged, load_of, runs, timed, valid_value
from alerts.judge.signals.scene import Answer, Found, Scene, Series, Unknown
from schemas.times import HOUR, SHANGHAI, day_start, hour_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from schemas.records import Mean

#: Calibration and standard check; with maintenance: all that a plant may time as it likes; a normal value.
CHECKS = frozenset("Cck")
TIMED = CHECKS | frozenset("Mm")
NORMAL = frozenset("Nnve")
#: Letters set by people that take a value out of judgement.
BY_HAND = frozenset("cdfkmu")
_HOURS_A_DAY = 24
_WHOLE_HABIT = 0.8
_PEAK_FROM = 0.75


def calibration_too_long(scene: Scene, factor: str, numbers: Mapping[str, float]) -> Answer:
    """Suspect time bought by calibration: marks of calibration or maintenance longer than the day's allowance."""
    series = scene.series.get(factor)
    hours = [] if series is None else judged(scene, timed(scene, series))
    if not any(mean for _, mean in hours):
        return Unknown("当日无小时数据")
    marked = {at: share for at, mean in hours if mean is not None and (share := _timed_share(mean)) > 0}
    total = sum(marked.values())
    if total <= numbers["hours_a_day"]:
        return None
    return Found(
        sentence=f"当日校准、维护标记合计 {total:.1f} 小时（允许 {numbers['hours_a_day']:g} 小时），"
        f"首见 {clock(min(marked))}，疑似以校准、维护避开监测",
        figures={"hours": total, "hours_touched": len(marked)},
        since=min(marked),
    )


def calibration_at_peak(scene: Scene, factor: str, numbers: Mapping[str, float]) -> Answer:
    """Suspect calibration timed for the peak: again and again it begins in the quarter of highest load, at changing times.

    The same clock hour day after day is a timetable, not an evasion.
    """
    series, load = scene.series.get(factor), load_of(scene, LOADS)
    if series is None or load is None:
        return Unknown("缺少负荷数据")
    loads = {at: value for at, mean in timed(scene, load) if (value := valid_value(mean)) is not None}
    if len(loads) < numbers["hours_known"]:
        return Unknown(f"负荷有效仅 {len(loads)} 小时")
    marked = [at for at, mean in timed(scene, series) if mean is not None and TIMED & set(mean.marks)]
    begun = [span[0] for span in runs(marked) if span[0] in loads]
    ranked = sorted(loads.values())
    peak, usual = ranked[int(_PEAK_FROM * len(ranked))], median(ranked)
    in_peak = [at for at in begun if loads[at] >= peak]
    share = len(in_peak) / max(1, len(begun))
    clocks = Counter(at.astimezone(SHANGHAI).hour for at in begun)
    if (
        len(begun) < numbers["runs_at_least"]
        or share < numbers["peak_share"]
        or peak < (1 + numbers["load_swing"]) * usual
        or max(clocks.values()) > len(begun) / 2
    ):
        return None
    return Found(
        sentence=f"近 {len(series.hours) // _HOURS_A_DAY} 日校准、维护标记 {len(begun)} 次，其中 {len(in_peak)} 次"
        f"始于负荷最高的四分之一时段（≥ {peak:.{load.decimals}f} {load.unit}），且不在固定时刻，疑似专挑高负荷时标记",
        figures={"runs": len(begun), "peak_share": share, "peak_load": peak},
        since=begun[0],
    )


def calibration_beside_exceedance(scene: Scene, factor: str, numbers: Mapping[str, float]) -> Answer:
    """Suspect marks laid over exceedances: runs of them that begin or end next to an hour above the limit."""
    held = _against_limit(scene, factor)
    if held is None:
        return Unknown("无适用限值")
    series, high = held
    marked = [at for at, mean in timed(scene, scene.series[factor]) if mean is not None and TIMED & set(mean.marks)]
    values = {
        at: value for at, mean in timed(scene, series) if at not in marked and (value := valid_value(mean)) is not None
    }
    spans = runs(marked)
    above = {at for at, value in values.items() if value > high}
    beside = [run for run in spans if {run[0] - HOUR, run[-1] + HOUR} & above]
    if (
        len(beside) < numbers["runs_at_least"]
        or len(beside) < numbers["beside_share"] * len(spans)
        # Where nearly all hours exceed, every mark lies beside one.
        or len(above) > numbers["above_share"] * len(values)
    ):
        return None
    return Found(
        sentence=f"近 {len(series.hours) // _HOURS_A_DAY} 日校准、维护标记 {len(spans)} 段，其中 {len(beside)} 段紧邻"
        f"超过限值 {high:g} {series.unit} 的小时，疑似以标记遮盖超标",
        figures={"runs": len(spans), "beside": len(beside), "hours_above": len(above)},
        since=beside[0][0],
    )


def calibration_overdue(scene: Scene, factor: str, numbers: Mapping[str, float]) -> Answer:
    """Suspect a neglected instrument: checked daily before, or weekly, and now no more (HJ 75: 24 h, 168 h [mem]).

    Days on which the source stood most of the time, and days without data, are not counted. A device that never marks
    its calibration says nothing.
    """
    days = _running_days(scene, factor)
    if len(days) < numbers["days_at_least"]:
        return Unknown(f"运行且有数据仅 {len(days)} 日")
    checked = [number for number, (_, mean) in enumerate(days) if CHECKS & set(mean.marks)]
    if not checked:
        return None
    past = checked[-1] - checked[0] + 1
    daily = past >= numbers["days_at_least"] and len(checked) >= _WHOLE_HABIT * past
    due = numbers["days_daily"] if daily else numbers["days_weekly"]
    without = len(days) - 1 - checked[-1]
    if without <= due:
        return None
    last = days[checked[-1]][0]
    return Found(
        sentence=f"自 {last:%m-%d} 起已 {without} 个运行日无校准标记（此前{'每日' if daily else '不定期'}校准，"
        f"最长 {due:g} 日），疑似超期未校准",
        figures={"days": without, "days_allowed": due},
        since=day_start(days[checked[-1] + 1][0]),
    )


def marks_abused(scene: Scene, factor: str, numbers: Mapping[str, float]) -> Answer:
    """Suspect marks used to have fewer values judged: the share of marked hours in the last 31 days.

    Stopped hours and the hour a day of standard check leave the sum (house reference part II 6), missing ones never
    were in it.
    """
    series = scene.series.get(factor)
    days = [] if series is None else [mean for _, mean in series.days if mean.n_received]
    came = sum(mean.n_received for mean in days)
    if len(days) < numbers["days_at_least"] or not came:
        return Unknown(f"有数据仅 {len(days)} 日")
    marked = sum(
        max(0, mean.n_received - mean.n_valid - mean.n_stopped - mean.n_checked)
        for mean in days
        if set(mean.marks) - NORMAL - STOPS
    )
    share = marked / came
    if share <= numbers["share"]:
        return None
    letters = "".join(sorted({letter for mean in days for letter in mean.marks} - NORMAL - STOPS))
    return Found(
        sentence=f"近 {len(days)} 日收到的 {came} 个小时中 {marked} 个（{share:.1%}）因标记 {letters} 不参与评价，"
        f"超过 {numbers['share']:.0%}，疑似滥用标记，请核对标记依据",
        figures={"hours": marked, "share": share, "days": len(days)},
    )


def remarked_by_hand(scene: Scene, factor: str, numbers: Mapping[str, float]) -> Answer:
    """Suspect an exceedance marked away: hours the device sent as normal and above the limit, that a person then marked.

    A stack's readings are held against the limit as measured, before conversion to reference O2.
    """
    series, held = scene.series.get(factor), _against_limit(scene, factor)
    if series is None or held is None:
        return Unknown("无适用限值")
    high = held[1]
    hidden = {at for at, mean in judged(scene, timed(scene, series)) if mean is not None and BY_HAND & set(mean.marks)}
    values: defaultdict[datetime, list[float]] = defaultdict(list)
    for raw in series.raw:
        if raw.mark in NORMAL and hour_of(raw.ts) in hidden:
            values[hour_of(raw.ts)].append(raw.value)
    above = {at: fmean(some) for at, some in sorted(values.items()) if fmean(some) > high}
    if len(above) < numbers["hours_at_least"]:
        return None
    return Found(
        sentence=f"{len(above)} 个小时仪器原报正常且高于限值 {high:g} {series.unit}（最高 {max(above.values()):.2f}），"
        f"后被人工标记为无效，首见 {clock(min(above))}，疑似改标掩盖超标",
        figures={"hours": len(above), "highest": max(above.values()), "limit": high},
        since=min(above),
    )


def _timed_share(mean: Mean) -> float:
    """Return the share of an hour under calibration or maintenance, never more than is certain."""
    if not TIMED & set(mean.marks):
        return 0.0
    others = set(mean.marks) - TIMED - NORMAL
    counted = mean.n_checked if others else max(mean.n_checked, mean.n_received - mean.n_valid)
    return min(1.0, counted / max(1, mean.n_expected))


def _against_limit(scene: Scene, factor: str) -> tuple[Series, float] | None:
    """Return the series that a limit binds and its upper value: converted to reference O2 where that is what counts."""
    for code in (f"yx_zs_{factor}", factor):
        limit, series = scene.limits.get(code), scene.series.get(code)
        if limit is not None and limit.high is not None and (series or scene.series.get(factor)):
            return series or scene.series[factor], limit.high
    return None


def _running_days(scene: Scene, factor: str) -> list[tuple[date, Mean]]:
    series = scene.series.get(factor)
    days = () if series is None else series.days
    return [(day, mean) for day, mean in days if mean.n_received and mean.n_stopped < _HOURS_A_DAY / 2]
