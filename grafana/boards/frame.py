"""The frame of a board: uid, folder, tags, clock, links and variables that all share, and its JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from grafana_foundation_sdk.builders import dashboard as dashboards
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as models

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from grafana_foundation_sdk.cog.builder import Builder

    from grafana.boards.house import Said

#: Where the desk is reached; the one value a county sets for itself (README).
DESK = "http://localhost:8080"
TAG = "永兴县在线监测"
#: Says to everyone who opens the JSON or the board that edits are lost.
GENERATED = "generated"
FOLDER, OPERATIONS = "永兴县在线监测", "运维"
_MADE = "由 grafana/boards 生成，请勿手改 (generated from grafana/boards, do not edit)."


class Board(NamedTuple):
    """A finished board and the folder it stands in."""

    folder: str
    uid: str
    made: dashboards.Dashboard

    def build(self) -> models.Dashboard:
        """Return it in the SDK's types, its panels numbered in order."""
        built = self.made.build()
        for number, panel in enumerate(built.panels or [], 1):
            panel.id_val = number
        return built

    def text(self) -> str:
        """Return its JSON: sorted, the same on every machine."""
        return json.dumps(self.build(), cls=JSONEncoder, sort_keys=True, indent=2, ensure_ascii=False) + "\n"


def board(
    uid: str,
    said: Said,
    panels: Iterable[Builder[models.Panel]],
    choices: Sequence[Builder[models.VariableModel]] = (),
    *,
    since: str = "now-7d",
    refresh: str = "1m",
) -> Board:
    """Return a board of *panels* in reading order, each placed; *choices* are its variables besides ``desk``."""
    made = dashboards.Dashboard(said.title).uid(uid).description(f"{said.english} {_MADE}").tags([GENERATED, TAG])
    made.timezone("Asia/Shanghai").week_start("monday").time(since, "now").refresh(refresh).readonly()
    made.tooltip(models.DashboardCursorSync.CROSSHAIR).links(
        [_boards(), _desk("大屏 wall", "/"), _desk("值班台 desk", "/desk")]
    )
    for choice in (*choices, dashboards.ConstantVariable("desk").label("值班台地址").value(DESK)):
        made.with_variable(choice)
    for panel in panels:
        made.with_panel(panel)
    return Board(FOLDER, uid, made)


def _boards() -> dashboards.DashboardLink:
    link = dashboards.DashboardLink("看板 boards").type(models.DashboardLinkType.DASHBOARDS).tags([TAG])
    return link.as_dropdown(as_dropdown=True).keep_time(keep_time=True)


def _desk(title: str, path: str) -> dashboards.DashboardLink:
    link = dashboards.DashboardLink(title).type(models.DashboardLinkType.LINK).icon("external link")
    return link.url("${desk}" + path).target_blank(target_blank=True)
