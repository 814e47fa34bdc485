"""值班台: the queue, by level and age, refreshed in place so that scroll, filters and open sheets stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import ui

from alerts.actor import is_bound_to_site, may
from alerts.desk.pages import cards, choose, sheets, texts
from alerts.desk.pages.choose import Choice
from alerts.desk.pages.frame import html
from schemas.catalog.enums import LEVEL_ZH, Level

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from alerts.casework import Case
    from alerts.desk.pages.board import Picture
    from alerts.desk.pages.frame import Frame

#: Cards shown at once; with more than so many the sites are offered with their counts.
PAGE = 30


class Queue:
    """One open queue."""

    def __init__(self, frame: Frame, rules: Mapping[str, str]) -> None:
        self._frame = frame
        self._rules = rules
        self._choice = Choice()
        self._pages = 1
        self._slots: list[_Slot] = []
        self._groups: list[tuple[str, str]] = []
        self._sites: dict[str, str] = {}
        with frame.main:
            # It scrolls sideways on a phone: the keyboard must reach it too.
            self._duty = html("", "duty").props('tabindex=0 role=region aria-label="当班 on duty"')
            with ui.element("div").classes("bar"):
                self._parts = Chips(choose.PARTS, self._choice.part, self._to("part"))
                if not is_bound_to_site(frame.actor):
                    Chips(choose.SCOPES, self._choice.scope, self._to("scope"))
                levels = {"": "全部级别", **{one.value: LEVEL_ZH[one] for one in reversed(Level)}}
                ui.select(levels, value="", on_change=lambda e: self._to("level")(e.value)).props("outlined dense dark")
                self._site = ui.select(
                    {"": "全部站点"}, value="", with_input=True, on_change=lambda e: self._to("site")(e.value or "")
                )
                self._site.props('outlined dense dark aria-label="站点 site"').classes("site")
            self._storm = ui.element("div").classes("sites")
            self._list = ui.element("div").classes("queue")
            self._none = html("", "none")
            self._more = (
                ui.button("再显示 30 起 More", on_click=self._show_more, color=None)
                .props("flat no-caps")
                .classes("tap plain more")
            )

    def refresh(self) -> None:
        """Show the shared picture as it is now."""
        now = self._frame.tick()
        picture = self._frame.picture()
        if picture is None:
            self._none.set_content('正在读取… <span class="en">Loading</span>')
            return
        self._duty.set_content(self._hints(picture, now))
        seen = choose.in_scope(
            choose.seen_by(picture.cases, self._frame.actor), self._choice.scope, self._frame.actor, self._frame.bureau
        )
        self._parts.rename({part: f"{choose.PARTS[part]} {count}" for part, count in choose.counts(seen).items()})
        self._offer_sites(picture)
        self._show_groups(choose.pick(seen, Choice(part=self._choice.part, level=self._choice.level)), picture)
        self._show_cards(choose.pick(seen, self._choice), picture, now)

    def _hints(self, picture: Picture, now: datetime) -> str:
        """Return who is on duty and what is silenced; to an operator, of the own site."""
        on_duty, hushed = picture.on_duty(), picture.silences_in_force()
        if is_bound_to_site(self._frame.actor):
            own = self._frame.actor.site
            sites = picture.registry.document.sites if picture.registry else []
            leads = {site.lead_bureau for site in sites if site.id == own}
            on_duty = [(bureau, one) for bureau, one in on_duty if bureau in leads]
            hushed = [row for row in hushed if row["site_id"] == own]
        shown = cards.duty(on_duty, picture.bureaus, self._frame.bureau, now)
        return shown + cards.hushed(hushed, picture, self._rules, now)

    def _show_cards(self, found: list[Case], picture: Picture, now: datetime) -> None:
        shown = found[: PAGE * self._pages]
        while len(self._slots) < len(shown):
            with self._list:
                self._slots.append(_Slot(self._frame, self.refresh))
        for slot, case in zip(self._slots, shown, strict=False):
            slot.show(case, picture, now)
        for slot in self._slots[len(shown) :]:
            slot.hide()
        self._more.set_visibility(len(found) > len(shown))
        self._more.set_text(f"共 {len(found)} 起，已显示 {len(shown)} 起；再显示 {PAGE} 起 More")
        self._none.set_visibility(not found)
        self._none.set_content('没有符合条件的事件 <span class="en">Nothing here</span>')

    def _show_groups(self, found: list[Case], picture: Picture) -> None:
        groups = choose.by_site(found, picture.sites) if len(found) > PAGE else []
        content = [(site, cards.group(name, levels)) for site, name, levels in groups]
        marked = [*content, ("", self._choice.site)]
        if marked == self._groups:
            return
        self._groups = marked
        self._storm.clear()
        with self._storm:
            for site, text in content:
                chosen = "group on" if site == self._choice.site else "group"
                html(text, chosen, tag="button").on("click", lambda site=site: self._toggle_site(site))

    def _toggle_site(self, site: str) -> None:
        self._site.set_value("" if self._choice.site == site else site)

    def _offer_sites(self, picture: Picture) -> None:
        own = self._frame.actor.site if is_bound_to_site(self._frame.actor) else None
        sites = {"": "全部站点", **{key: name for key, name in picture.sites.items() if own in {None, key}}}
        if sites != self._sites:
            self._sites = sites
            self._site.set_options(sites)

    def _to(self, name: str) -> Callable[[str], None]:
        def chosen(value: str) -> None:
            setattr(self._choice, name, value)
            self._pages = 1
            self.refresh()

        return chosen

    def _show_more(self) -> None:
        self._pages += 1
        self.refresh()


class Chips:
    """A row of buttons of which one is chosen."""

    def __init__(self, options: Mapping[str, str], chosen: str, on_choose: Callable[[str], None]) -> None:
        self._on_choose = on_choose
        with ui.element("div").classes("chips"):
            self._buttons = {
                key: ui.button(text, on_click=lambda key=key: self._choose(key), color=None)
                .props("flat no-caps")
                .classes(f"chip to-{key}")
                for key, text in options.items()
            }
        self._mark(chosen)

    def rename(self, texts: Mapping[str, str]) -> None:
        """Write *texts* on the buttons."""
        for key, text in texts.items():
            self._buttons[key].set_text(text)

    def _choose(self, key: str) -> None:
        self._mark(key)
        self._on_choose(key)

    def _mark(self, chosen: str) -> None:
        for key, button in self._buttons.items():
            button.classes(add="on") if key == chosen else button.classes(remove="on")
            button.props(f"aria-pressed={'true' if key == chosen else 'false'}")


class _Slot:
    """A place of the list, filled with whichever incident stands there now."""

    def __init__(self, frame: Frame, refresh: Callable[[], None]) -> None:
        self._frame = frame
        self._refresh = refresh
        self._case: Case | None = None
        self._classes = ""
        self._box = ui.element("article")
        with self._box:
            self._text = html("", "what")
            with ui.element("div").classes("do") as self._do:
                self._ack = (
                    ui.button("签收", on_click=self._act, color=None)
                    .props("unelevated no-caps")
                    .classes("tap main ack")
                )

    def show(self, case: Case, picture: Picture, now: datetime) -> None:
        self._case = case
        wanted = cards.classes(case)
        if wanted != self._classes:
            self._box.classes(replace=wanted)
            self._classes = wanted
        self._text.set_content(cards.card(case, picture, now))
        self._offer(case, now)
        self._box.set_visibility(True)

    def _offer(self, case: Case, now: datetime) -> None:
        """Offer the act that is next: taking on what is live, closing what is over."""
        part, held = choose.part_of(case), texts.is_acknowledged(case, now)
        act = {choose.LIVE_ONES: "acknowledge", choose.TO_SETTLE: "settle"}.get(part or "")
        self._do.set_visibility(act is not None and may(self._frame.actor, act, case.site_id))
        self._ack.set_text("销号" if act == "settle" else "续签" if held else "签收")
        is_calm = held or act == "settle"
        self._ack.classes(add="plain" if is_calm else "main", remove="main" if is_calm else "plain")

    def hide(self) -> None:
        self._box.set_visibility(False)

    def _act(self) -> None:
        # The list may move under a finger: the sheet names the incident, the second tap confirms it.
        if self._case is not None:
            is_over = choose.part_of(self._case) == choose.TO_SETTLE
            (sheets.settle if is_over else sheets.acknowledge)(self._frame, self._case, self._refresh)
