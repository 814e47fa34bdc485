from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from alerts.desk.drill import blocks, outlets, plants
from alerts.desk.drill.overview import AHEAD, OVER, QUIET, UNDER
from alerts.desk.drill.site_facts import SiteFacts
from alerts.desk.drill.sums import MONTH, YEAR, Rate
from alerts.desk.facts import BudgetView, PointView
from alerts.judge import rules
from alerts.judge.subjects import subjects
from schemas.registry.derived import point_keys
from schemas.registry.store import Registry
from tests.integration.play import boiler, county, house, sewage, stacked, unit

if TYPE_CHECKING:
    from alerts.desk.drill.reach import Reach

NOW = datetime(2026, 6, 15, 4, 20, tzinfo=UTC)
HOUR = NOW.replace(minute=0) - timedelta(hours=1)
TODAY = date(2026, 6, 15)
RULES = rules.load()


def facts(site: dict[str, Any], **found: Any) -> SiteFacts:
    document = county(site)
    registry = Registry(1, document, {key: number for number, key in enumerate(point_keys(document), 1)})
    judged = [one for one in subjects(registry, TODAY) if one.site_id == site["id"]]
    return SiteFacts(at=NOW, site=document.sites[0], registry=registry, subjects=judged, **found)


def number(site: dict[str, Any], place: str, factor: str) -> int:
    found = facts(site).point(place, factor)
    assert found is not None
    return found


def day(value: float, at: date = date(2026, 6, 14)) -> dict[str, Any]:
    return {"day": at, "value": value}


def hour(value: float | None, *, at: datetime = HOUR, valid: bool = True, note: str = "") -> dict[str, Any]:
    return {
        "hour": at, "value": value, "valid": valid, "note": note, "n_valid": 6 if valid else 1, "n_expected": 6,
        "valid_hour": at, "valid_value": value, "valid_low": None, "valid_high": None,
    }  # fmt: skip


PLANT = sewage("w21003", "w01018")


def line(found: list[outlets.Place], name: str) -> Reach:
    [place] = found
    return next(one for one in place.lines if one.name == name)


@pytest.mark.parametrize(
    ("water", "text", "tone", "why"),
    [
        (day(18.0), "≤ 5 mg/L", OVER, "warm water: the stricter value"),
        (day(11.0), "≤ 8 mg/L", UNDER, "at 12 °C or below the value in brackets"),
        (day(11.0, date(2026, 6, 1)), "≤ 5 mg/L", OVER, "the temperature of another day says nothing"),
        (None, "≤ 5 mg/L", OVER, "without a temperature the stricter value"),
    ],
)
def test_ammonia_is_held_to_the_limit_of_its_days_water(
    water: dict[str, Any] | None, text: str, tone: str, why: str
) -> None:
    days = {number(PLANT, "out", "w21003"): day(6.5)} | ({number(PLANT, "out", "w01010"): water} if water else {})
    found = line(outlets.outlets(facts(PLANT, days=days), RULES, {}, NOW), "氨氮")
    assert found.bound is not None
    assert (found.bound.text, found.tone) == (text, tone), why
    assert "GB 18918-2002" in found.bound.clause
    assert found.at == "06-14 日均"


def test_the_permits_limit_goes_before_the_standards() -> None:
    permit = {
        "outlet": "DW001",
        "factor": "w21003",
        "basis": "day",
        "high": 3,
        "number": "P1",
        "valid_from": "2026-01-01",
    }
    plant = sewage("w01018", "w21003", permits=[permit])
    found = line(outlets.outlets(facts(plant, days={number(plant, "out", "w21003"): day(4.0)}), RULES, {}, NOW), "氨氮")
    assert found.bound is not None
    assert (found.bound.text, found.by) == ("≤ 3 mg/L", "超标 0.33 倍")
    assert "P1 DW001" in found.bound.clause


def test_todays_hours_are_shown_as_far_as_they_go_and_invalid_ones_say_why() -> None:
    rows = [hour(4.0, at=HOUR - timedelta(hours=1)), hour(None, valid=False, note="零流量，浓度无效")]
    found = line(outlets.outlets(facts(PLANT, today={number(PLANT, "out", "w21003"): rows}), RULES, {}, NOW), "氨氮")
    assert [(one.at, one.share) for one in found.hours] == [(10, 0.8), (11, None)]
    assert found.hours[1].said == "11 时 零流量，浓度无效"
    assert found.so_far == "今日有效 1/2 小时，4.00–4.00"


@pytest.mark.parametrize(
    ("rows", "said"),
    [([], "今日尚无整点数据"), ([hour(None, valid=False)], "今日 1 小时均无有效值")],
)
def test_a_day_without_hours_says_so(rows: list[dict[str, Any]], said: str) -> None:
    found = outlets.outlets(facts(PLANT, today={number(PLANT, "out", "w21003"): rows}), RULES, {}, NOW)
    assert line(found, "氨氮").so_far == said


def test_an_outlet_silent_for_a_year_says_since_when_and_is_not_compliant() -> None:
    found = line(
        outlets.outlets(facts(PLANT, last={number(PLANT, "out", "w21003"): date(2025, 3, 4)}), RULES, {}, NOW), "氨氮"
    )
    assert (found.value, found.tone) == (None, QUIET)
    assert "最近有数据 2025-03-04" in found.why


@pytest.mark.parametrize(
    ("value", "mark", "tone"), [(9.6, "N", AHEAD), (7.2, "n", UNDER), (9.6, "C", QUIET), (None, None, QUIET)]
)
def test_ph_is_judged_by_its_newest_reading_unless_that_is_marked(
    value: float | None, mark: str | None, tone: str
) -> None:
    point = PointView(
        point_id=number(PLANT, "out", "w01001"), site="plant", device="out", factor="w01001", name="pH值", unit="", decimals=2,
        interval_s=600, counter=False, ts=NOW if value else None, value=value, mark=mark,
    )  # fmt: skip
    assert line(outlets.outlets(facts(PLANT), RULES, {point.point_id: point}, NOW), "pH值").tone == tone


def test_the_rate_of_the_month_stands_beside_the_outlets_name() -> None:
    [place] = outlets.outlets(facts(PLANT, rates={"DW001": Rate(date(2026, 6, 1), 1000, 700)}), RULES, {}, NOW)
    assert place.rate == "传输有效率 70.0%（06-01 起，700/1000 小时）"
    assert place.rate_tone == OVER


def test_a_stack_shows_its_newest_valid_hour_and_why_a_newer_one_says_nothing() -> None:
    site = stacked(boiler("A", eia_approved="2015-05-01"))
    row = hour(None, valid=False, note="含氧量过高") | {"valid_hour": HOUR - timedelta(hours=1), "valid_value": 330.0}
    found = outlets.stacks(facts(site, hours={number(site, "DA001", "yx_zs_a21002"): row}), RULES, NOW)
    one = next(one for one in found[0].lines if "yx_zs_a21002" in one.link)
    assert (one.value, one.tone, one.at) == (330.0, OVER, "10:00 起 1 小时")
    assert one.why == "11:00 时段：含氧量过高"
    assert one.bound is not None
    assert "GB 13271-2014" in one.bound.clause


@pytest.mark.parametrize(
    ("value", "band", "tone", "by"),
    [
        (83.0, (81.0, 85.0), UNDER, ""),
        (75.0, (74.0, 76.0), OVER, "低 6.2%"),
        (79.4, (77.9, 80.9), AHEAD, "低 0.7%，疑似"),
    ],
)
def test_a_limit_within_the_band_of_uncertainty_makes_a_suspicion(
    value: float, band: tuple[float, float], tone: str, by: str
) -> None:
    site = house(boiler("A"))
    row = hour(value) | {"valid_low": band[0], "valid_high": band[1]}
    [part] = plants.boilers(facts(site, hours={number(site, "A", "yx_b_efficiency"): row}), RULES, NOW)
    direct, indirect = part.lines
    assert (direct.tone, direct.by) == (tone, by)
    assert direct.bound is not None
    assert direct.bound.text == "≥ 80 %"
    assert indirect.tone == QUIET


def test_a_boiler_in_service_is_held_to_its_baseline_and_five_points() -> None:
    site = house(boiler("A", manufactured="2012-10-30", baseline_efficiency_pct=68.5))
    month = {
        "outcome": "exceeding",
        "window_start": datetime(2026, 4, 30, 16, tzinfo=UTC),
        "body": {"efficiency": 71.0},
    }
    [part] = plants.boilers(facts(site, verdicts={("boiler_progress", "heat/A"): month}), RULES, NOW)
    direct, _, progress = part.lines
    assert direct.bound is None
    assert progress.bound is not None
    assert progress.bound.text == "基准 68.5 + 5 = 73.5 %"
    assert (progress.at, progress.tone) == ("2026-05", OVER)
    assert progress.by.startswith("较基准 +2.5 个百分点")


def test_the_file_of_a_boiler_says_what_is_overdue_or_failed() -> None:
    checks = [
        {"kind": "safety", "done": "2025-06-01", "result": "passed", "next_due": "2026-06-14"},
        {"kind": "emission", "done": "2026-06-01", "result": "failed", "next_due": "2027-06-01", "body": "<检测>"},
    ]
    shown = blocks.boilers(plants.boilers(facts(house(boiler("A", checks=checks))), RULES, NOW))
    assert "已逾期，应于 2026-06-14" in shown
    assert "不合格（2026-06-01 &lt;检测&gt;）" in shown


def budget_body(**fields: Any) -> dict[str, Any]:
    return {"used": 900.0, "allowed": 1000.0, "projected": 1200.0, "through": "2026-06-14", "unit": "tce",
            "standard": "县用能预算", "clause": "（十二）", "edition": "2026-01-01", "verified": True} | fields  # fmt: skip


def test_budgets_say_share_projection_day_and_clause() -> None:
    start = datetime(2026, 5, 31, 16, tzinfo=UTC)
    verdicts = {
        (MONTH, "unit/budget"): {"rule": MONTH, "outcome": "exceeding", "window_start": start, "window_end": NOW, "body": budget_body(kind="projected")},
        (YEAR, "unit/budget"): {"rule": YEAR, "outcome": "exceeding", "window_start": start, "window_end": NOW, "body": budget_body(kind="over", passes_on="2026-06-20", verified=False)},
    }  # fmt: skip
    month = BudgetView(
        site="示例用能单位", month=date(2026, 6, 1), outcome="exceeding", used=900.0, allowed=1000.0, projected=1200.0,
        through=None, kind=None, why="", crosses=date(2026, 6, 17), site_id="unit",
    )  # fmt: skip
    namesake = msgspec.structs.replace(month, site_id="elsewhere", crosses=date(2026, 6, 3))
    found = plants.budgets(facts(unit(), verdicts=verdicts), [namesake, month])
    assert [(one.word, one.tone, one.crosses) for one in found] == [
        ("预计超支", AHEAD, "2026-06-17"),
        ("已超支", OVER, "2026-06-20"),
    ]
    shown = blocks.accounts(found)
    for part in (
        "90.0%",
        "县用能预算 （十二）（2026-01-01 版）",
        "至 2026-06-14，预计 1,200 tce",
        "待核实",
        "basis=day",
    ):
        assert part in shown


def test_a_budget_without_a_verdict_says_when_one_comes() -> None:
    [month, year] = plants.budgets(facts(unit()), [])
    assert (month.word, year.word, month.tone) == ("尚无判定", "尚无判定", QUIET)
    assert "首个整日之后" in blocks.accounts([month])


def test_loads_are_held_to_the_permit_of_the_year() -> None:
    permit = {
        "outlet": "DW001",
        "factor": "w01018",
        "basis": "year",
        "high": 100,
        "number": "P1",
        "valid_from": "2026-01-01",
    }
    plant = sewage("w01018", permits=[permit])
    row = {
        "rule": "load_permit",
        "outcome": "compliant",
        "window_start": NOW,
        "window_end": NOW,
        "body": budget_body(used=31.25, allowed=100.0, unit="t", projected=None),
    }
    [found] = plants.loads(facts(plant, verdicts={("load_permit", "plant/DW001/w01018"): row}))
    assert (found.used, found.tone) == (31.25, UNDER)
    assert found.link == "/desk/point/plant/DW001/yx_l_w01018?basis=month"
