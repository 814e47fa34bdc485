"""Devices, rejections and marks of a site's page as HTML. Every foreign word goes through `safe`. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.desk import words
from alerts.desk.drill.blocks import NOTHING_OF
from alerts.desk.pages import texts
from alerts.desk.words import safe

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from alerts.desk.drill.devices import DevicePart, MarkLine, PointLine, RefusalLine


def device(one: DevicePart) -> str:
    """Return one device with its points."""
    lag = f"时钟 {one.lag}" if one.lag else "时钟差未知"
    quiet = f'<span class="hush">无数据：{safe(one.silence)}</span>' if one.silence else ""
    lines = "".join(_point(point) for point in one.points)
    heads = "".join(f"<th{kind}>{name}</th>" for name, kind in (
        ("测点", ""), ("最新值", ' class="n"'), ("标记", ""), ("时间", "")))  # fmt: skip
    return (
        f'<h3>{safe(one.name)}<i class="dim">{safe(one.id)}</i></h3><div class="line"><span class="st2 {one.tone}">{one.state}</span>'
        f'<span>最新 {safe(one.newest)}</span><span class="dim">{lag}</span>{quiet}</div>'
        f'<table class="pts"><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table>'
    )


def _point(one: PointLine) -> str:
    kind = "quiet" if one.silent else "" if one.normal else "odd"
    late = ' <i class="dim">迟到</i>' if one.late else ""
    return (
        f'<tr class="{kind}"><td><a href="{safe(one.link)}">{safe(one.name)}</a></td>'
        f'<td class="n"><b>{safe(one.value)}</b> <u>{safe(one.unit)}</u></td><td>{safe(one.mark)}{late}</td><td>{safe(one.age)}</td></tr>'
    )


def refusal(one: RefusalLine, now: datetime) -> str:
    """Return what was refused for one reason, without its bytes."""
    again = " · 已重放" if one.replayed else ""
    return (
        f'<b>{safe(one.word)}</b><i class="dim">{safe(one.reason)}</i><span>{one.messages} 条消息，{one.refused} 个值</span>'
        f'<span class="dim">最近 {texts.moment(one.newest, now)} · {safe(one.device)}{again}</span>'
        f'<span class="said">例：{safe(one.said or words.NOTHING)}</span>'
    )


def marks(found: Sequence[MarkLine], now: datetime) -> str:
    """Return what people marked."""
    if not found:
        return NOTHING_OF
    return '<div class="lines">' + "".join(
        f'<div class="ln"><span class="state">{one.part}</span><b>{safe(one.kind)}</b><span>{safe(one.device)} {safe(one.factors)}</span>'
        f"<span>{texts.moment(one.since, now)} — {texts.moment(one.until, now)}</span>"
        f'<span class="dim">{safe(one.reason)}{" · 依据 " + safe(one.evidence) if one.evidence else ""} · {safe(one.by)} 于 '
        f"{texts.moment(one.made_at, now)} 标记</span></div>"
        for one in found
    ) + "</div>"  # fmt: skip
