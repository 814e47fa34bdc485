from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from alerts.desk import parts_accounts
from alerts.desk.parts_facts import Facts, frame
from schemas.registry.derived import point_keys
from schemas.registry.store import Registry
from schemas.times import day_start
from tests.integration.play import county, sewage, unit

NOW = datetime(2026, 6, 20, 4, 0, tzinfo=UTC)
TODAY, YESTERDAY = date(2026, 6, 20), "2026-06-19"
MONTH, YEAR = date(2026, 6, 1), date(2026, 1, 1)
BUDGET, TCE = ("energy_budget", "unit/budget"), ("energy_cap", "county/yx_e_tce")


def facts(*rows: dict[str, Any], sites: Any = None, **fields: Any) -> Facts:
    document = county(*([sewage("w01018"), unit()] if sites is None else sites), **fields)
    registry = Registry(1, document, {key: n for n, key in enumerate(point_keys(document), 1)})
    accounts = {(row["rule"], row["subject"]): row for row in rows}
    return Facts(now=NOW, frame=frame(registry, TODAY), accounts=accounts)


def row(judged: tuple[str, str], outcome: str = "compliant", *, start: date = YEAR, **body: Any) -> dict[str, Any]:
    ends = {YEAR: date(2027, 1, 1), MONTH: date(2026, 7, 1)}
    return {
        "rule": judged[0], "subject": judged[1], "outcome": outcome, "window_start": day_start(start),
        "window_end": day_start(ends.get(start, MONTH)), "body": {"through": YESTERDAY} | body,
    }  # fmt: skip


def month(outcome: str = "compliant", **body: Any) -> dict[str, Any]:
    return row(BUDGET, outcome, start=MONTH, **({"used": 900.0, "allowed": 1500.0, "projected": 1421.0} | body))


def year(**body: Any) -> dict[str, Any]:
    return row(("energy_year", "unit/budget"), **body)


OVER = {"projected": 1800.0, "kind": "projected"}


@pytest.mark.parametrize(
    ("why", "rows", "expected"),
    [
        ("nothing was judged", [], ("not_judgeable", None, None, False, "本月尚无判定")),
        ("within month and year", [month(), year(passes_on=None)], ("compliant", 1421.0, None, False, "")),
        ("the month is in order and the year is not", [month(), year(passes_on="2026-11-03")],
         ("compliant", 1421.0, date(2026, 11, 3), True, "")),
        ("60 a day are over 1,500 on the 26th; the month comes first",
         [month("exceeding", **OVER), year(passes_on="2026-11-03")], ("exceeding", 1800.0, date(2026, 6, 26), False, "")),
        ("what is over already crosses no more", [month("exceeding", kind="over", projected=1800.0)],
         ("exceeding", 1800.0, None, False, "")),
        ("days too few are not projected", [month("not_judgeable", why="数据不足")],
         ("not_judgeable", None, None, False, "数据不足")),
        ("an old verdict is said to be old, and nothing is expected by it",
         [month("exceeding", **OVER, through="2026-06-11"), year(passes_on="2026-11-03", through="2026-06-11")],
         ("not_judgeable", None, None, False, "判定截至 2026-06-11，此后尚无判定")),
        ("by itself the year's may be old", [month(), year(passes_on="2026-11-03", through="2026-05-01")],
         ("compliant", 1421.0, None, False, "")),
    ],
)  # fmt: skip
def test_a_budget_says_when_it_is_expected_to_be_passed(
    why: str, rows: list[dict[str, Any]], expected: tuple[Any, ...]
) -> None:
    [found] = parts_accounts.budgets(facts(*rows))
    shown = (found.outcome, found.projected, found.crosses, found.crosses_year, found.why)
    assert shown == expected, why
    assert (found.site, found.site_id, found.month) == ("示例用能单位", "unit", MONTH)


def test_an_old_budget_keeps_what_it_said_and_the_day_it_said_it_of() -> None:
    [found] = parts_accounts.budgets(facts(month(through="2026-06-11")))
    assert (found.used, found.allowed, found.through) == (900.0, 1500.0, "2026-06-11")


def test_caps_are_the_countys_own_with_what_the_newest_verdict_says() -> None:
    verdict = row(TCE, "exceeding", used=150_000.0, allowed=200_000.0, projected=210_000.0, unit="tce", kind="projected",
                  passes_on="2026-12-10", part="在线监测部分合计")  # fmt: skip
    found = parts_accounts.caps(facts(verdict, energy_cap_tce=200_000))
    assert [(one.factor, one.name, one.unit, one.allowed) for one in found] == [
        ("yx_e_tce", "能源消费总量", "tce", 200_000.0), ("w01018", "化学需氧量", "t", 8783.0),
        ("w21003", "氨氮", "t", 1016.0), ("a21026", "二氧化硫", "t", 3220.0), ("a21002", "氮氧化物", "t", 478.0),
    ]  # fmt: skip
    tce, cod, _, sulphur, _ = found
    assert (tce.outcome, tce.used, tce.projected, tce.kind) == ("exceeding", 150_000.0, 210_000.0, "projected")
    assert (tce.crosses, tce.through, tce.note) == (date(2026, 12, 10), date(2026, 6, 19), "在线监测部分合计")
    assert (cod.outcome, cod.used, cod.why) == ("not_judgeable", None, "尚无判定")
    assert (sulphur.outcome, sulphur.used, sulphur.why) == ("not_judgeable", None, "无在线监测源")


def test_a_cap_that_is_judged_no_more_is_shown_with_its_last_day_and_expects_nothing() -> None:
    verdict = row(("load_cap", "county/w01018"), used=12.5, allowed=8783.0, projected=30.0, unit="t",
                  passes_on="2026-12-10", through="2026-06-16")  # fmt: skip
    [cod, *_] = parts_accounts.caps(facts(verdict))
    assert (cod.outcome, cod.used, cod.projected, cod.crosses) == ("not_judgeable", 12.5, None, None)
    assert (cod.through, cod.why) == (date(2026, 6, 16), "判定截至 2026-06-16，此后尚无判定")


def test_a_cap_of_what_the_registry_measures_no_more_is_not_shown_as_measured() -> None:
    verdict = row(("load_cap", "county/w01018"), used=12.5, allowed=8783.0)
    [cod, *_] = parts_accounts.caps(facts(verdict, sites=[unit()]))
    assert (cod.used, cod.why) == (None, "无在线监测源")


def test_an_empty_county_has_its_caps_and_nothing_else() -> None:
    empty = facts(sites=[])
    assert {one.why for one in parts_accounts.caps(empty)} == {"无在线监测源"}
    assert parts_accounts.budgets(empty) == []
    assert parts_accounts.rate(empty) is None
    assert parts_accounts.energy(empty).used == 0.0


def rated(site: str, outcome: str, valid: int, due: int, start: date = date(2026, 5, 1)) -> dict[str, Any]:
    return row(("data_rate", f"{site}/DW001"), outcome, start=start, n_valid=valid, n_expected=due)


@pytest.mark.parametrize(
    ("why", "rows", "expected"),
    [
        ("one outlet", [rated("plant", "compliant", 700, 744)], (date(2026, 5, 1), 700 / 744, 1, 0)),
        ("hours are added up, not shares", [rated("plant", "compliant", 700, 700), rated("other", "exceeding", 10, 100)],
         (date(2026, 5, 1), 710 / 800, 2, 1)),
        ("only the newest month counts",
         [rated("plant", "compliant", 700, 744), rated("other", "exceeding", 1, 720, date(2026, 4, 1))],
         (date(2026, 5, 1), 700 / 744, 1, 0)),
        ("all stood: no share of nothing", [rated("plant", "not_judgeable", 0, 0)], (date(2026, 5, 1), None, 1, 0)),
    ],
)  # fmt: skip
def test_the_countys_rate_is_valid_hours_of_hours_due(
    why: str, rows: list[dict[str, Any]], expected: tuple[Any, ...]
) -> None:
    other = sewage("w01018") | {"id": "other", "name": "示例乙厂"}
    found = parts_accounts.rate(facts(*rows, sites=[sewage("w01018"), other]))
    assert found is not None
    assert (found.month, found.rate, found.outlets, found.below) == expected, why


def test_nothing_judged_is_no_rate() -> None:
    assert parts_accounts.rate(facts()) is None
