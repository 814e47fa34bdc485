"""Things that go together in every plant, and do not here 相关性断裂, 停运矛盾 (house reference 7.3). Pure.

SO2 against the desulphurisation pump and NOx against ammonia are not here: the catalogue has no factor for either.
"""

from __future__ import annotations

from collections import defaultdict
from statistics import fmean, median
from typing import TYPE_CHECKING

from alerts.judge.signals.scene import Answer, Found, Scene, Series, Unknown
from schemas.times import DAY, HOUR, SHANGHAI, hour_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from schemas.records import Mean

#: What shows that there is fire, the surest first. The flow of a stack does not: a fan may purge a cold boiler.
FIRE = ("yx_b_steam_flow", "yx_b_gas_flow", "yx_b_coal_flow", "yx_b_oil_flow", "yx_b_biomass_flow")
#: What shows how much a place does, the surest first.
LOADS = (*FIRE, "w00000", "a00000", "a01011")
POWERS = ("yx_e_kwh", "yx_b_power")
OUTLET_FLOW = "w00000"
#: e101xx, xx the unit: inlet flow (HJ 212-2017 app. B, ST=52).
INLET_FLOW = "e101"
_FEWEST_FOR_TOP = 24
_TOP = 0.95
#: A load below so much of the instrument's range is no full load, however seldom the plant runs (house convention).
_LEAST_OF_RANGE = 0.1
_DAY_HOURS = 18
STOPS = frozenset("Ff")
#: Flue gas stays warm a while after the fire is out (house convention).
TEMPERATURE = "a01012"
_TEMPERATURE_FROM_HOUR = 2
_WHOLE = 0.9
#: What shows that a plant runs, and how people call it.
_RUNNING_ZH = {
    "yx_b_steam_flow": "蒸汽流量", "yx_b_gas_flow": "燃气流量", "yx_b_coal_flow": "给煤量", "yx_b_oil_flow": "燃油量",
    "yx_b_biomass_flow": "生物质给料量", "w00000": "污水流量", "a00000": "废气流量", "a01011": "烟气流速",
    "yx_b_power": "电功率", TEMPERATURE: "烟气温度",
}  # fmt: skip
WITNESSES = tuple(_RUNNING_ZH)
Hour = tuple["datetime", "Mean | None"]


def timed(scene: Scene, series: Series) -> list[Hour]:
    """Return the hours of *series* with the instants (UTC) at which they begin."""
    return [(scene.since + number * HOUR, mean) for number, mean in enumerate(series.hours)]


def judged(scene: Scene, hours: Iterable[Hour]) -> list[Hour]:
    """Return those of *hours* that lie in the last 24 of the scene."""
    return [hour for hour in hours if scene.end - DAY <= hour[0] < scene.end]


def valid_value(mean: Mean | None) -> float | None:
    """Return the value of an hour or day where it is valid."""
    return mean.value if mean is not None and mean.valid else None


def load_of(scene: Scene, factors: Iterable[str]) -> Series | None:
    """Return the first of *factors* that the place measures."""
    return next((scene.series[factor] for factor in factors if factor in scene.series), None)


def full_load(series: Series) -> float | None:
    """Return what counts as full load: the 95th percentile of the place's own valid hours; None with fewer than 24."""
    values = sorted(value for mean in series.hours if (value := valid_value(mean)) is not None)
    if len(values) < _FEWEST_FOR_TOP:
        return None
    return max(values[int(_TOP * (len(values) - 1))], _LEAST_OF_RANGE * (series.high or 0.0))


def runs(instants: Iterable[datetime]) -> list[list[datetime]]:
    """Return the runs of *instants* (whole hours, oldest first) that follow each other hour by hour."""
    found: list[list[datetime]] = []
    for at in instants:
        if found and at - found[-1][-1] == HOUR:
            found[-1].append(at)
        else:
            found.append([at])
    return found


def longest_run(instants: Iterable[datetime]) -> list[datetime]:
    """Return the longest of the `runs` of *instants*, the first of several; empty where there are none."""
    return max(runs(instants), key=len, default=[])


def clock(instant: datetime) -> str:
    """Return *instant* as Beijing time to the minute."""
    return instant.astimezone(SHANGHAI).strftime("%m-%d %H:%M")


def oxygen_while_steaming(scene: Scene, factor: str, numbers: Mapping[str, float]) -> Answer:
    """Suspect a probe in ambient air: O2 of *factor* (%) as in air for hours while the boiler makes steam."""
    load, oxygen = load_of(scene, FIRE), scene.series.get(factor)
    full = None if load is None else full_load(load)
    if load is None or oxygen is None or not full:
        return Unknown("缺少蒸汽或燃料流量")
    both = [
        (at, o2, flow)
        for (at, mean), (_, other) in zip(timed(scene, oxygen), timed(scene, load), strict=False)
        if at >= scene.end - DAY and (o2 := valid_value(mean)) is not None and (flow := valid_value(other)) is not None
    ]
    if not both:
        return Unknown("氧含量或负荷无有效小时值")
    airy = {at: (o2, flow) for at, o2, flow in both if o2 >= numbers["o2_pct"] and flow > numbers["load_share"] * full}
    run = longest_run(list(airy))
    if len(run) < numbers["hours_at_least"]:
        return None
    o2, flow = min(airy[at][0] for at in run), min(airy[at][1] for at in run)
    return Found(
        sentence=f"自 {clock(run[0])} 起连续 {len(run)} 小时氧含量不低于 {o2:.1f}%（近于空气），"
        f"同期负荷不低于满负荷的 {flow / full:.0%}，疑似采样探头脱离烟道或漏气稀释",
        figures={"hours": len(run), "o2_pct": o2, "load_share": flow / full},
        since=run[0],
    )


def outlet_against_inlet(scene: Scene, factor: str, numbers: Mapping[str, float]) -> Answer:
    """Suspect a bypass or a wrong meter: outlet flow of *factor* apart from the inlet's over a whole day."""
    outlet = scene.series.get(factor)
    inlet = next((one for code, one in sorted(scene.series.items()) if code.startswith(INLET_FLOW)), None)
    if outlet is None or inlet is None:
        return Unknown("缺少进水流量")
    if outlet.unit != inlet.unit:
        return Unknown("进出水流量单位不一致")
    pairs = [
        (out, into)
        for (at, mean), (_, other) in zip(timed(scene, outlet), timed(scene, inlet), strict=False)
        if at >= scene.end - DAY and (out := valid_value(mean)) is not None and (into := valid_value(other)) is not None
    ]
    went, came = (sum(flow) for flow in zip(*pairs, strict=True)) if pairs else (0.0, 0.0)
    if len(pairs) < _DAY_HOURS or came <= 0:
        return Unknown(f"进出水流量同时有效仅 {len(pairs)} 小时")
    if abs(went - came) <= numbers["apart_share"] * came:
        return None
    apart = went / came - 1.0
    return Found(
        sentence=f"全日出水流量较进水{'高' if apart > 0 else '低'} {abs(apart):.0%}（同时有效 {len(pairs)} 小时，"
        f"允许 ±{numbers['apart_share']:.0%}），疑似旁路排放或流量计失准",
        figures={"apart_share": apart, "hours": len(pairs)},
        since=scene.end - DAY,
    )


def power_against_flow(scene: Scene, factor: str, numbers: Mapping[str, float]) -> Answer:
    """Suspect plant that stands or a meter passed by: the day's electricity of *factor* fell while the flow rose."""
    power, flow = scene.series.get(factor), load_of(scene, LOADS)
    if power is None or flow is None:
        return Unknown("缺少电量或流量")
    flows, powers = dict(flow.days), dict(power.days)
    both = {
        day: (used, done)
        for day in sorted(flows.keys() & powers.keys())
        if (used := valid_value(powers[day])) is not None and (done := valid_value(flows[day])) is not None
    }
    today = both.pop(scene.day, None)
    before = [pair for day, pair in both.items() if day < scene.day]
    if today is None or len(before) < numbers["days_at_least"]:
        return Unknown("可比日数不足")
    used, done = median(pair[0] for pair in before), median(pair[1] for pair in before)
    if used <= 0 or done <= 0:
        return Unknown("此前无电量或无流量")
    fell, rose = 1.0 - today[0] / used, today[1] / done - 1.0
    if fell < numbers["fall_share"] or rose < numbers["rise_share"]:
        return None
    return Found(
        sentence=f"当日流量较前 {len(before)} 日中位数高 {rose:.0%}，用电却低 {fell:.0%}，疑似治理设施未运行或计量被绕过",
        figures={"fall_share": fell, "rise_share": rose, "days": len(before)},
        since=scene.end - DAY,
    )


def stopped_but_running(scene: Scene, factor: str, numbers: Mapping[str, float]) -> Answer:
    """Suspect a false stop: marked 停运 while flow, power or flue gas temperature show the plant running.

    What the running instruments sent counts whatever their mark, where the raw values are at hand.
    """
    series = scene.series.get(factor)
    witnesses = [scene.series[code] for code in _RUNNING_ZH if code in scene.series]
    if series is None or not witnesses:
        return Unknown("缺少工况数据")
    stopped = [at for at, mean in judged(scene, timed(scene, series)) if _stood(mean)]
    if not stopped:
        return None
    full = {one.factor: top for one in witnesses if (top := full_load(one))}
    if not full:
        return Unknown("工况历史不足")
    worst: tuple[list[datetime], str, float] = ([], "", 0.0)
    for one in witnesses:
        at_least = numbers["warm_share" if one.factor == TEMPERATURE else "load_share"] * full.get(one.factor, 0.0)
        if at_least <= 0:
            continue
        shown = _as_sent(scene, one)
        run = longest_run([at for at in _ripe(one.factor, stopped) if shown.get(at, 0.0) >= at_least])
        if len(run) > len(worst[0]):
            worst = (run, one.factor, fmean(shown[at] for at in run) / full[one.factor])
    run, witness, share = worst
    if len(run) < numbers["hours_at_least"]:
        return None
    return Found(
        sentence=f"自 {clock(run[0])} 起连续 {len(run)} 小时标记停运，同期{_RUNNING_ZH[witness]}"
        f"平均为满负荷时的 {share:.0%}，疑似虚假停运标记",
        figures={"hours": len(run), "share": share},
        since=run[0],
    )


def _stood(mean: Mean | None) -> bool:
    # Whole hours only: in the hour of a stop, and in that of a start, the plant did run.
    return mean is not None and bool(STOPS & set(mean.marks)) and mean.n_stopped >= _WHOLE * mean.n_expected


def _as_sent(scene: Scene, series: Series) -> dict[datetime, float]:
    """Return hour → mean of what was sent, whatever its mark; the derived hour where no raw values are at hand."""
    values: defaultdict[datetime, list[float]] = defaultdict(list)
    for raw in series.raw:
        values[hour_of(raw.ts)].append(raw.value)
    known = {at: mean.value for at, mean in judged(scene, timed(scene, series)) if mean and mean.value is not None}
    return known | {at: fmean(some) for at, some in values.items()}


def _ripe(factor: str, stopped: Sequence[datetime]) -> list[datetime]:
    """Return the stopped hours in which *factor* can speak: a flue cools slowly."""
    if factor != TEMPERATURE:
        return list(stopped)
    return [at for run in runs(stopped) for at in run[_TEMPERATURE_FROM_HOUR:]]
