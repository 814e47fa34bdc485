from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.shares import client_id_of, filters_of, owner_of, share_of

SITES = st.lists(st.from_regex(r"[a-z0-9-]{1,12}", fullmatch=True), unique=True, max_size=30)
WORKERS = st.lists(st.from_regex(r"ingest-[0-9]{1,2}", fullmatch=True), unique=True, min_size=1, max_size=8)
SHARES = st.integers(1, 64)


@given(SITES, SHARES)
def test_every_site_is_in_exactly_one_share(sites: list[str], shares: int) -> None:
    for site in sites:
        assert [share for share in range(shares) if share_of(site, shares) == share] == [share_of(site, shares)]


@given(SITES, st.integers(2, 64), st.sampled_from(["yx/v1", "r"]))
def test_the_filters_of_all_shares_cover_every_site_once(sites: list[str], shares: int, root: str) -> None:
    filters = [one for share in range(shares) for one in filters_of(share, shares, root, sites)]
    assert Counter(filters) == Counter(f"{root}/{site}/#" for site in sites)


@given(SITES, st.integers(2, 64))
def test_filters_do_not_depend_on_the_order_of_the_registry(sites: list[str], shares: int) -> None:
    for share in range(shares):
        assert filters_of(share, shares, "r", sites) == filters_of(share, shares, "r", sites[::-1])


def test_one_share_is_everything_known_to_us_or_not() -> None:
    assert filters_of(0, 1, "yx/v1", []) == ("yx/v1/#",)
    assert filters_of(0, 1, "yx/v1", ["a", "b"]) == ("yx/v1/#",)


@given(WORKERS)
def test_every_share_has_one_owner_whatever_the_order_of_the_workers(workers: list[str]) -> None:
    for share in range(64):
        owner = owner_of(share, workers)
        assert owner in workers
        assert owner == owner_of(share, sorted(workers)) == owner_of(share, workers[::-1])


def test_without_workers_nobody_owns_a_share() -> None:
    assert owner_of(0, []) is None


@given(WORKERS, st.just("new-one"))
def test_a_worker_that_comes_or_goes_moves_only_its_own_shares(workers: list[str], one: str) -> None:
    for share in range(64):
        before, after = owner_of(share, workers), owner_of(share, [*workers, one])
        assert after in (before, one)


@given(WORKERS.filter(lambda workers: len(workers) > 1), st.integers(0, 7))
def test_a_worker_that_leaves_gives_away_only_its_own(workers: list[str], number: int) -> None:
    gone = workers[number % len(workers)]
    left = [worker for worker in workers if worker != gone]
    for share in range(64):
        if owner_of(share, workers) != gone:
            assert owner_of(share, left) == owner_of(share, workers)


def test_shares_are_dealt_about_evenly() -> None:
    owners = Counter(owner_of(share, [f"ingest-{n}" for n in range(4)]) for share in range(1024))
    assert len(owners) == 4
    assert min(owners.values()) > 200
    sites = Counter(share_of(f"site-{n}", 16) for n in range(4000))
    assert len(sites) == 16
    assert min(sites.values()) > 190


@pytest.mark.parametrize(
    ("site", "share"),
    [("bj-wwtp", 6), ("lyt-boiler", 4), ("zs-boiler", 2), ("th-paper", 1), ("hn-food", 3), ("mt-ceramic", 5)],
)
def test_a_site_stays_in_its_share_for_ever(site: str, share: int) -> None:
    """The broker holds sessions by these numbers: another hash in a later version would lose what they hold."""
    assert share_of(site, 8) == share


def test_client_ids_name_the_share_and_their_number() -> None:
    assert client_id_of(0, 1, "stem") == "stem"
    assert [client_id_of(share, 3, "stem") for share in range(3)] == ["stem-0of3", "stem-1of3", "stem-2of3"]
