"""The web process: background readers, wall, duty desk, log-in and API behind one guard. Wiring only."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from nicegui import app, ui

from alerts.desk import api, background, drill, login, pages, passwords, reports, wall
from alerts.desk.asking import Asking
from alerts.desk.cookies import Seal
from alerts.desk.guard import Guard
from alerts.desk.keeper import Keeper
from alerts.desk.sessions import Sessions
from alerts.desk.snapshot import Reader
from alerts.desk.source import Source
from alerts.desk.usher import ClosedWall, Usher
from alerts.judge.rules_file import RulesFile
from alerts.judge.signals.registry import known_numbers
from alerts.policy_file import PolicyFile
from schemas.errors import StartError
from schemas.runtime import logs
from schemas.runtime.folder import DataFolder

if TYPE_CHECKING:
    from collections.abc import Callable

    from alerts.judge.rules import Rule
    from alerts.policy import Policy
    from schemas.runtime.settings import Settings

_LOG = logs.get(__name__)


def serve(settings: Settings) -> None:
    """Serve wall, desk, API, health and metrics until a signal; returns within two seconds of it.

    Raises:
        StartError: the secret that signs log-ins can neither be read nor made.

    """
    assert settings.database_url is not None
    rules = _rules(RulesFile(settings.alerts.rules_file, known_numbers()))
    keeper = Keeper(settings.database_url, settings.ready_file, reader=Reader(rules))
    source = Source(settings.database_url)
    seal = Seal(secret(settings), is_https=settings.alerts.public_url.startswith("https://"))
    sessions = Sessions(source, seal, timedelta(hours=settings.desk.session_h))
    policy = _policy(PolicyFile(settings.alerts.policy_file))
    is_open = settings.desk.open_wall
    background.keep("keeper", keeper.run)
    background.keep("usher", Usher(sessions, is_wall_open=is_open).run)
    app.on_shutdown(source.close)
    # The first log-in must not tell by its time that nobody tried before.
    app.on_startup(lambda: asyncio.to_thread(passwords.nobodys))
    api.mount(app, keeper, Asking(source, sessions, open_wall=is_open), policy, Reader(rules))
    login.mount(app, source, sessions)
    desk = pages.mount(settings.database_url, source, sessions, policy, rules)
    drill.mount(app, desk, keeper)
    reports.mount(app, desk)
    wall.mount(keeper, settings.desk.wall_turn_s)
    if not is_open:
        app.add_middleware(ClosedWall, sessions=sessions)
    app.add_middleware(Guard, public_url=settings.alerts.public_url)
    ui.run(
        host=settings.desk.host,
        port=settings.desk.port,
        title="永兴县在线监测",
        favicon="🏞",
        dark=True,
        language="zh-CN",
        reload=False,
        show=False,
        show_welcome_message=False,
        access_log=False,
        timeout_graceful_shutdown=1,
    )


def secret(settings: Settings) -> str:
    """Return what signs log-ins: of the data folder, made at random on first use.

    Raises:
        StartError: it can neither be read nor made.

    """
    folder = DataFolder(settings.data)
    try:
        folder.secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder.secret("desk")
    except OSError as exc:
        raise StartError(
            f"无法在 {folder.secrets} 读取或保存登录密钥 (no place for the secret of log-ins): {exc.strerror or exc}.",
            "Let MONITOR_DATA name a folder that the desk may write; it must survive a restart.",
        ) from exc


def _rules(file: RulesFile) -> Callable[[], dict[str, Rule]]:
    def in_force() -> dict[str, Rule]:
        file.refresh()
        return file.current

    return in_force


def _policy(file: PolicyFile) -> Callable[[], Policy]:
    """Return what gives the policy in force: the file's, as it stands when it is asked for."""

    def in_force() -> Policy:
        if trouble := file.refresh():
            _LOG.error("policy file is broken", trouble=trouble)
        return file.current

    return in_force
