from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from argon2 import PasswordHasher
from typer.testing import CliRunner

from alerts.account_commands import accounts as commands
from alerts.actor import Actor, NotFoundError
from alerts.desk import accounts
from alerts.desk.accounts import Wanted
from alerts.desk.entry import Entry, Granted, Refused
from alerts.desk.source import Source
from schemas.catalog.duty import Role
from schemas.errors import DatabaseUnavailableError, MonitorError, UseError
from schemas.runtime import clock, database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from schemas.runtime.database import Database

PASSWORD = "correct horse 1"
CHEN = Wanted(name="chen", role=Role.INSPECTOR, person="epb-chen")


@pytest.fixture
async def db(url: str) -> AsyncIterator[Database]:
    async with database.connect(url, "tests") as connection:
        yield connection


@pytest.fixture
async def entry(url: str) -> AsyncIterator[Entry]:
    source = Source(url)
    yield Entry(source)
    await source.close()


def query(url: str, text: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(text.encode()).fetchall()


def history(url: str) -> list[tuple[str, dict[str, Any]]]:
    return query(url, "SELECT actor, body FROM incident_event WHERE kind = 'account_changed' ORDER BY seq")


async def test_the_first_account_is_made_once_with_a_password_that_must_be_changed(url: str, entry: Entry) -> None:
    async with database.connect(url, "a") as one, database.connect(url, "b") as two:
        made = await asyncio.gather(accounts.first_account(one), accounts.first_account(two))
        password = next(filter(None, made))
        assert sorted(made, key=bool) == [None, password]
        assert await accounts.first_account(one) is None
    assert await entry.enter("admin", password, "::1") == Granted("admin", 0, must_change=True)
    assert history(url) == [("monitor", {"account": "admin", "change": "added", "role": "admin"})]


async def test_a_right_password_comes_in_and_a_wrong_or_unknown_name_learns_nothing(db: Database, entry: Entry) -> None:
    await accounts.add(db, "tests", CHEN, PASSWORD)
    assert await entry.enter(" CHEN ", PASSWORD, "::1") == Granted("chen", 0, must_change=False)
    assert await entry.enter("chen", "wrong horse 1", "::1") == Refused()
    assert await entry.enter("nobody", PASSWORD, "::1") == Refused()
    assert await entry.enter("", "", "::1") == Refused()


async def test_an_unknown_name_costs_as_many_hashes_as_a_wrong_password(
    db: Database, entry: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    await accounts.add(db, "tests", CHEN, PASSWORD)
    proved: list[str] = []

    def matches(stored: str, _password: str) -> bool:
        proved.append(stored)
        return False

    monkeypatch.setattr("alerts.desk.passwords.matches", matches)
    for name in ("chen", "nobody"):
        await entry.enter(name, "wrong horse 1", "::1")
    assert [stored.split("$")[1:4] for stored in proved] == [["argon2id", "v=19", "m=65536,t=3,p=4"]] * 2


@pytest.mark.parametrize("name", ["chen", "nobody"])
async def test_five_wrong_tries_lock_a_name_whether_or_not_there_is_such_an_account(
    name: str, db: Database, entry: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    await accounts.add(db, "tests", CHEN, PASSWORD)
    now = clock.now()
    monkeypatch.setattr("schemas.runtime.clock.now", lambda: now)
    found = [await entry.enter(name, "wrong horse 1", f"10.0.0.{number}") for number in range(5)]
    assert [one.wait for one in found if isinstance(one, Refused)] == [timedelta(0)] * 4 + [timedelta(minutes=1)]
    assert await entry.enter(name, PASSWORD, "10.0.0.9") == Refused(timedelta(minutes=1))
    now += timedelta(minutes=1)
    assert await entry.enter(name, "wrong horse 1", "10.0.0.9") == Refused(timedelta(minutes=2))


async def test_a_right_password_after_a_lock_forgets_the_wrong_ones(
    url: str, db: Database, entry: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    await accounts.add(db, "tests", CHEN, PASSWORD)
    now = clock.now()
    monkeypatch.setattr("schemas.runtime.clock.now", lambda: now)
    for _ in range(5):
        await entry.enter("chen", "wrong horse 1", "::1")
    now += timedelta(minutes=1)
    assert await entry.enter("chen", PASSWORD, "::1") == Granted("chen", 0, must_change=False)
    assert query(url, "SELECT failed, locked_until FROM account") == [(0, None)]


async def test_many_tries_at_once_are_counted_one_by_one(db: Database, entry: Entry) -> None:
    await accounts.add(db, "tests", CHEN, PASSWORD)
    found = await asyncio.gather(*(entry.enter("chen", f"wrong horse {n}", f"10.0.0.{n}") for n in range(12)))
    # Five are looked at; the fifth locks, and what comes while it is locked is not even tried.
    assert [one for one in found if one == Refused()] == [Refused()] * 4
    assert await db.fetch("account_list") != []
    assert (await accounts.listed(db))[0]["failed"] == 5


async def test_an_address_is_stopped_whatever_the_names(entry: Entry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alerts.desk.passwords.matches", lambda *_: False)
    now = clock.now()
    monkeypatch.setattr("schemas.runtime.clock.now", lambda: now)
    for number in range(30):
        assert await entry.enter(f"name{number}", "x", "10.0.0.1") == Refused()
    assert await entry.enter("name30", "x", "10.0.0.1") == Refused(timedelta(minutes=10))
    assert await entry.enter("name30", "x", "10.0.0.2") == Refused()


async def test_a_hash_with_old_parameters_is_made_anew_at_the_next_log_in(url: str, db: Database, entry: Entry) -> None:
    await accounts.add(db, "tests", CHEN, PASSWORD)
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE account SET password_hash = %s", [weak])
    assert isinstance(await entry.enter("chen", PASSWORD, "::1"), Granted)
    assert "m=65536,t=3,p=4" in query(url, "SELECT password_hash FROM account")[0][0]
    assert isinstance(await entry.enter("chen", PASSWORD, "::1"), Granted)


async def test_a_disabled_account_is_a_name_that_is_none(db: Database, entry: Entry) -> None:
    await accounts.first_account(db)
    await accounts.add(db, "tests", CHEN, PASSWORD)
    _, token = await accounts.add_token(db, "tests", "chen", "脚本", expires_at=None)
    await accounts.disable(db, "tests", "chen", now=clock.now())
    assert await entry.enter("chen", PASSWORD, "::1") == Refused()
    assert await accounts.bearer(db, token, now=clock.now()) is None
    with pytest.raises(UseError, match="已停用"):
        await accounts.disable(db, "tests", "chen", now=clock.now())
    with pytest.raises(UseError, match="已停用"):
        await accounts.add_token(db, "tests", "chen", "又一个", expires_at=None)
    await accounts.enable(db, "tests", "chen")
    assert isinstance(await entry.enter("chen", PASSWORD, "::1"), Granted)
    with pytest.raises(UseError, match="未停用"):
        await accounts.enable(db, "tests", "chen")


async def test_the_last_administrator_stays(db: Database) -> None:
    await accounts.first_account(db)
    await accounts.add(db, "tests", CHEN, PASSWORD)
    with pytest.raises(UseError, match="最后一个管理员"):
        await accounts.disable(db, "tests", "admin", now=clock.now())
    await accounts.add(db, "tests", Wanted(name="second", role=Role.ADMIN), PASSWORD)
    await accounts.disable(db, "tests", "admin", now=clock.now())
    with pytest.raises(UseError, match="最后一个管理员"):
        await accounts.disable(db, "tests", "second", now=clock.now())


@pytest.mark.parametrize(
    ("wanted", "word"),
    [
        (Wanted(name="Chen", role=Role.ADMIN), "账号名"),
        (Wanted(name="陈", role=Role.ADMIN), "账号名"),
        (Wanted(name="a" * 41, role=Role.ADMIN), "账号名"),
        (Wanted(name="x1", role=Role.INSPECTOR, person="nobody"), "没有人员"),
        (Wanted(name="x1", role=Role.OPERATOR), "须写明所属站点"),
        (Wanted(name="x1", role=Role.OPERATOR, site="nowhere"), "没有站点"),
        (Wanted(name="x1", role=Role.INSPECTOR, site="bj-wwtp"), "不限于站点"),
        (Wanted(name="x1", role=Role.OPERATOR, site="mt-wwtp", person="bj-wwtp-zhou"), "属于站点 bj-wwtp"),
        (Wanted(name="x1", role=Role.INSPECTOR, person="bj-wwtp-zhou"), "属于站点 bj-wwtp"),
        (Wanted(name="chen", role=Role.ADMIN), "已存在"),
    ],
)
async def test_an_account_that_will_not_do_is_refused_and_nothing_is_written(
    wanted: Wanted, word: str, url: str, db: Database
) -> None:
    await accounts.add(db, "tests", CHEN, PASSWORD)
    with pytest.raises(UseError, match=word):
        await accounts.add(db, "tests", wanted, PASSWORD)
    assert query(url, "SELECT name FROM account") == [("chen",)]
    assert len(history(url)) == 1


async def test_an_operator_s_site_is_that_of_the_person(db: Database) -> None:
    await accounts.add(db, "tests", Wanted(name="zhou", role=Role.OPERATOR, person="bj-wwtp-zhou"))
    _, token = await accounts.add_token(db, "tests", "zhou", "x", expires_at=None)
    found = await accounts.bearer(db, token, now=clock.now())
    assert found == Actor(name="zhou", role=Role.OPERATOR, person="bj-wwtp-zhou", site="bj-wwtp")


async def test_a_weak_password_is_refused_before_anything_is_written(url: str, db: Database) -> None:
    with pytest.raises(UseError, match="太短"):
        await accounts.add(db, "tests", CHEN, "short")
    await accounts.add(db, "tests", CHEN, PASSWORD)
    with pytest.raises(UseError, match="太常见"):
        await accounts.set_password(db, "tests", "chen", "1234567890")
    with pytest.raises(NotFoundError):
        await accounts.set_password(db, "tests", "nobody", PASSWORD)
    assert len(history(url)) == 1


@pytest.mark.parametrize(
    ("expires", "after", "holds"),
    [(None, timedelta(days=9999), True), (timedelta(days=1), timedelta(hours=23), True),
     (timedelta(days=1), timedelta(days=1), False)],
)  # fmt: skip
async def test_a_token_holds_until_it_expires(
    expires: timedelta | None, after: timedelta, holds: bool, db: Database  # noqa: FBT001
) -> None:  # fmt: skip
    await accounts.add(db, "tests", CHEN, PASSWORD)
    now: datetime = clock.now()
    _, token = await accounts.add_token(db, "tests", "chen", "x", expires_at=now + expires if expires else None)
    assert (await accounts.bearer(db, token, now=now + after) is not None) is holds


async def test_a_token_is_stored_as_its_digest_only_and_worth_nothing_once_revoked(url: str, db: Database) -> None:
    await accounts.add(db, "tests", CHEN, PASSWORD)
    number, token = await accounts.add_token(db, "tests", "chen", "脚本", expires_at=None)
    assert token.startswith("yx_")
    assert token not in str(query(url, "SELECT * FROM account_token"))
    assert token not in str(query(url, "SELECT body FROM incident_event"))
    now = clock.now()
    assert await accounts.bearer(db, token, now=now) is not None
    assert await accounts.bearer(db, token, now=now + timedelta(seconds=30)) is not None
    assert query(url, "SELECT last_used_at FROM account_token") == [(now,)]
    for wrong in (token + "x", token[:-1], token.removeprefix("yx_"), "yx_", "", "yx_" + "x" * 10_000, "yx_\x00"):
        assert await accounts.bearer(db, wrong, now=now) is None
    await accounts.revoke_token(db, "tests", number, now=now)
    assert await accounts.bearer(db, token, now=now) is None
    with pytest.raises(NotFoundError):
        await accounts.revoke_token(db, "tests", number, now=now)


async def test_every_change_is_a_line_of_the_history_without_secrets(url: str, db: Database) -> None:
    await accounts.first_account(db)
    made = await accounts.add(db, "admin", CHEN)
    again, epoch = await accounts.set_password(db, "chen", "chen", PASSWORD)
    assert (again, epoch) == (None, 1)
    number, token = await accounts.add_token(db, "admin", "chen", "脚本", expires_at=None)
    await accounts.revoke_token(db, "admin", number, now=clock.now())
    await accounts.disable(db, "admin", "chen", now=clock.now())
    await accounts.enable(db, "admin", "chen")
    lines = history(url)
    assert [(who, body["account"], body["change"]) for who, body in lines] == [
        ("monitor", "admin", "added"), ("admin", "chen", "added"), ("chen", "chen", "password"),
        ("admin", "chen", "token_added"), ("admin", "chen", "token_revoked"), ("admin", "chen", "disabled"),
        ("admin", "chen", "enabled"),
    ]  # fmt: skip
    assert made is not None
    assert not any(secret in str(lines) for secret in (PASSWORD, made, token, "argon2"))
    assert query(url, "SELECT count(*) FROM incident_event WHERE incident_id IS NOT NULL") == [(0,)]


async def test_what_breaks_inside_a_loan_leaves_the_next_one_whole(url: str) -> None:
    source = Source(url, at_once=1)
    async with source.lend() as first:
        await first.fetch("account_any")
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'monitor-desk-ask'"
            " AND datname = current_database()"
        )
    with pytest.raises(DatabaseUnavailableError):
        async with source.lend() as cut:
            await cut.fetch("account_any")
    with pytest.raises(RuntimeError):
        async with source.lend() as whole, whole.transaction():
            raise RuntimeError
    async with source.lend() as whole:
        assert await whole.fetch("account_any") == [(False,)]
    await source.close()


def run(*words: str, typed: str = "") -> str:
    result = CliRunner().invoke(commands, list(words), input=typed, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


async def test_the_command_line_keeps_accounts(url: str, monkeypatch: pytest.MonkeyPatch, entry: Entry) -> None:
    monkeypatch.setenv("MONITOR_DATABASE_URL", url)
    said = await asyncio.to_thread(run, "add", "chen", "--role", "inspector", "--person", "epb-chen")
    made = said.strip().rsplit(" ", 1)[-1]
    assert await entry.enter("chen", made, "::1") == Granted("chen", 0, must_change=True)
    said = await asyncio.to_thread(run, "password", "chen", "--ask", typed=PASSWORD + "\n")
    assert PASSWORD not in said
    assert await entry.enter("chen", PASSWORD, "::1") == Granted("chen", 1, must_change=False)
    assert "chen\t巡查员\tepb-chen\t正常" in await asyncio.to_thread(run, "list")
    await asyncio.to_thread(run, "add", "boss", "--role", "admin", "--ask", typed=PASSWORD + "\n")
    await asyncio.to_thread(run, "disable", "chen")
    assert "已停用" in await asyncio.to_thread(run, "list")
    await asyncio.to_thread(run, "enable", "chen")
    assert isinstance(await entry.enter("chen", PASSWORD, "::1"), Granted)


async def test_the_command_line_keeps_tokens(url: str, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONITOR_DATABASE_URL", url)
    await accounts.add(db, "tests", CHEN, PASSWORD)
    said = await asyncio.to_thread(run, "token", "add", "chen", "报表", "--days", "7")
    token = said.strip().splitlines()[-1]
    assert await accounts.bearer(db, token, now=clock.now()) is not None
    assert await accounts.bearer(db, token, now=clock.now() + timedelta(days=7)) is None
    shown = await asyncio.to_thread(run, "token", "list", "chen")
    assert "报表" in shown
    assert token not in shown
    assert "0 个令牌" in await asyncio.to_thread(run, "token", "list", "boss")
    await asyncio.to_thread(run, "token", "revoke", shown.split("\t")[0])
    assert await accounts.bearer(db, token, now=clock.now()) is None
    assert "已吊销" in await asyncio.to_thread(run, "token", "list")


@pytest.mark.parametrize(
    "words", [("disable", "nobody"), ("enable", "nobody"), ("password", "nobody"), ("token", "add", "nobody", "x"),
              ("token", "revoke", "7")]
)  # fmt: skip
async def test_the_command_line_names_what_is_not_there(
    words: tuple[str, ...], url: str, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MONITOR_DATABASE_URL", url)
    await accounts.first_account(db)
    with pytest.raises(MonitorError, match="没有"):
        await asyncio.to_thread(run, *words)
