"""What the pages know: one snapshot of the county, pure data."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import msgspec

EXCEEDING = "exceeding"
NOT_JUDGEABLE = "not_judgeable"
COMPLIANT = "compliant"
STALE = "stale"
#: States as people read them; grey states are silence, never compliance.
STATE_ZH = {EXCEEDING: "超标", NOT_JUDGEABLE: "未判定", COMPLIANT: "达标", STALE: "数据中断"}


class Totals(msgspec.Struct, frozen=True):
    """What was received and what became of it."""

    received: int = 0
    stored: int = 0
    duplicate: int = 0
    rejected: int = 0

    @property
    def balanced(self) -> bool:
        """Say whether every value received is accounted for."""
        return self.received == self.stored + self.duplicate + self.rejected


class PointView(msgspec.Struct, frozen=True, kw_only=True):
    """One series with its newest reading, if there is one."""

    point_id: int
    site: str
    device: str
    factor: str
    name: str
    unit: str
    decimals: int
    interval_s: int
    counter: bool
    ts: datetime | None = None
    value: float | None = None
    mark: str | None = None
    late: bool = False
    silent: bool = False


class DeviceView(msgspec.Struct, frozen=True, kw_only=True):
    """One device: whether it is there, and its series."""

    id: str
    name: str
    online: bool
    stale: bool
    points: list[PointView]
    lag_s: float | None = None

    @property
    def silence(self) -> str:
        """What has fallen silent, in few words; empty when nothing has."""
        quiet = [point.name for point in self.points if point.silent]
        if not quiet:
            return ""
        return self.name if self.stale or len(quiet) == len(self.points) else f"{self.name} {'、'.join(quiet)}"


class SiteView(msgspec.Struct, frozen=True, kw_only=True):
    """One site as the wall shows it."""

    id: str
    name: str
    town: str
    kind: str
    bureau: str
    state: str
    detail: str
    newest: datetime | None
    age_s: float | None
    devices: list[DeviceView]


class IncidentView(msgspec.Struct, frozen=True, kw_only=True):
    """One open incident."""

    id: int
    level: str
    rule: str
    site: str
    subject: str
    began_at: datetime
    bureau: str
    task: int | None
    body: dict[str, Any]
    state: str = "open"
    #: Somebody has it in hand, and that has not run out.
    acked: bool = False
    #: The site's id; empty where it is the county's.
    site_id: str = ""


class CellView(msgspec.Struct, frozen=True, kw_only=True):
    """One factor of an outlet on its newest valid day."""

    factor: str
    day: date | None
    value: float | None
    limit: float | None
    exceeding: bool
    decimals: int


class OutletView(msgspec.Struct, frozen=True, kw_only=True):
    """One sewage outlet against its limits."""

    site: str
    name: str
    standard: str
    day: date | None
    cells: list[CellView]
    site_id: str = ""
    #: The outlet's id and its device's: where its series are.
    outlet: str = ""
    device: str = ""


class CheckView(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a boiler's three-in-one file."""

    kind: str
    passed: bool
    next_due: date
    overdue: bool


class BoilerView(msgspec.Struct, frozen=True, kw_only=True):
    """One boiler: its newest hour of efficiency, or why there is none."""

    site: str
    name: str
    fuel: str
    hour: datetime | None
    value: float | None
    note: str
    limit: float | None
    baseline: float | None
    checks: list[CheckView]
    site_id: str = ""
    boiler: str = ""
    #: The band of uncertainty around the value.
    low: float | None = None
    high: float | None = None


class BudgetView(msgspec.Struct, frozen=True, kw_only=True):
    """One site's month against its energy budget."""

    site: str
    month: date
    outcome: str
    used: float | None
    allowed: float | None
    projected: float | None
    through: str | None
    kind: str | None
    why: str
    #: The day on which the month's or year's budget is expected to be reached, and which of the two.
    crosses: date | None = None
    crosses_year: bool = False
    site_id: str = ""


class CapView(msgspec.Struct, frozen=True, kw_only=True):
    """One of the county's caps (plan tasks 2 and 25) and how far the year has gone: from the newest verdict, never reckoned here.

    *crosses*: the day on which it is expected to be reached, if within the year. *through*: the last day that counts.
    """

    factor: str
    name: str
    unit: str
    outcome: str
    used: float | None
    allowed: float | None
    projected: float | None = None
    crosses: date | None = None
    through: date | None = None
    why: str = ""
    #: over, projected, warn or notice, where it exceeds.
    kind: str | None = None
    #: What is counted, such as that only monitored sources are.
    note: str = ""


class RateView(msgspec.Struct, frozen=True, kw_only=True):
    """传输有效率 of the county's water and gas outlets in the newest month judged: valid hours of hours due; None where none was due.

    A month is judged when it has ended, so that *month* is as a rule the one before.
    """

    month: date
    rate: float | None
    outlets: int
    below: int


class CountyEnergy(msgspec.Struct, frozen=True, kw_only=True):
    """The county's standard coal of this month so far and a twelfth of its yearly cap."""

    used: float
    days: int
    through: date | None
    cap: float | None


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The county at one instant."""

    county: str
    now: datetime
    totals: Totals = Totals()
    online: int = 0
    devices: int = 0
    sites: list[SiteView] = []
    incidents: list[IncidentView] = []
    outlets: list[OutletView] = []
    boilers: list[BoilerView] = []
    budgets: list[BudgetView] = []
    energy: CountyEnergy | None = None
    caps: list[CapView] = []
    rate: RateView | None = None
    #: How many incidents last, where the list holds the gravest only.
    incidents_total: int = 0
    #: How many by level (red, orange, yellow, blue), of all of them.
    incident_levels: dict[str, int] = {}
    #: When the newest row was committed, and when this snapshot was read: what the page says about itself.
    committed_at: datetime | None = None

    def says_the_same_as(self, other: Snapshot) -> bool:
        """Say whether a reader would see no difference but the time that passed."""
        return _timeless(self) == _timeless(other)


def _timeless(snapshot: Snapshot) -> tuple[object, ...]:
    """Return what *snapshot* says, without when it was read and how old things were then."""
    return (
        *(getattr(snapshot, name) for name in Snapshot.__struct_fields__ if name not in {"now", "sites"}),
        *((site.id, site.state, site.detail, site.newest, site.devices) for site in snapshot.sites),
    )
