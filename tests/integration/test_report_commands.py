from __future__ import annotations

import io
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
import openpyxl
import pytest

from alerts.reports import commands, pdf, store
from alerts.reports.commands import Wish
from alerts.reports.paper import COUNTY, Kind, Paper
from schemas.errors import StartError, UseError
from schemas.runtime import clock, database
from schemas.times import day_of
from tests.unit.alerts.reports.made import paper, table

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from schemas.runtime.database import Database

DAY = "2026-11-20"


@pytest.fixture(autouse=True)
def composed(monkeypatch: pytest.MonkeyPatch) -> list[Paper]:
    """What is composed, in place of what stands in the database."""
    found = [paper(scope=COUNTY, scope_name="永兴县"), paper()]

    async def compose(db: Database, kind: Kind, period: str, *, scopes: Collection[str] | None = None) -> list[Paper]:
        await db.fetch("line_check")
        return [
            one for one in found if one.kind is kind and one.period == period and (not scopes or one.scope in scopes)
        ]

    monkeypatch.setattr(commands, "composer", lambda _rules=None: compose)
    return found


async def told(url: str, **wish: object) -> str:
    said: list[str] = []
    async with database.connect(url, "tests") as db:
        await commands.paper(db, Wish(**({"kind": "day", "period": DAY} | wish)), said.append)  # type: ignore[arg-type]  # fields by name
    return "\n".join(said)


def written(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_it_says_the_paper_and_how_it_stands_to_what_was_filed(url: str, composed: list[Paper]) -> None:
    said = await told(url)
    assert "| 时刻 Hour | 化学需氧量 COD (mg/L) | 氨氮 NH3-N (mg/L) |" in said
    assert "| 01 | 61.2 D | — |" in said
    assert "尚无存档版本" in said
    assert "存档 1 份新版本" in await told(url, file=True)
    assert "与第 1 版一致" in await told(url)
    assert "存档 0 份新版本" in await told(url, file=True)
    composed[0] = paper(table(title="另一表"), scope=COUNTY, scope_name="永兴县")
    said = await told(url)
    assert "与第 1 版不同" in said
    assert "新增表《另一表》" in said


async def test_all_scopes_are_filed_at_once(url: str) -> None:
    assert "存档 2 份新版本" in await told(url, scope="all", file=True)
    async with database.connect(url, "tests") as db:
        assert [one.made_by for one in await store.history(db, Kind.DAY, "bj-wwtp", DAY)] == ["command line"]


async def test_it_writes_the_kind_of_file_that_is_named(url: str, tmp_path: Path) -> None:
    for name in ("a.xlsx", "a.json"):
        assert "已写出" in await told(url, scope="bj-wwtp", out=tmp_path / name)
    assert openpyxl.load_workbook(io.BytesIO((tmp_path / "a.xlsx").read_bytes())).sheetnames == ["小时均值", "说明"]
    assert msgspec.json.decode((tmp_path / "a.json").read_bytes(), type=Paper) == paper()
    try:
        await told(url, out=tmp_path / "a.pdf")
    except pdf.NoFontError:
        pytest.skip("no Chinese font here")
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        ({"kind": "week"}, "不认识的报表种类"),
        ({"out": "x.doc"}, "不认识的文件类型"),
        ({"out": "x.pdf", "scope": "all"}, "一个文件只能写一份"),
        ({"period": "2026-11-19"}, "没有 county 的监测日报"),
        ({"scope": "nowhere"}, "没有 nowhere 的监测日报"),
    ],
)
async def test_what_cannot_be_meant_is_refused_with_a_sentence(
    url: str, tmp_path: Path, wish: dict[str, object], says: str
) -> None:
    if "out" in wish:
        wish = wish | {"out": tmp_path / str(wish["out"])}
    with pytest.raises(UseError, match=says):
        await told(url, **wish)
    assert written(tmp_path) == []


async def test_a_folder_that_is_not_there_is_named(url: str, tmp_path: Path) -> None:
    with pytest.raises(StartError, match="无法写入"):
        await told(url, out=tmp_path / "no" / "a.json")


async def test_the_true_composer_answers_in_this_shape(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from alerts.reports.schedule import composer

    monkeypatch.setattr(commands, "composer", composer)
    yesterday = day_of(clock.now()) - timedelta(days=1)
    said = await told(url, period=yesterday.isoformat(), scope="bj-wwtp", file=True)
    assert "存档 1 份新版本" in said
    assert "与第 1 版一致" in await told(url, period=yesterday.isoformat(), scope="bj-wwtp")
