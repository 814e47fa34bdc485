"""What an incident rests on: the span, and the points whose values it was judged by. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from alerts.judge.signals.registry import SIGNALS
from alerts.judge.silence import OFFLINE, SITE_OFFLINE
from alerts.judge.subjects import Subject, subjects
from alerts.judge.suspects import suspects
from schemas.registry.derived import ENERGY_BALANCE
from schemas.times import DAY, HOUR, day_of, day_start

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from schemas.registry.model import Site
    from schemas.registry.store import Registry

_US = timedelta(microseconds=1)


class Watched(NamedTuple):
    """One series; *kind* and *interval_s* are those of a series a device sends, empty of one we derive."""

    point_id: int
    site: str
    device: str
    factor: str
    kind: str = ""
    interval_s: int | None = None


class Scope(NamedTuple):
    """What is looked at. *sent* are measured, *derived* computed by us; *subject* None: the registry knows it no more."""

    sent: tuple[Watched, ...]
    derived: tuple[Watched, ...]
    subject: Subject | None

    @property
    def all(self) -> tuple[Watched, ...]:
        """Both."""
        return (*self.sent, *self.derived)

    @property
    def sites(self) -> set[str]:
        """The ids of the sites."""
        return {one.site for one in self.all}


def span(incident: Mapping[str, Any]) -> tuple[datetime, datetime]:
    """Return the whole Shanghai days of *incident*, from its first window to the end of its last, in UTC.

    A suspicion looks back from the end of its day for as many hours as its signal says; the span begins there.
    """
    began = incident["began_at"]
    since = day_start(day_of(began))
    declared = SIGNALS.get(incident["rule"])
    if declared is not None:
        since = min(since, since + DAY - declared.hours_back * HOUR)
    last = max(incident["last_window"] - _US, incident["ended_at"] or began, began)
    return since, day_start(day_of(last)) + DAY


def subject_of(registry: Registry, rule: str, key: str, day: Any) -> Subject | None:
    """Return the subject *key* of *rule* under *registry* on a Shanghai *day*, or None."""
    plain = subjects(registry, day)
    held = [one for one in (*plain, *suspects(registry, plain)) if one.key == key]
    return next((one for one in held if one.rule == rule), held[0] if held else None)


def scope(registry: Registry, incident: Mapping[str, Any], judged: Iterable[int | None]) -> Scope:
    """Return the series *incident* rests on under *registry*; *judged*: the points its verdicts name.

    Those its subject watches; of what we derive also the series of the devices it is computed from. Where the registry does not
    know the subject: what the verdicts name. Of a silence all that the device or site should have sent; a check that is due
    rests on no reading.
    """
    names = {number: key for key, number in registry.points.items()}
    subject = subject_of(registry, incident["rule"], incident["subject"], day_of(incident["began_at"]))
    wanted = {one for one in judged if one is not None}
    if subject is not None:
        wanted |= {*subject.watch, subject.point_id}
        wanted |= {one for one in (subject.water_temp_id, subject.flow_id, subject.indirect_id) if one is not None}
    sites = {site.id: site for site in registry.document.sites}
    sent = {one.point_id: one for site in sites.values() for one in _sent(registry, site)}
    derived = [Watched(one, *names[one]) for one in sorted(wanted) if one not in sent and one in names]
    sources = {
        one.point_id for each in derived if each.site in sites for one in _sources(registry, sites[each.site], each)
    }
    wanted = (wanted & sent.keys()) | sources
    if incident["rule"] in {OFFLINE, SITE_OFFLINE} and incident["site_id"] in sites:
        of_site = _sent(registry, sites[incident["site_id"]])
        of_device = [one for one in of_site if one.device == incident["device_id"]]
        wanted = {one.point_id for one in of_device or of_site}
    return Scope(tuple(sent[one] for one in sorted(wanted)), tuple(derived), subject)


def _sent(registry: Registry, site: Site) -> list[Watched]:
    return [
        Watched(registry.points[key], *key, kind=point.kind.value, interval_s=point.interval_s)
        for device in site.devices
        for point in device.points
        if (key := (site.id, device.id, point.factor)) in registry.points
    ]


def _sources(registry: Registry, site: Site, derived: Watched) -> list[Watched]:
    """Return the measured series a *derived* one is computed from: those of its place's device, or all of its site's meters."""
    of_site = _sent(registry, site)
    if derived.device == ENERGY_BALANCE:
        meters = {(one.id, p.factor) for one in site.devices for p in one.points if p.carrier}
        return [one for one in of_site if (one.device, one.factor) in meters]
    places = [(one.id, one.device) for one in site.outlets] + [(one.id, one.device) for one in site.stacks]
    places += [(one.id, one.device) for one in site.boilers]
    devices = {device for place, device in places if place == derived.device}
    return [one for one in of_site if one.device in devices]
