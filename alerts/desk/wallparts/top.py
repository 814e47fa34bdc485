"""The wall's head: county, counters, clock, and the line that says what the page does not know. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.desk import words
from alerts.desk.words import big, safe

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.desk.facts import RateView, Snapshot, Totals

#: The keeper reads again after five seconds at most; a snapshot older than this has been forgotten by its reader.
FRESH = timedelta(seconds=15)
#: The counters are exact, so that their sum can be checked by eye, as long as they fit; long ones stand smaller.
_EXACT, _MANY, _LONG = 1_000_000_000, 10_000_000, " long"


def title(snapshot: Snapshot | None) -> str:
    """Return the county's name."""
    county = safe(snapshot.county) if snapshot else ""
    return f'<h1 title="{county}在线监测">{county}在线监测</h1><span class="en">Online monitoring of energy, boilers and sewage</span>'


def clock(now: datetime) -> str:
    """Return Beijing's time to the minute: nothing on the wall is pushed every second."""
    return f'<b><time>{words.hour_minute(now)}</time></b><span>{words.long_day(now)} <i class="en">北京时间</i></span>'


def counts(snapshot: Snapshot | None) -> str:
    """Return devices, the month's 传输有效率 and what became of every value received."""
    if snapshot is None:
        return ""
    lost = " warn" if snapshot.online < snapshot.devices else ""
    devices = _count(f"{snapshot.online}<i>/{snapshot.devices}</i>", "设备在线", lost)
    newest = f"最新入库 {words.time_of_day(snapshot.committed_at)}" if snapshot.committed_at else ""
    return f'{devices}{_rate(snapshot.rate)}<div class="rule"></div>{_balance(snapshot.totals, newest)}'


def _rate(rate: RateView | None) -> str:
    if rate is None:
        return _count("—", "传输有效率", title="尚无已结束的月份")
    below = f"{rate.month.month} 月 ▲{rate.below} 不足" if rate.below else f"{rate.month.month} 月"
    return _count(words.percent(rate.rate), f"传输有效率 · {below}", " warn" if rate.below else "")


def _balance(totals: Totals, newest: str) -> str:
    said = (("接收", totals.received), ("入库", totals.stored), ("重复", totals.duplicate), ("拒收", totals.rejected))
    signs = ("", "=", "+", "+")
    cells = "".join(
        (f'<i class="sign">{sign}</i>' if sign else "")
        + _count(
            f"{value:,}" if value < _EXACT else big(value), name, _LONG if value >= _MANY else "", title=f"{value:,}"
        )
        for sign, (name, value) in zip(signs, said, strict=True)
    )
    even = ("✓", "守恒", " ok") if totals.balanced else ("✗", "不守恒", " bad")
    return f'<div class="sum" title="{newest}">{cells}</div>{_count(*even)}'


def _count(value: str, name: str, kind: str = "", title: str = "") -> str:
    told = f' title="{title}"' if title else ""
    return f'<div class="count{kind}"{told}><b>{value}</b><span>{name}</span></div>'


def banner(snapshot: Snapshot | None, away_since: datetime | None, now: datetime) -> str:
    """Return the line that says that what stands below is old, and since when; nothing while it is not."""
    if away_since is not None:
        lasted = words.span((now - away_since).total_seconds() // 10 * 10)
        below = "以下为失联前的数据" if snapshot else "尚未读到数据"
        return f"⚠ 自 {words.clock(away_since)} 起数据库失联（已 {lasted}），{below} <small>Database away, last known data below</small>"
    if snapshot is not None and now - snapshot.now > FRESH:
        return (
            f"⚠ 数据停在 {words.clock(snapshot.now)}，已停止更新，以下不代表现在"
            " <small>The page is no longer fed, data below are old</small>"
        )
    return ""
