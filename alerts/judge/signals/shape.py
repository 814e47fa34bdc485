"""Series that do not move as a plant's do: 恒值, 低波动, 突变, 周期复制 (house reference 7.3). Pure.

All default numbers are the house reference's engineering choices; where one is narrower or wider than there, its function says why.
"""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from statistics import StatisticsError, correlation, fmean, median, pstdev
from typing import TYPE_CHECKING, NamedTuple

from alerts.judge.signals.correlation import clock
from alerts.judge.signals.running import GAS, PH, WATER, bound, load_series, of_day, resolution, running
from alerts.judge.signals.scene import Answer, Found, Scene, Unknown
from schemas.catalog.factors import FACTORS
from schemas.times import DAY, HOUR

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from alerts.judge.signals.running import Hour

_MINUTE_S = 60
#: Hours of a day that make it worth a statistic: as many as a valid day of sewage has (HJ 356-2019, 75 %).
DAY_HOURS = 18
#: So many times the limit is the range an instrument should have (house reference 7.3: 2 to 3).
_RANGE_LIMITS = 2.0
#: Hours on either side of a step whose median is the level.
_AROUND = 3


def constant(scene: Scene, factor: str, numbers: Mapping[str, float]) -> Answer:
    """Suspect a value that stands: the very same for hours on end, or within a day hardly moved.

    *hours* for what is sampled slowly, *hours_minutely* for flue gas by the minute. Twice as long where one step of the
    display is more than *coarse_share* of the value. A day counts as unmoved when it changed less than *moved_share* of the
    range; only where a limit binds and the level is at least *level_share* of it, and the range counts as at most twice
    the limit: instruments in the field have ranges of up to forty limits, and a well-run plant moves less than 1 % of those.
    """
    series, hours = scene.series.get(factor), running(scene, factor)
    today = of_day(scene, hours)
    minutely = series is not None and series.interval_s <= _MINUTE_S and factor.startswith(("a", "yx_b_"))
    needed = numbers["hours_minutely"] if minutely else numbers["hours"]
    if series is None or len(today) < needed:
        return Unknown(f"运行且有效仅 {len(today)} 小时")
    step = resolution(series, hours)
    run = _longest_constant(hours, scene.end - DAY)
    if run:
        value = run[-1].value
        if len(run) >= needed * (2 if step > numbers["coarse_share"] * value else 1):
            return Found(
                sentence=f"自 {clock(run[0].at)} 起连续 {len(run)} 小时恒为 {value:.{series.decimals}f} {series.unit}，"
                "疑似仪器卡滞或数据非实测",
                figures={"hours": len(run), "value": value},
                since=run[0].at,
            )
    return _unmoved(scene, factor, today, numbers, step)


def _longest_constant(hours: Sequence[Hour], since: datetime) -> list[Hour]:
    """Return the longest run of hours, ending after *since*, in which nothing changed; 0 and below are not looked at."""
    best: list[Hour] = []
    run: list[Hour] = []
    for hour in hours:
        is_flat = hour.low == hour.high == hour.value > 0
        follows = bool(run) and hour.at - run[-1].at == HOUR and hour.value == run[-1].value
        run = [*run, hour] if is_flat and follows else [hour] if is_flat else []
        if len(run) > len(best) and hour.at >= since:
            best = run
    return best


def _unmoved(
    scene: Scene, factor: str, today: Sequence[Hour], numbers: Mapping[str, float], step: float
) -> Found | None:
    held, series = scene.limits.get(factor), scene.series[factor]
    if held is None or held.high is None or factor == PH or len(today) < DAY_HOURS:
        return None
    span = _RANGE_LIMITS * held.high
    if series.low is not None and series.high is not None:
        span = min(span, series.high - series.low)
    allowed = numbers["moved_share"] * span
    lowest, highest = min(hour.low for hour in today), max(hour.high for hour in today)
    if step >= allowed or highest - lowest >= allowed or lowest < numbers["level_share"] * held.high:
        return None
    return Found(
        sentence=f"全日 {len(today)} 个有效小时仅在 {lowest:.{series.decimals}f}–{highest:.{series.decimals}f} {series.unit} 之间，"
        f"变化不足量程的 {numbers['moved_share']:.0%}，疑似恒值",
        figures={"hours": len(today), "lowest": lowest, "highest": highest},
        since=today[0].at,
    )


def low_variance(scene: Scene, factor: str, numbers: Mapping[str, float]) -> Answer:
    """Suspect an effluent that knows nothing of its plant: hardly varying all day while flow or load varies a lot.

    *cv*: coefficient of variation below it; *load_swing*: (highest - lowest) / mean of the load above it. Nothing is said of
    values that one step of the display moves by more than twice *cv*.
    """
    series, today = scene.series.get(factor), of_day(scene, running(scene, factor))
    pairs = [(hour.value, hour.load) for hour in today if hour.load is not None]
    if series is None or len(pairs) < DAY_HOURS:
        return Unknown(f"浓度与负荷同时有效仅 {len(pairs)} 小时")
    values, loads = [value for value, _ in pairs], [load for _, load in pairs]
    mean, load = fmean(values), fmean(loads)
    if mean <= 0 or load <= 0 or resolution(series, today) > 2 * numbers["cv"] * mean:
        return None
    cv, swing = pstdev(values) / mean, (max(loads) - min(loads)) / load
    if cv >= numbers["cv"] or swing <= numbers["load_swing"]:
        return None
    return Found(
        sentence=f"全日 {len(pairs)} 个有效小时变异系数仅 {cv:.2%}（均值 {mean:.{series.decimals}f} {series.unit}），"
        f"同期负荷波动 {swing:.0%}，疑似数据非实测",
        figures={"cv": cv, "load_swing": swing, "mean": mean, "hours": len(pairs)},
        since=today[0].at,
    )


class _Jump(NamedTuple):
    factor: str
    at: datetime
    before: float
    after: float
    unit: str
    decimals: int


def step(scene: Scene, factor: str, numbers: Mapping[str, float]) -> Answer:
    """Suspect a change at the instrument: from one hour to the next to another level, and the load stayed as it was.

    More than *mads* times the median absolute deviation of the 24 hours before and more than *limit_share* of the limit;
    *sharp_share* of the whole change within the one hour, since tanks and flues pass through the values between: a failing
    process ramps. Steady: the load changed by no more than *load_change* of itself (a town's morning: 0.28 in an hour). Where *together* factors do so in the same hour it is `probe`'s.
    """
    if bound(scene, factor) is None or load_series(scene, factor) is None:
        return Unknown("限值或负荷不全")
    if not of_day(scene, running(scene, factor)):
        return Unknown("运行且有效仅 0 小时")
    jumps = _jumps(scene, factor, numbers)
    if jumps:
        jumps = [one for one in jumps if len(_together(scene, one.at, numbers)) < numbers["together"]]
    if not jumps:
        return None
    most = max(jumps, key=lambda one: abs(one.after - one.before))
    return Found(
        sentence=f"{clock(most.at)} 起一小时内由 {most.before:.{most.decimals}f} 变为 {most.after:.{most.decimals}f} {most.unit} "
        "并持续，同期负荷未变，疑似仪器或采样被改动",
        figures={"before": most.before, "after": most.after},
        since=most.at,
    )


def probe(scene: Scene, factor: str, numbers: Mapping[str, float]) -> Answer:  # noqa: ARG001 - looks at the place as a whole
    """Suspect that the probe was taken out or its water exchanged: *together* factors or more step in one hour, see `step`."""
    able = [one for one in (*WATER, *GAS) if bound(scene, one) is not None and load_series(scene, one) is not None]
    held = [one for one in able if of_day(scene, running(scene, one))]
    if len(held) < numbers["together"]:
        return Unknown(f"有效因子仅 {len(held)} 项")
    hours = {jump.at for one in held for jump in _jumps(scene, one, numbers)}
    found = max((_together(scene, at, numbers) for at in sorted(hours)), key=len, default=[])
    if len(found) < numbers["together"]:
        return None
    said = "、".join(
        f"{FACTORS[one.factor].zh} {one.before:.{one.decimals}f}→{one.after:.{one.decimals}f} {one.unit}"
        for one in found
    )
    return Found(
        sentence=f"{clock(found[0].at)} 起一小时内 {len(found)} 项因子同时突变（{said}），同期负荷未变，疑似探头移出或水样被替换",
        figures={"factors": len(found)},
        since=found[0].at,
    )


def _together(scene: Scene, at: datetime, numbers: Mapping[str, float]) -> list[_Jump]:
    return [jump for one in (*WATER, *GAS) for jump in _jumps(scene, one, numbers) if jump.at == at]


def _jumps(scene: Scene, factor: str, numbers: Mapping[str, float]) -> list[_Jump]:
    held = bound(scene, factor)
    if held is None:
        return []
    series, high = held
    hours = running(scene, factor, series)
    found: list[_Jump] = []
    for number, (old, new) in enumerate(pairwise(hours), 1):
        change = new.value - old.value
        if new.at - old.at != HOUR or new.at < scene.end - DAY or abs(change) <= numbers["limit_share"] * high:
            continue
        past = [hour.value for hour in hours[:number] if hour.at >= new.at - DAY]
        middle = median(past)
        mad = median(abs(value - middle) for value in past)
        before, after = median(past[-_AROUND:]), median(hour.value for hour in hours[number : number + _AROUND])
        whole = after - before
        if (
            len(past) >= numbers["hours_before"]
            and abs(change) > numbers["mads"] * mad
            and abs(whole) > numbers["limit_share"] * high
            and change / whole >= numbers["sharp_share"]
            and _is_steady(old, new, numbers["load_change"])
        ):
            found.append(_Jump(factor, new.at, before, after, series.unit, series.decimals))
    return found


def _is_steady(old: Hour, new: Hour, allowed: float) -> bool:
    if old.load is None or new.load is None:
        return False
    return abs(new.load - old.load) <= allowed * (new.load + old.load) / 2


def copied(scene: Scene, factor: str, numbers: Mapping[str, float]) -> Answer:
    """Suspect a copied day: the same sequence of 24 hours as the day before.

    *equal_share* of the comparable hours equal to the last figure shown, with at least *kinds* different values (a standing
    value is no copy); or autocorrelation at 24 h above *correlation* with *cv* of variation: a copy moved or stretched. The
    latter of concentrations only: a town's water follows the clock (0.9993 was measured between honest days).
    """
    series = scene.series.get(factor)
    hours = {hour.at: hour.value for hour in running(scene, factor)}
    pairs = {at: (value, hours[at - DAY]) for at, value in hours.items() if at >= scene.end - DAY and at - DAY in hours}
    if series is None or len(pairs) < DAY_HOURS:
        return Unknown(f"可与前日比较仅 {len(pairs)} 小时")
    shown = [(round(now, series.decimals), round(then, series.decimals)) for now, then in pairs.values()]
    kinds = len({now for now, _ in shown})
    if kinds < numbers["kinds"]:
        return None
    equal = sum(now == then for now, then in shown)
    since = min(pairs)
    if equal >= numbers["equal_share"] * len(shown):
        return Found(
            sentence=f"当日 {len(shown)} 个可比小时中 {equal} 个与前一日同一时刻完全相同（{kinds} 种不同数值），疑似复制前日数据",
            figures={"hours": len(shown), "equal": equal, "kinds": kinds},
            since=since,
        )
    like = _alike(list(pairs.values()), numbers["cv"]) if factor in (*WATER, *GAS) else None
    if like is None or like <= numbers["correlation"]:
        return None
    return Found(
        sentence=f"当日 {len(shown)} 个可比小时与前一日的自相关系数达 {like:.4f}，疑似由前日数据改写",
        figures={"hours": len(shown), "correlation": like},
        since=since,
    )


def _alike(pairs: Sequence[tuple[float, float]], cv: float) -> float | None:
    """Return the correlation of *pairs*; None where either side hardly varies."""
    for side in zip(*pairs, strict=True):
        if pstdev(side) <= cv * abs(fmean(side)):
            return None
    try:
        return correlation(*zip(*pairs, strict=True))
    except StatisticsError:
        return None
