"""Values where a plant's seldom lie: 贴限, 平顶, 零值, 负值 (house reference 7.3). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.judge.signals.correlation import clock
from alerts.judge.signals.running import bound, load_series, of_day, resolution, running
from alerts.judge.signals.scene import Answer, Found, Scene, Unknown
from alerts.judge.signals.shape import DAY_HOURS
from schemas.times import DAY, HOUR

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from alerts.judge.signals.running import Hour
    from alerts.judge.signals.scene import Series


def limit_hugging(scene: Scene, factor: str, numbers: Mapping[str, float]) -> Answer:
    """Suspect values held just below the limit, or cut off at it or at the top of the range 平顶.

    *share* of the day's hours between *near_share* of the limit and the limit, none above; or *flat_hours* hours whose
    highest value is one and the same, within *top_share* below the limit or the range. A cut needs a display finer than
    a quarter of that: an instrument that shows whole numbers repeats itself honestly.
    """
    held = bound(scene, factor)
    if held is None:
        return Unknown("无适用限值")
    series, high = held
    today = of_day(scene, running(scene, factor, series))
    if len(today) < DAY_HOURS:
        return Unknown(f"运行且有效仅 {len(today)} 小时")
    below = max(hour.value for hour in today) <= high
    near = sum(numbers["near_share"] * high <= hour.value <= high for hour in today)
    if below and near >= numbers["share"] * len(today):
        return Found(
            sentence=f"当日 {len(today)} 个有效小时中 {near} 个（{near / len(today):.0%}）落在限值 {high:g} {series.unit} 的 "
            f"{numbers['near_share']:.0%}–100% 之间且无一超过，疑似贴限控制数据",
            figures={"hours": len(today), "near": near, "share": near / len(today), "limit": high},
            since=today[0].at,
        )
    return _flat_top(series, today, high, "限值", numbers) or _range_top(scene, factor, numbers)


def _range_top(scene: Scene, factor: str, numbers: Mapping[str, float]) -> Found | None:
    series = scene.series.get(factor)
    if series is None or series.high is None:
        return None
    return _flat_top(series, of_day(scene, running(scene, factor)), series.high, "量程上限", numbers)


def _flat_top(
    series: Series, today: Sequence[Hour], top: float, name: str, numbers: Mapping[str, float]
) -> Found | None:
    if not today:
        return None
    highest = max(hour.high for hour in today)
    flat = [hour for hour in today if hour.high == highest]
    near = numbers["top_share"] * top
    if len(flat) < numbers["flat_hours"] or not top - near <= highest <= top or resolution(series, today) > near / 4:
        return None
    return Found(
        sentence=f"当日 {len(flat)} 个小时的最高值同为 {highest:.{series.decimals}f} {series.unit}，紧贴{name} {top:g} 且无一超过，"
        "疑似数据被削顶",
        figures={"hours": len(flat), "highest": highest, "top": top},
        since=flat[0].at,
    )


def zero(scene: Scene, factor: str, numbers: Mapping[str, float]) -> Answer:
    """Suspect a dead instrument or line: zero or negative for *hours* on end while the plant is known to run.

    It may be truly low (HJ 356): then it stays valid, and the inspector says so.
    """
    series = scene.series.get(factor)
    if series is None or load_series(scene, factor) is None:
        return Unknown("缺少流量或负荷")
    hours = [hour for hour in running(scene, factor) if hour.load is not None]
    if len(of_day(scene, hours)) < numbers["hours"]:
        return Unknown(f"运行且有效仅 {len(of_day(scene, hours))} 小时")
    best: list[Hour] = []
    run: list[Hour] = []
    for hour in hours:
        run = ([*run, hour] if run and hour.at - run[-1].at == HOUR else [hour]) if hour.value <= 0 else []
        if len(run) > len(best) and hour.at >= scene.end - DAY:
            best = run
    if len(best) < numbers["hours"]:
        return None
    lowest = min(hour.value for hour in best)
    return Found(
        sentence=f"自 {clock(best[0].at)} 起连续 {len(best)} 小时为{'负值' if lowest < 0 else '零'}（最低 "
        f"{lowest:.{series.decimals}f} {series.unit}）而生产在运行，疑似仪器或采样失效；若确为低浓度，核实后仍有效",
        figures={"hours": len(best), "lowest": lowest},
        since=best[0].at,
    )
