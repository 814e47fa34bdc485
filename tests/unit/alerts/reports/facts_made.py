"""Facts made by hand, for the tests of what papers say of them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from alerts.judge import rules
from alerts.judge.subjects import subjects
from alerts.reports.known import Filed, Known
from alerts.reports.period import Span
from schemas.registry.derived import point_keys
from schemas.registry.store import Registry
from schemas.times import day_start
from tests.integration.play import county, sewage

if TYPE_CHECKING:
    from schemas.registry.model import Document

DAY_1 = date(2026, 11, 20)
START = day_start(DAY_1)
HOUR = timedelta(hours=1)
COD = "plant/DW001/w01018"


def filed(outcome: str, value: float | None = 66.0, *, at: datetime = START, hours: int = 24, **fields: Any) -> Filed:
    """Return a verdict on COD's day, or on so many *hours*."""
    known: dict[str, Any] = {
        "rule": "sewage_day", "subject": COD, "window_start": at, "window_end": at + hours * HOUR, "outcome": outcome,
        "value": value, "limit_value": 50.0, "limit_id": "GB18918-2002.1A.w01018.day", "standard": "GB 18918-2002",
        "clause": "表1 一级A 日均值", "edition": "2002", "unit": "mg/L", "high": 50.0, "rule_version": "2026.3",
    }  # fmt: skip
    return Filed(**(known | fields))


def registry(document: Document | None = None) -> Registry:
    found = document or county(sewage("w01018", "w21003"))
    return Registry(7, found, {key: n for n, key in enumerate(point_keys(found), 1)})


def known(document: Document | None = None, *, last: date = DAY_1, **fields: Any) -> Known:
    """Return the facts of DAY_1 to *last* of a small county."""
    held = registry(document)
    judged = subjects(held, last)
    judged_of: dict[str, list[Any]] = {}
    for one in judged:
        judged_of.setdefault(one.site_id, []).append(one)
    return Known(
        span=Span("2026-11", DAY_1, last), registry=held, rules=rules.load(),
        subjects={(one.rule, one.key): one for one in judged}, judged_of=judged_of,
        points_of={site.id: [n for key, n in held.points.items() if key[0] == site.id] for site in held.document.sites},
        **fields,
    )  # fmt: skip
