"""站点: all sites of the county, worst first, with filters. One page shows some of them; more are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import ui

from alerts.actor import is_bound_to_site
from alerts.desk import words
from alerts.desk.drill import overview, tiles
from alerts.desk.drill.overview import Wanted
from alerts.desk.pages.frame import html
from alerts.desk.pages.queue import Chips
from schemas.catalog.enums import SITE_KIND_ZH
from schemas.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from alerts.desk.drill.overview import Row
    from alerts.desk.drill.sums import Ledger, Sums
    from alerts.desk.facts import Snapshot
    from alerts.desk.keeper import Keeper
    from alerts.desk.pages.frame import Frame

#: Lines shown at once.
PAGE = 40
_KINDS = {"": "全部类型", **{one.value: zh for one, zh in SITE_KIND_ZH.items()}}


class County:
    """One open list of sites. *asked*: the filters in the address."""

    def __init__(self, frame: Frame, keeper: Keeper, ledger: Ledger, asked: Mapping[str, str]) -> None:
        self._frame = frame
        self._keeper = keeper
        self._ledger = ledger
        self._wanted = Wanted(
            text=asked.get("q", ""),
            kind=asked.get("kind", "") if asked.get("kind", "") in _KINDS else "",
            state=asked.get("state", "") if asked.get("state", "") in overview.ORDER else "",
        )
        self._town = asked.get("town", "")
        self._towns: dict[str, str] = {"": "全部乡镇"}
        self._pages = 1
        self._rows: list[Row] = []
        self._now: datetime | None = None
        self._slots: list[_Slot] = []
        with frame.main:
            with ui.element("div").classes("dr-top"):
                html('站点 <span class="en">Sites</span>', tag="h1")
                self._until = html("", "dim until")
            self._figures = html("", "figs")
            self._bar()
            self._heads = html(tiles.heads(), "dr-heads")
            self._list = ui.element("div").classes("dr-list")
            self._none = html(tiles.LOADING, "none")
            more = ui.button("再显示", on_click=self._show_more, color=None)
            self._more = more.props("flat no-caps").classes("tap plain more")
            self._more.set_visibility(False)

    def _bar(self) -> None:
        with ui.element("div").classes("bar") as self._tools:
            self._chips = Chips(overview.chips([]), self._wanted.state, self._to("state"))
            search = ui.input(
                "搜索名称 name", value=self._wanted.text, on_change=lambda e: self._to("text")(e.value or "")
            )
            search.props("outlined dense dark clearable debounce=250").classes("search")
            self._pick = ui.select(self._towns, value="", on_change=lambda e: self._to("town")(e.value or ""))
            self._pick.props("outlined dense dark")
            kinds = ui.select(_KINDS, value=self._wanted.kind, on_change=lambda e: self._to("kind")(e.value or ""))
            kinds.props("outlined dense dark")
        self._tools.set_visibility(not is_bound_to_site(self._frame.actor))

    async def refresh(self) -> None:
        """Show the shared snapshot as it is now; what is shown stays while the database is away."""
        self._now = now = self._frame.tick()
        snapshot, picture = self._keeper.snapshot, self._frame.picture()
        if snapshot is None or picture is None:
            return
        self._until.set_content(f"数据截至 {words.clock(snapshot.now)[:16]}")
        self._rows = overview.rows(snapshot, picture.cases, await self._sums(snapshot, now), self._frame.actor)
        self._figures.set_content("" if is_bound_to_site(self._frame.actor) else tiles.figures(snapshot))
        self._offer_towns()
        self._chips.rename(overview.chips(self._rows))
        self._show(now)

    async def _sums(self, snapshot: Snapshot, now: datetime) -> Sums | None:
        picture = self._frame.picture()
        if picture is None or picture.registry is None:
            return None
        silent = [site.id for site in snapshot.sites if site.newest is None]
        try:
            return await self._ledger.current(picture.registry, silent, now)
        except DatabaseError:
            # The banner says so.
            return self._ledger.newest

    def _show(self, now: datetime) -> None:
        found = overview.pick(self._rows, self._wanted)
        shown = found[: PAGE * self._pages]
        while len(self._slots) < len(shown):
            with self._list:
                self._slots.append(_Slot())
        for slot, row in zip(self._slots, shown, strict=False):
            slot.show(row, now)
        for slot in self._slots[len(shown) :]:
            slot.hide()
        self._heads.set_visibility(bool(shown))
        self._none.set_content('没有符合条件的站点 <span class="en">Nothing here</span>' if self._rows else tiles.EMPTY)
        self._none.set_visibility(not found)
        self._more.set_visibility(len(found) > len(shown))
        self._more.set_text(f"共 {len(found)} 个站点，已显示 {len(shown)} 个；再显示 {PAGE} 个 More")

    def _offer_towns(self) -> None:
        towns = {"": "全部乡镇", **{town: town for town in sorted({row.town for row in self._rows})}}
        if towns == self._towns:
            return
        self._towns = towns
        wanted = self._wanted.town or self._town
        self._town = ""
        # A town that is gone from the registry is no longer asked for.
        self._pick.set_options(towns, value=wanted if wanted in towns else "")

    def _to(self, name: str) -> Callable[[str], None]:
        def chosen(value: str) -> None:
            setattr(self._wanted, name, value)
            self._pages = 1
            if self._now is not None:
                self._show(self._now)

        return chosen

    def _show_more(self) -> None:
        self._pages += 1
        if self._now is not None:
            self._show(self._now)


class _Slot:
    """A line of the list, filled with whichever site stands there now."""

    def __init__(self) -> None:
        self._classes = ""
        self._box = html("", tag="article")

    def show(self, row: Row, now: datetime) -> None:
        wanted = tiles.classes(row)
        if wanted != self._classes:
            self._box.classes(replace=wanted)
            self._classes = wanted
        self._box.set_content(tiles.row(row, now))
        self._box.set_visibility(True)

    def hide(self) -> None:
        self._box.set_visibility(False)
