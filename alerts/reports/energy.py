"""Energy of a site by carrier 品种: amounts of meters, coefficient, standard coal (GB/T 2589-2020). Pure.

Serves papers and the Markdown table alike. Amounts are sums of day or month values that were derived; sold energy is negative.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from alerts.judge.budget import budget_in_force
from schemas.catalog.energy import CoalFactor, factor_on
from schemas.catalog.enums import Balance, ElectricityBasis
from schemas.registry.model import Point

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from schemas.records import Mean
    from schemas.registry.model import Site
    from schemas.registry.store import Registry

KG_PER_T = 1000.0
BASIS_ZH = {ElectricityBasis.CALORIFIC: "当量值", ElectricityBasis.EQUIVALENT: "等价值"}


class Meter(NamedTuple):
    """A meter that enters a site's balance."""

    device: str
    point: Point
    number: int


class Consumed(NamedTuple):
    """What one meter counted: *amount* in its register's unit (None: nothing known), negative where sold; *tce* in t."""

    meter: Meter
    amount: float | None
    coal: CoalFactor
    marks: str
    note: str

    @property
    def tce(self) -> float | None:
        """Standard coal in t."""
        return None if self.amount is None else self.amount * self.coal.kgce / KG_PER_T


def meters(registry: Registry, site: Site) -> list[Meter]:
    """Return the meters of a site that enter its balance, in the order of the registry."""
    return [
        Meter(device.name, point, registry.points[site.id, device.id, point.factor])
        for device in site.devices
        for point in device.points
        if point.carrier is not None and point.balance is not Balance.NONE
    ]


def basis_of(site: Site, day: date) -> ElectricityBasis:
    """Return how a site's electricity is counted on *day*: as its budget says, else by its calorific value 当量."""
    budget = budget_in_force(site.budgets, day)
    return budget.electricity if budget else ElectricityBasis.CALORIFIC


def consumed(meter: Meter, means: Sequence[Mean], basis: ElectricityBasis, day: date) -> Consumed:
    """Return what *meter* counted in all of *means*, with the coefficient in force on *day*."""
    assert meter.point.carrier is not None, "only meters of a carrier are handed over"
    known = [mean.value for mean in means if mean.value is not None]
    sign = -1 if meter.point.balance is Balance.OUT else 1
    return Consumed(
        meter,
        sign * math.fsum(known) if known else None,
        factor_on(meter.point.carrier, basis, day, lhv_kj=meter.point.lhv_kj),
        "".join(sorted({mark for mean in means for mark in mean.marks})),
        "；".join(dict.fromkeys(mean.note for mean in means if mean.note)),
    )


def total(means: Mapping[date, Mean], first: date, last: date) -> float | None:
    """Return the sum of the values of *first* to *last*; None where none is known."""
    known = [mean.value for at, mean in means.items() if first <= at <= last and mean.value is not None]
    return math.fsum(known) if known else None
