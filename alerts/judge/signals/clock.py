"""Whether a device's clock and its sending can be believed: 时钟偏差, 补传 (house reference 7.3). Pure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from alerts.judge.signals.correlation import clock, longest_run, timed
from alerts.judge.signals.scene import Answer, Found, Scene, Unknown
from alerts.judge.silence import Standing, device_key
from schemas.catalog.enums import Outcome
from schemas.records import Verdict
from schemas.times import DAY, HOUR, hour_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from schemas.records import Mean

CLOCK_RULE = "suspect_clock"

_MINUTE_S = 60.0
_BACK_SHARE = 0.8
#: ±5 min (house reference 7.3); a lag beyond one hour is a backlog being sent 补传, which says nothing of the clock.
CLOCK_NUMBERS: Mapping[str, float] = {"apart_s": 300.0, "backlog_s": 3600.0}


def clock_astray(lag_s: float, interval_s: int, numbers: Mapping[str, float] = CLOCK_NUMBERS) -> Answer:
    """Suspect a wrong clock from *lag_s*: by how much a device's newest instant lay behind our clock when it came.

    Negative: its clock is ahead. A value may carry the instant at which its interval begins, so one *interval_s* (the
    device's shortest) of lag is no fault. Unknown while a backlog is being sent.
    """
    behind = lag_s - interval_s
    if behind > max(numbers["backlog_s"], numbers["apart_s"]):
        return Unknown("正在补传，时钟无从比较")
    if -numbers["apart_s"] <= lag_s and behind <= numbers["apart_s"]:
        return None
    apart = -lag_s if lag_s < 0 else behind
    return Found(
        sentence=f"设备时间较接收时间{'快' if lag_s < 0 else '慢'} {apart / _MINUTE_S:.1f} 分钟"
        f"（允许 ±{numbers['apart_s'] / _MINUTE_S:g} 分钟），疑似时钟偏差，请校时",
        figures={"apart_s": lag_s if lag_s < 0 else behind},
    )


class Lag(NamedTuple):
    """A row of device_clock, and the device's shortest interval: *lag_s* was found at *received_at* (UTC, our clock)."""

    site: str
    device: str
    received_at: datetime
    lag_s: float
    interval_s: int


def clock_verdicts(
    lags: Iterable[Lag], *, standing: Mapping[tuple[str, str], Standing], numbers: Mapping[str, float] = CLOCK_NUMBERS
) -> list[Verdict]:
    """Return the verdicts of CLOCK_RULE, at most one a device and hour: while its clock is astray, and once when it is back.

    *standing*: rule and subject ("site/device") → what is in force. A short break of the link looks like a slow clock until
    its backlog is sent: the rule asks for several hours, and an hour already judged is left as it is. What is astray is
    back only within four fifths of what is allowed, so that a clock on the edge does not flap.
    """
    found: list[Verdict] = []
    for one in lags:
        subject, hour = device_key(one.site, one.device), hour_of(one.received_at)
        before = standing.get((CLOCK_RULE, subject))
        if before is not None and hour <= before.window_start:
            continue
        was_astray = before is not None and before.outcome is Outcome.EXCEEDING
        asked = dict(numbers) | ({"apart_s": _BACK_SHARE * numbers["apart_s"]} if was_astray else {})
        answer = clock_astray(one.lag_s, one.interval_s, asked)
        if isinstance(answer, Found):
            found.append(_verdict(subject, hour, answer, numbers["apart_s"]))
        elif answer is None and was_astray:
            found.append(_verdict(subject, hour, None, numbers["apart_s"]))
    return found


def _verdict(subject: str, hour: datetime, answer: Found | None, allowed_s: float) -> Verdict:
    body: dict[str, object] = {
        "standard": "平台疑似信号",
        "clause": f"设备时间与接收时间相差不超过 {allowed_s / _MINUTE_S:g} 分钟",
        "edition": "1",
    }
    if answer is not None:
        body |= {"note": answer.sentence, "figures": answer.figures, "suspected": True}
    return Verdict(
        rule=CLOCK_RULE,
        subject=subject,
        point_id=None,
        window_start=hour,
        window_end=hour + HOUR,
        outcome=Outcome.EXCEEDING if answer is not None else Outcome.COMPLIANT,
        value=None,
        limit_value=None,
        limit_id="signal.suspect_clock",
        body=body,
    )


def sent_later(scene: Scene, factor: str, numbers: Mapping[str, float]) -> Answer:
    """Suspect data made up after the fact: a block of hours most of whose values came late, on the judged day.

    A block of a day and more came, for its first hours, a day late: it is to be reviewed. Where all there is came late
    the way is slow, and a block cannot be told from it.
    """
    series = scene.series.get(factor)
    hours = [] if series is None else [(at, mean) for at, mean in timed(scene, series) if mean and mean.n_received]
    if not hours:
        return Unknown("无小时数据")
    late = [at for at, mean in hours if _mostly_late(mean, numbers["late_share"])]
    if len(late) == len(hours) and len(late) >= numbers["block_hours"]:
        return Unknown("全部数据均迟到，无法区分补传与链路延迟")
    run = longest_run(late)
    if len(run) < numbers["block_hours"] or run[-1] < scene.end - DAY:
        return None
    values = sum(mean.n_late for at, mean in hours if run[0] <= at <= run[-1])
    review = len(run) >= numbers["review_hours"]
    return Found(
        sentence=f"{clock(run[0])} 起连续 {len(run)} 小时数据为事后补传（{values} 个），已入库并重新计算，"
        + ("最早的迟到一日以上，疑似事后编造，须复核原始记录" if review else "疑似断网后补传，请核对"),
        figures={"hours": len(run), "values": values, "review": float(review)},
        since=run[0],
    )


def _mostly_late(mean: Mean, share: float) -> bool:
    return mean.n_late > 0 and mean.n_late >= share * mean.n_received
