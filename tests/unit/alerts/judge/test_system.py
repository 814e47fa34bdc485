from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alerts import wording
from alerts.judge.system import judge_check
from schemas.catalog.enums import Outcome

NOW = datetime(2026, 6, 2, 4, 0, tzinfo=UTC)


def check(wrong_for_s: float | None, values: int = 3, messages: int = 0) -> dict[str, Any]:
    return {
        "worker": "ingest-0",
        "checked_at": NOW,
        "wrong_since": None if wrong_for_s is None else NOW - timedelta(seconds=wrong_for_s),
        "body": {"values_astray": values, "messages_astray": messages, "tally_astray": []},
    }


@pytest.mark.parametrize(
    ("wrong_for_s", "last", "outcome"),
    [
        (None, None, None),
        (None, "compliant", None),
        (None, "exceeding", Outcome.COMPLIANT),
        (0, None, None),
        (59.9, None, None),
        (59.9, "exceeding", None),
        (60, None, Outcome.EXCEEDING),
        (60, "compliant", Outcome.EXCEEDING),
        (600, "exceeding", None),
    ],
)
def test_sums_that_disagree_for_a_minute_are_a_breach(
    wrong_for_s: float | None, last: str | None, outcome: Outcome | None
) -> None:
    verdict = judge_check(check(wrong_for_s), last)
    assert (verdict.outcome if verdict else None) is outcome


def test_the_breach_begins_when_the_sums_parted_and_says_by_how_much() -> None:
    verdict = judge_check(check(75, values=-4, messages=2), None)
    assert verdict is not None
    assert (verdict.window_start, verdict.window_end) == (NOW - timedelta(seconds=75), NOW)
    assert (verdict.value, verdict.limit_value) == (4.0, 0.0)
    assert "消息差 2，数值差 -4" in str(verdict.body["note"])


def test_the_notice_of_it_names_no_task_and_no_share_of_valid_data() -> None:
    verdict = judge_check(check(75), None)
    assert verdict is not None
    body = verdict.body | {
        "level": "red", "title": "接收守恒 ingest-0", "rule": "接收数据不守恒", "began_at": NOW.isoformat(), "ended_at": None,
        "value": 3.0, "limit": 0.0, "task": 0, "bureau": "系统运维",
    }  # fmt: skip
    text = wording.notice("opened", body, "http://desk/").text
    assert "最近值：3.00 条，限值 0 条" in text
    assert "说明：消息差 0，数值差 3" in text
    assert "任务" not in text
    assert "有效数据" not in text
