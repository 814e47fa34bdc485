"""What was refused of a device around an hour: which of it concerns the hour, and how it reads. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alerts.desk import words
from alerts.desk.drill import moments, tables, trace
from alerts.desk.words import safe
from schemas.catalog.enums import Reason
from schemas.times import HOUR, to_us
from schemas.wire import json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

#: A message that speaks of an hour is looked for so long after it (house convention: later ones stand under their own hour).
LATER = 6 * HOUR
MOST = 300
_MOST_SHOWN, _MOST_BYTES, _MOST_READ = 60, 4096, 65_536
REASON_ZH = {
    Reason.EMPTY: "空消息", Reason.TOO_LARGE: "消息过大", Reason.MALFORMED: "格式错误", Reason.BAD_TOPIC: "主题不符合约定",
    Reason.UNSUPPORTED_KIND: "尚不解析的消息", Reason.UNKNOWN_DEVICE: "未登记的设备", Reason.UNKNOWN_POINT: "未登记的测点",
    Reason.BAD_TIMESTAMP: "时间错误", Reason.FUTURE: "时间在未来", Reason.TOO_OLD: "时间过旧", Reason.NOT_A_NUMBER: "不是数值",
    Reason.NOT_FINITE: "不是有限数值", Reason.BAD_MARK: "标记错误", Reason.OUT_OF_RANGE: "超出量程", Reason.CONFLICT: "与已存值冲突",
    Reason.DATABASE_REFUSED: "数据库拒收", Reason.DECODER_FAILED: "解析程序出错", Reason.TOO_FAST: "上报过快",
}  # fmt: skip


def of_hour(rows: Iterable[Mapping[str, Any]], start: datetime) -> list[Mapping[str, Any]]:
    """Return the refusals received in the hour from *start*, and those later whose message says a value of it."""
    return [row for row in rows if row["received_at"] < start + HOUR or _speaks_of(row, start)]


def _speaks_of(row: Mapping[str, Any], start: datetime) -> bool:
    if len(row["payload"]) > _MOST_READ:
        return False
    samples, _ = json.decode(row["payload"], to_us(row["received_at"]))
    first, last = to_us(start), to_us(start + HOUR)
    return any(first <= one.ts_us < last for one in samples)


def reason_zh(reason: str) -> str:
    """Return why something was refused, in Chinese; another version's word stands as it is."""
    return REASON_ZH[Reason(reason)] if reason in set(Reason) else reason


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return refusals as rows: when received, reason, sentence, and the bytes behind a click."""
    if not rows:
        return '<div class="none">没有拒收 <span class="en">Nothing was refused</span></div>'
    lines = "".join(
        f'<tr><td class="t">{words.clock(row["received_at"])}</td><td class="t">{safe(reason_zh(row["reason"]))}'
        f'<div class="sub">{safe(row["reason"])} ×{row["refused"]}</div></td>'
        f'<td class="words">{safe("；".join(row["details"]) or row["topic"])}{_bytes(row)}</td></tr>'
        for row in rows[:_MOST_SHOWN]
    )
    more = (
        f'<p class="dim">共 {len(rows)} 条，显示前 {_MOST_SHOWN} 条 (the first are shown)</p>'
        if len(rows) > _MOST_SHOWN
        else ""
    )
    return tables.table((("接收时间", ""), ("原因", ""), ("说明与原文", "")), lines, "refused told") + more


def _bytes(row: Mapping[str, Any]) -> str:
    again = f"，已于 {moments.minute(row['replayed_at'])} 重放" if row["replayed_at"] else ""
    return (
        f"<details><summary>原文 {len(row['payload']):,} 字节，批次 {row['batch_id']}{again}</summary>"
        f'<p class="dim">{safe(row["topic"])}</p>{trace.as_bytes(row["payload"], _MOST_BYTES)}</details>'
    )
