from __future__ import annotations

from typing import Any

import pytest

from alerts.wording import measured, notice, when

LINK = "https://monitor.example/desk?incident=7"
SEWAGE: dict[str, Any] = {
    "title": "城关污水处理厂 总排口 化学需氧量",
    "rule": "污水日均值超标",
    "task": 26,
    "bureau": "县生态环境局",
    "level": "orange",
    "began_at": "2026-05-31T16:00:00+00:00",
    "ended_at": None,
    "value": 62.345,
    "limit": 50.0,
    "unit": "mg/L",
    "low": None,
    "high": 50.0,
    "multiple": 0.24,
    "standard": "GB 18918-2002",
    "clause": "表1 一级A 日均值",
    "edition": "2002",
    "verified": True,
    "n_valid": 23,
    "n_expected": 24,
    "note": "流量加权",
}
BOILER = SEWAGE | {"value": 76.0, "limit": 80.0, "unit": "%", "low": 80.0, "high": None, "multiple": 0.05}
BUDGET = {
    key: SEWAGE[key] for key in ("title", "rule", "task", "bureau", "level", "began_at", "standard", "clause")
} | {"through": "2026-06-10", "used": 120.4, "allowed": 300.0, "projected": 361.2, "unit": "tce", "kind": "projected"}


def test_a_notice_says_all_that_matters() -> None:
    text = notice("opened", SEWAGE, LINK)
    for part in (
        "橙色预警",
        "城关污水处理厂 总排口 化学需氧量",
        "污水日均值超标",
        "2026-06-01 00:00",
        "62.34 mg/L",
        "限值 50 mg/L",
        "0.24 倍",
        "GB 18918-2002 表1 一级A 日均值",
        "版本 2002",
        "23/24",
        "流量加权",
        "任务（26）",
        "县生态环境局",
    ):
        assert part in text
    assert text.splitlines()[-1] == LINK
    assert "待核实" not in text
    assert "结束" not in text


def test_a_closing_notice_says_when_it_ended() -> None:
    text = notice("closed", SEWAGE | {"ended_at": "2026-06-02T16:00:00+00:00"}, LINK)
    assert "橙色解除" in text
    assert "起始：2026-06-01 00:00，结束：2026-06-03 00:00" in text


@pytest.mark.parametrize(
    ("step", "level", "head"),
    [
        ("opened", "blue", "【蓝色预警】"),
        ("opened", "yellow", "【黄色预警】"),
        ("opened", "red", "【红色预警】"),
        ("closed", "red", "【红色解除】"),
        ("level", "red", "【红色级别变更】"),
    ],
)
def test_the_head_says_level_and_step(step: str, level: str, head: str) -> None:
    assert notice(step, SEWAGE | {"level": level}, LINK).startswith(head)


def test_a_limit_read_second_hand_is_said_so() -> None:
    assert "限值来源待核实" in notice("opened", SEWAGE | {"verified": False}, LINK)


def test_a_lower_limit_is_called_one() -> None:
    assert measured(BOILER) == "最近值：76.00 %，下限 80 %，低 5.0%"


@pytest.mark.parametrize(("kind", "end"), [("over", "已超支"), ("projected", "预计超支")])
def test_a_budget_says_used_allowed_and_projected(kind: str, end: str) -> None:
    line = measured(BUDGET | {"kind": kind})
    assert line.endswith(end)
    for part in ("2026-06-10", "已用 120 tce", "月预算 300 tce", "361 tce"):
        assert part in line
    assert line in notice("opened", BUDGET | {"kind": kind}, LINK)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2026-05-31T16:00:00+00:00", "2026-06-01 00:00"),
        ("2026-06-01T00:00:00+08:00", "2026-06-01 00:00"),
        ("2026-12-31T15:59:59.999999+00:00", "2026-12-31 23:59"),
    ],
)
def test_times_are_those_of_beijing(text: str, said: str) -> None:
    assert when(text) == said
