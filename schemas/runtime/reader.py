"""Grafana's own login: reads the views of schema `screen`, and nothing else.

Boards are written by many and looked at by more: what they read with must see no person, no message and no password, must
change nothing, and must not keep the server busy. The views run with their owner's rights, so the role needs none below them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit, urlunsplit

from schemas import sql
from schemas.errors import DatabaseError, StartError
from schemas.runtime import database, logs
from schemas.runtime.access import running_database_url
from schemas.runtime.database import READER
from schemas.runtime.folder import DataFolder

if TYPE_CHECKING:
    from schemas.runtime.database import Database
    from schemas.runtime.settings import Settings

_LOG = logs.get(__name__)
_SECRET = "reader"  # noqa: S105 - the name of the file


async def grant(db: Database) -> None:
    """Let Grafana's role, where there is one, read all views of the schema. After each migration, as the owner of the views."""
    await db.execute("reader_grant")


async def address(settings: Settings) -> str:
    """Return the database's address for Grafana; make the role first where it is missing and we may.

    Raises:
        StartError: a superuser must make the role first, or give it our password; the mend is the SQL to run.
        DatabaseUnavailableError: no connection.

    """
    url = running_database_url(settings)
    folder = DataFolder(settings.data)
    folder.prepare()
    password = folder.secret(_SECRET)
    async with database.connect(url, "monitor-reader") as db:
        ((is_there, _),) = await db.fetch("reader_there")
        if not is_there:
            await _make(db, password)
        await grant(db)
        mend = statements(db, password)
        ((is_fenced,),) = await db.fetch("reader_fenced")
        if not is_fenced:
            _LOG.warning(
                "the read-only login may take the service's own locks: run the last statement as a superuser", sql=mend
            )
    found = reader_url(url, password)
    try:
        async with database.connect(found, "monitor-reader"):
            pass
    except DatabaseError as exc:
        raise StartError(f"只读角色 {READER} 不能登录 (the role cannot log in): {exc}", mend) from exc
    return found


async def _make(db: Database, password: str) -> None:
    try:
        await db.ensure_reader(password)
    except DatabaseError as exc:
        raise StartError(
            f"还没有只读角色 {READER}，本用户无权创建 (the role is missing, and this login may not make it).",
            statements(db, password),
        ) from exc


def statements(db: Database, password: str) -> str:
    """Return the SQL that a superuser pastes into psql; it holds what the password is known by, not the password."""
    said = db.verifier(READER, password)
    return (
        f"以超级用户运行，连接到本服务的数据库 run as a superuser, in this service's own database:\nSET reader.verifier = '{said}';\n"
        f"{sql.load('reader_make').strip()};\n{sql.load('reader_fence').strip()};"
    )


def reader_url(url: str, password: str) -> str:
    """Return *url* with Grafana's login in place of ours."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{READER}:{quote(password, safe='')}@{place}"))
