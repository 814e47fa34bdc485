"""Who has fallen silent 离线: a device, a whole site, the service's own ingest (house reference 8.1 OFF). Pure.

Silence is never compliant, and our own outage is nobody's silence: time counts from when a device was last heard, or from
when we began to listen, whichever is later. Verdicts are made only where something changes, like those on conservation.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from schemas.catalog.enums import Level, Outcome
from schemas.records import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

OFFLINE, SITE_OFFLINE, INGEST_DOWN = "offline", "site_offline", "ingest_down"
#: Key of the one subject of INGEST_DOWN.
INGEST = "ingest/all"
#: No frame for 3 intervals, but at least 5 min (the least is a house convention); 1 h; 24 h (house reference 8.1 OFF).
_INTERVALS = 3
_LEAST = timedelta(minutes=5)
_YELLOW, _ORANGE = timedelta(hours=1), timedelta(hours=24)
#: A worker says every second that it is there; none for so long is an outage (house convention).
INGEST_AFTER = timedelta(seconds=90)
_JUMP_S = 60.0
#: Two verdicts of one subject never begin at the same instant.
_NEXT = timedelta(microseconds=1)
_GRAVITY = list(Level)
_MINUTE = timedelta(minutes=1)
_CLAUSES = {
    OFFLINE: "离线：3 个上报周期（至少 5 分钟）蓝色，1 小时黄色，24 小时橙色",
    SITE_OFFLINE: "站点离线：全部设备均离线",
    INGEST_DOWN: f"接收中断：{INGEST_AFTER.total_seconds():.0f} 秒无接收进程在岗",
}


class Heard(NamedTuple):
    """When a device was last heard (UTC, our clock; None: never), and how many seconds apart its frames are due."""

    site: str
    device: str
    received_at: datetime | None
    interval_s: int


class Silent(NamedTuple):
    """A silence: since when, by what it is called so, and how grave it is by now."""

    since: datetime
    lasted: timedelta
    allowed: timedelta
    level: Level


class Standing(NamedTuple):
    """What the verdict in force says; *level* only where it exceeds."""

    outcome: Outcome
    level: Level | None
    window_start: datetime


#: Rule and subject → what stands.
Stands = dict[tuple[str, str], Standing]


def device_key(site: str, device: str) -> str:
    """Return the subject of OFFLINE; that of SITE_OFFLINE is the site's id."""
    return f"{site}/{device}"


def silence(heard: Heard, *, now: datetime, listening_since: datetime) -> Silent | None:
    """Return how long a device has been silent at *now*; None while it is not.

    Blue from 3 intervals (at least 5 min), yellow from 1 h, orange from 24 h; where 3 intervals are longer than an hour,
    at once as grave as the time says. A device never heard is counted from *listening_since*.
    """
    since = listening_since if heard.received_at is None else max(heard.received_at, listening_since)
    lasted, allowed = now - since, max(_LEAST, timedelta(seconds=_INTERVALS * heard.interval_s))
    if lasted < allowed:
        return None
    level = Level.ORANGE if lasted >= _ORANGE else Level.YELLOW if lasted >= _YELLOW else Level.BLUE
    return Silent(since, lasted, allowed, level)


def verdicts(
    heard: Iterable[Heard],
    *,
    now: datetime,
    listening_since: datetime | None,
    standing: Mapping[tuple[str, str], Standing],
) -> list[Verdict]:
    """Return the verdicts of OFFLINE and SITE_OFFLINE that change something against *standing*, in the order to store.

    *heard*: all devices of the registry. *listening_since*: since when ingest has been listening without a break; None
    while it is not: then nobody is accused of anything new. A site of two devices and more is offline when all of them
    are silent, from blue on, as grave as the least grave of them; while it is, its devices say nothing of their own, so
    that one notice comes instead of many.
    """
    stands: Stands = dict(standing)
    by_site: defaultdict[str, list[Heard]] = defaultdict(list)
    for one in heard:
        by_site[one.site].append(one)
    found: list[Verdict] = []
    for site, devices in sorted(by_site.items()):
        quiet = {
            one: None if listening_since is None else silence(one, now=now, listening_since=listening_since)
            for one in devices
        }
        if len(devices) > 1:
            found += _changes(
                (SITE_OFFLINE, site), _last_heard(devices), _all_silent(list(quiet.values())), stands, now
            )
        covered = _is_exceeding(stands.get((SITE_OFFLINE, site)))
        for one, silent in sorted(quiet.items()):
            key = (OFFLINE, device_key(site, one.device))
            found += _changes(key, one.received_at, None if covered else silent, stands, now)
    return found


def ingest_verdicts(
    beats: Sequence[datetime], *, now: datetime, watching_since: datetime, standing: Standing | None
) -> list[Verdict]:
    """Return the verdict of INGEST_DOWN where it changes: no worker has said for 90 s that it is there.

    *beats*: when each worker last said so (one that stopped for good is not among them); *watching_since*: when this
    process began to look, before which nothing is known.
    """
    last = max(beats, default=None)
    since = watching_since if last is None else max(last, watching_since)
    silent = None
    if now - since >= INGEST_AFTER:
        silent = Silent(since, now - since, INGEST_AFTER, Level.RED)
    stands = {} if standing is None else {(INGEST_DOWN, INGEST): standing}
    return _changes((INGEST_DOWN, INGEST), last, silent, stands, now)


def clock_jump(before: tuple[datetime, float], after: tuple[datetime, float]) -> float | None:
    """Return by how many seconds our wall clock jumped between two looks at it, each with a monotonic clock's seconds.

    None for 60 s and less (house convention): then silences are measured with it as usual. Positive: it was set forward.
    """
    drift_s = (after[0] - before[0]).total_seconds() - (after[1] - before[1])
    return drift_s if abs(drift_s) > _JUMP_S else None


def _last_heard(devices: Iterable[Heard]) -> datetime | None:
    return max((one.received_at for one in devices if one.received_at is not None), default=None)


def _all_silent(quiet: Sequence[Silent | None]) -> Silent | None:
    """Return the silence of a site: that of the device heard last, by the slowest interval; None while one is heard."""
    silent = [one for one in quiet if one is not None]
    if len(silent) < len(quiet):
        return None
    latest = max(silent, key=lambda one: one.since)
    return latest._replace(
        allowed=max(one.allowed for one in silent), level=min((one.level for one in silent), key=_GRAVITY.index)
    )


def _is_exceeding(standing: Standing | None) -> bool:
    return standing is not None and standing.outcome is Outcome.EXCEEDING


def _changes(
    key: tuple[str, str], last: datetime | None, silent: Silent | None, stands: Stands, now: datetime
) -> list[Verdict]:
    """Return what changes for one subject last heard at *last*, and note it in *stands*."""
    found: list[Verdict] = []
    before = stands.get(key)
    if before is not None and before.outcome is Outcome.EXCEEDING:
        if last is not None and last > before.window_start:
            found.append(_heard_again(key, last, now))
        elif silent is not None and _graver(silent.level, before.level):
            # Our own outage may have made the silence we measure shorter, never the one that stands.
            found.append(_fell_silent(key, silent._replace(since=before.window_start), now))
        if found:
            stands[key] = _standing(found[-1])
        if not found or found[-1].outcome is Outcome.EXCEEDING:
            return found
    if silent is not None:
        held = stands.get(key)
        since = silent.since if held is None else max(silent.since, held.window_start + _NEXT)
        found.append(_fell_silent(key, silent._replace(since=since), now))
        stands[key] = _standing(found[-1])
    return found


def _graver(level: Level, than: Level | None) -> bool:
    return than is None or _GRAVITY.index(level) > _GRAVITY.index(than)


def _standing(verdict: Verdict) -> Standing:
    level = verdict.body.get("level")
    return Standing(verdict.outcome, None if level is None else Level(str(level)), verdict.window_start)


def _fell_silent(key: tuple[str, str], silent: Silent, now: datetime) -> Verdict:
    lasted_min = int(silent.lasted / _MINUTE)
    why = f"已 {lasted_min} 分钟无数据"
    body: dict[str, object] = {
        "level": silent.level.value, "why": why, "note": why, "high": silent.allowed / _MINUTE,
        "minutes": lasted_min,
        # A silence that goes on is no correction of what was told.
        "through": now.isoformat(),
    }  # fmt: skip
    return _verdict(key, Outcome.EXCEEDING, (silent.since, now), body)


def _heard_again(key: tuple[str, str], at: datetime, now: datetime) -> Verdict:
    return _verdict(key, Outcome.COMPLIANT, (at, now), {"note": "已恢复接收数据"})


def _verdict(
    key: tuple[str, str], outcome: Outcome, window: tuple[datetime, datetime], body: dict[str, object]
) -> Verdict:
    rule, subject = key
    minutes, allowed = body.pop("minutes", None), body.get("high")
    return Verdict(
        rule=rule,
        subject=subject,
        point_id=None,
        window_start=window[0],
        window_end=max(window),
        outcome=outcome,
        value=float(minutes) if isinstance(minutes, int) else None,
        limit_value=allowed if isinstance(allowed, float) else None,
        limit_id=f"system-{rule}",
        body={"unit": "分钟", "standard": "平台运行规则", "clause": _CLAUSES[rule], "edition": "1"} | body,
    )
