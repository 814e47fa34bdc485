"""The border to PostgreSQL: the only importer of the driver. Its errors become the house's errors here."""

from __future__ import annotations

import asyncio
import os
import random
import socket
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql as identifiers
from psycopg.rows import dict_row, tuple_row
from psycopg.types.json import Jsonb

from schemas import sql
from schemas.errors import DatabaseError, DatabaseUnavailableError, DataRefusedError, KeyTakenError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

#: Classes of SQLSTATE after which the same work may succeed: connection, rollback, resources, operator, system.
_TRY_AGAIN = ("08", "40", "53", "55", "57", "58", "25")
_REFUSED = ("22", "23", "54")
#: Too much for one transaction (TimescaleDB: tuples decompressed). Less of it may pass, so it is halved like bad data.
_TOO_MUCH = "53400"
_KEY_TAKEN = "23505"
#: Grafana's role; it stands by name in the queries reader_….
READER = "monitor_reader"


@contextmanager
def _house_errors() -> Iterator[None]:
    try:
        yield
    except psycopg.Error as exc:
        state = exc.sqlstate or ""
        sentence = f"{type(exc).__name__} {state}: {str(exc).strip().splitlines()[0] if str(exc).strip() else ''}"
        if state == _KEY_TAKEN:
            raise KeyTakenError(sentence) from exc
        # The driver itself refuses what PostgreSQL cannot hold (a NUL in a text): no SQLSTATE then.
        if state[:2] in _REFUSED or state == _TOO_MUCH or (not state and isinstance(exc, psycopg.DataError)):
            raise DataRefusedError(sentence) from exc
        if state[:2] in _TRY_AGAIN or (
            not state and isinstance(exc, psycopg.OperationalError | psycopg.InterfaceError)
        ):
            raise DatabaseUnavailableError(sentence) from exc
        raise DatabaseError(sentence) from exc


def json(value: object) -> Jsonb:
    """Return *value* as a jsonb parameter."""
    return Jsonb(value)


class Database:
    """One connection with named queries. Not shared between tasks."""

    def __init__(self, connection: psycopg.AsyncConnection[Any], answer_within_s: float) -> None:
        self._connection = connection
        self._answer_within_s = answer_within_s

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Translate errors, and cut the line when no answer comes.

        The server's own statement_timeout does not help against a pooler or a firewall that has forgotten us: the
        kernel's probes are answered there, and we would wait for ever.
        """
        loop = asyncio.get_running_loop()
        alarm = loop.call_later(self._answer_within_s, self._cut)
        try:
            with _house_errors():
                yield
        finally:
            alarm.cancel()

    def _cut(self) -> None:
        with suppress(OSError, psycopg.Error):
            line = socket.socket(fileno=os.dup(self._connection.fileno()))
            try:
                line.shutdown(socket.SHUT_RDWR)
            finally:
                line.close()

    async def execute(self, name: str, **parameters: object) -> int:
        """Run the query *name*; return the number of rows it touched."""
        with self._asking():
            cursor = await self._connection.execute(sql.load(name), parameters or None)
            return cursor.rowcount

    async def execute_many(self, name: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Run the query *name* once for each of *rows*, in one round trip."""
        if not rows:
            return
        with self._asking():
            async with self._connection.cursor() as cursor:
                await cursor.executemany(sql.load(name), rows)

    async def fetch(self, name: str, **parameters: object) -> list[tuple[Any, ...]]:
        """Run the query *name*; return its rows as tuples."""
        with self._asking():
            async with self._connection.cursor(binary=True, row_factory=tuple_row) as cursor:
                await cursor.execute(sql.load(name), parameters or None)
                return await cursor.fetchall()

    async def fetch_dicts(self, name: str, **parameters: object) -> list[dict[str, Any]]:
        """Run the query *name*; return its rows by column name."""
        with self._asking():
            async with self._connection.cursor(binary=True, row_factory=dict_row) as cursor:
                await cursor.execute(sql.load(name), parameters or None)
                return await cursor.fetchall()

    async def copy(self, name: str, payload: bytes) -> int:
        """Send *payload* (binary COPY format) through the COPY statement *name*; return the rows taken."""
        with self._asking():
            async with self._connection.cursor() as cursor:
                async with cursor.copy(sql.load(name)) as copy:
                    await copy.write(payload)
                return cursor.rowcount

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """Commit what happens inside, or nothing of it; inside another transaction, a savepoint."""
        with _house_errors():
            transaction = self._connection.transaction()
            with self._asking():
                await transaction.__aenter__()
            try:
                yield
            except BaseException as exc:
                with self._asking():
                    await transaction.__aexit__(type(exc), exc, exc.__traceback__)
                raise
            with self._asking():
                await transaction.__aexit__(None, None, None)

    async def listen(self, channel: str) -> None:
        """Have the server tell this connection of notices on *channel*, from now on; `heard` waits for them.

        Over a pooler that deals out connections by transaction none will come: who listens must also look by itself.
        """
        with self._asking():
            await self._connection.execute(identifiers.SQL("LISTEN {}").format(identifiers.Identifier(channel)))

    async def heard(self, within_s: float) -> bool:
        """Wait for a notice, *within_s* at most; say whether there was one. Several at once count as one.

        When none came the line is tried: a firewall or pooler that has forgotten us leaves a connection on which
        nothing will ever be heard, and the kernel's own probes may be answered there.

        Raises:
            DatabaseUnavailableError: the line is gone, or the server does not answer.

        """
        with _house_errors():
            notices = [one async for one in self._connection.notifies(timeout=within_s, stop_after=1)]
        if not notices:
            await self.fetch("line_check")
        return bool(notices)

    async def ensure_role(self, name: str, password: str) -> None:
        """Make the role *name* with a database of the same name, unless they are there. Needs a superuser."""
        with _house_errors():
            role = identifiers.Identifier(name)
            cursor = await self._connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name])
            if await cursor.fetchone() is None:
                statement = identifiers.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
                    role, identifiers.Literal(password)
                )
                await self._connection.execute(statement)
            cursor = await self._connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if await cursor.fetchone() is None:
                await self._connection.execute(identifiers.SQL("CREATE DATABASE {} OWNER {}").format(role, role))

    async def ensure_reader(self, password: str) -> None:
        """Make Grafana's read-only role, or give it *password* again. Needs a superuser, or CREATEROLE."""
        async with self.transaction():
            await self.execute("reader_say", verifier=self.verifier(READER, password))
            await self.execute("reader_make")

    def verifier(self, role: str, password: str) -> str:
        """Return what the server knows the *password* of *role* by: a statement may end in a log, a password must not."""
        with _house_errors():
            said = self._connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
        return said.decode()

    @property
    def closed(self) -> bool:
        """Say whether the connection is gone."""
        return self._connection.closed or self._connection.broken


@asynccontextmanager
async def connect(url: str, application: str, *, answer_within_s: float = 120.0) -> AsyncIterator[Database]:
    """Open one connection. A statement that is not answered within *answer_within_s* counts as the database being away.

    Raises:
        DatabaseUnavailableError: nobody answers, or the database is starting or full.

    """
    limit_ms = round(answer_within_s * 1000)
    with _house_errors():
        connection = await psycopg.AsyncConnection.connect(
            url,
            autocommit=True,
            application_name=application,
            connect_timeout=5,
            # A cut cable is noticed within half a minute by both ends: a dead session must not keep its locks.
            keepalives_idle=10,
            keepalives_interval=5,
            keepalives_count=3,
            tcp_user_timeout=30_000,
            # A transaction whose client has vanished must not keep its row locks for longer than we would wait ourselves.
            options=f"-c timezone=UTC -c statement_timeout={limit_ms} -c idle_in_transaction_session_timeout={limit_ms}"
            " -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3",
        )
    try:
        yield Database(connection, answer_within_s + 2)
    finally:
        await connection.close()


async def pause(attempt: int, *, cap_s: float = 10.0) -> None:
    """Wait before try number *attempt* (from 0), longer each time, with full jitter so that clients spread."""
    await asyncio.sleep(random.uniform(0.05, min(cap_s, 0.2 * 2 ** min(attempt, 10))))  # noqa: S311 - jitter, no secret


__all__ = ["READER", "Database", "connect", "json", "pause"]
