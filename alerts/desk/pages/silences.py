"""静默与检修: when notices are held back, planned ahead and taken back. Judging goes on meanwhile."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from nicegui import ui

from alerts import acts
from alerts.actor import may
from alerts.desk.pages import cards, plans
from alerts.desk.pages.frame import html
from alerts.desk.pages.sheets import Sheet, text_field
from alerts.desk.words import safe
from schemas.catalog.duty import SILENCE_ZH, SilenceKind
from schemas.runtime import clock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alerts.actor import Actor
    from alerts.desk.pages.frame import Frame
    from schemas.runtime.database import Database

_USUAL = timedelta(hours=4)
_ANY = ""


class SilencesPage:
    """One open page of silences."""

    def __init__(self, frame: Frame, rules: Mapping[str, str]) -> None:
        self._frame = frame
        self._rules = rules
        may_plan = may(frame.actor, "silence")
        with frame.main:
            with ui.element("div").classes("bar"):
                html('静默与检修 <span class="en">Silences and maintenance</span>', tag="h1")
                if may_plan:
                    ui.button("新建静默或检修", on_click=self._plan, color=None).props("unelevated no-caps").classes(
                        "tap main plan-new"
                    )
            html(
                '<span class="dim">静默期间照常研判、照常记录，只是不发通知；结束或撤销后，仍未恢复的立即通知。</span>'
            )
            self._lists = plans.Lists("silence_id", self._withdraw if may_plan else None)

    def refresh(self) -> None:
        """Show the shared picture as it is now."""
        now = self._frame.tick()
        picture = self._frame.picture()
        if picture is None:
            return

        def what(row: Mapping[str, Any]) -> str:
            kind = SILENCE_ZH[SilenceKind(row["kind"])]
            return f'<span class="state">{kind}</span><b>{safe(cards.scope(row, picture, self._rules))}</b>'

        self._lists.show(list(picture.silences.values()), what, picture.accounts, now)

    def _plan(self) -> None:
        now = clock.now().replace(second=0, microsecond=0)
        picture = self._frame.picture()
        sites = {_ANY: "不限站点", **(picture.sites if picture else {})}
        with Sheet(self._frame, "新建静默或检修", "Plan a silence", after=self.refresh) as sheet:
            kind = ui.select(
                {one.value: zh for one, zh in SILENCE_ZH.items()},
                value=SilenceKind.MAINTENANCE.value,
                label="类别 kind",
            )
            site = ui.select(
                sites, value=_ANY, label="站点 site", with_input=True, on_change=lambda e: offer(e.value or _ANY)
            )
            device = ui.select({_ANY: "全部设备"}, value=_ANY, label="设备 device")
            rule = ui.select({_ANY: "全部规则", **self._rules}, value=_ANY, label="规则 rule", with_input=True)
            for field in (kind, site, device, rule):
                field.props("outlined dark")
            since, until = plans.span_fields(now, now + _USUAL)
            reason = text_field("原因（必填） reason")

        def offer(chosen: str) -> None:
            device.set_options({_ANY: "全部设备", **self._devices(chosen)}, value=_ANY)

        async def work(db: Database, actor: Actor) -> None:
            await acts.plan_silence(
                db, actor, kind=kind.value, site=site.value or _ANY, device=device.value or _ANY, rule=rule.value or _ANY,
                since=plans.instant(since), until=plans.instant(until), reason=reason.value or "", now=clock.now(),
            )  # fmt: skip

        sheet.offer("确认设置", work, "已设置 (planned)")

    def _devices(self, site: str) -> dict[str, str]:
        picture = self._frame.picture()
        sites = picture.registry.document.sites if picture and picture.registry else []
        return {device.id: device.name for one in sites if one.id == site for device in one.devices}

    def _withdraw(self, row: Mapping[str, Any]) -> None:
        picture = self._frame.picture()
        if picture is None:
            return
        with Sheet(self._frame, "撤销静默", "Withdraw", after=self.refresh) as sheet:
            html(safe(cards.scope(row, picture, self._rules)))
            html('<span class="dim">撤销后，期间仍未恢复的事件将立即通知。</span>')

        async def work(db: Database, actor: Actor) -> None:
            await acts.withdraw_silence(db, actor, row["silence_id"], now=clock.now())

        sheet.offer("确认撤销", work, "已撤销 (withdrawn)", grave=True)
