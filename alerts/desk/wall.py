"""The wall 大屏: one page for a screen on the bureau's wall. Panels are replaced only where their HTML changed."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from nicegui import ui

from alerts.desk import dials, panels, tables
from schemas.runtime import clock

if TYPE_CHECKING:
    from alerts.desk.facts import BoilerView, Snapshot
    from alerts.desk.keeper import Keeper

_EVERY_S = 2.0


def mount(keeper: Keeper) -> None:
    """Add the page ``/``."""
    style = files(__package__).joinpath("wall.css").read_text(encoding="utf-8")

    @ui.page("/", title="永兴县在线监测")
    def _wall() -> None:
        ui.add_css(style)
        page = Wall(keeper)
        page.refresh()
        ui.timer(_EVERY_S, page.refresh)


class Wall:
    """One open page."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper
        self._dials: list[tuple[ui.echart, ui.html]] = []
        with ui.element("main").classes("wall"):
            self._banner = _html("banner")
            self._header = _html("header")
            with ui.element("div").classes("columns"):
                with ui.element("section").classes("col left"):
                    self._incidents = _html("panel grow")
                with ui.element("section").classes("col middle"):
                    self._sites = _html("panel grow")
                with ui.element("section").classes("col right"):
                    self._outlets = _html("panel")
                    with ui.element("div").classes("panel boilers"):
                        self._boilers = _html()
                        self._row = ui.element("div").classes("dials")
                    self._budgets = _html("panel grow")

    def refresh(self) -> None:
        """Show the shared snapshot as it is now."""
        now = clock.now()
        snapshot = self._keeper.snapshot
        warning = panels.banner(self._keeper.away_since, now)
        self._banner.set_content(warning)
        self._banner.set_visibility(bool(warning))
        self._header.set_content(panels.header(snapshot, now))
        if snapshot is None:
            self._sites.set_content('<div class="empty">正在读取数据…<br><span class="en">Loading</span></div>')
            return
        self._incidents.set_content(panels.incidents(snapshot, now))
        self._sites.set_content(panels.sites(snapshot, now))
        self._outlets.set_content(tables.outlets(snapshot))
        self._budgets.set_content(tables.budgets(snapshot))
        self._boilers.set_content(tables.boilers(snapshot))
        self._show_boilers(snapshot)

    def _show_boilers(self, snapshot: Snapshot) -> None:
        if len(self._dials) != len(snapshot.boilers):
            self._row.clear()
            with self._row:
                self._dials = [self._dial(boiler) for boiler in snapshot.boilers]
        for (chart, text), boiler in zip(self._dials, snapshot.boilers, strict=True):
            text.set_content(tables.dial_words(boiler))
            wanted = dials.options(boiler)
            if chart.options != wanted:
                chart.options.update(wanted)
                chart.update()

    def _dial(self, boiler: BoilerView) -> tuple[ui.echart, ui.html]:
        with ui.element("div").classes("dial"):
            return ui.echart(dials.options(boiler)).classes("arc"), _html("text")


def _html(classes: str = "") -> ui.html:
    # Not sanitized by the browser: every foreign word is escaped in `words.safe`.
    return ui.html("", sanitize=False).classes(classes)
