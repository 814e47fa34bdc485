"""Devices and points of one site as they speak, what was refused of them, what people marked and silenced. Pure."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from alerts.desk import words
from alerts.desk.drill import octets, overview, refused
from alerts.desk.drill.reach import link
from schemas.catalog.enums import MARK_KIND_ZH, MARK_ZH, MarkKind
from schemas.catalog.factors import FACTORS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from alerts.desk.drill.site_facts import SiteFacts
    from alerts.desk.facts import DeviceView, PointView

_MOST_BYTES = 4096
#: Below the second in which a clock is read.
_SAME_CLOCK_S = 1.0


class PointLine(msgspec.Struct, frozen=True, kw_only=True):
    """One series: *value* as text, *mark* in words, *age* in words."""

    name: str
    link: str
    value: str
    unit: str
    mark: str
    age: str
    silent: bool
    late: bool
    normal: bool


class DevicePart(msgspec.Struct, frozen=True, kw_only=True):
    """One device: *silence* is what of it is silent, *lag* how far its clock is behind ours; empty where unknown."""

    id: str
    name: str
    state: str
    tone: str
    silence: str
    newest: str
    lag: str
    points: list[PointLine]


class RefusalLine(msgspec.Struct, frozen=True, kw_only=True):
    """What was refused for one reason; *number* names the newest message."""

    number: int
    reason: str
    word: str
    messages: int
    refused: int
    newest: datetime
    device: str
    said: str
    replayed: bool


class MarkLine(msgspec.Struct, frozen=True, kw_only=True):
    """What a person marked; *when*: in force, ahead or over."""

    kind: str
    device: str
    factors: str
    since: datetime
    until: datetime
    reason: str
    evidence: str
    by: str
    made_at: datetime
    part: str


def devices(found: Iterable[DeviceView], last: Mapping[int, date], now: datetime) -> list[DevicePart]:
    """Return the devices with their points. *last*: newest day with data by point, for those that are long silent."""
    return [_device(device, last, now) for device in found]


def _device(device: DeviceView, last: Mapping[int, date], now: datetime) -> DevicePart:
    newest = max((point.ts for point in device.points if point.ts), default=None)
    days = [last[point.point_id] for point in device.points if point.point_id in last]
    state, tone = ("在线", overview.UNDER) if device.online and not device.stale else ("离线", overview.OVER)
    if device.online and device.stale:
        state, tone = "在线但无数据", overview.AHEAD
    return DevicePart(
        id=device.id,
        name=device.name,
        state=state,
        tone=tone,
        silence=device.silence,
        newest=overview.ago(newest, max(days, default=None), now),
        lag="" if device.lag_s is None else lag_words(device.lag_s),
        points=[_point(point, last.get(point.point_id), now) for point in device.points],
    )


def lag_words(lag_s: float) -> str:
    """Return how far a device's newest instant lay behind our clock when it came, on its way included."""
    if abs(lag_s) < _SAME_CLOCK_S:
        return "一致"
    return f"{'滞后' if lag_s > 0 else '超前'} {words.span(abs(lag_s))}"


def _point(point: PointView, last: date | None, now: datetime) -> PointLine:
    return PointLine(
        name=point.name,
        link=link(point.site, point.device, point.factor, "hour"),
        value=words.number(point.value, point.decimals),
        unit=point.unit,
        mark=mark_words(point.mark),
        age=overview.ago(point.ts, last, now),
        silent=point.silent,
        late=point.late,
        normal=point.mark in {None, "N", "n"},
    )


def mark_words(mark: str | None) -> str:
    """Return a mark with what it means; a dash for none."""
    return words.NOTHING if mark is None else f"{mark} {MARK_ZH.get(mark, '')}".strip()


def refusals(facts: SiteFacts) -> list[RefusalLine]:
    """Return what was refused, the most frequent reason first."""
    names = {device.id: device.name for device in facts.site.devices}
    return [
        RefusalLine(
            number=row["rejection_id"],
            reason=row["reason"],
            word=refused.reason_zh(row["reason"]),
            messages=row["messages"],
            refused=row["refused"],
            newest=row["received_at"],
            device=names.get(row["device_id"], row["device_id"] or words.NOTHING),
            said="；".join(row["details"]),
            replayed=row["replayed"],
        )
        for row in facts.rejections
    ]


def marks(facts: SiteFacts, accounts: Mapping[str, str], people: Mapping[str, str], now: datetime) -> list[MarkLine]:
    """Return what people marked: what holds, is ahead, or ended since yesterday."""
    names = {device.id: device.name for device in facts.site.devices}
    factors = {number: key[2] for key, number in facts.registry.points.items()}
    found = []
    for row in facts.marks:
        codes = [factors[number] for number in row["point_ids"] if number in factors]
        own = [point for device in facts.site.devices if device.id == row["device_id"] for point in device.points]
        whole = bool(own) and len(codes) >= len(own)
        by = people.get(row["made_by"]) or accounts.get(row["made_by"], row["made_by"])
        found.append(
            MarkLine(
                kind=MARK_KIND_ZH[MarkKind(row["kind"])],
                device=names.get(row["device_id"]) or str(row["device_id"]),
                factors="全部因子" if whole else "、".join(FACTORS[code].zh for code in codes if code in FACTORS),
                since=row["since"],
                until=row["until"],
                reason=row["reason"],
                evidence=row["evidence"],
                by=by,
                made_at=row["made_at"],
                part=_part(row, now),
            )
        )
    return found


def _part(row: Mapping[str, Any], now: datetime) -> str:
    if row["until"] <= now:
        return "已结束"
    return "生效中" if row["since"] <= now else "未开始"


def silences(rows: Iterable[Mapping[str, Any]], site: str, now: datetime) -> list[Mapping[str, Any]]:
    """Return the silences that hold or will hold for *site*, those of all sites too."""
    return [row for row in rows if row["withdrawn_at"] is None and row["until"] > now and row["site_id"] in {"", site}]


def shown_bytes(payload: bytes) -> str:
    """Return the first message bytes as people can read them, and how many were left out."""
    one = octets.shown(payload, _MOST_BYTES)
    return one.text + (f"\n… 另有 {one.cut} 字节" if one.cut else "")
