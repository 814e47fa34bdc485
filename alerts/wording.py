"""What an incident says of itself, in Chinese, made from its data. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from schemas.catalog.enums import LEVEL_ZH, Level
from schemas.times import SHANGHAI

_STEP_ZH = {"opened": "预警", "closed": "解除"}


def notice(step: str, body: dict[str, Any], link: str) -> str:
    """Return the text of the notice of one step: what, since when, value and limit, clause, validity, who leads."""
    head = f"【{LEVEL_ZH[Level(body['level'])]}{_STEP_ZH.get(step, '级别变更')}】{body['title']}：{body['rule']}"
    lines = [
        head,
        f"起始：{when(body['began_at'])}" + (f"，结束：{when(body['ended_at'])}" if body.get("ended_at") else ""),
        measured(body),
        f"依据：{body.get('standard', '')} {body.get('clause', '')}（版本 {body.get('edition', '—')}）"
        + ("" if body.get("verified", True) else "，限值来源待核实"),
        _validity(body),
        (f"任务（{body['task']}），" if body["task"] else "") + f"牵头单位：{body['bureau']}",
        link,
    ]
    return "\n".join(lines)


def _validity(body: dict[str, Any]) -> str:
    note = body.get("note")
    if "n_expected" not in body:
        return f"说明：{note or '—'}"
    return f"有效数据：{body.get('n_valid', '—')}/{body['n_expected']}" + (f"（{note}）" if note else "")


def measured(body: dict[str, Any]) -> str:
    """Return value, limit and multiple in one line."""
    unit = body.get("unit", "")
    if body.get("over_plan") is not None or "use_rate" in body:
        return _year(body)
    if "used" in body:
        line = f"本月至 {body['through']} 已用 {body['used']:.0f} {unit}，月预算 {body['allowed']:.0f} {unit}，按日均推算月末 {body['projected']:.0f} {unit}"
        return line + ("，已超支" if body.get("kind") == "over" else "，预计超支")
    bound = "下限" if body.get("high") is None else "限值"
    # Above its range an instrument has no value, and a range is no limit.
    line = "最近值：" + ("—" if body["value"] is None else f"{body['value']:.2f} {unit}".rstrip())
    line += "" if body["limit"] is None else f"，{bound} {body['limit']:g} {unit}"
    if body.get("indirect") is not None:
        line += f"，反平衡 {body['indirect']:.2f}%"
    if body.get("suspected"):
        line += "，疑似，须取样或核实"
    if "multiple" in body:
        line += (
            f"，超标 {body['multiple']:.2f} 倍"
            if body.get("high") is not None
            else f"，低 {body['multiple'] * 100:.1f}%"
        )
    return line


def _year(body: dict[str, Any]) -> str:
    unit = body.get("unit", "")
    line = f"本年至 {body['through']} 累计 {body['used']:.1f} {unit}，年度控制量 {body['allowed']:.1f} {unit}（{body['used'] / body['allowed']:.1%}）"
    if body.get("projected") is not None:
        line += f"，预计全年 {body['projected']:.1f} {unit}"
    if body.get("passes_on"):
        line += f"，预计 {body['passes_on']} 突破"
    if body.get("probability") is not None:
        line += f"（概率 {body['probability']:.0%}）"
    kinds = {"over": "，已超", "projected": "，预计超", "warn": "，已达预警线", "notice": "，已达提示线"}
    return line + kinds.get(str(body.get("kind")), "")


def when(text: str) -> str:
    """Return an ISO instant as Beijing time to the minute."""
    return datetime.fromisoformat(text).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
