"""``monitor report paper``: compose a report from the database as it stands now, compare it with what was filed, write or file it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from alerts.reports import store
from alerts.reports.amended import changes
from alerts.reports.display import second_line, span_of, with_mark
from alerts.reports.paper import COUNTY, KIND_ZH, Kind
from alerts.reports.schedule import composer
from schemas.errors import StartError, UseError
from schemas.runtime import clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from alerts.judge.rules import Rule
    from alerts.reports.paper import Paper, Table
    from schemas.runtime.database import Database

BY = "command line"
ALL = "all"
_ENDINGS = (".xlsx", ".pdf", ".json")
_MOST_TOLD = 20


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for. *scope*: a site, ``county``, or ``all`` of them; *out*: a file; *file*: also store it."""

    kind: str
    period: str
    scope: str = COUNTY
    out: Path | None = None
    file: bool = False


async def paper(
    db: Database, wish: Wish, say: Callable[[str], None], rules: Callable[[], Mapping[str, Rule]] | None = None
) -> None:
    """Compose what *wish* names, write it to a file or *say* it as Markdown, and say how it stands to the filed version.

    Raises:
        UseError: no such kind, scope, period or ending.
        StartError: the file cannot be written, or there is no Chinese font for a PDF.

    """
    kind = _kind(wish)
    made_at = clock.now()
    papers = await composer(rules)(db, kind, wish.period, scopes=None if wish.scope == ALL else {wish.scope})
    if not papers:
        raise UseError(
            f"{wish.period} 没有 {wish.scope} 的{KIND_ZH[kind]} (no such paper).",
            "monitor registry export lists the sites",
        )
    for one in map(store.normal, papers):
        before = await store.newest(db, one.kind, one.scope, one.period)
        told = changes(before[1], one) if before else []
        version = 1 if before is None else before[0] + bool(told)
        if wish.out is not None:
            _write(wish.out, _rendered(one, wish.out.suffix, version, told))
            say(f"已写出 written: {wish.out}")
        elif wish.scope != ALL:
            say("\n".join(_markdown(one)))
        say(
            f"{one.scope_name} {KIND_ZH[kind]} {one.period}：{_standing(before and before[0], told)} (digest {one.digest()})"
        )
    if wish.file:
        filed = await store.file(db, papers, BY, made_at=made_at)
        say(f"存档 {len(filed)} 份新版本，其余与已存版本一致 ({len(filed)} new versions filed)")


def _kind(wish: Wish) -> Kind:
    kinds = ", ".join(f"{kind.value} {zh}" for kind, zh in KIND_ZH.items())
    if wish.kind not in {kind.value for kind in Kind}:
        raise UseError(f"不认识的报表种类 {wish.kind} (no such kind).", kinds)
    if wish.out is not None and wish.out.suffix not in _ENDINGS:
        raise UseError(
            f"不认识的文件类型 {wish.out.name} (cannot write this kind of file).",
            "--out FILE" + ", FILE".join(_ENDINGS),
        )
    if wish.out is not None and wish.scope == ALL:
        raise UseError("一个文件只能写一份报表 (one file holds one paper).", "--scope SITE or county")
    return Kind(wish.kind)


def _standing(version: int | None, told: Sequence[str]) -> str:
    if version is None:
        return "尚无存档版本 (nothing filed yet)"
    if not told:
        return f"与第 {version} 版一致 (equal to the version filed)"
    shown = "".join(f"\n  {one}" for one in told[:_MOST_TOLD])
    rest = f"\n  … 另有 {len(told) - _MOST_TOLD} 处" if len(told) > _MOST_TOLD else ""
    return f"与第 {version} 版不同 (differs from the version filed)：{shown}{rest}\n "


def _rendered(one: Paper, ending: str, version: int, told: Sequence[str]) -> bytes:
    if ending == ".json":
        return msgspec.json.format(msgspec.json.encode(one), indent=2)
    if ending == ".xlsx":
        from alerts.reports.xlsx import workbook

        return workbook(one)
    from alerts.reports.pdf import document

    return document(one, version=version, made_at=clock.now(), changes=told)


def _write(path: Path, body: bytes) -> None:
    try:
        path.write_bytes(body)
    except OSError as exc:
        raise StartError(f"无法写入 {path} (cannot write it): {exc.strerror or exc}.", "--out FILE") from exc


def _markdown(one: Paper) -> Iterator[str]:
    yield f"# {one.title}\n\n{one.scope_name} {span_of(one)}\n"
    for table in one.tables:
        yield from _table(table)
    yield from (f"- {note}" for note in one.notes)


def _table(table: Table) -> Iterator[str]:
    yield f"## {table.title}\n"
    if table.columns:
        yield _line([f"{column.zh} {second_line(column)}".strip() for column in table.columns])
        yield _line(["--:" if column.is_number else "---" for column in table.columns])
        yield from (_line([with_mark(cell) for cell in row]) for row in table.rows)
    yield "".join(f"\n> {note}" for note in table.notes) + "\n"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(cell.replace("|", "\\|").split()) for cell in cells) + " |"
