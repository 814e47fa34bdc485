"""Energy meters that do not count as a plant consumes 能耗异常 (house reference 7.3). Pure.

Night load of a one-shift plant is not here: the registry does not say who works in how many shifts.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from alerts.judge.signals.correlation import clock, judged, longest_run, timed
from alerts.judge.signals.scene import Answer, Found, Scene, Series, Unknown
from schemas.times import DAY, HOUR

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

#: What deriving notes of a register that fell, or of a change of meter that its readings contradict.
_FELL = ("表计示数下降", "换表示数与读数矛盾")
_METER = "yx_e_"


def meter_constant(scene: Scene, factor: str, numbers: Mapping[str, float]) -> Answer:
    """Suspect invented consumption: hour after hour the same to the last figure shown, or none while other energy is used.

    A register so coarse that equal hours are to be expected says nothing.
    """
    used = _used(scene, factor)
    if used is None:
        return Unknown("无有效小时用量")
    series, amounts = used
    step = 10.0**-series.decimals
    today = [at for at in amounts if at >= scene.end - DAY]
    same: list[datetime] = []
    for value in {round(amounts[at], series.decimals) for at in today}:
        equal = longest_run([at for at in today if round(amounts[at], series.decimals) == value])
        if len(equal) > len(same) and (value >= numbers["steps_at_least"] * step or _idle(scene, factor, value, equal)):
            same = equal
    if len(same) < numbers["hours_at_least"]:
        return None
    value = round(amounts[same[0]], series.decimals)
    rest = "其间其他能源照常消费，疑似表计停走" if value == 0 else "疑似用量非实测"
    return Found(
        sentence=f"自 {clock(same[0])} 起连续 {len(same)} 小时用量均为 {value:.{series.decimals}f} {series.unit}，{rest}",
        figures={"hours": len(same), "amount": value},
        since=same[0],
    )


def meter_copied(scene: Scene, factor: str, numbers: Mapping[str, float]) -> Answer:
    """Suspect a copied day: each hour's consumption that of the same hour the day before, to the last figure shown."""
    used = _used(scene, factor)
    if used is None:
        return Unknown("无有效小时用量")
    series, amounts = used
    pairs = {
        at: (round(value, series.decimals), round(amounts[at - DAY], series.decimals))
        for at, value in amounts.items()
        if at >= scene.end - DAY and at - DAY in amounts
    }
    if len(pairs) < numbers["hours_known"]:
        return Unknown(f"可与前日比较仅 {len(pairs)} 小时")
    equal = [at for at, (now, before) in pairs.items() if now == before]
    kinds = {pairs[at][0] for at in equal}
    # Equal hours of an even consumption are no copy: a copied day has its ups and downs.
    if len(equal) < numbers["equal_share"] * len(pairs) or len(kinds) < numbers["kinds_at_least"]:
        return None
    return Found(
        sentence=f"当日 {len(pairs)} 个可比小时中 {len(equal)} 个用量与前一日同一时刻完全相同（{len(kinds)} 种不同数值），疑似复制前日数据",
        figures={"hours": len(pairs), "equal": len(equal), "kinds": len(kinds)},
        since=min(equal),
    )


def meter_fell(scene: Scene, factor: str, numbers: Mapping[str, float]) -> Answer:
    """Suspect a register turned back: it fell and no change of meter is registered, or the registered one does not fit."""
    series = scene.series.get(factor)
    hours = [] if series is None else [(at, mean) for at, mean in judged(scene, timed(scene, series)) if mean]
    if series is None or not hours:
        return Unknown("无小时数据")
    fell = [(at, mean) for at, mean in hours if any(word in mean.note for word in _FELL)]
    if len(fell) < numbers["hours_at_least"]:
        return None
    at, mean = fell[0]
    shown, figures = "", {"hours": float(len(fell))}
    if mean.low is not None and mean.high is not None:
        figures |= {"before": mean.low, "after": mean.high}
        shown = f"由 {mean.low:.{series.decimals}f} 至 {mean.high:.{series.decimals}f} {series.unit}，"
    return Found(
        sentence=f"{clock(at)} 起一小时内示数下降或与换表登记不符（{shown}当日 {len(fell)} 次），疑似倒表或未登记换表，请登记换表或核查",
        figures=figures,
        since=at,
    )


def _used(scene: Scene, factor: str) -> tuple[Series, dict[datetime, float]] | None:
    """Return the meter and hour → what it counted, in its unit, where it is certain."""
    series = scene.series.get(factor)
    if series is None:
        return None
    amounts = {at: mean.value for at, mean in timed(scene, series) if mean and mean.valid and mean.value is not None}
    return (series, amounts) if any(at >= scene.end - DAY for at in amounts) else None


def _idle(scene: Scene, factor: str, value: float, hours: list[datetime]) -> bool:
    """Return whether a meter stands at 0 in *hours* while another of the place goes on at half its usual pace or more."""
    if value != 0:
        return False
    for code in scene.series:
        other = _used(scene, code) if code.startswith(_METER) and code != factor else None
        if other is None:
            continue
        usual = median(other[1].values())
        meanwhile = [other[1][at] for at in hours if at in other[1]]
        if usual > 0 and len(meanwhile) * HOUR >= len(hours) * HOUR / 2 and median(meanwhile) >= usual / 2:
            return True
    return False
