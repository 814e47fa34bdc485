from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alerts.desk.pages import history, plans, rota
from alerts.desk.pages.board import Picture
from alerts.roster import Shift, Why
from schemas.registry.model import Person

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
PICTURE = Picture(
    now=NOW, judged_until=NOW, cases=[], registry=None, accounts={"chen": "陈示一"}, silences={}, swaps=[], roster=None, sites={}, bureaus={},
    people={"epb-li": "李示二"},
)  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        ("noted", {"text": "已到现场"}, "已到现场"),
        ("acked", {"until": "2026-11-23T08:00:00+00:00", "text": "在途"}, "至 11-23 16:00；在途"),
        ("acked", {}, "至 —"),
        ("reassigned", {"person": "epb-he", "name": "何示三", "before": "epb-li"}, "李示二 → 何示三"),
        ("settled", {"cause": "false_alarm", "text": "误触"}, "误报；误触"),
        ("settled", {"cause": "of another version", "text": "误触"}, "误触"),
        ("level", {"level_before": "yellow", "level": "red"}, "黄色 → 红色"),
        ("recovering", {"state_before": "open"}, "此前：持续中"),
        ("withdrawn", {"withdrawn": "补传数据使判定改变"}, "补传数据使判定改变"),
        ("something new", {"because": "无人签收"}, "无人签收"),
        (
            "amended",
            {"amended": "已更正", "before": {"worst": 7.9, "level": "red"}, "worst": 7.6, "level": "orange"},
            "已更正\n最重值：7.9 → 7.6\n级别：红色 → 橙色",
        ),
    ],
)
def test_each_line_of_the_history_reads_as_a_sentence(kind: str, body: dict[str, Any], said: str) -> None:
    assert history.told(kind, body, PICTURE) == said


def test_the_history_is_newest_first_names_people_and_escapes_what_they_wrote() -> None:
    rows = [
        {"at": NOW - HOUR, "kind": "opened", "actor": "", "body": {}},
        {"at": NOW, "kind": "noted", "actor": "chen", "body": {"text": "<b>"}},
    ]
    shown = history.events(rows, PICTURE, NOW)
    assert shown.index("陈示一") < shown.index("系统")
    assert "&lt;b&gt;" in shown
    assert "<b>" not in shown


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "待发"),
        ({"attempts": 2}, "发送失败 2 次，13:00 再试"),
        ({"attempts": 1, "sent_at": NOW, "receipt": "m-1"}, "已送达 12:00，回执 m-1"),
        ({"attempts": 3, "sent_at": NOW}, "已送达 12:00，第 3 次"),
        ({"attempts": 9, "given_up_at": NOW}, "未送达，12:00 放弃（试 9 次）"),
        ({"digest_id": 5}, "并入汇总 5，待发"),
        ({"digest_id": 5, "digest_sent_at": NOW}, "并入汇总 5，已于 12:00 发出"),
    ],
)
def test_a_notice_says_how_it_stands(fields: dict[str, Any], said: str) -> None:
    row: dict[str, Any] = {
        "attempts": 0, "next_attempt_at": NOW + HOUR, "sent_at": None, "receipt": None, "given_up_at": None, "digest_id": None,
        "digest_sent_at": None,
    }  # fmt: skip
    assert history.delivered(row | fields, NOW) == said


@pytest.mark.parametrize(
    ("since", "until", "withdrawn", "part"),
    [
        (-1, 1, None, plans.IN_FORCE),
        (0, 1, None, plans.IN_FORCE),
        (1, 2, None, plans.AHEAD),
        (-2, 0, None, plans.OVER),
        (1, 2, NOW, plans.OVER),
    ],
)
def test_a_plan_is_ahead_in_force_or_over(since: int, until: int, withdrawn: datetime | None, part: str) -> None:
    row = {"since": NOW + since * HOUR, "until": NOW + until * HOUR, "withdrawn_at": withdrawn}
    assert plans.part_of(row, NOW) == part


def test_the_rota_shows_who_is_on_duty_now_a_swap_and_a_hole() -> None:
    li = Person(id="epb-li", name="李<示>二", bureau="epb")
    shifts = [
        Shift(person=li, since=NOW - HOUR, until=NOW + HOUR, why=Why.SWAP),
        Shift(person=None, since=NOW + HOUR, until=NOW + 30 * HOUR, why=Why.HOLE, note="没有名单"),
    ]
    now, hole = rota.table(shifts, NOW).split("</tr>")[1:3]
    assert 'class="now"' in now
    assert "李&lt;示&gt;二" in now
    assert "换班" in now
    assert 'class="now"' not in hole
    assert "无人值班" in hole


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2026-10-01", "周四 国庆节"),
        ("2026-10-10", "周六 调休上班"),
        ("2026-10-17", "周六"),
        ("2026-10-19", "周一"),
    ],
)
def test_a_day_says_whether_it_is_free_or_worked_in_lieu(day: str, said: str) -> None:
    assert rota.day_name(datetime.fromisoformat(day).date()) == said
