"""What a suspicion signal looks at, and what it answers. Pure data.

A signal is a function ``(scene, factor, numbers) -> Found | Unknown | None``: a suspicion with its sentence and figures; that it
cannot say; or nothing to say. It never convicts: the wording is 疑似, the inspector decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import NamedTuple

import msgspec

from schemas.records import Limit, Mean


class Raw(NamedTuple):
    """One stored reading; *ts* in UTC."""

    ts: datetime
    value: float
    mark: str
    late: bool


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """One point. *hours*: every hour of the scene's span, oldest first, None where nothing was derived.

    *days*: its derived days of the last 31, oldest first, the judged one last. *raw*: the readings of the judged day, only
    where the signal asked for them and some hour of that day at the place bears a mark other than normal. *low* and *high*:
    the instrument's range. *title*: the place as people call it.
    """

    site: str
    device: str
    factor: str
    unit: str
    decimals: int
    interval_s: int
    low: float | None
    high: float | None
    hours: tuple[Mean | None, ...]
    days: tuple[tuple[date, Mean], ...] = ()
    raw: tuple[Raw, ...] = ()
    title: str = ""


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """One place (outlet, stack, boiler, meter, device) up to *end*, the end of the judged window (UTC).

    *series*: factor → series of the place's own device, what is derived for the place (``yx_zs_…``), and of the devices beside
    it (the boiler under a stack, the plant's meters) what its own does not measure. *others*: the same factor at other places
    of the county, for twins. *limits*: factor → the limit that binds its values here, day mean of sewage, hour mean of a
    stack; that of a stack stands under the converted factor and under the raw one. *sent*: values at reference O2 as the
    device itself computed them, where it sends any; those of *series* are ours.
    """

    day: date
    since: datetime
    end: datetime
    series: Mapping[str, Series]
    others: Mapping[str, tuple[Series, ...]] = {}
    limits: Mapping[str, Limit] = {}
    sent: Mapping[str, Series] = {}


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A suspicion: one Chinese sentence with its figures, the figures by name, and since when."""

    sentence: str
    figures: dict[str, float]
    since: datetime | None = None


class Unknown(msgspec.Struct, frozen=True):
    """Too little data to say; *why* in few Chinese words."""

    why: str


Answer = Found | Unknown | None
Signal = Callable[[Scene, str, Mapping[str, float]], Answer]


class Declared(NamedTuple):
    """A signal as its rule sees it: the figures it takes with their defaults, how far back it looks, whether it reads raw values.

    One that looks at a place as a whole is asked with the factor "".
    """

    find: Signal
    numbers: Mapping[str, float]
    hours_back: int = 24
    wants_raw: bool = False
    wants_others: bool = False
    wants_days: bool = False
