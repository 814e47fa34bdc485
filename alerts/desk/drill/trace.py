"""原文: the exact message one stored reading came in, who received it when, and whether its batch still holds."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from fastapi import Request, Response
from nicegui import ui

from alerts.desk import words
from alerts.desk.drill import entering, octets, origin, spans, spot, tables
from alerts.desk.pages.frame import html
from alerts.desk.words import NOTHING, safe
from schemas.catalog.enums import MARK_ZH
from schemas.errors import DatabaseError
from schemas.runtime import clock
from schemas.times import SHANGHAI, day_of, hour_of

if TYPE_CHECKING:
    from alerts.desk.drill.origin import Filed, Origin
    from alerts.desk.drill.spot import Spot
    from alerts.desk.pages.frame import Desk, Frame

_MILLISECOND = timedelta(milliseconds=1)
_LONGEST_MS = 13
#: A message is never longer than ingest takes; what is longer all the same is cut, and the page says so.
MOST_BYTES = 262_144


def mount(desk: Desk) -> None:
    """Add ``/desk/trace/{site}/{device}/{factor}/{ts}``; *ts*: milliseconds since 1970."""

    @ui.page(
        "/desk/trace/{site}/{device}/{factor}/{ts}", title="原文", viewport=entering.VIEWPORT,
        response_timeout=entering.BUILT_WITHIN_S,
    )  # fmt: skip
    async def _trace(request: Request, site: str, device: str, factor: str, ts: str) -> Response | None:
        frame = await entering.enter(desk, request, "原文")
        if isinstance(frame, Response):
            return frame
        try:
            await _open(desk, frame, (site, device, factor), ts)
        except DatabaseError:
            return entering.away()
        return None


async def _open(desk: Desk, frame: Frame, key: tuple[str, str, str], ts: str) -> None:
    async with desk.source.lend() as db:
        registry = await entering.registry(desk, db)
        found = spot.find(registry, key, day_of(clock.now())) if registry and entering.sees(frame, key[0]) else None
        if found is None:
            entering.nothing(frame, f"没有测点 {'/'.join(key)[:120]}，或您无权查看 (no such point, or not yours).")
            return
        at = _instant(ts)
        if at is None:
            entering.nothing(
                frame, f"时刻 ts「{ts[:40]}」写法不对 (not an instant).", "写 1970 年以来的毫秒数，如 1732242600000。"
            )
            return
        rows = await db.fetch_dicts("drill_hour_reading", point=found.point, since=at, until=at + _MILLISECOND)
    if not rows:
        entering.nothing(
            frame,
            f"{found.title} 在 {_exact(at)} 没有存储值 (nothing is stored there).",
            "请从小时页的读数进入；超过保存期的读数已删除。",
        )
        return
    # A batch of a thousand messages is unpacked and hashed: not where all open pages wait for their turn.
    filed = await asyncio.to_thread(origin.filed, rows[0], found.key) if rows[0]["payload"] is not None else None
    _show(frame, found, rows[0], filed)


def _instant(ts: str) -> datetime | None:
    if not (ts.isascii() and ts.isdigit() and len(ts) <= _LONGEST_MS):
        return None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(ts))


def _show(frame: Frame, found: Spot, row: dict[str, Any], filed: Filed | None) -> None:
    with frame.main:
        with ui.element("section").classes("panel head"):
            html(_head(found, row))
        with ui.element("section").classes("panel"):
            html('批次与摘要 <span class="en">Batch and digest</span>', tag="h2")
            html(batch(row, filed))
        if filed is not None:
            with ui.element("section").classes("panel"):
                html('消息原文 <span class="en">The message</span>', tag="h2")
                html(message(filed.origin) if filed.origin else f'<p class="wrong">{safe(filed.trouble)}</p>')


def _head(found: Spot, row: dict[str, Any]) -> str:
    hour = safe(spans.hour_path(found.key, hour_of(row["ts"])))
    late = '<span class="pill late-pill">迟到 late</span>' if row["late"] else ""
    return (
        f"{tables.crumbs(found)}<h1>{safe(found.title)} {row['value']:.15g} {safe(found.unit)}</h1>"
        f'<div class="line"><span>{_exact(row["ts"])}</span><span>标记 {safe(row["mark"])} {MARK_ZH.get(row["mark"], "")}</span>{late}</div>'
        f'<div class="span"><a href="{hour}">该小时全部读数</a><a href="{safe(spans.point_path(found.key))}">测点</a></div>'
    )


def _exact(instant: datetime) -> str:
    """Return Beijing's time to the millisecond, or finer where the reading says so."""
    local = instant.astimezone(SHANGHAI)
    part = f"{local.microsecond:06d}"
    return local.strftime("%Y-%m-%d %H:%M:%S.") + (part[:3] if part.endswith("000") else part)


def batch(row: dict[str, Any], filed: Filed | None) -> str:
    """Return what is known of the batch a reading came in, and whether it holds."""
    if filed is None:
        return (
            f'<p class="wrong">批次 {row["batch_id"]} 已超过保存期，原始消息已删除，存储值仍在 (the batch is no longer kept; the'
            " stored value stands)</p>"
        )
    holds = (
        '<span class="holds">相符：原始消息未被改动 (agrees)</span>'
        if filed.holds
        else '<span class="broken">不符：原始消息或摘要已被改动 (does not agree: changed)</span>'
    )
    previous = row["previous_digest"].hex() if row["previous_digest"] else f"{NOTHING} 该接收进程的第一批 (the first)"
    facts = [
        ("批次 batch", str(row["batch_id"])),
        ("接收进程 worker", safe(row["worker"])),
        ("接收时间 received", f"{words.clock(row['received_from'])} 至 {words.clock(row['received_to'])}（北京时间）"),
        ("消息数 messages", f"{row['messages']}（{filed.size:,} 字节）"),
        ("摘要 digest", f'<span class="hex">{row["digest"].hex()}</span>'),
        ("上一批摘要 previous", f'<span class="hex">{previous}</span>'),
        ("重新计算 recomputed", f'<span class="hex">{filed.computed.hex()}</span><br>{holds}'),
    ]
    return _facts(facts)


def message(found: Origin) -> str:
    """Return the message: topic, when it was received, its bytes readably and exactly."""
    near = (
        ""
        if found.is_exact
        else '<p class="wrong">消息中该时刻的值与存储值不同 (another value than the stored one)</p>'
    )
    facts = [
        ("主题 topic", safe(found.topic)),
        ("接收时间 received", safe(_exact(found.received_at)) + "（北京时间）"),
        ("长度 length", f"{len(found.payload):,} 字节"),
    ]
    readable = octets.pretty(found.payload[:MOST_BYTES])
    formatted = (
        f'<p class="dim">排版后 formatted</p><pre class="bytes pretty">{safe(readable)}</pre>' if readable else ""
    )
    return (
        near
        + _facts(facts)
        + formatted
        + f'<p class="dim">原样 exactly as received</p>{as_bytes(found.payload, MOST_BYTES)}'
    )


def as_bytes(payload: bytes, at_most: int) -> str:
    """Return *payload* escaped, as hexadecimal rows where it is no text; what was left out is said."""
    shown = octets.shown(payload, at_most)
    cut = f'<p class="dim">另有 {shown.cut:,} 字节未显示 (not shown)</p>' if shown.cut else ""
    kind = '<p class="dim">不是文本，按十六进制显示 (not text)</p>' if shown.is_hex else ""
    empty = '<p class="dim">空消息 (empty)</p>' if not payload else ""
    return f'{kind}{empty}<pre class="bytes exact">{safe(shown.text)}</pre>{cut}'


def _facts(pairs: list[tuple[str, str]]) -> str:
    return '<dl class="facts">' + "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in pairs) + "</dl>"
