from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from alerts.casework import Case
from alerts.desk.pages import texts
from schemas.catalog.duty import IncidentState
from schemas.catalog.enums import Level

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def case(**fields: Any) -> Case:
    usual: dict[str, Any] = {
        "incident_id": 7, "rule": "sewage_day", "subject": "s", "site_id": "plant", "device_id": "", "state": IncidentState.OPEN,
        "level": Level.ORANGE, "lead_bureau": "epb", "began_at": NOW - 3 * HOUR, "ended_at": None, "opened_at": NOW - HOUR,
        "body": {},
    }  # fmt: skip
    return Case(**(usual | fields))


@pytest.mark.parametrize(
    ("fields", "said", "tone"),
    [
        ({"state": IncidentState.OPEN}, "持续中", "over"),
        ({"state": IncidentState.UNKNOWN}, "数据中断", "silent"),
        ({"state": IncidentState.RECOVERING}, "恢复中", "quiet"),
        ({"state": IncidentState.CLOSED}, "已恢复", "quiet"),
        ({"state": IncidentState.OPEN, "settled_at": NOW}, "持续中，已销号", "over"),
        ({"state": IncidentState.CLOSED, "body": {"withdrawn": "…"}}, "已撤销", "quiet"),
    ],
)
def test_a_state_is_one_word_and_silence_has_a_tone_of_its_own(fields: dict[str, Any], said: str, tone: str) -> None:
    assert texts.state(case(**fields)) == said
    assert texts.tone(case(**fields)) == tone


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-5, "0 分钟"), (59 * 60, "59 分钟"), (3600, "1 小时 0 分"), (86399, "23 小时 59 分"), (90000, "1 天 1 小时")],
)
def test_a_deadline_counts_down_by_the_minute_below_a_day(seconds: float, said: str) -> None:
    assert texts.length(seconds) == said


def test_deadlines_that_passed_are_overdue_and_those_met_are_gone() -> None:
    due = {"ack_due": NOW - 2 * HOUR, "feedback_due": NOW + HOUR, "close_due": NOW + 30 * HOUR}
    said = texts.deadlines(case(**due), NOW)
    assert said == [
        ("签收已逾期 2 小时 0 分", True),
        ("反馈限 13:00，还剩 1 小时 0 分", False),
        ("销号限 11-24 18:00，还剩 1 天 6 小时", False),
    ]
    met = texts.deadlines(case(**due, acked_at=NOW, feedback_at=NOW), NOW)
    assert [words for words, _ in met] == ["销号限 11-24 18:00，还剩 1 天 6 小时"]
    assert texts.deadlines(case(**due, settled_at=NOW), NOW) == []


def test_an_acknowledgement_says_how_long_it_holds_and_that_it_ran_out() -> None:
    held = case(acked_by="chen", acked_at=NOW, acked_until=NOW + 90 * timedelta(minutes=1))
    assert texts.acknowledged(held, NOW, {"chen": "陈示一"}) == "陈示一 已签收，至 13:30（还剩 1 小时 30 分）"
    assert texts.is_acknowledged(held, NOW)
    assert "到期" in texts.acknowledged(held, NOW + 2 * HOUR, {})
    assert not texts.is_acknowledged(held, NOW + 2 * HOUR)
    assert texts.acknowledged(case(), NOW, {}) == ""


@pytest.mark.parametrize(
    ("muted", "said"),
    [
        (None, ""),
        ("silence:3", "检修至 14:00：更换试剂"),
        ("silence:4", "静默"),
        ("inhibited:12", "抑制：由事件 12 说明"),
        ("flapping", "波动折叠：反复起伏，只记不发"),
    ],
)
def test_a_muted_incident_says_why(muted: str | None, said: str) -> None:
    silences = {3: {"kind": "maintenance", "until": NOW + 2 * HOUR, "reason": "更换试剂"}}
    assert texts.muted(case(muted=muted), silences, NOW) == said


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "—"),
        ({"note": "疑似数据恒定"}, "疑似数据恒定"),
        (
            {"value": 6.0, "limit": 5.0, "high": 5, "unit": "mg/L", "multiple": 0.2},
            "最近值：6.00 mg/L，限值 5 mg/L，超标 0.20 倍",
        ),
        ({"used": 1.0, "note": "旧版"}, "旧版"),
    ],
)
def test_a_body_of_any_version_can_be_said(body: dict[str, Any], said: str) -> None:
    assert texts.measured(body) == said


def test_a_closed_incident_says_from_when_until_when() -> None:
    closed = msgspec.structs.replace(case(state=IncidentState.CLOSED), ended_at=NOW - HOUR)
    assert texts.since(closed, NOW) == "09:00 起，11:00 止，历时 2 小时 0 分"
    assert texts.since(case(), NOW) == "09:00 起，已 3 小时 0 分"
