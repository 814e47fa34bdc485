"""The command line's part that makes evidence of an incident. Wiring only."""

from __future__ import annotations

import os
import pwd
from pathlib import Path
from typing import Annotated

import typer

from alerts.commands import DataOption, settings_of

_MB = 1_000_000
#: From here on the size is said before anything is written.
_LARGE = 500 * _MB


def evidence(
    incident: Annotated[int, typer.Argument(help="事件编号 number of the incident")],
    out: Annotated[
        Path | None, typer.Option(help="文件夹或 .zip (default: evidence-INCIDENT); never overwritten")
    ] = None,
    by: Annotated[str, typer.Option("--by", help="制作人 who makes it (default: your account on this machine)")] = "",
    data: DataOption = None,
) -> None:
    """Write all that an incident rests on into a folder or .zip that can be checked anywhere with `python3 check.py`."""
    import asyncio

    from alerts.evidence.bundle import Made, Order, make
    from alerts.judge.rules_file import RulesFile
    from schemas.runtime import database, logs
    from schemas.runtime.clock import now

    settings = settings_of(data)
    logs.setup(settings.log_format, "evidence")
    rules = RulesFile(settings.alerts.rules_file)
    order = Order(
        incident_id=incident, out=out or Path(f"evidence-{incident}"), made_by=by or _account(), made_at=now(),
        rules=rules.current, rules_version=rules.version, say=_say_size,
    )  # fmt: skip

    async def work() -> Made:
        async with database.connect(settings.database_url or "", "monitor-evidence", answer_within_s=1800) as db:
            return await make(db, order)

    _tell(asyncio.run(work()), order.out)


def _say_size(guessed: int) -> None:
    if guessed >= _LARGE:
        typer.echo(f"约 about {guessed / _MB:.0f} MB，正在写出 writing …")


def _tell(made: object, out: Path) -> None:
    from alerts.evidence.bundle import Made

    assert isinstance(made, Made)
    typer.echo(
        f"证据包已生成 {out}：{made.files} 个文件 files，{made.size_bytes / _MB:.1f} MB；{made.verdicts} 个判定 verdicts，"
        f"{made.readings} 个读数 readings，{made.batches} 个批次 batches"
    )
    if made.gone:
        typer.echo(f"  {len(made.gone)} 个批次的原文不再保存 raw messages no longer kept")
    if made.broken:
        typer.echo(f"  注意：{len(made.broken)} 个批次与摘要不符 batches do not give their digest: {made.broken[:20]}")
    typer.echo(f"  manifest.json sha256：{made.manifest_sha256}（请抄录 write it down elsewhere）")
    typer.echo("  核对 check：python3 check.py")


def _account() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
