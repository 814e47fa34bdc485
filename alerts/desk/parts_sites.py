"""The sites of a snapshot, with their devices and points. What did not change is not made anew: a county has 10,000 points. Pure."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from alerts.desk import judgement
from alerts.desk.facts import DeviceView, PointView, SiteView
from alerts.desk.parts_facts import LOOK_BACK, Reading
from schemas.catalog.enums import PointKind
from schemas.catalog.factors import FACTORS
from schemas.registry.model import Device

if TYPE_CHECKING:
    from alerts.desk.parts_facts import Facts, Frame, Heard, Judged, Where
    from schemas.registry.model import Point, Site

_NEVER = datetime.max.replace(tzinfo=UTC)


class _Place(NamedTuple):
    """A device of the registry, with the numbers of its points."""

    device: Device
    numbers: list[int]


class _Held(NamedTuple):
    """A device as it was shown last: it is so from *since* on until *until*, as long as its readings are *readings*."""

    readings: list[Reading | None]
    since: datetime
    until: datetime
    newest: datetime | None
    silence: str
    view: DeviceView


class Sites:
    """Gives the sites of one snapshot after the other."""

    def __init__(self) -> None:
        self._frame: Frame | None = None
        self._places: list[tuple[Site, str, list[Judged], list[_Place]]] = []
        self._held: dict[Where, _Held] = {}

    def of(self, facts: Facts) -> list[SiteView]:
        """Return the sites, in the registry's order."""
        if self._frame is not facts.frame:
            self._learn(facts.frame)
        exceeding: Counter[str] = Counter()
        suspected: Counter[str] = Counter()
        for row in facts.counts:
            if judgement.colours(row["rule"], row["level"]):
                exceeding[row["site_id"]] += row["n"]
            elif judgement.suspects(row["rule"], row["level"]):
                suspected[row["site_id"]] += row["n"]
        return [
            _site(
                facts,
                site,
                bureau,
                judged,
                (exceeding[site.id], suspected[site.id]),
                [self._device(facts, site.id, one) for one in places],
            )
            for site, bureau, judged, places in self._places
        ]

    def _learn(self, frame: Frame) -> None:
        document, points = frame.registry.document, frame.registry.points
        bureaus = {bureau.id: bureau.name for bureau in document.bureaus}
        self._frame, self._held = frame, {}
        self._places = [
            (
                site,
                bureaus.get(site.lead_bureau, site.lead_bureau),
                frame.colours.get(site.id, []),
                [
                    _Place(device, [points[site.id, device.id, point.factor] for point in device.points])
                    for device in site.devices
                ],
            )
            for site in document.sites
        ]

    def _device(self, facts: Facts, site: str, place: _Place) -> _Held:
        where = site, place.device.id
        held, readings = self._held.get(where), [facts.latest.get(number) for number in place.numbers]
        heard = facts.clocks.get(where)
        if held is None or held.readings != readings or not held.since <= facts.now <= held.until:
            held = _made(facts, site, place, readings, heard)
        view = held.view
        # Who has said farewell is gone; who has said nothing is there as long as it speaks.
        online, lag_s = facts.online.get(where, not view.stale), heard.lag_s if heard else None
        if view.online != online or view.lag_s != lag_s:
            held = held._replace(
                view=DeviceView(
                    id=view.id, name=view.name, online=online, stale=view.stale, points=view.points, lag_s=lag_s
                )
            )
        self._held[where] = held
        return held


def _made(facts: Facts, site: str, place: _Place, readings: list[Reading | None], heard: Heard | None) -> _Held:
    device, oldest = place.device, facts.now - LOOK_BACK
    points = [
        _point(facts.now, site, device.id, point, number, reading if reading and reading[0] >= oldest else None)
        for point, number, reading in zip(device.points, place.numbers, readings, strict=True)
    ]
    stale = all(point.silent for point in points)
    view = DeviceView(id=device.id, name=device.name, online=not stale, stale=stale, points=points)
    known = [point.ts for point in points if point.ts]
    return _Held(
        readings=readings,
        since=facts.now,
        until=min((_until(point) for point in points), default=_NEVER),
        newest=max(known) if known else heard.received_at - timedelta(seconds=heard.lag_s) if heard else None,
        silence=view.silence,
        view=view,
    )


def _until(point: PointView) -> datetime:
    """Return until when a point is shown as it is, if nothing comes."""
    if point.ts is None:
        return _NEVER
    return point.ts + LOOK_BACK if point.silent else judgement.silent_after(point.ts, point.interval_s)


def _point(now: datetime, site: str, device: str, point: Point, number: int, reading: Reading | None) -> PointView:
    factor = FACTORS[point.factor]
    ts, value, mark, late = reading or (None, None, None, False)
    return PointView(
        point_id=number,
        site=site,
        device=device,
        factor=point.factor,
        name=factor.zh,
        unit=factor.unit,
        decimals=factor.decimals,
        interval_s=point.interval_s,
        counter=point.kind is PointKind.COUNTER,
        ts=ts,
        value=value,
        mark=mark,
        late=late,
        silent=judgement.is_silent(ts, point.interval_s, now),
    )


def _site(
    facts: Facts, site: Site, bureau: str, judged: list[Judged], incidents: tuple[int, int], devices: list[_Held]
) -> SiteView:
    now, said = facts.now, facts.said
    state, detail = judgement.site_state(
        incidents=incidents[0],
        suspicions=incidents[1],
        stale=[device.silence for device in devices if device.silence],
        outcomes=[found.outcome for one in judged if (found := said.get(one)) and now <= found.until],
        subjects=len(judged),
        points=len(devices),
    )
    newest = max((device.newest for device in devices if device.newest), default=None)
    return SiteView(
        id=site.id,
        name=site.name,
        town=site.town,
        kind=site.kind.value,
        bureau=bureau,
        state=state,
        detail=detail,
        newest=newest,
        age_s=(now - newest).total_seconds() if newest else None,
        devices=[device.view for device in devices],
    )
