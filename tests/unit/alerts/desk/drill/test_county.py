from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from alerts.actor import Actor
from alerts.casework import Case
from alerts.desk.drill import overview, tiles
from alerts.desk.drill.overview import AHEAD, OVER, QUIET, UNDER, Row, Wanted
from alerts.desk.drill.sums import MONTH, YEAR, Rate, Sums
from alerts.desk.facts import CapView, RateView, SiteView, Snapshot, Totals
from schemas.catalog.duty import IncidentState, Role
from schemas.catalog.enums import Level

NOW = datetime(2026, 6, 15, 4, 0, tzinfo=UTC)
CHIEF = Actor(name="he", role=Role.BUREAU)
OPERATOR = Actor(name="yunwei", role=Role.OPERATOR, site="b")


def site(key: str, state: str, *, minutes: float | None = 1, name: str = "", **fields: str) -> SiteView:
    newest = None if minutes is None else NOW - timedelta(minutes=minutes)
    return SiteView(
        id=key, name=name or key, town=fields.get("town", "便江街道"), kind=fields.get("kind", "boiler_house"),
        bureau=fields.get("bureau", "永兴分局"), state=state, detail="锅炉控制系统", newest=newest, age_s=None, devices=[],
    )  # fmt: skip


def case(where: str, level: Level, state: IncidentState = IncidentState.OPEN, **fields: Any) -> Case:
    return Case(
        incident_id=1, rule="sewage_day", subject="x", site_id=where, device_id="", state=state, level=level,
        lead_bureau="epb", began_at=NOW, ended_at=None, opened_at=NOW, body={}, **fields,
    )  # fmt: skip


def verdict(outcome: str, **body: Any) -> dict[str, Any]:
    return {"rule": MONTH, "outcome": outcome, "window_end": NOW, "body": body}


def names(found: list[Row]) -> list[str]:
    return [row.id for row in found]


def rows(*sites: SiteView, cases: tuple[Case, ...] = (), found: Sums | None = None, actor: Actor = CHIEF) -> list[Row]:
    return overview.rows(Snapshot(county="永兴县", now=NOW, sites=list(sites)), cases, found, actor)


def test_the_worst_stand_first_and_silence_before_what_is_good() -> None:
    found = rows(
        site("good", "compliant"), site("unknown", "not_judgeable"), site("silent", "stale"), site("bad", "exceeding")
    )
    assert names(found) == ["bad", "silent", "unknown", "good"]


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        (site("b", "exceeding"), site("a", "exceeding"), "a red incident stands before an orange one"),
        (site("z", "stale", minutes=None), site("a", "stale", minutes=500), "long silence stands before short"),
        (site("z", "stale", minutes=500), site("a", "stale", minutes=5), "of those that spoke lately the older first"),
    ],
)
def test_of_equal_state_the_graver_and_the_longer_silent_stand_first(
    first: SiteView, second: SiteView, why: str
) -> None:
    cases = (case("a", Level.ORANGE), case("a", Level.ORANGE), case("b", Level.RED)) if first.id == "b" else ()
    assert names(rows(second, first, cases=cases)) == [first.id, second.id], why


def test_only_incidents_that_last_count_and_by_level_the_graver_first() -> None:
    cases = (
        case("a", Level.YELLOW),
        case("a", Level.RED, IncidentState.UNKNOWN),
        case("a", Level.RED, IncidentState.RECOVERING),
        case("a", Level.RED, IncidentState.PENDING),
        case("a", Level.ORANGE, settled_at=NOW),
        case("", Level.RED),
    )
    [row] = rows(site("a", "exceeding"), cases=cases)
    assert list(row.levels.items()) == [(Level.RED, 2), (Level.YELLOW, 1)]


def test_an_operator_sees_the_own_site_alone() -> None:
    assert names(rows(site("a", "exceeding"), site("b", "compliant"), actor=OPERATOR)) == ["b"]


def test_rate_and_budgets_come_from_the_sums_and_a_site_without_them_says_nothing() -> None:
    found = Sums(
        at=NOW,
        rates={"a": Rate(date(2026, 6, 1), 1000, 903)},
        verdicts={
            (MONTH, "a"): verdict("compliant", used=80.0, allowed=100.0),
            (YEAR, "a"): verdict("exceeding", used=900.0, allowed=1000.0, kind="warn"),
        },
    )
    by_id = {row.id: row for row in rows(site("a", "compliant"), site("b", "compliant"), found=found)}
    assert by_id["a"].rate == pytest.approx(0.903)
    assert (by_id["a"].month.share, by_id["a"].month.word) == (0.8, "预算内")  # type: ignore[union-attr]
    assert by_id["a"].year.word == "已达预警线"  # type: ignore[union-attr]
    assert (by_id["b"].rate, by_id["b"].month, by_id["b"].year) == (None, None, None)


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        (Wanted(), ["a", "b", "c"]),
        (Wanted(text="水务"), ["a", "b"]),
        (Wanted(text="水务 马田"), ["b"]),
        (Wanted(text="  A "), ["a"]),
        (Wanted(town="马田镇"), ["b"]),
        (Wanted(kind="energy_unit"), ["c"]),
        (Wanted(state="stale"), ["b"]),
        (Wanted(text="水务", state="compliant"), []),
    ],
)
def test_all_that_is_asked_for_must_hold(wanted: Wanted, shown: list[str]) -> None:
    found = rows(
        site("a", "exceeding", name="清泓水务"),
        site("b", "stale", name="碧渠水务", town="马田镇"),
        site("c", "compliant", name="湘渡水泥", kind="energy_unit"),
    )
    assert names(overview.pick(found, wanted)) == shown


def test_the_buttons_count_the_sites_of_each_state() -> None:
    found = rows(site("a", "exceeding"), site("b", "stale"), site("c", "stale"))
    assert list(overview.chips(found).values()) == ["全部 3", "超标 1", "数据中断 2", "未判定 0", "达标 0"]


@pytest.mark.parametrize(
    ("row", "share", "word", "tone"),
    [
        (verdict("compliant", used=50.0, allowed=100.0), 0.5, "预算内", UNDER),
        (verdict("exceeding", used=101.0, allowed=100.0, kind="over"), 1.01, "已超支", OVER),
        (verdict("exceeding", used=60.0, allowed=100.0, kind="projected"), 0.6, "预计超支", AHEAD),
        (verdict("exceeding", used=82.0, allowed=100.0, kind="notice"), 0.82, "已达提示线", AHEAD),
        (verdict("not_judgeable", used=5.0, allowed=100.0, why="数据不足"), 0.05, "不作判定", QUIET),
        (verdict("not_judgeable", used=5.0), None, "不作判定", QUIET),
        (verdict("not_judgeable", used=5.0, allowed=0.0), None, "不作判定", QUIET),
    ],
)
def test_what_a_verdict_on_a_budget_says(row: dict[str, Any], share: float | None, word: str, tone: str) -> None:
    said = overview.use(row)
    assert said is not None
    assert (said.share, said.word, said.tone) == (share, word, tone)


@pytest.mark.parametrize(
    ("newest", "last", "said"),
    [
        (NOW - timedelta(seconds=30), None, "1 分钟内"),
        (NOW - timedelta(minutes=50), None, "11:10（50 分钟前）"),
        (NOW - timedelta(hours=50), None, "06-13 10:00（2 天前）"),
        (None, date(2025, 5, 1), "2025-05-01 之后无数据"),
        (None, None, "近 3 日无数据"),
    ],
)
def test_how_old_the_newest_reading_is(newest: datetime | None, last: date | None, said: str) -> None:
    assert overview.ago(newest, last, NOW) == said


@pytest.mark.parametrize(
    ("rate", "tone"), [(None, QUIET), (0.9, UNDER), (0.8999, AHEAD), (0.75, AHEAD), (0.7499, OVER)]
)
def test_a_rate_is_coloured_by_the_target_and_by_what_is_grave(rate: float | None, tone: str) -> None:
    assert overview.rate_tone(rate) == tone


def test_a_line_escapes_names_links_to_its_site_and_says_that_silence_is_silence() -> None:
    [row] = rows(site("a b", "stale", name="<b>厂</b>", minutes=None))
    shown = tiles.row(row, NOW)
    for part in ("&lt;b&gt;厂", 'href="/desk/site/a%20b"', "数据中断", "无数据：锅炉控制系统", "近 3 日无数据"):
        assert part in shown
    assert "<b>厂" not in shown


def test_the_countys_figures_name_counters_rate_and_caps() -> None:
    cap = CapView(
        factor="yx_e_tce", name="能源消费总量", unit="tce", outcome="exceeding", used=150_000.0, allowed=200_000.0,
        projected=210_000.0, crosses=date(2026, 12, 3), through=date(2026, 6, 14),
    )  # fmt: skip
    bare = CapView(factor="w01018", name="化学需氧量", unit="t", outcome="not_judgeable", used=None, allowed=None)
    snapshot = Snapshot(
        county="永兴县", now=NOW, totals=Totals(10, 7, 2, 0), online=3, devices=4, caps=[cap, bare],
        rate=RateView(month=date(2026, 6, 1), rate=0.912, outlets=5, below=2),
    )  # fmt: skip
    shown = tiles.figures(snapshot)
    for part in (
        "3<u>/4</u>",
        "不守恒",
        "6 月传输有效率",
        "91.2%",
        "2 个低于 90%",
        "75.0%",
        "2026-12-03 突破",
        "尚无判定",
    ):
        assert part in shown
