from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.desk import wall_book
from alerts.desk.wall import Turns, asked
from alerts.desk.wall_book import HOLDS, MOST_PAGES, alone, amounts, rotation
from alerts.desk.wall_press import Edition, Press
from tests.browser import wall_counties as made
from tests.browser.wall_counties import NOW


def keys(turns: Turns, edition: Edition, seconds: list[float]) -> list[str]:
    shown = []
    for second in seconds:
        leaves, at = turns.leaves(edition, NOW + timedelta(seconds=second))
        shown.append(leaves[at].key)
    return shown


def test_a_usual_county_has_a_page_of_each_kind() -> None:
    assert [leaf.key for leaf in rotation(made.county())] == list(wall_book.KIND_ZH)


def test_an_empty_county_has_the_overview_alone() -> None:
    assert [leaf.key for leaf in rotation(made.empty())] == ["overview"]


def test_a_page_without_content_is_left_out() -> None:
    shown = [leaf.key for leaf in rotation(made.county(outlets=0, incidents=0))]
    assert shown == ["overview", "boilers", "energy", "sites"]


@settings(max_examples=200, deadline=None)
@given(st.tuples(*[st.integers(0, 90)] * 5))
def test_however_large_a_county_the_rotation_ends_and_shows_every_kind(sizes: tuple[int, ...]) -> None:
    amount, incidents, outlets, boilers, budgets = sizes
    snapshot = made.county(amount * 20, incidents=incidents * 4, outlets=outlets, boilers=boilers, budgets=budgets)
    leaves = rotation(snapshot)
    assert len(leaves) <= MOST_PAGES
    has = {kind for kind, many in amounts(snapshot).items() if many}
    assert {leaf.kind for leaf in leaves} == has
    for kind in has:
        mine = [leaf for leaf in leaves if leaf.kind == kind]
        assert [leaf.number for leaf in mine] == list(range(1, len(mine) + 1))
        assert {leaf.of for leaf in mine} == {len(mine)}
        assert mine[0].cut is (len(mine) * HOLDS[kind] < amounts(snapshot)[kind])
        assert mine[-1].first < amounts(snapshot)[kind]


def test_a_thousand_sites_come_with_what_is_wrong_first_and_the_others_by_town() -> None:
    snapshot = made.county(1000)
    edition = Edition(snapshot, None, NOW)
    pages = [edition.parts(leaf)[0].html for leaf in edition.rotation if leaf.kind == "sites"]
    assert len(pages) == 7
    tiles = [page.count('<a class="tile ') for page in pages]
    assert tiles == [24] * 6 + [0]
    assert all("tile compliant" not in page for page in pages)
    assert "其余 856 个站点按乡镇计" in pages[-1]
    # Alone, every one of them can be seen.
    leaves, _ = edition.alone("sites")
    seen = sum(edition.parts(leaf)[0].html.count('<a class="tile ') for leaf in leaves)
    assert seen == 1000


@pytest.mark.parametrize(
    ("key", "number", "of"),
    [
        ("sites", 1, 42),
        ("sites-3", 3, 42),
        ("sites-99", 42, 42),
        ("sites-0", 1, 42),
        ("sites-x", 1, 42),
        ("sites-²", 1, 42),
        ("overview", 1, 1),
    ],
)
def test_one_page_alone_is_the_one_asked_for_or_the_nearest(key: str, number: int, of: int) -> None:
    leaves, at = alone(made.county(1000), key)
    assert (leaves[at].number, len(leaves)) == (number, of)


def test_pages_turn_in_their_time_and_go_round() -> None:
    edition = Edition(made.county(outlets=0, boilers=0, budgets=0, incidents=1), None, NOW)
    order = [leaf.key for leaf in edition.rotation]
    shown = keys(Turns(20), edition, [0, 19, 20, 39, 40, 60, 80])
    assert shown == [order[at % len(order)] for at in (0, 0, 1, 1, 2, 3, 4)]


def test_a_clock_that_is_set_back_does_not_keep_a_page_standing() -> None:
    edition = Edition(made.county(), None, NOW)
    assert keys(Turns(20), edition, [3600, 0, 19, 20]) == ["overview", "sewage", "sewage", "boilers"]


def test_a_number_of_thousands_of_digits_names_the_last_page() -> None:
    leaves, at = alone(made.county(60), "sites-" + "9" * 5000)
    assert at == len(leaves) - 1


def test_a_paused_page_stands_and_goes_on_with_a_whole_turn() -> None:
    edition = Edition(made.county(), None, NOW)
    turns = Turns(20)
    assert keys(turns, edition, [0, 20]) == ["overview", "sewage"]
    turns.pause(NOW + timedelta(seconds=25))
    assert keys(turns, edition, [300]) == ["sewage"]
    turns.pause(NOW + timedelta(seconds=300))
    assert keys(turns, edition, [310, 319, 320]) == ["sewage", "sewage", "boilers"]


def test_a_page_that_is_gone_leaves_its_place_to_another() -> None:
    turns = Turns(20)
    keys(turns, Edition(made.county(), None, NOW), [0, 20, 40, 60, 80, 100])
    assert keys(turns, Edition(made.empty(), None, NOW), [101]) == ["overview"]


@pytest.mark.parametrize(
    ("query", "agent", "turns", "alone_", "is_paused"),
    [
        ({}, "", True, "", False),
        ({"page": "sewage"}, "", False, "sewage", False),
        ({"page": "sites-4"}, "", False, "sites-4", False),
        ({"page": "<script>"}, "", True, "", False),
        ({"turn": "0"}, "", False, "", False),
        ({}, "Mozilla/5.0 (Linux; Android 14) Mobile Safari", True, "", True),
    ],
)  # fmt: skip
def test_an_address_says_how_its_pages_turn(
    query: dict[str, str],
    agent: str,
    turns: bool,  # noqa: FBT001
    alone_: str,
    is_paused: bool,  # noqa: FBT001
) -> None:
    found = asked(query, agent, 20)
    assert (found.turns, found.alone, found.is_paused) == (turns, alone_, is_paused)


@pytest.mark.parametrize(
    ("wish", "seconds"), [("30", 30), ("1", 1), ("99999999", 3600), ("-3", 20), ("x", 20), ("٣", 20), ("", 20)]
)
def test_a_turn_is_neither_a_flicker_nor_for_ever(wish: str, seconds: int) -> None:
    edition = Edition(made.county(), None, NOW)
    turns = asked({"turn": wish}, "", 20)
    assert keys(turns, edition, [0, seconds - 1, seconds]) == ["overview", "overview", "sewage"]


def test_a_wall_told_never_to_turn_stands_still() -> None:
    assert keys(asked({}, "", 0), Edition(made.county(), None, NOW), [0, 9999]) == ["overview", "overview"]


def test_a_version_is_printed_once_for_all_and_again_when_time_or_silence_changes_it() -> None:
    press, snapshot = Press(), made.county()
    first = press.edition(1, snapshot, None, NOW)
    assert press.edition(1, snapshot, None, NOW + timedelta(seconds=9)) is first
    assert first.parts(first.rotation[0]) is first.parts(first.rotation[0])
    assert press.edition(2, snapshot, None, NOW + timedelta(seconds=9)) is not first
    later = press.edition(2, snapshot, None, NOW + timedelta(seconds=10))
    assert not later.is_old
    assert press.edition(2, snapshot, None, NOW + timedelta(seconds=16)).is_old


def test_nothing_on_a_page_changes_by_the_second() -> None:
    snapshot = made.county()
    one, other = Edition(snapshot, None, NOW), Edition(snapshot, None, NOW + timedelta(seconds=10))
    assert one.counts == other.counts
    assert one.clock == other.clock
    for leaf in one.rotation:
        if leaf.kind in {"sewage", "boilers", "energy"}:
            assert one.parts(leaf) == other.parts(leaf)
