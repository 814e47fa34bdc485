"""The wall 大屏: pages that take turns on a screen of the bureau. One task walks over all open pages; only what changed is sent."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from fastapi import Request  # noqa: TC002 - the page reads its arguments from the annotations
from nicegui import ui

from alerts.desk import background, wall_book
from alerts.desk.wall_press import Press
from schemas.runtime import clock, logs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from nicegui import Client

    from alerts.desk.keeper import Keeper
    from alerts.desk.wall_book import Leaf
    from alerts.desk.wall_press import Edition
    from alerts.desk.wallparts.pieces import Part

_LOG = logs.get(__name__)
_TITLE = "永兴县在线监测"
_VIEWPORT = "width=device-width, initial-scale=1"
#: The walker looks at the hands of its clock this often, for turns and ages.
_LOOK_S = 1.0
#: So many parts has the page that has most.
_SLOTS = 3
_SHORTEST_TURN_S, _LONGEST_TURN_S = 1, 3600
_DEFECT = "⚠ 本页生成出错，以下为出错前的内容 <small>This page failed to be made, older content below</small>"


def mount(keeper: Keeper, turn_s: int = 20) -> None:
    """Add the page ``/`` and the task that feeds all open ones.

    *turn_s*: how long a page stands; 0: the wall never turns by itself. A screen may ask for its own (``?turn=30``), for one
    page alone (``?page=sewage``).
    """
    style = files(__package__).joinpath("wall.css").read_text(encoding="utf-8")
    walker = Walker(keeper)

    @ui.page("/", title=_TITLE, viewport=_VIEWPORT)
    def _wall(request: Request) -> None:
        ui.add_css(style)
        walker.take(Wall(asked(request.query_params, request.headers.get("user-agent", ""), turn_s)))

    background.keep("wall", walker.run)


def asked(query: Mapping[str, str], agent: str, turn_s: int) -> Turns:
    """Return how a screen's pages turn, from its address; what is not understood is as if not asked.

    A phone (browsers of phones name themselves "Mobi") waits for its reader.
    """
    page = query.get("page", "")
    alone = page if page.partition("-")[0] in wall_book.KIND_ZH else ""
    wish = query.get("turn", "")
    if wish.isascii() and wish.isdigit():
        turn_s = int(wish[:5]) and min(max(int(wish[:5]), _SHORTEST_TURN_S), _LONGEST_TURN_S)
    return Turns(turn_s, alone, is_paused="Mobi" in agent)


class Turns:
    """Which page a screen shows."""

    def __init__(self, turn_s: int, alone: str = "", *, is_paused: bool = False) -> None:
        self.alone = alone
        self.turns = bool(turn_s) and not alone
        self.is_paused = is_paused
        self._turn_s = turn_s
        self._turned: datetime | None = None
        self._at = 0

    def leaves(self, edition: Edition, now: datetime) -> tuple[tuple[Leaf, ...], int]:
        """Return the pages there are and the place of the one to show."""
        if self.alone:
            return edition.alone(self.alone)
        if self._turned is None:
            self._turned = now
        stood_s = (now - self._turned).total_seconds()
        # A clock that was set back must not keep the page standing.
        if self.turns and not self.is_paused and not 0 <= stood_s < self._turn_s:
            self._at, self._turned = self._at + 1, now
        self._at %= len(edition.rotation)
        return edition.rotation, self._at

    def pause(self, now: datetime) -> None:
        """Stand still, or go on: the page that stands stays a whole turn."""
        self.is_paused = not self.is_paused
        self._turned = now


class Walker:
    """Brings every new edition to every open page."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper
        self._press = Press()
        self._failed = -1
        self.open: dict[str, Wall] = {}

    def take(self, page: Wall) -> None:
        """Show *page* what there is, and keep it up to date until its client is gone."""
        client = page.client
        self.open[client.id] = page
        client.on_delete(lambda: self.open.pop(client.id, None))
        page.on_pause = lambda: self._show(page, clock.now())
        self._show(page, clock.now())

    async def run(self) -> None:
        """Walk for ever."""
        version = -1
        while True:
            version = await self._keeper.after(version, _LOOK_S)
            now = clock.now()
            for page in list(self.open.values()):
                self._show(page, now)

    def _show(self, page: Wall, now: datetime) -> None:
        keeper = self._keeper
        try:
            page.show(self._press.edition(keeper.version, keeper.snapshot, keeper.away_since, now), now)
        except Exception:  # noqa: BLE001 - a page that cannot be made must not take the duty desk along; it is logged and said
            if self._failed != keeper.version:
                self._failed = keeper.version
                _LOG.exception("wall page failed", page=page.turns.alone, version=keeper.version)
            page.fail()


class Wall:
    """One open page."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.client: Client = ui.context.client
        self.on_pause: Callable[[], None] = lambda: None
        self._shown: dict[ui.html, str] = {}
        self._links: dict[str, tuple[ui.link, str]] = {}
        with ui.element("div").classes("wall") as self._all:
            self._banner = self._html("banner gone", role="alert")
            with ui.element("header").classes("header"):
                self._title = self._html("title")
                self._counts = self._html("counts")
                self._clock = self._html("clock")
            with ui.element("nav").classes("bar-of-pages").props('aria-label="页面 pages"'):
                self._nav()
            with ui.element("div").classes("body") as self._body:
                self._slots = [self._html("gone", tag="section") for _ in range(_SLOTS)]
        self._kind = ""

    def _nav(self) -> None:
        if self.turns.alone:
            ui.link("↻ 轮播", "/").classes("page").props('title="All pages in turn"')
        for kind, (zh, en) in wall_book.KIND_ZH.items():
            link = ui.link(zh, f"/?page={kind}").classes("page").props(f'title="{en}"')
            self._links[kind] = (link, zh)
        self._dots = self._html("dots")
        ui.link("值班台 Duty desk", "/desk").classes("desk")
        if self.turns.turns:
            self._button = (
                ui.button(color=None, on_click=self._pause).props("flat no-caps :ripple=false").classes("pause")
            )
            self._say_paused()

    def _pause(self) -> None:
        self.turns.pause(clock.now())
        self._say_paused()
        self.on_pause()

    def _say_paused(self) -> None:
        is_paused = self.turns.is_paused
        self._button.set_text("▶ 继续 Go on" if is_paused else "❚❚ 暂停 Pause")
        self._button.props(f"aria-pressed={'true' if is_paused else 'false'}")

    def show(self, edition: Edition, now: datetime) -> None:
        """Show *edition*; what is as before is not sent again."""
        leaves, at = self.turns.leaves(edition, now)
        self._set(self._title, edition.title)
        self._set(self._counts, edition.counts)
        self._set(self._clock, edition.clock)
        self._warn(edition.banner)
        self._mark(leaves, at, edition.badges)
        parts = edition.parts(leaves[at])
        for slot, part in zip(self._slots, parts, strict=False):
            self._place(slot, part)
        for slot in self._slots[len(parts) :]:
            self._set(slot, "", "gone")
        kind = leaves[at].kind if len(parts) > 1 else "whole"
        if kind != self._kind:
            self._body.classes(replace=f"body {kind} n{len(parts)}")
            self._kind = kind

    def fail(self) -> None:
        """Say that what stands here is old."""
        self._warn(_DEFECT)

    def _warn(self, banner: str) -> None:
        self._set(self._banner, banner, "banner" if banner else "banner gone")
        self._all.classes(add="old" if banner else None, remove=None if banner else "old")

    def _mark(self, leaves: tuple[Leaf, ...], at: int, badges: Mapping[str, int]) -> None:
        here = leaves[at]
        for kind, (link, zh) in self._links.items():
            text = f"{zh} ▲{badges[kind]}" if badges.get(kind) else zh
            if link.text != text:
                link.set_text(text)
            if (link.props.get("aria-current") == "page") != (kind == here.kind):
                link.props("aria-current=page") if kind == here.kind else link.props(remove="aria-current")
        self._set(self._dots, _dots(leaves, at, are_links=bool(self.turns.alone)))

    def _place(self, slot: ui.html, part: Part) -> None:
        if slot.props.get("aria-label") != part.label:
            slot.props(f'aria-label="{part.label}"')
        self._set(slot, part.html, part.area)

    def _set(self, element: ui.html, content: str, classes: str | None = None) -> None:
        if classes is not None and self._shown.get(element) != classes:
            element.classes(replace=classes)
            self._shown[element] = classes
        if element.content != content:
            element.set_content(content)

    @staticmethod
    def _html(classes: str, *, tag: str = "div", role: str = "") -> ui.html:
        # Not sanitized by the browser: every foreign word is escaped in `words.safe`.
        made = ui.html("", sanitize=False, tag=tag).classes(classes)
        return made.props(f"role={role}") if role else made


def _dots(leaves: tuple[Leaf, ...], at: int, *, are_links: bool) -> str:
    """Return where in the rotation the page stands; alone, the other pages of its kind."""
    if len(leaves) == 1:
        return ""
    if are_links:
        near = leaves[max(0, at - 4) : at + 5]
        steps = "".join(
            f'<a href="/?page={leaf.key}"{" aria-current=page" if leaf == leaves[at] else ""}>{leaf.number}</a>'
            for leaf in near
        )
        return f'{steps}<span class="en">{at + 1}/{len(leaves)}</span>'
    dots = "".join(f'<i class="{"at" if place == at else ""}"></i>' for place in range(len(leaves)))
    return f'<span role="img" aria-label="第 {at + 1} 页，共 {len(leaves)} 页">{dots}</span><span class="en">{at + 1}/{len(leaves)}</span>'
