from __future__ import annotations

from datetime import timedelta

from alerts.reports.breaches import breaches
from alerts.reports.exceedances import exceedances_paper
from alerts.reports.handling import Act
from alerts.reports.known import Stood
from schemas.catalog.duty import EventKind
from schemas.times import DAY
from tests.integration.play import boiler, county, house
from tests.unit.alerts.reports.facts_made import COD, DAY_1, HOUR, START, filed, known

DAY_RULE, INSTANT = ("sewage_day", COD), ("sewage_instant", COD)
STOOD = Stood(
    41, "sewage_day", COD, "plant", START, START + 3 * DAY, "orange", "示例污水厂 总排口 化学需氧量", "污水日均值超标"
)


def test_windows_that_follow_each_other_are_one_breach_told_by_the_worst() -> None:
    hours = [
        filed(
            "exceeding",
            value,
            at=START + n * HOUR,
            hours=1,
            rule="sewage_instant",
            suspected=True,
            multiple=value / 75 - 1,
        )
        for n, value in ((0, 80.0), (1, 95.0), (2, 76.0), (5, 90.0))
    ]
    first, second = breaches(known(over={INSTANT: hours}), ["plant"])
    assert (first.since, first.until, first.n, first.worst.value) == (START, START + 3 * HOUR, 3, 95.0)
    assert (second.since, second.n) == (START + 5 * HOUR, 1)
    assert first.suspected


def test_a_finding_goes_before_a_suspicion_that_is_further_above_the_limit() -> None:
    hours = [
        filed("exceeding", 70.0, at=START, hours=1, rule="boiler_efficiency", suspected=True, multiple=0.3),
        filed("exceeding", 78.0, at=START + HOUR, hours=1, rule="boiler_efficiency", multiple=0.03),
    ]
    [one] = breaches(known(county(house(boiler("B1"))), over={("boiler_efficiency", "heat/B1"): hours}), ["heat"])
    assert one.worst.value == 78.0
    assert not one.suspected


def test_compliant_windows_and_other_sites_are_no_breach() -> None:
    held = known(filed={DAY_RULE: [filed("compliant", 30.0), filed("not_judgeable", None, at=START + DAY)]})
    assert breaches(held, ["plant"]) == []
    assert breaches(known(filed={DAY_RULE: [filed("exceeding")]}), ["elsewhere"]) == []


def test_a_breach_finds_its_incident_by_time_and_subject() -> None:
    held = known(filed={DAY_RULE: [filed("exceeding", multiple=0.32)]}, incidents={"plant": [STOOD]})
    assert breaches(held, ["plant"])[0].incident == STOOD
    before = STOOD._replace(began_at=START + DAY)
    assert (
        breaches(known(filed={DAY_RULE: [filed("exceeding")]}, incidents={"plant": [before]}), ["plant"])[0].incident
        is None
    )


def test_a_suspicion_covered_by_a_graver_incident_belongs_to_that() -> None:
    one = filed("exceeding", 80.0, hours=1, rule="sewage_instant", suspected=True)
    held = known(over={INSTANT: [one]}, incidents={"plant": [STOOD]})
    assert breaches(held, ["plant"])[0].incident == STOOD


def test_a_window_that_was_judged_otherwise_before_is_marked() -> None:
    was = filed("compliant", 48.0, amended_at=START + 2 * DAY)
    held = known(filed={DAY_RULE: [filed("exceeding", 66.0)]}, amended={DAY_RULE: [was]})
    assert breaches(held, ["plant"])[0].amended
    thin = filed("not_judgeable", None, amended_at=START + 2 * DAY)
    held = known(filed={DAY_RULE: [filed("exceeding", 66.0)]}, amended={DAY_RULE: [thin]})
    assert not breaches(held, ["plant"])[0].amended


def test_the_ledger_tells_value_limit_clause_multiple_and_what_was_done() -> None:
    acts = {41: [
        Act(41, EventKind.ACKED, START + DAY, "epb-chen", "chen", None, "", "", "", ""),
        Act(41, EventKind.FEEDBACK, START + DAY + HOUR, "epb-chen", "chen", None, "已调整曝气", "", "", ""),
    ]}  # fmt: skip
    held = known(
        last=DAY_1 + timedelta(days=9),
        filed={DAY_RULE: [filed("exceeding", multiple=0.32)]},
        incidents={"plant": [STOOD]},
    )
    [row] = exceedances_paper(held, acts).tables[0].rows
    said = [cell.words if cell.words is not None else cell.number for cell in row]
    assert said[2:] == [
        "污水日均值超标", "2026-11-20 00:00", "2026-11-21 00:00", 1, "日均值", 66.0, "mg/L", "≤50 mg/L", "0.32倍",
        "GB 18918-2002 表1 一级A 日均值（2002）", "超标", None, "41 橙色 已恢复", "2026-11-21 01:00 反馈：已调整曝气",
    ]  # fmt: skip


def test_a_breach_that_was_amended_away_stands_in_the_table_of_corrections_alone() -> None:
    was = filed("exceeding", 66.0, amended_at=START + 2 * DAY)
    paper = exceedances_paper(known(amended={DAY_RULE: [was]}), {})
    assert paper.tables[0].rows == ()
    [row] = paper.tables[1].rows
    assert [cell.words for cell in row][3:8:2] == ["超标", "不再超标", "2026-11-22 00:00"]


def test_without_a_breach_the_ledger_says_so() -> None:
    assert exceedances_paper(known(), {}).tables[0].notes == ("本期无超标时段",)
