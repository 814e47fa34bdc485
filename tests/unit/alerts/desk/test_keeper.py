"""How pages wait for news; a database that nobody answers for. With a database: tests/integration/test_snapshot.py."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest

from alerts.desk.facts import SiteView, Snapshot, Totals
from alerts.desk.keeper import Keeper
from schemas.runtime.folder import any_free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

NOW = datetime(2026, 6, 2, 4, 0, tzinfo=UTC)
SOON_S, NEVER_S = 0.05, 30.0


@pytest.fixture
async def astray() -> AsyncIterator[Keeper]:
    """A keeper at whose database's address nobody answers."""
    keeper = Keeper(f"postgresql://nobody@127.0.0.1:{any_free_port('127.0.0.1', None)}/nowhere")
    running = asyncio.create_task(keeper.run())
    yield keeper
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_database_that_is_away_from_the_beginning_is_told_to_whoever_waits(astray: Keeper) -> None:
    assert await astray.after(0, NEVER_S) == 1
    assert astray.away_since is not None
    assert astray.snapshot is None
    assert astray.why_not_ready(NOW) == "尚未读到数据 (no snapshot yet)."


async def test_all_who_wait_are_woken_and_who_is_behind_does_not_wait(astray: Keeper) -> None:
    assert await asyncio.gather(*(astray.after(0, NEVER_S) for _ in range(50))) == [1] * 50
    assert await astray.after(0, NEVER_S) == 1


async def test_without_news_the_present_version_is_said_when_the_time_is_over(astray: Keeper) -> None:
    await astray.after(0, NEVER_S)
    assert await astray.after(1, SOON_S) == 1
    assert await astray.after(1, 0) == 1


async def test_who_gives_up_waiting_disturbs_nobody(astray: Keeper) -> None:
    waiting = [asyncio.create_task(astray.after(0, NEVER_S)) for _ in range(2)]
    waiting[0].cancel()
    assert await waiting[1] == 1


def site(**fields: object) -> SiteView:
    found = SiteView(
        id="s", name="s", town="t", kind="k", bureau="b", state="stale", detail="", newest=NOW, age_s=1.0, devices=[]
    )
    return msgspec.structs.replace(found, **fields)


@pytest.mark.parametrize(
    ("why", "other", "same"),
    [
        ("time passed", {"now": NOW + timedelta(seconds=9), "sites": [site(age_s=10.0)]}, True),
        ("something was received", {"totals": Totals(received=1)}, False),
        ("something was committed", {"committed_at": NOW}, False),
        ("a site changed its colour", {"sites": [site(state="exceeding")]}, False),
        ("a site was heard", {"sites": [site(newest=NOW + timedelta(seconds=1))]}, False),
        ("a site is gone", {"sites": []}, False),
        ("an incident is counted", {"incidents_total": 1}, False),
    ],
)
def test_content_changed_where_a_reader_would_see_it(why: str, other: dict[str, object], same: bool) -> None:  # noqa: FBT001
    before = Snapshot(county="c", now=NOW, sites=[site()])
    assert msgspec.structs.replace(before, **other).says_the_same_as(before) is same, why
