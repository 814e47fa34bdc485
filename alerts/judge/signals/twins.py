"""Two outlets that send one and the same water 多点同源 (house reference 7.3). Pure."""

from __future__ import annotations

from statistics import correlation, pstdev
from typing import TYPE_CHECKING

from alerts.judge.signals.running import GAS, WATER, of_day, running
from alerts.judge.signals.scene import Answer, Found, Scene, Series, Unknown
from alerts.judge.signals.shape import DAY_HOURS
from schemas.catalog.factors import FACTORS
from schemas.times import DAY, HOUR

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def twins(scene: Scene, factor: str, numbers: Mapping[str, float]) -> Answer:  # noqa: ARG001 - looks at the place as a whole
    """Suspect that another place's data were sent for this one's: the same decimals hour by hour, and correlated.

    *same_share* of the day's common hours end in the same decimals (or are equal), among them *kinds* different ones, and
    the correlation is above *correlation*. The pair is judged at the one that stands later in the registry.
    """
    able = [one for one in (*WATER, *GAS) if scene.others.get(one)]
    values = {
        one: [((hour.at - scene.since) // HOUR, hour.value) for hour in of_day(scene, running(scene, one))]
        for one in able
    }
    if not any(len(hours) >= DAY_HOURS for hours in values.values()):
        return Unknown("有效小时不足，无从比较")
    found = [
        (like, one, other.title, hours)
        for one in able
        if len(values[one]) >= DAY_HOURS
        for other in scene.others[one]
        if (same := _same(scene.series[one], values[one], other, numbers)) is not None
        for like, hours in (same,)
    ]
    if not found:
        return None
    like, _, title, hours = max(found, key=lambda one: (one[0], one[2]))
    names = [FACTORS[one].zh for _, one, where, _ in found if where == title]
    return Found(
        sentence=f"当日与{title}的{'、'.join(names)}逐时尾数相同（{hours} 小时，相关系数 {like:.4f}），疑似同一来源的数据分报两处",
        figures={"factors": len(names), "correlation": like, "hours": hours},
        since=scene.end - DAY,
    )


def _same(
    own: Series, values: Iterable[tuple[int, float]], other: Series, numbers: Mapping[str, float]
) -> tuple[float, int] | None:
    """Return correlation and common hours where *other* is this series' twin; *values*: number of the hour, value.

    Most pairs are told apart after a few hours: a county has hundreds of thousands of them.
    """
    scale = 10**own.decimals
    pairs, different, kinds = [], 0, set()
    allowed = (1 - numbers["same_share"]) * DAY_HOURS
    for number, value in values:
        mean = other.hours[number]
        if mean is None or mean.value is None or not mean.valid:
            continue
        ours, its = round(value * scale), round(mean.value * scale)
        if ours != its and (scale == 1 or (ours - its) % scale):
            different += 1
            if different > allowed:
                return None
        kinds.add(ours)
        pairs.append((value, mean.value))
    if len(pairs) < DAY_HOURS or len(kinds) < numbers["kinds"]:
        return None
    mine, its_own = zip(*pairs, strict=True)
    if not pstdev(mine) or not pstdev(its_own):
        return None
    like = correlation(mine, its_own)
    return (like, len(pairs)) if like > numbers["correlation"] else None
