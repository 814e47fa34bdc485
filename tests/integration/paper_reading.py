"""How the tests read papers, and the little water that flows in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alerts.reports.compose import papers
from alerts.reports.paper import COUNTY, Kind
from schemas.times import DAY, HOUR
from tests.integration.play import (
    MINUTE,
    Play,
    beijing,
    every,
)

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.reports.paper import Cell, Paper

START = beijing("2026-11-20T00:00")
MORNING = START + DAY + 2 * HOUR
FLOWING = {"w00000": 100.0, "w01010": 16.0, "w01001": 7.0}
COD = "plant/DW001/w01018"
Said = dict[str, Any]


def said(cell: Cell) -> Any:
    return cell.words if cell.words is not None else cell.number


def rows(paper: Paper, title: str) -> list[Said]:
    """Return the rows of the table whose title begins so: head → words or number."""
    table = next(one for one in paper.tables if one.title.startswith(title))
    return [{head.zh: said(cell) for head, cell in zip(table.columns, row, strict=True)} for row in table.rows]


def cell(paper: Paper, title: str, row: int, head: str) -> Cell:
    table = next(one for one in paper.tables if one.title.startswith(title))
    return table.rows[row][[one.zh for one in table.columns].index(head)]


async def of(play: Play, kind: Kind, period: str, now: datetime = MORNING, scope: str = COUNTY) -> Paper:
    [paper] = await papers(play.db, kind, period, scopes=[scope], now=now)
    return paper


def since_long_ago(play: Play) -> None:
    """Let the registry of the story be in force before it begins; each version a month after the one before."""
    play.change("UPDATE registry_version SET valid_from = make_timestamptz(2025, version_id::int, 1, 0, 0, 0)")


async def water(play: Play, start: datetime, hours: int, cod: float = 30.0, *, skip: tuple[int, ...] = ()) -> None:
    await play.write(every("plant/out", start, 10 * MINUTE, 6 * hours, FLOWING))
    sent = every("plant/out", start, HOUR, hours, lambda n: {"w01018": cod + n % 7 / 10, "w21003": 2.0})
    await play.write(one for n, one in enumerate(sent) if n not in skip)
