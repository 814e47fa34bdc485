from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from alerts.actor import Actor
from alerts.desk.usher import Usher
from schemas.catalog.duty import Role

if TYPE_CHECKING:
    from alerts.desk.sessions import Sessions

WHO = Actor(name="chen", role=Role.INSPECTOR)


class Page:
    """An open page: what was asked of its browser."""

    def __init__(self, number: int, path: str, *, logged_in: bool) -> None:
        self.id = str(number)
        self.page = SimpleNamespace(path=path)
        self.request = SimpleNamespace(url=SimpleNamespace(path=path), logged_in=logged_in)
        self.opened: list[str] = []
        self.deleted = False

    def open(self, path: str) -> None:
        self.opened.append(path)

    def delete(self) -> None:
        self.deleted = True


class LogIns:
    async def current(self, request: Any) -> Actor | None:
        return WHO if request.logged_in else None


def usher(*, is_wall_open: bool = True) -> Usher:
    return Usher(cast("Sessions", LogIns()), is_wall_open=is_wall_open)


@pytest.mark.parametrize(
    ("path", "logged_in", "is_wall_open", "shown_out", "sentence"),
    [
        ("/desk", True, True, False, "whose log-in holds stays"),
        ("/desk", False, True, True, "whose log-in ended goes"),
        ("/", False, True, False, "an open wall is for everybody"),
        ("/", False, False, True, "a closed one is not"),
        ("/login", False, False, False, "who logs in cannot be logged in yet"),
        ("/password", False, False, False, "nor who changes a one-time password"),
    ],
)
async def test_who_is_shown_out(
    path: str, logged_in: bool, is_wall_open: bool, shown_out: bool, sentence: str, monkeypatch: pytest.MonkeyPatch  # noqa: FBT001
) -> None:  # fmt: skip
    page = Page(1, path, logged_in=logged_in)
    monkeypatch.setattr("nicegui.Client.instances", {page.id: page})
    await usher(is_wall_open=is_wall_open).look()
    assert bool(page.opened) is shown_out, sentence
    assert all(one.startswith("/login?next=") for one in page.opened)
    assert not page.deleted


async def test_a_page_that_stays_all_the_same_is_closed_at_the_next_look(monkeypatch: pytest.MonkeyPatch) -> None:
    stubborn, obedient, late = (Page(n, "/desk", logged_in=False) for n in range(3))
    open_pages = {one.id: one for one in (stubborn, obedient)}
    monkeypatch.setattr("nicegui.Client.instances", open_pages)
    shows = usher()
    await shows.look()
    del open_pages[obedient.id]
    open_pages[late.id] = late
    await shows.look()
    assert (stubborn.deleted, obedient.deleted, late.deleted) == (True, False, False)
    assert late.opened
