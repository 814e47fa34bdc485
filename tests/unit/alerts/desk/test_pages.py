from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from alerts.desk import dials
from alerts.desk.api import find_point, stamp
from alerts.desk.facts import RateView, Snapshot, Totals
from alerts.desk.keeper import Keeper
from alerts.desk.wall_book import Leaf
from alerts.desk.wall_press import Edition
from alerts.desk.wallparts import boilers, energy, incidents, overview, sewage, sites, top
from schemas.registry.model import County, Document
from schemas.registry.store import Registry
from tests.browser import wall_counties as made
from tests.browser.wall_counties import NOW

KINDS = ("overview", "sewage", "boilers", "energy", "sites", "incidents")


def page(snapshot: Snapshot, key: str, now: datetime = NOW) -> str:
    edition = Edition(snapshot, None, now)
    leaves, at = edition.alone(key)
    return "".join(part.html for part in edition.parts(leaves[at]))


@pytest.mark.parametrize(
    ("totals", "balanced"), [(Totals(10, 7, 2, 1), True), (Totals(10, 7, 2, 0), False), (Totals(), True)]
)
def test_the_header_says_whether_the_counters_balance(totals: Totals, balanced: bool) -> None:  # noqa: FBT001
    shown = top.counts(Snapshot(county="永兴县", now=NOW, totals=totals))
    assert ("✓" in shown) is balanced
    assert ("✗" in shown) is not balanced


def test_the_header_shows_the_rate_of_its_month_and_a_dash_before_there_is_one() -> None:
    rate = RateView(month=date(2026, 5, 1), rate=0.9871, outlets=7, below=1)
    shown = top.counts(Snapshot(county="永兴县", now=NOW, rate=rate))
    assert "98.7%" in shown
    assert "5 月 ▲1 不足" in shown
    assert "<b>—</b><span>传输有效率" in top.counts(Snapshot(county="永兴县", now=NOW))


@pytest.mark.parametrize(
    ("value", "limit", "hours", "state", "sentence"),
    [
        (83.0, 80.0, 1, "good", "above its limit"),
        (79.0, 80.0, 1, "bad", "below its limit"),
        (79.96, 80.0, 1, "good", "as written, with one decimal"),
        (None, 80.0, 1, "quiet", "nothing measured"),
        (83.0, 80.0, 4, "good", "the hour before last still speaks of now"),
        (83.0, 80.0, 5, "quiet", "an old hour is grey, though it was good"),
        (71.0, None, 1, "plain", "without a limit neither good nor bad"),
    ],
)
def test_only_a_fresh_value_above_its_limit_is_green(
    value: float | None, limit: float | None, hours: float, state: str, sentence: str
) -> None:
    assert dials.state(made.boiler(1, "厂", value, limit, hours=hours), NOW) == state, sentence


@pytest.mark.parametrize(("value", "share"), [(None, 0.0), (30.0, 0.0), (70.0, 0.5), (100.0, 1.0), (120.0, 1.0)])
def test_a_dial_ends_at_its_ends(value: float | None, share: float) -> None:
    assert dials.share(value) == share


def test_a_boilers_page_says_what_it_is_held_to_and_what_its_file_lacks() -> None:
    shown = page(made.county(boilers=4), "boilers")
    for part in (
        "▲ 低于限值",
        "✓ 达标",
        "◌ 无有效数据",
        "燃煤 · 限值 ≥80%",
        "基准 68.5% +5 → 73.5%",
        "逾期 · 下次 2026-05-20",
        "✗ 排放检测",
    ):
        assert part in shown
    old = page(Snapshot(county="县", now=NOW, boilers=[made.boiler(1, "厂", hours=9)]), "boilers")
    assert "◌ 9 小时前" in old
    assert "good" not in old


def test_incident_cards_name_value_limit_bureau_and_task_and_lead_to_the_desk() -> None:
    one = made.incident(7, "某厂", "orange", acked=True, state="unknown")
    shown = incidents.overview(Snapshot(county="永兴县", now=NOW, incidents=[one]), NOW).html
    for part in (
        "6.75",
        "限值 5",
        "超标 0.35 倍",
        "任务（26）",
        "GB 18918-2002",
        "已 40 小时",
        "数据中断",
        "已签收",
        "橙色",
        "永兴分局",
        'href="/desk/incident/7"',
    ):
        assert part in shown


def test_an_incident_without_a_value_says_what_its_verdict_noted() -> None:
    one = made.incident(1, "厂", "orange", body={"value": None, "note": "安全检验逾期 30 日以上"})
    assert "安全检验逾期 30 日以上" in incidents.overview(Snapshot(county="县", now=NOW, incidents=[one]), NOW).html


@pytest.mark.parametrize(("amount", "cards", "more"), [(5, 5, 0), (6, 6, 0), (9, 9, 0), (14, 9, 5)])
def test_more_incidents_than_the_overview_holds_are_counted(amount: int, cards: int, more: int) -> None:
    found = [made.incident(number, "厂", "red") for number in range(amount)]
    shown = incidents.overview(Snapshot(county="永兴县", now=NOW, incidents=found), NOW).html
    assert shown.count('<a class="card ') == cards
    assert (f"另有 {more} 起" in shown) is bool(more)


def test_incidents_that_the_list_leaves_out_are_counted_all_the_same() -> None:
    found = [made.incident(number, "厂", "red") for number in range(3)]
    snapshot = Snapshot(
        county="县", now=NOW, incidents=found, incidents_total=900, incident_levels={"red": 40, "blue": 860}
    )
    shown = incidents.overview(snapshot, NOW).html
    for part in ("900 起", "红 40", "蓝 860", "另有 897 起"):
        assert part in shown


@pytest.mark.parametrize(
    ("outcome", "kind", "back", "state", "word"),
    [
        ("exceeding", "over", 1, "over", "▲ 已超支"),
        ("exceeding", "projected", 1, "proj", "▲ 预计超支"),
        ("compliant", None, 1, "under", "✓ 预算内"),
        ("compliant", None, 5, "quiet", "◌ 数据至 05-28"),
        ("exceeding", "over", 5, "over", "▲ 已超支"),
        ("not_judgeable", None, 1, "quiet", "? 数据不足"),
    ],
)
def test_what_is_used_up_stays_so_and_old_days_are_never_within_budget(
    outcome: str, kind: str | None, back: int, state: str, word: str
) -> None:
    view = made.budget(1, "厂", outcome=outcome, kind=kind, back=back)
    assert energy.state(view, NOW) == state
    assert energy.word(view, NOW) == word
    assert word in page(Snapshot(county="县", now=NOW, budgets=[view]), "energy")


def test_the_month_before_is_no_budget_of_now() -> None:
    assert energy.state(made.budget(1, "厂"), NOW + timedelta(days=40)) == "quiet"


@pytest.mark.parametrize(
    ("crosses", "of_year", "said"),
    [
        (date(2026, 6, 21), False, "06-21 预计达月预算"),
        (date(2026, 6, 1), False, "06-01 已达月预算"),
        (date(2027, 1, 5), True, "2027-01-05 预计达年预算"),
        (None, False, ""),
    ],
)
def test_the_day_a_budget_is_reached_is_named(crosses: date | None, of_year: bool, said: str) -> None:  # noqa: FBT001
    assert energy.crossing(made.budget(1, "厂", crosses=crosses, crosses_year=of_year), NOW) == said


def test_caps_stand_with_unit_share_and_date_and_a_dash_where_nothing_is_measured() -> None:
    shown = page(made.county(), "energy")
    for part in (
        "91,390</b> / 200,000 tce · 45.7%",
        "▲ 已超",
        "11-03 预计达到",
        "<b>—</b> / 3,000 t",
        "无在线监测源",
        "◌ 数据至 05-23",
        "传输有效率 · 5 月",
    ):
        assert part in shown


@pytest.mark.parametrize(
    ("value", "back", "state"),
    [(4.9, 1, "under"), (5.1, 1, "over"), (None, 1, "none"), (4.9, 2, "under"), (4.9, 3, "none"), (5.1, 3, "none")],
)
def test_a_cell_of_an_old_day_or_without_value_is_grey(value: float | None, back: int, state: str) -> None:
    view = made.outlet(1, "厂", values=(1.0, value, 1.0, 0.1, 1.0), back=back)
    assert sewage.state(view.cells[1], NOW) == state


def test_a_cell_leads_to_its_series_and_says_limit_unit_and_word() -> None:
    shown = page(made.county(), "sewage")
    for part in (
        'href="/desk/point/s1/outlet/w21003"',
        "限值 ≤5",
        "mg/L",
        "▲超标 1.01 倍",
        "✓达标",
        "◌9 天前",
        "<b>—</b>",
    ):
        assert part in shown


def test_a_site_leads_to_its_page_with_its_state_in_words() -> None:
    shown = page(made.county(), "sites")
    for part in ('href="/desk/site/s0"', "▲超标", "◌数据中断", "? 未判定", "✓达标", "第3镇", "1.235 亿", "9,876.5 万"):
        assert part in shown


def test_a_site_without_data_for_a_year_and_one_that_never_sent_say_so() -> None:
    found = [made.site(22, "停", "stale", "镇"), made.site(16, "无", "stale", "镇")]
    shown = sites.page(Snapshot(county="县", now=NOW, sites=found), Leaf("sites"), NOW).html
    assert "400 天前" in shown
    assert "无数据" in shown


def test_an_empty_county_says_what_to_do() -> None:
    for kind in KINDS:
        assert page(made.empty(), kind)
    assert "monitor registry apply" in page(made.empty(), "overview")
    assert len(overview.page(made.empty(), NOW)) == 2


def test_before_the_first_snapshot_the_page_says_that_it_reads() -> None:
    edition = Edition(None, None, NOW)
    assert "正在读取数据" in edition.parts(edition.rotation[0])[0].html
    assert "数据库失联" in Edition(None, NOW, NOW).banner


def test_the_banner_stands_while_the_database_is_away_or_the_reader_has_stopped() -> None:
    fresh = Snapshot(county="县", now=NOW)
    assert top.banner(fresh, None, NOW + timedelta(seconds=14)) == ""
    assert "自 2026-06-02 11:58:00 起数据库失联" in top.banner(fresh, NOW - timedelta(minutes=2), NOW)
    assert "数据停在 2026-06-02 12:00:00" in top.banner(fresh, None, NOW + timedelta(seconds=16))


def test_no_state_is_told_by_colour_alone() -> None:
    shown = page(made.county(), "sites") + page(made.county(), "overview")
    tiles = re.findall(r'<a class="tile (\w+)".*?<span class="pill">(.*?)</span>', shown)
    words = {"compliant": "✓达标", "exceeding": "▲超标", "stale": "◌数据中断", "not_judgeable": "? 未判定"}
    assert {state for state, _ in tiles} == set(words)
    assert all(words[state] == said for state, said in tiles)


def test_what_does_not_fit_on_the_overview_is_counted_with_the_worst_first() -> None:
    snapshot = made.county(outlets=30, boilers=40, budgets=60)
    right = overview.page(snapshot, NOW)[-1].html
    for part in ("另有 27 个", "另有 36 台", "另有 56 家"):
        assert part in right
    assert right.index("10.05") < right.index("33.1")
    assert boilers.overview(snapshot, NOW).count('class="num bad"') == 4


def test_a_point_is_found_by_number_and_by_name() -> None:
    document = Document(county=County(name="永兴县", code="431023"), bureaus=[], sites=[])
    registry = Registry(1, document, {("a", "b", "w01018"): 7})
    assert find_point(registry, "7") == find_point(registry, "a.b.w01018") == ("a", "b", "w01018")
    assert find_point(registry, "8") is None
    assert find_point(None, "7") is None
    assert stamp(datetime(2026, 6, 2, 4, 0, tzinfo=UTC)) == "2026-06-02T12:00:00+08:00"


def test_ready_only_with_a_young_snapshot() -> None:
    keeper = Keeper("postgresql://nowhere")
    assert keeper.why_not_ready(NOW)
    keeper.snapshot = Snapshot(county="永兴县", now=NOW)
    assert keeper.why_not_ready(NOW + timedelta(seconds=9)) is None
    assert keeper.why_not_ready(NOW + timedelta(seconds=11))
