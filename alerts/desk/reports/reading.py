"""One report to read: its tables as printed, its versions and what each changed; for publicity, releasing it and taking it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import ui

from alerts.desk.pages.frame import html
from alerts.desk.pages.sheets import Sheet, text_field
from alerts.desk.reports.access import maker
from alerts.desk.words import clock as instant
from alerts.desk.words import safe
from alerts.reports import markup, publishing, store
from alerts.reports.display import span_of
from alerts.reports.paper import KIND_ZH, Kind
from alerts.reports.publishing import may_publish

if TYPE_CHECKING:
    from alerts.actor import Actor
    from alerts.desk.pages.frame import Frame
    from alerts.reports.publishing import Publication
    from alerts.reports.store import Stored, Version
    from schemas.runtime.database import Database


class ReadingPage:
    """One open report. What it says never changes; whether the public sees it does."""

    def __init__(self, frame: Frame, stored: Stored, history: list[Version], shows: list[Publication]) -> None:
        self._frame = frame
        self._stored = stored
        frame.tick()
        with frame.main:
            html(head(stored), "panel head")
            with ui.element("div").classes("bar"):
                link = f"/desk/reports/{stored.report_id}"
                html(
                    f'<div class="files"><a class="tap" href="{link}.xlsx">下载 XLSX</a><a class="tap" href="{link}.pdf">下载 PDF</a>'
                    '<a class="tap" href="/desk/reports">全部报表</a></div>'
                )
                self._offer_publishing()
            if stored.version > 1:
                html(changed(stored), "changes")
            html(markup.tables(stored.paper), "panel")
            html(f'<h2>说明 <span class="en">Notes</span></h2>{markup.notes(stored.paper.notes) or "无"}', "panel")
            html(versions(stored, history), "panel scroll")
            if stored.paper.kind is Kind.PUBLICITY:
                html(publications(shows), "panel scroll")

    def _offer_publishing(self) -> None:
        stored = self._stored
        if stored.paper.kind is not Kind.PUBLICITY or not may_publish(self._frame.actor):
            return
        if stored.publication_id is not None:
            self._button("撤回公示", self._withdraw, "grave withdraw")
        elif stored.version == stored.newest:
            self._button("发布公示", self._release, "main release")

    def _button(self, label: str, press: object, classes: str) -> None:
        ui.button(label, on_click=press, color=None).props("unelevated no-caps").classes(f"tap {classes}")  # type: ignore[arg-type]  # a method

    def _release(self) -> None:
        stored = self._stored
        with Sheet(self._frame, "发布公示", "Release to the public", after=self._again) as sheet:
            html(f"{safe(stored.paper.title)} {safe(stored.paper.period)} 第 {stored.version} 版")
            html('<span class="hush">发布后任何人可在 /public 查看，一分钟内生效；同期已发布的旧版由本版代替。</span>')

        async def work(db: Database, actor: Actor) -> None:
            await publishing.release(db, stored.report_id, actor)

        sheet.offer("确认发布", work, "已发布 (released)")

    def _withdraw(self) -> None:
        stored = self._stored
        with Sheet(self._frame, "撤回公示", "Take back", after=self._again) as sheet:
            html(f"{safe(stored.paper.title)} {safe(stored.paper.period)} 第 {stored.version} 版")
            reason = text_field("撤回原因（必填） why")

        async def work(db: Database, actor: Actor) -> None:
            assert stored.publication_id is not None
            await publishing.withdraw(db, stored.publication_id, actor, reason.value or "")

        sheet.offer("确认撤回", work, "已撤回，公示页一分钟内更新 (taken back)", grave=True)

    def _again(self) -> None:
        ui.navigate.to(f"/desk/reports/{self._stored.report_id}")


def head(stored: Stored) -> str:
    """Return what the report is, of which version, and by what it can be recognised on paper."""
    paper = stored.paper
    again = ' <span class="again">修订</span>' if stored.version > 1 else ""
    old = f' <span class="late">已有第 {stored.newest} 版</span>' if stored.newest > stored.version else ""
    shown = (
        f' <span class="shown">已公示，{instant(stored.released_at)[:16]} 由 {safe(stored.released_by)} 发布</span>'
        if stored.released_at
        else ""
    )
    return (
        f'<h1>{safe(paper.title)} <span class="en">{KIND_ZH[paper.kind]}</span></h1><div class="line"><b>{safe(paper.scope_name)}</b>'
        f"<span>{span_of(paper)}</span><span>第 {stored.version} 版{again}{old}</span>{shown}</div>"
        f'<div class="line dim"><span>{instant(stored.made_at)} 生成（{safe(maker(stored.made_by))}）</span><span>依据 {safe(paper.versions or "—")}</span>'
        f'<span>内容摘要 <span class="digest">{safe(stored.digest)}</span></span></div>'
    )


def changed(stored: Stored) -> str:
    """Return what a version changed against the one before."""
    return f"<b>修订：代替第 {stored.version - 1} 版</b>{markup.notes(stored.changes) or '，数值无变化'}"


def versions(stored: Stored, history: list[Version]) -> str:
    """Return all versions with what each changed."""
    rows = "".join(
        f'<tr class="{"now" if one.report_id == stored.report_id else ""}"><td class="t"><a href="/desk/reports/{one.report_id}">第 {one.version} 版</a></td>'
        f'<td class="t">{instant(one.made_at)}</td><td>{safe(maker(one.made_by))}</td><td class="words">{markup.notes(one.changes) or "首版" if one.version == 1 else markup.notes(one.changes)}</td></tr>'
        for one in history
    )
    return f'<h2>版本 <span class="en">Versions</span></h2><table><thead><tr><th>版本</th><th>生成</th><th>由</th><th>改动</th></tr></thead><tbody>{rows}</tbody></table>'


def publications(shows: list[Publication]) -> str:
    """Return when the report was shown to the public and taken back."""
    rows = "".join(
        f'<tr><td class="t">第 {one.version} 版</td><td class="t">{instant(one.released_at)} {safe(one.released_by)}</td>'
        f'<td class="t">{f"{instant(one.withdrawn_at)} {safe(one.withdrawn_by)}" if one.withdrawn_at else "公示中"}</td>'
        f'<td class="words">{safe(one.reason or "")}</td></tr>'
        for one in shows
    )
    body = (
        f"<table><thead><tr><th>版本</th><th>发布</th><th>撤回</th><th>原因</th></tr></thead><tbody>{rows}</tbody></table>"
        if rows
        else '<div class="none">尚未公示</div>'
    )
    return f'<h2>公示记录 <span class="en">Publications</span></h2>{body}'


async def read(db: Database, number: int) -> tuple[Stored, list[Version], list[Publication]] | None:
    """Return a report with its versions and publications, or None.

    Raises:
        DatabaseError: the database is away.

    """
    stored = await store.one(db, number)
    if stored is None:
        return None
    paper = stored.paper
    shows = await publishing.publications(db, paper.period, scope=paper.scope) if paper.kind is Kind.PUBLICITY else []
    return stored, await store.history(db, paper.kind, paper.scope, paper.period), shows
