"""The command line: wiring only. Errors are one sentence and what to do; exit 2 for wrong use, 1 for failure."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from alerts import account_commands, evidence_command
from alerts import commands as alert_commands
from ingest import commands
from schemas.errors import MonitorError, UseError
from schemas.runtime import logs
from schemas.runtime.settings import Settings, load_settings

app = typer.Typer(
    help="永兴县在线监测 Yongxing online monitoring",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
registry_app = typer.Typer(help="注册表 the registry: sites, devices, points, boilers, budgets", no_args_is_help=True)
device_app = typer.Typer(help="设备凭证 device credentials", no_args_is_help=True)
app.add_typer(registry_app, name="registry")
app.add_typer(device_app, name="device")

DataOption = Annotated[Path | None, typer.Option("--data", help="数据目录 data folder (default: data)")]


def _say(sentence: str) -> None:
    print(sentence, flush=True)


def _settings(data: Path | None = None) -> Settings:
    settings = load_settings()
    return settings if data is None else settings.model_copy(update={"data": data})


def _database_url(data: Path | None = None) -> str:
    from schemas.runtime.access import running_database_url

    return running_database_url(_settings(data))


def _work(component: str, work: Callable[[Settings, asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    settings = _settings()
    settings = settings.model_copy(update={"database_url": _database_url()})
    logs.setup(settings.log_format, component)

    async def main() -> None:
        stop = asyncio.Event()
        for sig in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(sig, stop.set)
        if settings.metrics_port:
            from prometheus_client import start_http_server

            start_http_server(settings.metrics_port, addr="127.0.0.1")
        await work(settings, stop)

    asyncio.run(main())


@app.command()
def run(
    data: DataOption = None,
    port: Annotated[int | None, typer.Option(help="大屏端口 port of the wall (default: 8080)")] = None,
    mqtt_port: Annotated[int | None, typer.Option(help="MQTT 端口 (default: 1883)")] = None,
    simulator: Annotated[
        bool, typer.Option("--simulator/--no-simulator", help="是否启动模拟器 with or without")
    ] = True,
    seconds: Annotated[float | None, typer.Option("--for", help="运行若干秒后停止 stop after so many seconds")] = None,
    registry: Annotated[
        Path | None, typer.Option(help="注册表文件 (default: the example county, at the first start)")
    ] = None,
) -> None:
    """Start everything on this machine: database, broker, ingest, derive, alerts, desk, simulator."""
    from schemas.runtime import service
    from simulator.example import example_path

    settings = _settings(data)
    options = service.RunOptions(
        data=settings.data,
        port=port or settings.desk.port,
        mqtt_port=mqtt_port or settings.broker.port,
        simulator=simulator,
        seconds=seconds,
        registry=registry,
        example=example_path(),
        welcome=account_commands.welcome,
    )
    asyncio.run(service.run(settings, options, _say))


@app.command()
def ingest() -> None:
    """Receive readings from the broker and store them. Several may run: each serves its share of the sites."""
    from ingest import work

    _work("ingest", work.run)


@app.command()
def derive() -> None:
    """Compute hour and day values, efficiency and standard coal from new readings."""
    from ingest.derive import rounds

    _work("derive", rounds.run)


@app.command()
def alerts() -> None:
    """Judge new facts, keep incidents, send notices."""
    from alerts import loop

    _work("alerts", loop.run)


@app.command()
def judge(
    since: Annotated[datetime, typer.Option("--from", help="起 from, Beijing time")],
    until: Annotated[datetime, typer.Option("--to", help="止 until, not included")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只试算 say what would change, write nothing")] = False,
    rules: Annotated[
        Path | None, typer.Option(help="试用的规则文件 rules to try; lists the incidents they would have opened")
    ] = None,
    data: DataOption = None,
) -> None:
    """Recompute a span from its readings and judge it again: after a late correction, a new limit, a new version."""
    from ingest.derive.rounds import catch_up

    alert_commands.judge(data, since, until, catch_up, dry_run=dry_run, file=rules)


@app.command()
def desk() -> None:
    """Serve wall, API, health and metrics."""
    from alerts.desk.app import serve

    settings = _settings().model_copy(update={"database_url": _database_url()})
    logs.setup(settings.log_format, "desk")
    serve(settings)


@app.command()
def simulate(
    seed: Annotated[int, typer.Option(help="随机种子 seed: the same seed, the same bytes")] = 1,
    days: Annotated[int, typer.Option(min=0, help="历史天数 days of history sent as backlog")] = 35,
    scenario: Annotated[Path | None, typer.Option(help="情景文件 (default: first_morning)")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只打印 topic<TAB>payload, print only")] = False,
    until: Annotated[datetime | None, typer.Option(help="--dry-run 的截止时刻 end of the dry run")] = None,
) -> None:
    """Stand in for the hardware: every device of the registry publishes as the real one would."""
    from schemas.registry import document
    from simulator import fleet, publish
    from simulator import scenario as scenarios
    from simulator.example import example_path, scenario_path

    if dry_run:
        county = document.load_checked(example_path())
        story = scenarios.load(scenario or scenario_path("first_morning"), county)
        for topic, payload in fleet.dry_run(county, scenario=story, seed=seed, days=days, until=until):
            sys.stdout.write(f"{topic}\t{payload.decode()}\n")
        return

    async def work(settings: Settings, stop: asyncio.Event) -> None:
        from schemas.runtime.access import registry_in_force

        county = await registry_in_force(settings) or document.load_checked(example_path())
        story = scenarios.load(scenario or scenario_path("first_morning"), county)
        if settings.ready_file:
            settings.ready_file.touch()
        state = settings.data / "simulator.json"
        await publish.run(county, story, settings.broker, seed=seed, days=days, state_file=state, stop=stop)

    _work("simulate", work)


@app.command()
def migrate(
    data: DataOption = None,
    check: Annotated[
        bool, typer.Option("--check", help="只检查 only say how the database stands; exit 1: behind")
    ] = False,
) -> None:
    """Bring the database's schema to this version."""
    from schemas.runtime import migrate as migrations

    if check:
        found = migrations.status(_database_url(data))
        _say(f"{found.kind}: {found.revision or '空 empty'}，本版本 this version {found.head}")
        if not found.is_current:
            raise MonitorError("数据库结构待升级 (the schema is behind).", "monitor migrate")
        return
    before, after = migrations.migrate(_database_url(data), plain=_settings(data).plain_tables)
    _say(f"{before or '空 empty'} → {after}" if before != after else f"已是最新 up to date: {after}")


@app.command("db-url")
def db_url(
    data: DataOption = None,
    reader: Annotated[bool, typer.Option("--reader", help="Grafana 的只读地址 read-only, for Grafana")] = False,
) -> None:
    """Print the address of the database, for psql; --reader: for Grafana."""
    if reader:
        from schemas.runtime.reader import address

        _say(asyncio.run(address(_settings(data))))
        return
    _say(_database_url(data))


app.command("evidence")(evidence_command.evidence)
app.add_typer(account_commands.accounts, name="account")


@app.command()
def verify(
    data: DataOption = None,
    rows: Annotated[bool, typer.Option("--rows", help="逐批核对行数 also count the stored rows of each batch")] = False,
) -> None:
    """Walk the hash chains of the raw messages and of the desk's history; name the first broken link."""
    commands.verify(data, rows)
    alert_commands.verify(data)


app.command("trace")(commands.trace)
app.command("retention")(commands.retention)
app.add_typer(commands.rejections, name="rejections")
app.command("explain")(alert_commands.explain)
app.add_typer(alert_commands.marks, name="mark")
app.command("report")(alert_commands.report)


@registry_app.command("check")
def registry_check(file: Path) -> None:
    """Prove a registry file; change nothing."""
    from schemas.registry import document

    found = document.load_checked(file)
    points = sum(len(device.points) for site in found.sites for device in site.devices)
    _say(f"注册表正确 registry is sound: {len(found.sites)} 个单位 sites, {points} 个测点 points")


@registry_app.command("apply")
def registry_apply(
    file: Path,
    data: DataOption = None,
    by: Annotated[str, typer.Option(help="操作人 who applies it, for the history")] = "command line",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只显示差异 show the diff only")] = False,
) -> None:
    """Make a registry file the one in force: shows what changes, in one transaction, with history."""
    from schemas.registry import diff
    from schemas.runtime.access import apply_registry

    changes = asyncio.run(apply_registry(_database_url(data), file, by, dry_run=dry_run))
    _say(diff.describe(changes) if changes else "没有变化 nothing changes")


@registry_app.command("export")
def registry_export(file: Path, data: DataOption = None) -> None:
    """Write the registry in force to a .yaml, .csv or .xlsx file."""
    from schemas.runtime.access import export_registry

    asyncio.run(export_registry(_database_url(data), file))
    _say(f"已写出 written: {file}")


@device_app.command("login")
def device_login(device: Annotated[str, typer.Argument(help="site/device")], data: DataOption = None) -> None:
    """Print a device's login as options for mosquitto_pub: `mosquitto_pub $(monitor device login site/device) …`."""
    from schemas.runtime.access import device_login as login

    _say(login(_settings(data), device))


def main() -> None:
    """Entry of the `monitor` command."""
    try:
        app()
    except MonitorError as exc:
        print(f"错误 error: {exc.sentence}", file=sys.stderr)
        if exc.mend:
            print(f"  怎么办 mend: {exc.mend}", file=sys.stderr)
        sys.exit(2 if isinstance(exc, UseError) else exc.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
