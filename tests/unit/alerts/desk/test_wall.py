from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from alerts.desk.wall import Turns, Walker
from tests.browser import wall_counties as made

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from alerts.desk.wall_press import Edition


class Client:
    def __init__(self, name: str) -> None:
        self.id = name
        self.gone: list[Callable[[], object]] = []

    def on_delete(self, handler: Callable[[], object]) -> None:
        self.gone.append(handler)


class Page:
    """An open page that notes what it is shown."""

    def __init__(self, name: str, *, breaks: bool = False) -> None:
        self.client = Client(name)
        self.turns = Turns(20)
        self.editions: list[Edition] = []
        self.failed = 0
        self.breaks = breaks
        self.on_pause: Callable[[], None] = lambda: None

    def show(self, edition: Edition, _now: datetime) -> None:
        if self.breaks:
            raise ZeroDivisionError
        self.editions.append(edition)

    def fail(self) -> None:
        self.failed += 1


class Keeper:
    """Grows by a version each time it is asked, and ends after some."""

    def __init__(self, versions: int) -> None:
        self.version = 0
        self.snapshot = made.county()
        self.away_since = None
        self._versions = versions

    async def after(self, version: int, within_s: float) -> int:
        assert within_s <= 1
        assert version < self.version or version in {-1, self.version}
        if self.version == self._versions:
            raise EOFError
        self.version += 1
        return self.version


def walker(keeper: Keeper) -> Any:
    return Walker(keeper)  # type: ignore[arg-type]


async def test_each_version_reaches_every_open_page_and_is_printed_once() -> None:
    walk = walker(Keeper(3))
    pages = [Page(str(number)) for number in range(50)]
    for page in pages:
        walk.take(page)
    with pytest.raises(EOFError):
        await walk.run()
    assert [len(page.editions) for page in pages] == [4] * 50
    for at in range(4):
        assert len({id(page.editions[at]) for page in pages}) == 1


async def test_a_page_that_is_gone_is_forgotten() -> None:
    walk = walker(Keeper(1))
    gone, stays = Page("gone"), Page("stays")
    walk.take(gone)
    walk.take(stays)
    for handler in gone.client.gone:
        handler()
    with pytest.raises(EOFError):
        await walk.run()
    assert list(walk.open) == ["stays"]
    assert len(gone.editions) == 1


async def test_a_page_that_cannot_be_made_says_so_and_the_others_go_on() -> None:
    walk = walker(Keeper(2))
    broken, whole = Page("broken", breaks=True), Page("whole")
    walk.take(broken)
    walk.take(whole)
    with pytest.raises(EOFError):
        await walk.run()
    assert broken.failed == 3
    assert len(whole.editions) == 3


def test_pausing_shows_the_page_at_once() -> None:
    walk, page = walker(Keeper(0)), Page("one")
    walk.take(page)
    page.on_pause()
    assert len(page.editions) == 2
