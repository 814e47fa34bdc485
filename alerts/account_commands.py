"""The command line's part for accounts: add, list, password, disable, enable, and tokens. Wiring only.

A password is asked for or made up and printed once; it is never an option: those stand in the shell's history and in `ps`.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from schemas.catalog.duty import ROLE_ZH, Role
from schemas.errors import UseError
from schemas.times import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from schemas.runtime.database import Database

accounts = typer.Typer(help="账号 accounts: who may log in to the duty desk and use its API", no_args_is_help=True)
tokens = typer.Typer(help="访问令牌 tokens: for programs that use the API", no_args_is_help=True)
accounts.add_typer(tokens, name="token")

DataOption = Annotated[Path | None, typer.Option("--data", help="数据目录 data folder (default: data)")]
AskOption = Annotated[bool, typer.Option("--ask", help="自行输入密码 type the password (default: a one-time password)")]
_BY = "command line"
_LONGEST_DAYS = 3650
T = TypeVar("T")


@accounts.command("add")
def account_add(
    name: Annotated[str, typer.Argument(help="账号名 name to log in with")],
    role: Annotated[Role, typer.Option(help="角色 role")],
    person: Annotated[str | None, typer.Option(help="对应人员 id in the registry's people")] = None,
    site: Annotated[str | None, typer.Option(help="所属站点 site of an operator")] = None,
    *,
    ask: AskOption = False,
    data: DataOption = None,
) -> None:
    """Add an account and print its one-time password, or ask for one."""
    from alerts.desk.accounts import Wanted, add

    wanted = Wanted(name=name, role=role, person=person, site=site)
    password = _asked() if ask else None
    made = _with_database(data, lambda db: add(db, _BY, wanted, password))
    typer.echo(f"账号 {name}（{ROLE_ZH[role]}）已添加 (account added)")
    _show(made)


@accounts.command("list")
def account_list(data: DataOption = None) -> None:
    """List accounts; passwords stand nowhere."""
    from alerts.desk.accounts import listed
    from schemas.runtime.clock import now

    rows = _with_database(data, listed)
    for row in rows:
        whose = " ".join(filter(None, (row["person"], row["site_id"])))
        typer.echo(f"{row['name']}\t{ROLE_ZH[Role(row['role'])]}\t{whose or '—'}\t{_state(row, now())}")
    typer.echo(f"{len(rows)} 个账号 accounts")


def _state(row: dict[str, Any], now: datetime) -> str:
    if row["disabled_at"] is not None:
        return f"已停用 disabled {_stamp(row['disabled_at'])}"
    if row["locked_until"] is not None and row["locked_until"] > now:
        return f"锁定至 locked until {_stamp(row['locked_until'])}"
    return "待改一次性密码 must change its password" if row["must_change"] else "正常 in use"


@accounts.command("password")
def account_password(name: str, *, ask: AskOption = False, data: DataOption = None) -> None:
    """Give an account another password: a one-time one, or one that is asked for. Its log-ins end at once."""
    from alerts.desk.accounts import set_password

    password = _asked() if ask else None
    made, _ = _with_database(data, lambda db: set_password(db, _BY, name, password))
    typer.echo(f"账号 {name} 的密码已更换，原有登录全部失效 (password changed, all its log-ins have ended)")
    _show(made)


@accounts.command("disable")
def account_disable(name: str, data: DataOption = None) -> None:
    """Let an account log in no more; its log-ins and tokens end at once. Its name stays in the history."""
    from alerts.desk.accounts import disable
    from schemas.runtime.clock import now

    _with_database(data, lambda db: disable(db, _BY, name, now=now()))
    typer.echo(f"账号 {name} 已停用 (disabled)")


@accounts.command("enable")
def account_enable(name: str, data: DataOption = None) -> None:
    """Let an account log in again, and lift a lock."""
    from alerts.desk.accounts import enable

    _with_database(data, lambda db: enable(db, _BY, name))
    typer.echo(f"账号 {name} 已启用 (enabled)")


@tokens.command("add")
def token_add(
    account: Annotated[str, typer.Argument(help="账号 whose rights the token has")],
    name: Annotated[str, typer.Argument(help="用途 what it is for")],
    days: Annotated[int, typer.Option(min=0, max=_LONGEST_DAYS, help="有效天数 days it lasts; 0: without end")] = 365,
    data: DataOption = None,
) -> None:
    """Make a token and print it once: it is stored nowhere."""
    from alerts.desk.accounts import add_token
    from schemas.runtime.clock import now

    expires_at = now() + timedelta(days=days) if days else None
    number, token = _with_database(data, lambda db: add_token(db, _BY, account, name, expires_at=expires_at))
    until = f"至 until {_stamp(expires_at)}" if expires_at else "长期有效 without end"
    typer.echo(f"令牌 {number} 已生成，{until}，仅此一次显示 (shown only now):")
    typer.echo(token)


@tokens.command("list")
def token_list(
    account: Annotated[str | None, typer.Argument(help="账号 of one account; all where left out")] = None,
    data: DataOption = None,
) -> None:
    """List tokens: whose, what for, until when, last used when."""
    from alerts.desk.accounts import tokens as listed
    from schemas.runtime.clock import now

    rows = _with_database(data, lambda db: listed(db, account))
    for row in rows:
        used = f"最近使用 last used {_stamp(row['last_used_at'])}" if row["last_used_at"] else "未使用 never used"
        typer.echo(f"{row['token_id']}\t{row['account']}\t{row['name']}\t{_token_state(row, now())}\t{used}")
    typer.echo(f"{len(rows)} 个令牌 tokens")


def _token_state(row: dict[str, Any], now: datetime) -> str:
    if row["revoked_at"] is not None:
        return f"已吊销 revoked {_stamp(row['revoked_at'])}"
    if row["expires_at"] is None:
        return "长期有效 without end"
    word = "有效至 until" if row["expires_at"] > now else "已过期 expired"
    return f"{word} {_stamp(row['expires_at'])}"


@tokens.command("revoke")
def token_revoke(number: int, data: DataOption = None) -> None:
    """Let a token be worth nothing from now on."""
    from alerts.desk.accounts import revoke_token
    from schemas.runtime.clock import now

    _with_database(data, lambda db: revoke_token(db, _BY, number, now=now()))
    typer.echo(f"令牌 {number} 已吊销 (revoked)")


def _asked() -> str:
    """Ask for a password without showing it, twice; from a pipe, read one line."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = str(typer.prompt("密码 password", hide_input=True))
    if first != typer.prompt("再输一次 again", hide_input=True):
        raise UseError("两次输入不一致 (the two differ).", "再试一次")
    return first


def _show(made: str | None) -> None:
    if made is not None:
        typer.echo(f"一次性密码，仅此一次显示，首次登录须修改 (one-time password, shown only now): {made}")


def _stamp(at: datetime) -> str:
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def _with_database(data: Path | None, work: Callable[[Database], Awaitable[T]]) -> T:
    from alerts.commands import settings_of
    from schemas.runtime import database

    async def connected() -> T:
        async with database.connect(settings_of(data).database_url or "", "monitor-account") as db:
            return await work(db)

    return asyncio.run(connected())


async def welcome(url: str) -> str | None:
    """Make the first account where there is none; return what its owner must be told, once, else None."""
    from alerts.desk.accounts import FIRST, first_account
    from schemas.runtime import database

    async with database.connect(url, "monitor-run") as db:
        password = await first_account(db)
    if password is None:
        return None
    return (
        f"  首次登录 first log-in  账号 {FIRST}，一次性密码 {password}（仅此一次显示，登录后须修改；"
        "shown only now, to be changed at the first log-in）"
    )
