"""One site: all that is known of it, block by block, each with as of when. Refreshed in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import ui

from alerts.actor import NotAllowedError, NotFoundError, may
from alerts.desk import words
from alerts.desk.drill import blocks, devices, outlets, overview, plants, refused, site_facts, speaking, tiles
from alerts.desk.pages import choose, texts
from alerts.desk.pages.choose import Choice
from alerts.desk.pages.frame import html
from alerts.desk.pages.sheets import Sheet
from schemas.errors import DatabaseError, MonitorError

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.desk.drill.devices import RefusalLine
    from alerts.desk.drill.site_facts import SiteFacts
    from alerts.desk.facts import SiteView
    from alerts.desk.keeper import Keeper
    from alerts.desk.pages.board import Picture
    from alerts.desk.pages.frame import Frame
    from schemas.registry.store import Registry

#: What is read for this page alone is read so often; values and states come from the shared snapshot.
_READ_EVERY_S = 10.0


class SitePage:
    """One open page of the site *site*."""

    def __init__(self, frame: Frame, keeper: Keeper, site: str) -> None:
        self._frame = frame
        self._keeper = keeper
        self._site = site
        self._facts: SiteFacts | None = None
        self._alone: Registry | None = None
        self._refused: list[RefusalLine] | None = None
        self._read_at: datetime | None = None
        with frame.main:
            self._head = html(tiles.LOADING, "panel head2", tag="section")
            self._lost = html("", "none lost")
            self._lost.set_visibility(False)
            self._incidents = Block("预警", "Incidents")
            self._outlets = Block("污水排放口", "Sewage outlets")
            self._stacks = Block("废气排放口", "Stacks")
            self._boilers = Block("锅炉", "Boilers")
            self._budgets = Block("用能预算", "Energy budget")
            self._loads = Block("污染物排放量", "Loads against the permit")
            self._devices = Block("设备与测点", "Devices and points")
            self._refusals = Block("近 7 日拒收", "Rejections of 7 days")
            self._marks = Block("人工标记", "Marks set by people")
            self._silences = Block("静默与检修", "Silences and maintenance")
        for block in self._blocks():
            block.show(None, "")

    def _blocks(self) -> tuple[Block, ...]:
        return (
            self._incidents, self._outlets, self._stacks, self._boilers, self._budgets, self._loads, self._devices, self._refusals,
            self._marks, self._silences,
        )  # fmt: skip

    async def refresh(self) -> None:
        """Show the site as it is now; what is shown stays while the database is away."""
        now = self._frame.tick()
        picture = self._frame.picture()
        if picture is None:
            return
        registry = self._registry(picture)
        if registry is None:
            self._show_lost()
            return
        await self._read(registry, now)
        snapshot = self._keeper.snapshot
        view = next((one for one in snapshot.sites if one.id == self._site), None) if snapshot else None
        self._show_head(registry, view, picture, now)
        self._show_picture(view, picture, now)
        if self._facts is not None:
            self._show_facts(self._facts, view, picture, now)

    def _registry(self, picture: Picture) -> Registry | None:
        """Return the registry of this site alone, made anew when another version is in force."""
        whole = picture.registry
        if whole is None:
            self._alone = None
        elif self._alone is None or self._alone.version_id != whole.version_id:
            self._alone = site_facts.alone(whole, self._site)
        return self._alone

    async def _read(self, registry: Registry, now: datetime) -> None:
        # A clock that was set back must not keep what was read.
        fresh = self._read_at is not None and 0 <= (now - self._read_at).total_seconds() < _READ_EVERY_S
        if fresh and self._facts is not None and self._facts.registry is registry:
            return
        self._read_at = now
        try:
            async with self._frame.desk.source.lend() as db:
                self._facts = await site_facts.read(db, registry, now)
        except DatabaseError:
            # The banner says so; each block says as of when it is.
            return

    def _show_lost(self) -> None:
        """Say that there is no such site, with a way back; also where the registry lost it while the page was open."""
        self._lost.set_content(unknown(self._site))
        self._lost.set_visibility(True)
        self._head.set_visibility(False)
        for block in self._blocks():
            block.show(None, "")

    def _show_head(self, registry: Registry, view: SiteView | None, picture: Picture, now: datetime) -> None:
        [site] = registry.document.sites
        last = max(self._facts.last.values(), default=None) if self._facts else None
        said = overview.ago(view.newest if view else None, last, now)
        bureau = picture.bureaus.get(site.lead_bureau, site.lead_bureau)
        self._head.set_content(blocks.head(site, view, bureau, said))
        self._head.classes(replace=f"panel head2 {view.state if view else 'not_judgeable'}")
        self._head.set_visibility(True)
        self._lost.set_visibility(False)

    def _show_picture(self, view: SiteView | None, picture: Picture, now: datetime) -> None:
        """Show what comes from the shared picture and snapshot: incidents, silences, devices."""
        until = texts.moment(picture.now, now)
        live = choose.pick(picture.cases, Choice(site=self._site))
        over = self._facts.over if self._facts else []
        self._incidents.show(blocks.incidents(live, over, picture, now), until)
        rules = {name: rule.zh for name, rule in self._frame.desk.board.rules.items()}
        hushed = devices.silences(picture.silences.values(), self._site, now)
        self._silences.show(blocks.silences(hushed, picture, rules, now), until)
        snapshot = self._keeper.snapshot
        if view is None or snapshot is None:
            return
        last = self._facts.last if self._facts else {}
        parts = [speaking.device(one) for one in devices.devices(view.devices, last, now)]
        self._devices.show_parts(parts or [blocks.NOTHING_OF], texts.moment(snapshot.now, now))

    def _show_facts(self, facts: SiteFacts, view: SiteView | None, picture: Picture, now: datetime) -> None:
        """Show what was read for this page."""
        until = texts.moment(facts.at, now)
        rules = self._frame.desk.board.rules
        newest = {point.point_id: point for device in view.devices for point in device.points} if view else {}
        snapshot = self._keeper.snapshot
        self._outlets.show(blocks.places(outlets.outlets(facts, rules, newest, now)) or None, until)
        self._stacks.show(blocks.places(outlets.stacks(facts, rules, now)) or None, until)
        self._boilers.show(blocks.boilers(plants.boilers(facts, rules, now)) or None, until)
        budgets = plants.budgets(facts, snapshot.budgets if snapshot else [])
        self._budgets.show(blocks.accounts(budgets) or None, until)
        self._loads.show(blocks.accounts(plants.loads(facts)) or None, until)
        self._marks.show(speaking.marks(devices.marks(facts, picture.accounts, picture.people, now), now), until)
        self._show_refusals(devices.refusals(facts), until, now)

    def _show_refusals(self, found: list[RefusalLine], until: str, now: datetime) -> None:
        if found == self._refused:
            self._refusals.until(until)
            return
        self._refused = found
        if not found:
            self._refusals.show(blocks.NOTHING_OF, until)
            return
        with self._refusals.filled(until):
            for one in found:
                with ui.element("div").classes("ln refused"):
                    html(speaking.refusal(one, now), "words2")
                    if may(self._frame.actor, "see", self._site):
                        self._offer_bytes(one.number)

    def _offer_bytes(self, number: int) -> None:
        async def shown() -> None:
            await self._open_bytes(number)

        ui.button("原文 Bytes", on_click=shown, color=None).props("flat no-caps").classes("tap plain")

    async def _open_bytes(self, number: int) -> None:
        """Show the bytes of a refused message; who asks is asked again."""
        try:
            actor = await self._frame.desk.sessions.current(self._frame.request)
            if actor is None or not may(actor, "see", self._site):
                raise NotAllowedError("登录已失效或无权查看 (not allowed).")
            async with self._frame.desk.source.lend() as db:
                found = await site_facts.rejection(db, self._site, number)
            if found is None:
                raise NotFoundError("原文已过保存期 (no longer kept).")
        except DatabaseError:
            ui.notify("数据库暂时无法连接，请稍后再试 (the database is away)", type="negative")
            return
        except MonitorError as exc:
            ui.notify(exc.sentence, type="warning")
            return
        with Sheet(self._frame, f"拒收消息 {number}", "Refused message", wide=True) as sheet:
            said = f"{words.clock(found['received_at'])} · {refused.reason_zh(found['reason'])} · {found['topic']}"
            html(words.safe(said), "says")
            html(words.safe("；".join(found["details"])), "says")
            html(words.safe(devices.shown_bytes(found["payload"])), "bytes", tag="pre")
        sheet.show()


class Block:
    """One panel with its heading and as of when it is; hidden while there is nothing to say."""

    def __init__(self, zh: str, en: str) -> None:
        self._box = ui.element("section").classes("panel blk")
        with self._box:
            with ui.element("div").classes("bh"):
                html(f'{zh} <span class="en">{en}</span>', tag="h2")
                self._until = html("", "dim until")
            self._body = html("")
            self._parts: list[ui.html] = []
            self._more = ui.element("div").classes("parts")

    def until(self, moment: str) -> None:
        """Say as of when the block is."""
        self._until.set_content(f"数据截至 {moment}")

    def show(self, body: str | None, moment: str) -> None:
        """Show *body* (HTML); None hides the block."""
        self._box.set_visibility(body is not None)
        self._body.set_content(body or "")
        if self._parts or body is None:
            self._more.clear()
            self._parts = []
        self.until(moment)

    def show_parts(self, parts: list[str], moment: str) -> None:
        """Show several pieces of HTML, of which only those that changed are sent."""
        self._box.set_visibility(True)
        with self._more:
            self._parts += [html("", "place") for _ in parts[len(self._parts) :]]
        for slot, part in zip(self._parts, parts, strict=False):
            slot.set_content(part)
        for slot in self._parts[len(parts) :]:
            slot.set_content("")
        self.until(moment)

    def filled(self, moment: str) -> ui.element:
        """Return the emptied body, to be filled with elements."""
        self.show("", moment)
        self._more.clear()
        return self._more


def unknown(site: str) -> str:
    """Return what is said of a site that is not there, or not to be seen; it does not tell which."""
    return (
        f'没有站点 {words.safe(site)}，或您无权查看 <span class="en">No such site</span> '
        '<a class="back" href="/desk/county">← 全部站点 All sites</a>'
    )
