"""The command line's part that asks what was received: verify, trace, rejections. Wiring only."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from schemas.catalog.enums import Reason
from schemas.errors import MonitorError, UseError
from schemas.runtime.access import running_database_url
from schemas.runtime.settings import Settings, load_settings

rejections = typer.Typer(
    help="被拒收的数值 refused values: what, why, the bytes; send them through again", no_args_is_help=True
)

DataOption = Annotated[Path | None, typer.Option("--data", help="数据目录 data folder (default: data)")]
ReasonOption = Annotated[list[Reason] | None, typer.Option("--reason", help="原因 only this reason; may be repeated")]
DeviceOption = Annotated[str, typer.Option("--device", help="site or site/device")]
SinceOption = Annotated[
    datetime | None,
    typer.Option("--since", help="起始 received since, RFC 3339", formats=["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d"]),
]
ContainsOption = Annotated[str, typer.Option("--contains", help="主题、说明或原文包含 text in topic, words or bytes")]
_TIMES = ["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z"]
_SHOWN_BYTES = 160
T = TypeVar("T")


def _settings(data: Path | None) -> Settings:
    settings = load_settings()
    settings = settings if data is None else settings.model_copy(update={"data": data})
    return settings.model_copy(update={"database_url": running_database_url(settings)})


def _run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def _filter(
    reason: list[Reason] | None, device: str, since: datetime | None, contains: str, *, replayed_too: bool = False
) -> Any:
    from ingest.rejections import Filter
    from schemas.times import SHANGHAI

    if since is not None and since.tzinfo is None:
        since = since.replace(tzinfo=SHANGHAI)
    return Filter(reasons=tuple(reason or ()), device=device, since=since, contains=contains, replayed_too=replayed_too)


def verify(
    data: DataOption = None,
    rows: Annotated[bool, typer.Option("--rows", help="逐批核对行数 also count the stored rows of each batch")] = False,
) -> None:
    """Walk the hash chain of the raw messages; name the first broken link."""
    from ingest import evidence
    from schemas.runtime import database

    async def work() -> tuple[int, evidence.Broken | None]:
        async with database.connect(_settings(data).database_url or "", "monitor-verify") as db:
            held, broken = await evidence.verify(db)
            return held, broken or (await evidence.verify_rows(db) if rows else None)

    held, broken = _run(work())
    if broken is not None:
        raise MonitorError(
            f"批次 {broken.batch_id} ({broken.worker}) {broken.why}.",
            f"{held} batches hold; compare with a backup.",
        )
    typer.echo(f"{held} 批原始消息完好 batches hold")


def retention(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只列出，不删除 say what would be dropped")] = False,
    data: DataOption = None,
) -> None:
    """Drop what is older than it is kept, as the derive process does by itself every few hours."""
    from ingest.derive.retention import Step, drop_old
    from schemas.runtime import database
    from schemas.runtime.clock import now

    settings = _settings(data)

    async def work() -> list[Step]:
        async with database.connect(settings.database_url or "", "monitor-retention", answer_within_s=1800) as db:
            return await drop_old(db, settings, now(), dry_run=dry_run)

    steps = _run(work())
    for step in steps:
        done = "待 waits" if step.waits else ("将清理 would drop" if dry_run else "已清理 dropped")
        amount = f"  {step.rows} 行 rows" if step.rows else ""
        typer.echo(f"{done}  {step.what}  早于 before {step.before.isoformat()}{amount}  {step.waits}".rstrip())
    typer.echo(f"{len(steps)} 项 steps" if steps else "没有到期数据 nothing is older than it is kept")


def trace(
    point: Annotated[str, typer.Argument(help="site.device.factor")],
    time: Annotated[datetime, typer.Argument(help="时刻 RFC 3339", formats=_TIMES)],
    data: DataOption = None,
) -> None:
    """Print a stored value, the exact message it came from, when that was received and by which worker."""
    from ingest import evidence
    from schemas.runtime import database

    site, device, factor = _point_key(point)
    settings = _settings(data)

    async def work() -> evidence.Origin:
        async with database.connect(settings.database_url or "", "monitor-trace") as db:
            return await evidence.trace(db, (site, device, factor), time, settings.broker.root)

    origin = _run(work())
    typer.echo(f"值 value      {origin.value} ({origin.mark}){'  迟到 late' if origin.late else ''}")
    typer.echo(f"接收 received {origin.received_at.isoformat()}  {origin.worker}  批次 batch {origin.batch_id}")
    typer.echo(f"主题 topic    {origin.topic}")
    typer.echo(f"原文 message  {_readable(origin.payload)}")


def _point_key(text: str) -> tuple[str, str, str]:
    parts = text.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - site, device, factor
        raise UseError(f"测点 {text} 写法不对 (not a point).", "Write site.device.factor, as in bj-wwtp.outlet.w01018.")
    return parts[0], parts[1], parts[2]


def _readable(payload: bytes) -> str:
    return payload.decode("utf-8", "backslashreplace")


@rejections.command("list")
def list_rejections(
    reason: ReasonOption = None,
    device: DeviceOption = "",
    since: SinceOption = None,
    contains: ContainsOption = "",
    limit: Annotated[int, typer.Option(min=1, help="最多行数 at most so many, newest first")] = 20,
    every: Annotated[bool, typer.Option("--all", help="含已重放的 those replayed too")] = False,
    data: DataOption = None,
) -> None:
    """List refused values, newest first, with reason and the beginning of the message."""
    from ingest.rejections import find
    from schemas.runtime import database

    wanted = _filter(reason, device, since, contains, replayed_too=every)

    async def work() -> list[Any]:
        async with database.connect(_settings(data).database_url or "", "monitor-rejections") as db:
            return list(await find(db, wanted, at_most=limit))

    found = _run(work())
    for one in found:
        again = f"  已重放 replayed {one.replayed_at.isoformat()}" if one.replayed_at else ""
        typer.echo(
            f"{one.rejection_id}  {one.received_at.isoformat()}  {one.reason} ×{one.refused}  {one.topic}{again}"
        )
        typer.echo(f"    {'; '.join(one.details)[:300]}")
        text = _readable(one.payload)
        typer.echo(f"    {text[:_SHOWN_BYTES]}{'…' if len(text) > _SHOWN_BYTES else ''}")
    typer.echo(f"{len(found)} 条 rejections" + (" (--limit)" if len(found) == limit else ""))


@rejections.command("replay")
def replay_rejections(
    reason: ReasonOption = None,
    device: DeviceOption = "",
    since: SinceOption = None,
    contains: ContainsOption = "",
    data: DataOption = None,
) -> None:
    """Send refused messages through again, after the registry or the program was mended. Nothing is stored twice."""
    from ingest.rejections import Replayed, replay
    from schemas.runtime import database

    wanted = _filter(reason, device, since, contains)
    settings = _settings(data)

    async def work() -> Replayed:
        async with database.connect(settings.database_url or "", "monitor-replay") as db:
            return await replay(db, settings, wanted)

    done = _run(work())
    typer.echo(
        f"重放 {done.messages} 条消息 messages: 入库 stored {done.stored}, 重复 duplicate {done.duplicate}, "
        f"再次拒收 refused again {done.rejected}"
    )
