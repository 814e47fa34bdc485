"""What one snapshot is made of: the frame that the registry gives, and the rows read from the database. Pure."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from alerts.judge.subjects import DAY_FACTORS, PH, WATER_TEMPERATURE, Subject, subjects
from schemas.registry.derived import EFFICIENCY, ENERGY_BALANCE, TCE
from schemas.registry.store import Registry

#: So far back a reading is looked for; of what was silent for longer the device's clock says how long.
LOOK_BACK = timedelta(days=3)
#: Rules whose verdicts colour a site; accounts and warnings speak through their incidents.
COLOURS = frozenset({"sewage_day", "air_hour", "boiler_efficiency", "energy_budget"})
#: Rules whose newest verdicts are shown with what stands in them.
ACCOUNTS = frozenset({"energy_budget", "energy_year", "energy_cap", "load_cap", "data_rate"})

Row = dict[str, Any]
#: Instant, value, mark, whether it came late.
Reading = tuple[datetime, float, str, bool]
#: Rule and subject.
Judged = tuple[str, str]
#: Site and device.
Where = tuple[str, str]


class Said(NamedTuple):
    """What the newest verdict of a subject says, and until when that speaks of now."""

    outcome: str
    until: datetime


class Heard(NamedTuple):
    """When a device was heard last, and how far its newest instant lay behind our clock then."""

    received_at: datetime
    lag_s: float


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """What a registry asks to be shown on one Shanghai day."""

    registry: Registry
    today: date
    #: Site → what colours it.
    colours: dict[str, list[Judged]]
    accounts: list[Subject]
    titles: dict[Judged, str]
    #: What is judged of sewage by the day, by its key: a permit may bind it more strictly than the standard.
    outlets: dict[str, Subject]
    measured: list[int]
    days: list[int]
    hours: list[int]
    tce: list[int]

    def judged(self) -> list[Judged]:
        """Return what colours sites, without the accounts: their verdicts are read with what stands in them."""
        return [one for of_site in self.colours.values() for one in of_site if one[0] not in ACCOUNTS]


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything read for one snapshot."""

    now: datetime
    frame: Frame
    latest: dict[int, Reading] = {}
    days: dict[int, Row] = {}
    hours: dict[int, Row] = {}
    online: dict[Where, bool] = {}
    clocks: dict[Where, Heard] = {}
    incidents: list[Row] = []
    #: Rows of site, rule, level and number.
    counts: list[Row] = []
    said: dict[Judged, Said] = {}
    accounts: dict[Judged, Row] = {}
    month: Row = msgspec.field(default_factory=lambda: {"total": 0.0, "days": 0, "through": None})


def frame(registry: Registry, today: date) -> Frame:
    """Return what *registry* asks to be shown on the Shanghai day *today*."""
    found = subjects(registry, today)
    colours: dict[str, list[Judged]] = defaultdict(list)
    for one in found:
        if one.rule in COLOURS and one.factor != PH:
            colours[one.site_id].append((one.rule, one.key))
    sites = registry.document.sites
    living = {site.id for site in sites}
    return Frame(
        registry=registry,
        today=today,
        colours=dict(colours),
        accounts=[one for one in found if one.rule in ACCOUNTS],
        titles={(one.rule, one.key): one.title for one in found},
        outlets={one.key: one for one in found if one.rule == "sewage_day"},
        measured=[
            registry.points[site.id, device.id, point.factor]
            for site in sites
            for device in site.devices
            for point in device.points
        ],
        days=_numbers(registry, living, {*DAY_FACTORS, WATER_TEMPERATURE}),
        hours=_numbers(registry, living, {EFFICIENCY}),
        tce=[
            number
            for (site, place, factor), number in registry.points.items()
            if (place, factor) == (ENERGY_BALANCE, TCE) and site in living
        ],
    )


def _numbers(registry: Registry, living: set[str], factors: set[str]) -> list[int]:
    return [n for (site, _, factor), n in registry.points.items() if factor in factors and site in living]
