"""Accounts and tokens in the database. Each change writes one line of the history, without secrets, in the same transaction.

Errors: UseError (a name, role or password that will not do), NotFoundError (no such account or token).
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from alerts.actor import Actor, NotFoundError, UseError
from alerts.desk import passwords
from schemas.catalog.duty import ROLE_ZH, EventKind, Role
from schemas.registry import store
from schemas.runtime import database

if TYPE_CHECKING:
    from schemas.runtime.database import Database

FIRST = "admin"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")
_PREFIX = "yx_"
_LONGEST_TOKEN = 100
_MOST_TOKEN_NAME = 60
#: When a token was used is known to the minute: not each call writes.
_USE_NOTED_EVERY = timedelta(minutes=1)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """An account to make. *person*: id in the registry's people; *site*: of an operator, and only of one."""

    name: str
    role: Role
    person: str | None = None
    site: str | None = None


async def first_account(db: Database) -> str | None:
    """Make the first account, an administrator, where there is none; return its one-time password, else None."""
    if (await db.fetch("account_any"))[0][0]:
        return None
    password = passwords.one_time()
    stored = await asyncio.to_thread(passwords.hashed, password)
    async with db.transaction():
        if not await db.execute("account_first", account=FIRST, hash=stored):
            return None
        await _record(db, "monitor", FIRST, "added", role=Role.ADMIN.value)
    return password


async def add(db: Database, by: str, wanted: Wanted, password: str | None = None) -> str | None:
    """Make an account; without *password* return the one-time password that was made up for it."""
    if not _NAME.fullmatch(wanted.name):
        raise UseError(
            f"账号名不合规 (not an account name): {wanted.name!r}.", "小写字母、数字、._-，2 到 40 位，如 chen.yi"
        )
    wanted = await _checked(db, wanted)
    made = None if password is not None else passwords.one_time()
    stored = await _hashed(made or password or "", wanted.name)
    async with db.transaction():
        if await db.fetch("account_named", account=wanted.name):
            raise UseError(f"账号 {wanted.name} 已存在 (it exists already).", "monitor account list")
        await db.execute(
            "account_insert",
            account=wanted.name,
            role=wanted.role.value,
            person=wanted.person,
            site=wanted.site,
            hash=stored,
            must_change=made is not None,
        )
        await _record(db, by, wanted.name, "added", role=wanted.role.value, person=wanted.person, site=wanted.site)
    return made


async def _checked(db: Database, wanted: Wanted) -> Wanted:
    """Return *wanted* with an operator's site filled in; the registry must know person and site."""
    registry = await store.current(db)
    people = {one.id: one for one in registry.document.people} if registry else {}
    sites = {one.id for one in registry.document.sites} if registry else set()
    if wanted.person is not None and wanted.person not in people:
        raise NotFoundError(f"注册表里没有人员 {wanted.person} (no such person).", "monitor registry apply FILE")
    own = people[wanted.person].site if wanted.person else None
    site = wanted.site or (own if wanted.role is Role.OPERATOR else None)
    zh = ROLE_ZH[wanted.role]
    if wanted.role is Role.OPERATOR and site is None:
        raise UseError(f"{zh}账号须写明所属站点 (an operator needs a site).", "--site SITE")
    if wanted.role is not Role.OPERATOR and site is not None:
        raise UseError(f"{zh}账号不限于站点 (only an operator belongs to a site).", "Leave --site out.")
    if own is not None and own != site:
        raise UseError(
            f"人员 {wanted.person} 属于站点 {own}，不能作为本账号的人员 (a person of site {own}).",
            "--role operator --site " + own,
        )
    if site is not None and site not in sites:
        raise NotFoundError(f"没有站点 {site} (no such site).", "See /api/sites.")
    return msgspec.structs.replace(wanted, site=site)


async def listed(db: Database) -> list[dict[str, Any]]:
    """Return all accounts as rows, without their secrets."""
    return await db.fetch_dicts("account_list")


async def set_password(db: Database, by: str, name: str, password: str | None = None) -> tuple[str | None, int]:
    """Give *name* another password; its log-ins end. Return the one-time password, where none was given, and the new epoch."""
    if not await db.fetch("account_named", account=name):
        raise _no_account(name)
    made = None if password is not None else passwords.one_time()
    stored = await _hashed(made or password or "", name)
    async with db.transaction():
        rows = await db.fetch("account_password", account=name, hash=stored, must_change=made is not None)
        await _record(db, by, name, "password")
    return made, rows[0][0]


async def disable(db: Database, by: str, name: str, *, now: datetime) -> None:
    """Let *name* log in no more; its log-ins and tokens end at once. The last administrator stays."""
    async with db.transaction():
        await db.execute("account_lock")
        if (await db.fetch("account_admins", account=name))[0][0] == 0:
            raise UseError(f"{name} 是最后一个管理员账号 (the last administrator).", "先添加另一个管理员")
        if not await db.fetch("account_disable", account=name, at=now):
            raise await _unchanged(db, name, "已停用 (disabled already)")
        await _record(db, by, name, "disabled")


async def enable(db: Database, by: str, name: str) -> None:
    """Let *name* log in again, and lift a lock."""
    async with db.transaction():
        if not await db.fetch("account_enable", account=name):
            raise await _unchanged(db, name, "未停用也未锁定 (neither disabled nor locked)")
        await _record(db, by, name, "enabled")


async def add_token(
    db: Database, by: str, account: str, name: str, *, expires_at: datetime | None
) -> tuple[int, str]:  # fmt: skip
    """Make a token for *account*; return its number and the token itself, which is stored nowhere."""
    label = name.strip()
    if not label or len(label) > _MOST_TOKEN_NAME or label.startswith("#"):
        raise UseError(f"令牌名不合规 (not a token's name): {name!r}.", "写明用途，1 到 60 字，如 “领导驾驶舱”")
    token = _PREFIX + secrets.token_urlsafe(32)
    async with db.transaction():
        found = await db.fetch("account_named", account=account)
        if not found:
            raise _no_account(account)
        if found[0][0] is not None:
            raise UseError(f"账号 {account} 已停用 (disabled).", f"monitor account enable {account}")
        rows = await db.fetch(
            "token_insert", account=account, label=label, digest=_digest(token), expires_at=expires_at
        )
        await _record(db, by, account, "token_added", token=rows[0][0], token_name=label)
    return int(rows[0][0]), token


async def tokens(db: Database, account: str | None = None) -> list[dict[str, Any]]:
    """Return the tokens of *account*, or all, as rows; what a token is stands nowhere."""
    return await db.fetch_dicts("token_list", account=account)


async def revoke_token(db: Database, by: str, token_id: int, *, now: datetime) -> None:
    """Let a token be worth nothing from now on."""
    async with db.transaction():
        rows = await db.fetch("token_revoke", token_id=token_id, at=now)
        if not rows:
            raise NotFoundError(
                f"没有有效的令牌 {token_id} (no such token, or revoked already).", "monitor account token list"
            )
        await _record(db, by, rows[0][0], "token_revoked", token=token_id, token_name=rows[0][1])


async def bearer(db: Database, token: str, *, now: datetime) -> Actor | None:
    """Return whose *token* is, or None where it is unknown, expired, revoked or its account disabled."""
    if not token.startswith(_PREFIX) or len(token) > _LONGEST_TOKEN:
        return None
    rows = await db.fetch_dicts("token_use", digest=_digest(token), at=now)
    if not rows:
        return None
    row = rows[0]
    if row["last_used_at"] is None or now - row["last_used_at"] >= _USE_NOTED_EVERY:
        await db.execute("token_used", token_id=row["token_id"], at=now)
    return actor_of(row)


def actor_of(row: dict[str, Any]) -> Actor:
    """Return the actor that a row of the table account is."""
    return Actor(name=row["name"], role=Role(row["role"]), person=row["person"], site=row["site_id"])


def _digest(token: str) -> bytes:
    # 256 random bits need no slow hash: there is nothing to guess.
    return hashlib.sha256(token.encode()).digest()


async def _hashed(password: str, name: str) -> str:
    if why := passwords.why_weak(password, name):
        raise UseError(why, "换一个更长、更难猜的密码")
    return await asyncio.to_thread(passwords.hashed, password)


def _no_account(name: str) -> NotFoundError:
    return NotFoundError(f"没有账号 {name} (no such account).", "monitor account list")


async def _unchanged(db: Database, name: str, how: str) -> UseError:
    if not await db.fetch("account_named", account=name):
        return _no_account(name)
    return UseError(f"账号 {name} {how}.", "monitor account list")


async def _record(db: Database, by: str, name: str, change: str, **more: object) -> None:
    said = {key: value for key, value in more.items() if value is not None}
    await db.fetch(
        "incident_event_insert",
        incident_id=None,
        kind=EventKind.ACCOUNT_CHANGED.value,
        actor=by,
        body=database.json({"account": name, "change": change} | said),
    )


__all__ = [
    "FIRST", "Wanted", "actor_of", "add", "add_token", "bearer", "disable", "enable", "first_account", "listed", "revoke_token",
    "set_password", "tokens",
]  # fmt: skip
