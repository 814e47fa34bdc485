"""The command line's part for those who judge: marks set by people, and judging a span again. Wiring only."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from schemas.catalog.enums import MARK_KIND_ZH, MarkKind
from schemas.errors import MonitorError, UseError
from schemas.runtime.access import running_database_url
from schemas.runtime.settings import Settings, load_settings
from schemas.times import SHANGHAI, day_of

if TYPE_CHECKING:
    from alerts.replay import Derive, Lasted, Replayed

marks = typer.Typer(
    help="标记 marks: a person says of a period what state instrument or plant was in", no_args_is_help=True
)

DataOption = Annotated[Path | None, typer.Option("--data", help="数据目录 data folder (default: data)")]
ByOption = Annotated[str, typer.Option("--by", help="标记人 your id in the registry's people")]
_TIMES = ["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M%z", "%Y-%m-%dT%H:%M", "%Y-%m-%d"]
_SHOWN = 50
_PARTS = 2


def settings_of(data: Path | None) -> Settings:
    """Return the settings, with the address of the database that is running."""
    settings = load_settings()
    settings = settings if data is None else settings.model_copy(update={"data": data})
    return settings.model_copy(update={"database_url": running_database_url(settings)})


def beijing(at: datetime) -> datetime:
    """Return *at* as an aware instant; without a zone it is Beijing time."""
    return at if at.tzinfo else at.replace(tzinfo=SHANGHAI)


@marks.command("add")
def mark_add(
    where: Annotated[str, typer.Argument(help="site/device or site/device/factor,factor")],
    kind: Annotated[MarkKind, typer.Option(help="标记类型")],
    since: Annotated[datetime, typer.Option("--from", formats=_TIMES, help="起 from (Beijing time if no zone)")],
    until: Annotated[datetime, typer.Option("--to", formats=_TIMES, help="止 until, not included")],
    reason: Annotated[str, typer.Option(help="原因 why")],
    by: ByOption,
    evidence: Annotated[str, typer.Option(help="证据 number of a ticket, report or photograph")] = "",
    data: DataOption = None,
) -> None:
    """Mark a period; what it touches is derived and judged again, the raw values stay."""
    from schemas.registry.marks import Mark, add, is_late
    from schemas.runtime.clock import now

    parts = where.split("/")
    if len(parts) not in {_PARTS, _PARTS + 1} or not all(parts):
        raise UseError(f"不认识的位置 cannot read {where}.", "site/device or site/device/factor")
    factors = tuple(parts[2].split(",")) if len(parts) > _PARTS else ()
    mark = Mark(
        site=parts[0], device=parts[1], factors=factors, kind=kind, since=beijing(since), until=beijing(until),
        reason=reason, evidence=evidence, made_by=by,
    )  # fmt: skip
    made_at = now()
    number = _with_database(data, "monitor-mark", lambda db: add(db, mark, made_at))
    late = "，晚于次日12时 (later than noon of the next day)" if is_late(mark.since, made_at) else ""
    typer.echo(
        f"标记 {number} 已登记，所涉时段将重新计算与判定{late} (mark {number}; its windows are derived and judged again)"
    )


@marks.command("withdraw")
def mark_withdraw(number: int, by: ByOption, data: DataOption = None) -> None:
    """Take a mark back; it stays in the table as withdrawn."""
    from schemas.registry.marks import withdraw

    _with_database(data, "monitor-mark", lambda db: withdraw(db, number, by))
    typer.echo(f"标记 {number} 已撤销 (withdrawn)")


@marks.command("list")
def mark_list(
    where: Annotated[str, typer.Argument(help="site or site/device; all where empty")] = "", data: DataOption = None
) -> None:
    """List marks, the newest first."""
    from schemas.registry.marks import listed

    site, _, device = where.partition("/")
    for row in _with_database(data, "monitor-mark", lambda db: listed(db, site, device)):
        ended = f"  已撤销 withdrawn by {row['withdrawn_by']}" if row["withdrawn_at"] else ""
        typer.echo(
            f"{row['mark_id']:>5}  {row['site_id']}/{row['device_id']}  {MARK_KIND_ZH[MarkKind(row['kind'])]}"
            f"  {_when(row['since'])} – {_when(row['until'])}  {len(row['point_ids'])} 个因子  {row['made_by']}：{row['reason']}{ended}"
        )


def report(
    what: Annotated[str, typer.Argument(help="rates 传输有效率, loads 排放量, energy 能耗; paper 报表")],
    of: Annotated[str, typer.Argument(metavar="PERIOD", help="2026-11-20, 2026-11, 2026Q4, 2026; for paper: KIND")],
    period: Annotated[str, typer.Argument(metavar="[PERIOD]", help="for paper: 2026-11-20 or 2026-11")] = "",
    scope: Annotated[str, typer.Option(help="paper: site, county or all")] = "county",
    out: Annotated[Path | None, typer.Option(help="paper: FILE.xlsx, .pdf or .json")] = None,
    file: Annotated[
        bool, typer.Option("--file", help="paper: 存档 also store it, as a new version where it differs")
    ] = False,
    data: DataOption = None,
) -> None:
    """Print rates, loads or energy of a period as Markdown; or `report paper KIND PERIOD`: a report as it stands now."""
    from alerts.report import period as span
    from alerts.report import report as made
    from schemas.runtime.clock import now

    if what == "paper":
        from alerts.judge.rules_file import RulesFile
        from alerts.judge.signals.registry import known_numbers
        from alerts.reports.commands import Wish, paper

        in_force = RulesFile(settings_of(data).alerts.rules_file, known_numbers()).current
        wish = Wish(kind=of, period=period, scope=scope, out=out, file=file)
        _with_database(data, "monitor-report", lambda db: paper(db, wish, typer.echo, lambda: in_force))
        return
    if period or out is not None or file or scope != "county":
        raise UseError(
            "--scope、--out、--file 与第三个参数只用于 report paper (only `report paper` takes them).",
            "monitor report paper KIND PERIOD --out FILE.xlsx",
        )
    asked = span(of, day_of(now()))
    typer.echo(_with_database(data, "monitor-report", lambda db: made(db, what, asked)))


def judge(
    data: Path | None, since: datetime, until: datetime, derive: Derive, *, dry_run: bool, file: Path | None = None
) -> None:
    """Derive and judge a span again, or try the rules of *file* on it, and say what changed."""
    from alerts.judge import rules
    from alerts.judge.signals.registry import known_numbers
    from alerts.replay import replay
    from schemas.runtime import logs
    from schemas.runtime.clock import now

    logs.quiet()
    settings = settings_of(data)
    by = None if file is None else rules.load(_read(file), file.name, known_numbers=known_numbers())
    span = (beijing(since), beijing(until))
    done = _with_database(
        data,
        "monitor-judge",
        lambda db: replay(db, settings.alerts, span, derive, now=now(), dry_run=dry_run, by=by),
    )
    _tell(done, dry_run=dry_run, tries_rules=by is not None)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise UseError(f"无法读取规则文件 {file.name} (cannot read it): {exc}", "--rules FILE") from exc


def verify(data: Path | None) -> None:
    """Walk the hash chain of the desk's history; name the first broken line.

    Raises:
        MonitorError: a line does not hold.

    """
    from alerts import chain

    held, broken = _with_database(data, "monitor-verify", chain.verify)
    if broken is not None:
        raise MonitorError(f"值班台历史第 {broken.seq} 行 {broken.why}.", f"{held} lines hold; compare with a backup.")
    typer.echo(f"值班台历史 {held} 行完好 lines of the desk's history hold")


def explain(
    subject: Annotated[str, typer.Argument(help="site/place/factor, site/boiler or site/budget")],
    day: Annotated[datetime, typer.Argument(help="日期 Shanghai day, 2026-11-20", formats=["%Y-%m-%d"])],
    data: DataOption = None,
) -> None:
    """Print every step from raw values to verdict of one subject and one day, as Markdown."""
    from alerts.explain import explain as explained

    typer.echo(_with_database(data, "monitor-explain", lambda db: explained(db, subject, day.date())), nl=False)


def _tell(done: Replayed, *, dry_run: bool, tries_rules: bool = False) -> None:
    word = "将改变 would change" if dry_run else "改变 changed"
    typer.echo(
        f"重算 {done.hours} 个小时值，判定 {done.verdicts} 次，{word} {len(done.changes)} 个判定、{len(done.differences)} 起事件"
    )
    for one in done.changes[:_SHOWN]:
        before = f"{one.outcome} {_number(one.value)} ({one.limit_id})" if one.outcome else "无"
        after = f"{one.new_outcome} {_number(one.new_value)} ({one.new_limit_id})" if one.new_outcome else "无"
        typer.echo(f"  {_when(one.window_start)}  {one.rule}  {one.subject}: {before} → {after}")
    if len(done.changes) > _SHOWN:
        typer.echo(f"  … 另有 {len(done.changes) - _SHOWN} 个 (more)")
    for differs in done.differences:
        typer.echo(f"  事件 {_lasted(differs.was)} → {_lasted(differs.would_be)}")
    if tries_rules:
        typer.echo(f"按试用规则，该时段共 {len(done.incidents)} 起事件 (incidents under these rules):")
        for lasted in done.incidents:
            typer.echo(f"  {_lasted(lasted)}  {lasted.title}")
    if dry_run:
        typer.echo("试算，未写入 (dry run, nothing was written)")


def _lasted(one: Lasted | None) -> str:
    if one is None:
        return "无"
    return f"{one.rule} {one.subject} {one.level} {_when(one.began_at)} – {_when(one.ended_at) if one.ended_at else '未结束'}"


def _number(value: float | None) -> str:
    return "—" if value is None else f"{value:.4g}"


def _when(at: datetime) -> str:
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def _with_database(data: Path | None, application: str, work: Any) -> Any:
    from schemas.runtime import database

    async def main() -> Any:
        url = settings_of(data).database_url or ""
        async with database.connect(url, application, answer_within_s=1800) as db:
            return await work(db)

    return asyncio.run(main())
