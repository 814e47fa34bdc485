"""A point, its windows and verdicts for the tests of its pages."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from alerts.desk.drill import covered, spans
from alerts.desk.drill.reads import Line, Said, Sheet
from alerts.desk.drill.spot import Binding, Spot, allowed
from alerts.desk.pages.chart import Window
from schemas.catalog.enums import Basis, Outcome
from schemas.catalog.limits import LIMITS
from schemas.registry.model import Site
from schemas.times import HOUR, day_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: 00:00 in Beijing.
START = datetime(2026, 11, 19, 16, tzinfo=UTC)
SITE_NAME = "示例污水厂"
_LIMIT = next(one for one in LIMITS if one.id == "GB18918-2002.1A.w21003.day.warm")
LIMIT = msgspec.structs.replace(_LIMIT, verified=False, clause="表1 一级A 日均值")
BINDING = Binding(allowed(LIMIT), LIMIT)


def spot_of(**fields: Any) -> Spot:
    site = Site.model_validate(
        {"id": "plant", "name": SITE_NAME, "kind": "sewage_plant", "town": "便江街道", "lead_bureau": "epb"}
    )
    usual: dict[str, Any] = {
        "key": ("plant", "out", "w21003"), "point": 7, "site": site, "place_name": "水质站", "name": "氨氮", "unit": "mg/L",
        "decimals": 2, "interval_s": 3600, "device": "out", "judged": (), "suspected": (),
    }  # fmt: skip
    return Spot(**(usual | fields))


def window(number: int = 0, **fields: Any) -> Window:
    start = START + number * HOUR
    return Window(start=start, end=start + HOUR, **fields)


def limit_said(outcome: str = "exceeding", **fields: Any) -> Said:
    usual: dict[str, Any] = {
        "rule": "sewage_day", "outcome": Outcome(outcome), "is_warning": False, "limit_value": 5.0, "limit": LIMIT, "why": "",
    }  # fmt: skip
    return Said(**(usual | fields))


def incident(since: datetime, until: datetime | None, level: str = "orange", **fields: Any) -> dict[str, Any]:
    return {
        "incident_id": 12, "rule": "sewage_day", "state": "open", "level": level, "began_at": since, "ended_at": until,
        "settled_at": None, "withdrawn": False, "title": "氨氮", "rule_zh": "污水日均值超标",
    } | fields  # fmt: skip


def sheet_of(
    *windows: Window,
    said: Sequence[Sequence[Said]] | None = None,
    lines: Iterable[Line] = (),
    incidents: Sequence[dict[str, Any]] = (),
    **fields: Any,
) -> Sheet:
    marks = fields.pop("marks", ())
    day = day_of(windows[0].start)
    usual: dict[str, Any] = {
        "spot": spot_of(), "span": spans.Span(fields.pop("basis", Basis.HOUR), day, day), "windows": windows,
        "said": tuple(tuple(one) for one in said) if said else ((),) * len(windows), "lines": tuple(lines),
        "incidents": list(incidents), "amended": [], "marks": tuple(marks), "last": None,
        "levels": covered.levels(windows, incidents), "kinds": covered.kinds(windows, marks),
    }  # fmt: skip
    return Sheet(**(usual | fields))
