"""Whether a key reduction project runs unstably 重点减排项目运行不正常 (plan task 39). Pure.

The plan asks for early warning where key reduction projects "run unstably" and gives no figure: the numbers are a house
convention.
"""

from __future__ import annotations

from itertools import dropwhile, groupby
from typing import TYPE_CHECKING

from alerts.judge.signals.correlation import timed
from alerts.judge.signals.scene import Answer, Found, Scene, Unknown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from schemas.records import Mean

RULE = "unstable_plant"
#: Stops and outages a week, and hours of outage, from which a plant runs unstably; of fewer hours nothing is said.
NUMBERS: Mapping[str, float] = {"stops": 3, "outages": 3, "outage_hours": 12, "hours_known": 72}
_STOPS = frozenset("Ff")
_HOURS_A_DAY = 24
_RUNS, _STOPPED, _OUT = "runs", "stopped", "out"


def unstable(hours: Sequence[tuple[datetime, Mean | None]], numbers: Mapping[str, float] = NUMBERS) -> Answer:
    """Return whether a place stopped, or fell silent, too often in *hours*.

    *hours*: one series that the place always sends (flow of an outlet, O2 of a stack), every hour of the last 7 days,
    oldest first, begin of the hour in UTC. Runs cut off by the first hour count as they lie inside. One long stop is a
    planned one: the number of stops counts, not their hours; of outages both.
    """
    # Before the first derived hour nobody watched: that is no outage. Later silence has its row, and none is one as well.
    hours = list(dropwhile(lambda hour: hour[1] is None, hours))
    if len(hours) < numbers["hours_known"]:
        return Unknown(f"仅知最近 {len(hours)} 小时")
    spans = [(state, [at for at, _ in run]) for state, run in groupby(hours, key=lambda hour: _state(hour[1]))]
    stops = [span for state, span in spans if state == _STOPPED]
    outages = [span for state, span in spans if state == _OUT]
    silent = sum(map(len, outages))
    if len(stops) < numbers["stops"] and len(outages) < numbers["outages"] and silent < numbers["outage_hours"]:
        return None
    return Found(
        sentence=f"近 {len(hours) / _HOURS_A_DAY:.0f} 日停运 {len(stops)} 次共 {sum(map(len, stops))} 小时、"
        f"断数 {len(outages)} 次共 {silent} 小时（≥ {numbers['stops']:g} 次停运、{numbers['outages']:g} 次断数"
        f"或 {numbers['outage_hours']:g} 小时断数为不稳定），疑似运行不稳定",
        figures={"stops": len(stops), "outages": len(outages), "outage_hours": silent},
        since=min(span[0] for span in (*stops, *outages)),
    )


def unstable_place(scene: Scene, factor: str, numbers: Mapping[str, float]) -> Answer:
    """Return what `unstable` says of the series of *factor*, over the scene's span."""
    series = scene.series.get(factor)
    return Unknown("无数据") if series is None else unstable(timed(scene, series), numbers)


def _state(mean: Mean | None) -> str:
    """Return what an hour shows. A stop said by device or person is none of silence, whether or not values came."""
    if mean is None:
        return _OUT
    if mean.n_stopped and 2 * mean.n_stopped >= mean.n_expected and _STOPS & set(mean.marks):
        return _STOPPED
    return _OUT if mean.n_received == 0 else _RUNS
