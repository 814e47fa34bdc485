from __future__ import annotations

from typing import Any

import pytest

from alerts.wording import Text, measured, notice, when
from schemas.catalog.duty import EventKind

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
#: As a body comes that rests on a sentence, not on a figure with a limit.
BARE = {key: SEWAGE[key] for key in ("title", "rule", "task", "bureau", "level", "began_at", "ended_at")} | {
    "value": None,
    "limit": None,
}


def test_a_notice_says_all_that_matters() -> None:
    text = notice("opened", SEWAGE, LINK).text
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


def test_the_title_is_the_first_line_of_the_text() -> None:
    found = notice("opened", SEWAGE, LINK)
    assert found.title == found.text.splitlines()[0] == "【橙色预警】城关污水处理厂 总排口 化学需氧量：污水日均值超标"


def test_a_closing_notice_says_when_it_ended_and_that_a_person_still_has_to_close_the_case() -> None:
    text = notice("closed", SEWAGE | {"ended_at": "2026-06-02T16:00:00+00:00"}, LINK).text
    assert "橙色解除" in text
    assert "起始：2026-06-01 00:00，结束：2026-06-03 00:00" in text
    assert "销号由人员办理" in text


@pytest.mark.parametrize("kind", list(EventKind))
def test_every_kind_of_happening_reads_as_a_sentence_of_its_own(kind: EventKind) -> None:
    text = notice(kind, SEWAGE, LINK).text
    assert text.startswith("【橙色")
    assert text.splitlines()[0] not in {notice(other, SEWAGE, LINK).title for other in EventKind if other is not kind}
    for blot in ("None", "{", "}", "：；", "；；", "，，", "，；", "\n\n"):
        assert blot not in text


@pytest.mark.parametrize(
    ("kind", "extra", "line"),
    [
        ("level", {"level_before": "yellow"}, "级别由黄色变为橙色"),
        ("level", {}, "级别由原级别变为橙色"),
        ("unknown", {}, "数据中断或无法判定，不等于达标；事件保持未恢复"),
        ("resumed", {}, "数据已恢复，仍未达标"),
        ("recovering", {}, "数值已达标，尚未达到解除所需的时长"),
        ("reopened", {}, "恢复后再次出现，事件重新生效"),
        ("amended", {"amended": "补传后最高值由 62 改为 58"}, "更正：补传后最高值由 62 改为 58"),
        ("escalated", {"rung": 2}, "尚未签收，已升级至第 2 级"),
        ("escalated", {}, "尚未签收，已升级至上一级"),
        ("escalated", {"rung": 2, "repeat": True}, "仍无人签收，再次通知第 2 级"),
        ("escalated", {"rung": 0, "repeat": True}, "仍无人签收，再次通知值班人"),
        ("escalated", {"rung": 0}, "尚未签收，通知值班人"),
        ("overdue", {"deadline_zh": "督办"}, "已到督办时限，请督办"),
        ("overdue", {}, "处置已逾期，请督办"),
        ("unmuted", {"muted_before": "silence:12"}, "静默或检修已结束，事件仍在，恢复通知"),
        ("unmuted", {"muted_before": "inhibited:34"}, "掩盖它的上级事件已结束，事件仍在，恢复通知"),
        ("unmuted", {"muted_before": "flapping"}, "反复开合已平息，事件仍在，恢复通知"),
        ("ack_expired", {"actor": "陈示一"}, "签收（陈示一）已到期而事件未解除，请重新签收"),
        (
            "overdue",
            {"deadline_zh": "反馈", "due": "2026-06-02T01:00:00+00:00"},
            "反馈已逾期，时限 2026-06-02 09:00，请督办",
        ),
        ("muted", {"until": "2026-06-02T01:00:00+00:00"}, "通知已暂停，至 2026-06-02 09:00，研判照常"),
        ("unmuted", {}, "静默或检修已结束，事件仍在，恢复通知"),
        ("acked", {"actor": "陈示一", "text": "已派人到场"}, "已签收（陈示一）；说明：已派人到场"),
        ("noted", {"actor": "陈示一", "text": "在查"}, "有新记录（陈示一）；说明：在查"),
        ("reassigned", {"name": "李示二", "actor": "陈示一"}, "已移交给李示二（陈示一），请签收"),
        ("settled", {"actor": "陈示一", "cause_zh": "已整改", "text": "复测达标"}, "已销号（陈示一），原因：已整改；说明：复测达标"),
        ("unsettled", {"text": "销号自动撤回：再次超标"}, "销号已撤回；说明：销号自动撤回：再次超标"),
    ],
)  # fmt: skip
def test_the_second_line_says_what_is_new(kind: str, extra: dict[str, Any], line: str) -> None:
    assert notice(kind, SEWAGE, LINK, extra).text.splitlines()[1] == line


def test_a_withdrawal_says_why_and_that_what_was_told_no_longer_holds() -> None:
    text = notice("withdrawn", SEWAGE | {"withdrawn": "已并入更重的事件"}, LINK).text
    assert "撤销原因：已并入更重的事件；此前通知作废" in text


def test_what_a_person_wrote_is_shown_as_it_is_and_never_read_as_a_pattern() -> None:
    assert "说明：{actor} {0} %s" in notice("noted", SEWAGE, LINK, {"text": "{actor} {0} %s"}).text
    assert "（{due}）" in notice("acked", SEWAGE, LINK, {"actor": "{due}"}).text


@pytest.mark.parametrize(
    ("extra", "told", "line"),
    [
        ({"why": "值班"}, None, "通知您：值班"),
        ({"why": "升级第 2 级"}, ["陈示一", "李示二"], "通知您：升级第 2 级；同时通知：陈示一、李示二"),
        ({}, ["陈示一"], "同时通知：陈示一"),
        ({"told": ["王示三"]}, ["陈示一"], "同时通知：王示三"),
    ],
)
def test_a_notice_says_why_you_and_who_else(extra: dict[str, Any], told: list[str] | None, line: str) -> None:
    body = SEWAGE if told is None else SEWAGE | {"told": told}
    assert line in notice("opened", body, LINK, extra).text.splitlines()


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
    assert notice(step, SEWAGE | {"level": level}, LINK).title.startswith(head)


@pytest.mark.parametrize(
    ("rule", "title"),
    [("污水瞬时值疑似超标", "污水瞬时值疑似超标"), ("恒值", "恒值（疑似）")],
)
def test_what_is_suspected_is_called_so_once(rule: str, title: str) -> None:
    assert notice("opened", SEWAGE | {"suspected": True, "rule": rule}, LINK).title.endswith(f"：{title}")
    assert "疑似" not in notice("opened", SEWAGE, LINK).text


def test_a_limit_read_second_hand_is_said_so() -> None:
    assert "限值来源待核实" in notice("opened", SEWAGE | {"verified": False}, LINK).text


def test_a_lower_limit_is_called_one() -> None:
    assert measured(BOILER) == "最近值：76.00 %，下限 80 %，低 5.0%"


def test_a_silence_is_told_in_minutes_and_not_as_a_latest_value() -> None:
    body = BARE | {"value": 95.0, "limit": 30.0, "unit": "分钟", "high": 30.0, "note": "最后一条数据 08:25"}
    text = notice("opened", body, LINK).text
    assert "已持续：95.00 分钟，限值 30 分钟" in text
    assert "说明：最后一条数据 08:25" in text
    assert "最近值" not in text


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ({"note": "COD 连续 24 小时恒为 18.2"}, "情况：COD 连续 24 小时恒为 18.2"),
        ({"note": "外部检验到期", "due": "2026-07-01"}, "情况：外部检验到期；应于 2026-07-01 前完成"),
        ({"due": "2026-07-01"}, "情况：应于 2026-07-01 前完成"),
    ],
)
def test_a_body_without_figures_stands_on_its_sentence(more: dict[str, Any], line: str) -> None:
    text: Text = notice("opened", BARE | more, LINK)
    assert text.text.splitlines() == [
        text.title,
        "起始：2026-06-01 00:00",
        line,
        "任务（26），牵头单位：县生态环境局",
        LINK,
    ]


def test_a_body_with_neither_figure_nor_sentence_leaves_no_empty_line() -> None:
    lines = notice("opened", BARE, LINK).text.splitlines()
    assert len(lines) == 4
    assert measured(BARE) == ""


def test_the_end_tells_the_last_value_that_exceeded_and_not_as_the_latest() -> None:
    text = notice("closed", SEWAGE, LINK).text
    assert "末次超标值：62.34 mg/L，限值 50 mg/L，超标 0.24 倍" in text
    assert "最近值" not in text
    assert measured(SEWAGE).startswith("最近值：")


@pytest.mark.parametrize(
    ("body", "end"),
    [
        ({"worst": 75.1, "worst_at": "2026-06-01T01:00:00+00:00"}, "；最重 75.10 mg/L（2026-06-01 09:00）"),
        ({"worst": 75.1}, "；最重 75.10 mg/L"),
        ({"worst": 62.345}, "超标 0.24 倍"),
        ({"worst": None}, "超标 0.24 倍"),
    ],
)
def test_the_worst_value_is_told_where_it_is_not_the_latest(body: dict[str, Any], end: str) -> None:
    assert notice("opened", SEWAGE | body, LINK).text.splitlines()[2].endswith(end)


def test_a_budget_has_no_worst_value() -> None:
    assert "最重" not in notice("opened", BUDGET | {"worst": 3.0}, LINK).text


def test_above_its_range_an_instrument_has_no_value_but_a_limit() -> None:
    assert measured(SEWAGE | {"value": None, "multiple": None}) == "最近值：—，限值 50 mg/L"


@pytest.mark.parametrize(("kind", "end"), [("over", "已超支"), ("projected", "预计超支")])
def test_a_budget_says_used_allowed_and_projected(kind: str, end: str) -> None:
    line = measured(BUDGET | {"kind": kind})
    assert line.endswith(end)
    for part in ("2026-06-10", "已用 120 tce", "月预算 300 tce", "361 tce"):
        assert part in line
    assert line in notice("opened", BUDGET | {"kind": kind}, LINK).text


def test_a_year_says_its_share_and_when_it_will_pass() -> None:
    body = BUDGET | {"use_rate": 0.9, "passes_on": "2026-10-02", "probability": 0.83, "kind": "warn"}
    assert measured(body) == (
        "本年至 2026-06-10 累计 120.4 tce，年度控制量 300.0 tce（40.1%），预计全年 361.2 tce，预计 2026-10-02 突破（概率 83%），已达预警线"
    )


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
