"""All devices of a county and what they send. Pure: no clock and no network; the same arguments, the same bytes."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from math import gcd
from typing import TYPE_CHECKING

import msgspec

from schemas.times import SHANGHAI, to_us
from schemas.topics import DEFAULT_ROOT, Kind, format_topic
from simulator.faults import MS_PER_S, Flagged, Sample, longest_delay_ms, wrap
from simulator.plants import boiler, meter, sewage
from simulator.plants.effects import Effect
from simulator.scenario import Scenario, Troubles, resolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from schemas.registry.model import Device as DeviceEntry
    from schemas.registry.model import Document, Site

BATCH = 60
FIXED_UNTIL = datetime(2026, 11, 1, tzinfo=SHANGHAI)
_US_PER_MS = 1000
_encode = msgspec.json.Encoder().encode

Measure = Callable[[int, Sequence[Effect]], dict[str, float]]


class Device(msgspec.Struct, frozen=True):
    """One sender: who it is, how often each factor falls due (s), the plants it watches, and what befalls it."""

    site: str
    id: str
    seed: int
    intervals: dict[str, int]
    measures: tuple[Measure, ...]
    troubles: Troubles

    @property
    def name(self) -> str:
        """Return site/device: its user on the broker, and its key among the credentials."""
        return f"{self.site}/{self.id}"

    @property
    def client_id(self) -> str:
        """Return the MQTT client id, which the broker keeps its session by (NATS refuses dots in it)."""
        return f"{self.site}:{self.id}"


def devices(document: Document, scenario: Scenario, seed: int, anchor: datetime) -> tuple[Device, ...]:
    """Return the devices of *document* a simulated plant can speak for, in the registry's order.

    *anchor* is the instant the scenario's relative times are counted from. Points no plant knows stay silent.

    Raises:
        ScenarioError: an action of the scenario ends before it begins.

    """
    troubles = resolve(scenario, anchor)
    found = []
    for site in document.sites:
        for entry in site.devices:
            measures = _measures(site, entry, seed)
            spoken = {factor for measure in measures for factor in measure(0, ())}
            intervals = {point.factor: point.interval_s for point in entry.points if point.factor in spoken}
            if intervals:
                befalls = troubles.get((site.id, entry.id), Troubles())
                found.append(Device(site.id, entry.id, seed, intervals, measures, befalls))
    return tuple(found)


def _measures(site: Site, entry: DeviceEntry, seed: int) -> tuple[Measure, ...]:
    found: list[Measure] = [
        partial(boiler.values, boiler.boiler_plant(each, seed, site.id))
        for each in site.boilers
        if each.device == entry.id
    ]
    if any(outlet.device == entry.id for outlet in site.outlets):
        found.append(partial(sewage.values, sewage.sewage_plant(seed, site.id, entry.id)))
    meters = meter.meter_plant(site, entry, seed)
    if meters.meters:
        found.append(partial(meter.values, meters))
    return tuple(found)


def samples(device: Device, from_instant: datetime, to_instant: datetime) -> Iterator[Sample]:
    """Return what *device* sends from *from_instant* until before *to_instant*, in the order of sending.

    Instants lie on the grid of each point's interval, counted from 1970.
    """
    faults = device.troubles.faults
    from_ms, to_ms = _ms(from_instant), _ms(to_instant)
    # A late sample was measured before the window it is sent in.
    first_ms = from_ms - longest_delay_ms(faults)
    clean = _clean(device, -(-first_ms // MS_PER_S), -(-to_ms // MS_PER_S))
    if not faults:
        return clean
    return (sample for sample in wrap(clean, faults, device.seed, device.name) if from_ms <= sample.sent_ms < to_ms)


def _clean(device: Device, from_s: int, to_s: int) -> Iterator[Sample]:
    grid_s = gcd(*device.intervals.values())
    effects = device.troubles.effects
    for at_s in range(-(-from_s // grid_s) * grid_s, to_s, grid_s):
        due = [factor for factor, interval_s in device.intervals.items() if at_s % interval_s == 0]
        if not due:
            continue
        shown: dict[str, float] = {}
        for measure in device.measures:
            shown.update(measure(at_s, effects))
        values: dict[str, float | Flagged] = {factor: shown[factor] for factor in due}
        yield Sample(at_s * MS_PER_S, values, at_s * MS_PER_S)


def payload(batch: Sequence[Sample], *, live: bool) -> bytes:
    """Return the JSON of *batch*: one object where *live* (one sample), else a list of them."""
    wire = [{"ts": sample.ts_ms, "values": sample.values} for sample in batch]
    return _encode(wire[0] if live else wire)


def batches(stream: Iterable[Sample], size: int) -> Iterator[list[Sample]]:
    """Return *stream* in lists of up to *size* samples."""
    rest = iter(stream)
    while batch := list(islice(rest, size)):
        yield batch


def messages(
    fleet: Sequence[Device], from_instant: datetime, to_instant: datetime, *, batch: int, root: str = DEFAULT_ROOT
) -> Iterator[tuple[str, bytes]]:
    """Return (topic, payload) of all devices from *from_instant* until before *to_instant*, chronological.

    With *batch* 1 as devices send live, one object each; else as backlog, lists of up to *batch* samples, each at the
    place of its last sample.
    """
    lines = [_line(number, device, from_instant, to_instant, batch, root) for number, device in enumerate(fleet)]
    for _, _, topic, text in heapq.merge(*lines):
        yield topic, text


def _line(
    number: int, device: Device, from_instant: datetime, to_instant: datetime, batch: int, root: str
) -> Iterator[tuple[int, int, str, bytes]]:
    topic = format_topic(root, device.site, device.id, Kind.TELEMETRY)
    for each in batches(samples(device, from_instant, to_instant), batch):
        yield each[-1].sent_ms, number, topic, payload(each, live=batch == 1)


def dry_run(
    document: Document, *, scenario: Scenario, seed: int, days: float, until: datetime | None = None, batch: int = BATCH
) -> Iterator[tuple[str, bytes]]:
    """Return (topic, payload) of the *days* before *until*, as the simulator would send them as backlog.

    Where *until* is absent it is 2026-11-01 in Shanghai, so that a seed gives the same bytes on any day. The scenario's
    relative times count from *until*.

    Raises:
        ScenarioError: an action of the scenario ends before it begins.

    """
    anchor = until or FIXED_UNTIL
    fleet = devices(document, scenario, seed, anchor)
    return messages(fleet, anchor - timedelta(days=days), anchor, batch=batch)


def _ms(instant: datetime) -> int:
    return to_us(instant) // _US_PER_MS
