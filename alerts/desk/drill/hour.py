"""小时: every raw reading of one hour, what was derived and judged from it, and what was refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from fastapi import Request, Response
from nicegui import ui

from alerts.desk.drill import curve, entering, moments, reads, refused, spans, spot, tables
from alerts.desk.drill.raws import Raws
from alerts.desk.drill.reads import Said, Sheet
from alerts.desk.drill.spans import SpanError
from alerts.desk.pages import detail
from alerts.desk.pages.frame import html
from alerts.desk.words import safe
from schemas.catalog.enums import Basis
from schemas.errors import DatabaseError
from schemas.registry.derived import PointKey
from schemas.runtime import clock
from schemas.times import HOUR, day_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alerts.desk.drill.spot import Spot
    from alerts.desk.pages.frame import Desk, Frame
    from schemas.registry.store import Registry
    from schemas.runtime.database import Database


class Hour(NamedTuple):
    """All there is of a point in an hour. *instants*: verdicts on single readings; *keys*, *names*: the series behind it."""

    sheet: Sheet
    instants: list[tuple[datetime, float | None, Said]]
    refusals: list[Mapping[str, Any]]
    keys: dict[int, PointKey]
    names: dict[int, str]


def mount(desk: Desk) -> None:
    """Add ``/desk/hour/{site}/{place}/{factor}/{hour}``; *hour*: ``2026-11-22T08``, Beijing."""

    @ui.page(
        "/desk/hour/{site}/{place}/{factor}/{hour}", title="小时", viewport=entering.VIEWPORT,
        response_timeout=entering.BUILT_WITHIN_S,
    )  # fmt: skip
    async def _hour(request: Request, site: str, place: str, factor: str, hour: str) -> Response | None:
        frame = await entering.enter(desk, request, "小时数据")
        if isinstance(frame, Response):
            return frame
        try:
            await _open(desk, frame, (site, place, factor), hour)
        except DatabaseError:
            return entering.away()
        return None


async def _open(desk: Desk, frame: Frame, key: PointKey, text: str) -> None:
    async with desk.source.lend() as db:
        registry = await entering.registry(desk, db)
        found = spot.find(registry, key, day_of(clock.now())) if registry and entering.sees(frame, key[0]) else None
        if found is None or registry is None:
            entering.nothing(frame, f"没有测点 {'/'.join(key)[:120]}，或您无权查看 (no such point, or not yours).")
            return
        try:
            start = spans.hour(text)
        except SpanError as exc:
            entering.nothing(frame, exc.sentence, exc.mend, spans.point_path(found.key))
            return
        hour = await _read(desk, db, registry, found, start)
    await _show(frame, found, start, hour)


async def _read(desk: Desk, db: Database, registry: Registry, found: Spot, start: datetime) -> Hour:
    rules = desk.board.rules
    sheet = await reads.sheet(db, found, spans.one_hour(start), rules, registry)
    single = [one for one in found.judged if one.rule in rules and rules[one.rule].basis is Basis.INSTANT]
    verdicts = await reads.verdicts(db, single, start, start + HOUR) if single else {}
    permits = reads.permits_of(found)
    names = detail.raw_points(registry, found.point)
    numbers = {number: key for key, number in registry.points.items()}
    keys = {number: numbers[number] for number in names}
    devices = {found.device} if found.device else {key[1] for key in keys.values()}
    asked = {"since": start, "until": start + refused.LATER, "at_most": refused.MOST}
    rows: list[dict[str, Any]] = []
    for device in sorted(devices):
        rows += await db.fetch_dicts("drill_hour_rejections", site=found.key[0], device=device, **asked)
    return Hour(
        sheet=sheet,
        instants=[(at, row["value"], reads.said_of(row, permits)) for (_, at), row in verdicts.items()],
        refusals=refused.of_hour(rows, start),
        keys=keys,
        names=names,
    )


async def _show(frame: Frame, found: Spot, start: datetime, hour: Hour) -> None:
    with frame.main:
        with ui.element("section").classes("panel head"):
            html(_head(found, start, hour.sheet))
            html(entering.until(clock.now()), "dim until")
        with ui.element("section").classes("panel"):
            html('小时值与判定 <span class="en">Derived and judged</span>', tag="h2")
            html(tables.windows(hour.sheet, [0]), "windows")
            html(_instants(hour.instants, found))
        with ui.element("section").classes("panel"):
            html('原始读数 <span class="en">Readings</span>', tag="h2")
            raws = Raws(frame, hour.keys, hour.names)
        with ui.element("section").classes("panel"):
            html('拒收的数据 <span class="en">Refused</span>', tag="h2")
            html(
                '<p class="dim">该小时内收到的，以及其后 6 小时内收到、时间属于该小时的</p>'
                + refused.table(hour.refusals)
            )
        more = tables.marks(hour.sheet.marks)
        if more:
            with ui.element("section").classes("panel"):
                html(f'<h2>人工标记 <span class="en">Marks by people</span></h2>{more}')
    await raws.show(start, start + HOUR)


def _head(found: Spot, start: datetime, sheet: Sheet) -> str:
    before, after = (safe(spans.hour_path(found.key, start + by * HOUR)) for by in (-1, 1))
    point = safe(spans.point_path(found.key, spans.Span(Basis.HOUR, day_of(start), day_of(start))))
    incidents = f"<p>{tables.incidents(sheet.incidents, {})}</p>" if sheet.incidents else ""
    return (
        f"{tables.crumbs(found)}<h1>{safe(found.title)}　{spans.hour_name(start).replace('T', ' ')} 时</h1>"
        f'<p class="says">{safe(curve.says(sheet, 0))}</p>'
        f'<div class="span"><a href="{before}">‹ 前一小时</a><a href="{after}">后一小时 ›</a><a href="{point}">当天曲线</a></div>{incidents}'
    )


def _instants(rows: Iterable[tuple[datetime, float | None, Said]], found: Spot) -> str:
    """Return the verdicts on single readings; nothing where there are none."""
    lines = "".join(
        f'<tr class="{tables.kind_of(one)}"><td class="t">{moments.second(at)}</td>'
        f'<td class="n">{"" if value is None else f"{value:.12g}"}</td><td class="t">{tables.verdict_words(one)}</td>'
        f'<td class="t">{safe(tables.limit_words(one, found.unit))}</td></tr>'
        for at, value, one in rows
    )
    heads = (("单个读数", ""), ("数值", "n"), ("判定", ""), ("限值", ""))
    return tables.table(heads, lines) if lines else ""
