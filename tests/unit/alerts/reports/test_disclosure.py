"""What the public may read: only what the list names, and of it never a suspicion, a raw value or an amount of one unit."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from alerts.judge.budget import Target, judge_year
from alerts.judge.verdict import Judged
from alerts.reports.cells import text
from alerts.reports.disclosure import PUBLIC
from alerts.reports.publicity import LEAST_UNITS, public_table, publicity_paper
from schemas.records import Mean, Verdict
from schemas.times import DAY, day_start
from tests.integration.play import boiler, county, house, sewage, unit
from tests.unit.alerts.reports.facts_made import COD, DAY_1, START, filed, known

if TYPE_CHECKING:
    from alerts.reports.paper import Paper
    from schemas.registry.model import Document

AMMONIA = "plant/DW001/w21003"
JANUARY, LAST = date(2026, 1, 1), DAY_1


def told(paper: Paper, title: str) -> list[dict[str, object]]:
    """Return the rows of a table, head → words or number."""
    table = next(one for one in paper.tables if one.title == title)
    return [
        {
            head.zh: cell.words if cell.words is not None else cell.number
            for head, cell in zip(table.columns, row, strict=True)
        }
        for row in table.rows
    ]


def test_every_column_is_on_the_list_and_gives_a_reason() -> None:
    paper = publicity_paper(known())
    assert [one.title for one in paper.tables] == list(PUBLIC)
    for table in paper.tables:
        assert [head.zh for head in table.columns] == [one.zh for one in PUBLIC[table.title]]
    assert all(one.why for columns in PUBLIC.values() for one in columns)


def test_a_value_without_its_column_on_the_list_is_refused() -> None:
    row = {one.key: text("x") for one in PUBLIC["在线监测数据传输"]}
    with pytest.raises(ValueError, match="not public"):
        public_table("在线监测数据传输", [row | {"contact": text("0735-0000-0001")}])
    with pytest.raises(ValueError, match="not public"):
        public_table("在线监测数据传输", [{}])


def test_days_are_compliant_only_when_all_was_judged() -> None:
    """Day 1: COD 0.32 above. Day 2: all met. Day 3: NH3-N not judged, so neither. Day 4: NH3-N not judged and COD above."""
    days = [START + n * DAY for n in range(4)]
    cod = [
        filed("exceeding" if n in {0, 3} else "compliant", 66.0, at=at, multiple=0.32 if n == 0 else 0.1)
        for n, at in enumerate(days)
    ]
    ammonia = [
        filed("not_judgeable" if n > 1 else "compliant", 2.0, at=at, subject=AMMONIA) for n, at in enumerate(days)
    ]
    held = known(last=DAY_1 + 3 * DAY, filed={("sewage_day", COD): cod, ("sewage_day", AMMONIA): ammonia})
    [row] = told(publicity_paper(held), "污水处理厂达标情况")
    assert (row["有效天数"], row["达标率"], row["超标天数"]) == (3, 33.33, 2)
    assert row["超标因子及最大倍数"] == "化学需氧量 超标0.32倍"


def test_a_suspicion_is_never_public() -> None:
    hours = [filed("exceeding", 123.4, at=START, hours=1, rule="sewage_instant", suspected=True, multiple=0.645)]
    held = known(
        over={("sewage_instant", COD): hours}, filed={("sewage_day", COD): [filed("exceeding", 66.0, suspected=True)]}
    )
    paper = publicity_paper(held)
    said = str(msgspec.to_builtins(paper.tables))
    assert "123" not in said
    assert "0.64" not in said
    assert "疑似" not in said
    assert told(paper, "污水处理厂达标情况")[0]["超标天数"] is None


def test_an_efficiency_below_its_target_within_uncertainty_is_not_told() -> None:
    document = county(house(boiler("B1")))
    held = known(document)
    point = held.registry.points["heat", "B1", "yx_b_efficiency"]
    month = Mean(value=78.22, low=77.0, high=79.0, n_valid=30, n_expected=30, valid=True, marks="")
    over = filed(
        "exceeding", 78.22, at=START, hours=1, rule="boiler_efficiency", subject="heat/B1", low=80.0, high=None, suspected=True,
        limit_id="plan2018.13.coal",
    )  # fmt: skip
    key = ("boiler_efficiency", "heat/B1")

    def row(**fields: Any) -> dict[str, object]:
        found = known(document, months={point: {date(2026, 11, 1): month}}, **fields)
        return told(publicity_paper(found), "锅炉热效率目标")[0]

    assert (row(over={key: [over]})["月均热效率"], row(over={key: [over]})["完成情况"]) == (
        None,
        "在测量不确定度内，不作结论",
    )
    proved = row(over={key: [over._replace(suspected=False)]})
    assert (proved["目标"], proved["月均热效率"], proved["完成情况"]) == ("≥80 %", 78.2, "未达到目标")


def year(rule: str, subject: str, annual: float, daily: float) -> Verdict:
    days = [
        (JANUARY + n * DAY, Mean(value=daily, low=None, high=None, n_valid=1, n_expected=1, valid=True, marks=""))
        for n in range((LAST - JANUARY).days + 1)
    ]
    target = Target(
        annual=annual,
        unit="tce",
        task=12,
        standard="县用能预算",
        clause="",
        edition="2026",
        verified=True,
        limit_id="budget",
    )
    judged = Judged(rule=rule, subject=subject, point_id=1, basis="year", start=day_start(JANUARY))
    return judge_year(judged, days, target, LAST)


def units(count: int) -> Document:
    return county(*(unit() | {"id": f"unit{n}", "name": f"示例单位{n}"} for n in range(count)), energy_cap_tce=200000)


def test_energy_of_a_unit_is_told_as_rates_alone() -> None:
    verdict = year("energy_year", "unit0/budget", 18_000.0, 47.0)
    paper = publicity_paper(known(units(1), sums={("energy_year", "unit0/budget"): verdict}))
    [row] = told(paper, "重点用能单位预算执行")
    assert row["年度预算执行率"] == round(47.0 * 324 / 18_000 * 100, 2)
    assert row["计划进度"] == round(324 / 365 * 100, 2)
    said = str(msgspec.to_builtins(paper))
    assert "18000" not in said.replace(",", "")
    assert "15228" not in said.replace(",", "")


@pytest.mark.parametrize(("count", "is_told"), [(1, False), (LEAST_UNITS - 1, False), (LEAST_UNITS, True)])
def test_a_countys_sum_from_which_one_unit_could_be_told_is_not_public(count: int, *, is_told: bool) -> None:
    verdict = year("energy_cap", "county/yx_e_tce", 200_000.0, 400.0)
    held = known(units(count))
    points = [held.registry.points[f"unit{n}", "energy", "yx_e_tce"] for n in range(count)]
    day = {DAY_1: Mean(value=400.0 / count, low=None, high=None, n_valid=1, n_expected=1, valid=True, marks="")}
    found = known(units(count), sums={("energy_cap", "county/yx_e_tce"): verdict}, days=dict.fromkeys(points, day))
    [row] = told(publicity_paper(found), "全县总量控制目标")
    assert (row["年累计占控制量"] is not None) == is_told
    assert row["年控制量"] == "200000 tce"


def test_the_paper_says_until_when_its_data_are() -> None:
    assert "数据截至 2026-11-20 24:00（北京时间）" in publicity_paper(known()).notes


def test_thin_data_conclude_nothing() -> None:
    days = [(LAST, Mean(value=47.0, low=None, high=None, n_valid=1, n_expected=1, valid=True, marks=""))]
    target = Target(
        annual=18_000.0, unit="tce", task=12, standard="", clause="", edition="", verified=True, limit_id="budget"
    )
    judged = Judged(rule="energy_year", subject="unit0/budget", point_id=1, basis="year", start=day_start(JANUARY))
    verdict = judge_year(judged, days, target, LAST)
    [row] = told(
        publicity_paper(known(units(1), sums={("energy_year", "unit0/budget"): verdict})), "重点用能单位预算执行"
    )
    assert (row["年度预算执行率"], row["完成情况"]) == (None, "数据不足，不作结论")


def test_the_sewage_plants_class_is_told_as_the_standard_names_it() -> None:
    held = known(county(sewage("w01018", standard="GB18918-1B")))
    [row] = told(publicity_paper(held), "污水处理厂达标情况")
    assert row["执行标准"] == "GB 18918-2002 一级B"
    assert row["有效天数"] == 0
