"""Brings the database's schema to the one this version works with. The only caller of Alembic."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError

from schemas.errors import DatabaseUnavailableError, SchemaError
from schemas.runtime import compression, logs

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOG = logs.get(__name__)
#: `by_range` of create_hypertable came with it.
_LEAST_TIMESCALEDB = (2, 13)
_NO_RIGHT = "42501"
_MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


def _engine(url: str) -> sa.Engine:
    return sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"), poolclass=sa.NullPool)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config


class Status(NamedTuple):
    """How a database stands to this version. *kind* is what readings are stored in."""

    revision: str | None
    head: str
    kind: str

    @property
    def is_current(self) -> bool:
        """Say whether nothing is left to migrate."""
        return self.revision == self.head


def status(url: str) -> Status:
    """Return how the database at *url* stands; nothing is changed.

    Raises:
        DatabaseUnavailableError: no connection.
        SchemaError: it was made by a newer version.

    """
    engine = _engine(url)
    try:
        with engine.connect() as connection, _house_errors():
            revision = MigrationContext.configure(connection).get_current_revision()
            known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
            if revision is not None and revision not in known:
                raise SchemaError(
                    f"数据库由更新的版本建立 (made by a newer version): {revision}.",
                    "Install that version, or restore a backup.",
                )
            return Status(revision, _head(), _kind(connection))
    except sa.exc.OperationalError as exc:
        raise DatabaseUnavailableError(f"数据库无法连接 (database unreachable): {exc.orig}".strip()) from exc
    finally:
        engine.dispose()


def migrate(url: str, *, to: str = "head", plain: bool = False) -> tuple[str | None, str]:
    """Migrate the database at *url* forward; return (revision before, revision after).

    Turns on the timescaledb extension first where the server offers it and we may. *plain*: do without it.

    Raises:
        DatabaseUnavailableError: no connection.
        SchemaError: the database was made by a newer version, holds foreign tables of the same name, gives us too few
            rights, or its TimescaleDB is too old or not turned on.

    """
    target = _head() if to == "head" else to
    engine = _engine(url)
    try:
        with _house_errors():
            if not plain:
                with engine.begin() as connection:
                    _enable_timescaledb(connection)
            with engine.begin() as connection:
                # Two processes that start together must not both migrate.
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(431023)")
                before = MigrationContext.configure(connection).get_current_revision()
                config = _config()
                config.attributes["connection"] = connection
                command.upgrade(config, to)
                if to == "head" and compression.turn_on(connection):
                    _LOG.info("compression of readings is on", after_days=compression.HORIZON_DAYS)
    finally:
        engine.dispose()
    return before, target


def _head() -> str:
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise SchemaError("安装包中没有数据库迁移文件 (no migrations in this installation).", "Install again.")
    return head


@contextmanager
def _house_errors() -> Iterator[None]:
    try:
        yield
    except sa.exc.OperationalError as exc:
        raise DatabaseUnavailableError(f"数据库无法连接 (database unreachable): {exc.orig}".strip()) from exc
    except sa.exc.ProgrammingError as exc:
        if getattr(exc.orig, "sqlstate", "") == _NO_RIGHT:
            raise SchemaError(
                f"数据库用户权限不足 (the user lacks rights): {exc.orig}".strip(),
                "GRANT CREATE ON SCHEMA public to it, or give it a database that it owns.",
            ) from exc
        raise SchemaError(
            f"数据库里已有不属于本系统的同名对象 (the database is not ours): {exc.orig}".strip(),
            "Give an empty database that the user owns.",
        ) from exc
    except CommandError as exc:
        raise SchemaError(
            f"数据库由更新的版本建立 (made by a newer version): {exc}.", "Install that version, or restore a backup."
        ) from exc


def _enable_timescaledb(connection: sa.Connection) -> None:
    """Turn the extension on where it is offered.

    Where we may not, say so: readings of years in plain tables are not easily moved.
    """
    state = connection.exec_driver_sql(
        "SELECT e.extversion, r.rolsuper, to_regclass('reading') IS NOT NULL"
        " FROM pg_available_extensions a LEFT JOIN pg_extension e ON e.extname = a.name,"
        " pg_roles r WHERE a.name = 'timescaledb' AND r.rolname = current_user"
    ).one_or_none()
    if state is None:
        return
    version, is_superuser, is_made = state
    if version is not None:
        if tuple(int(part) for part in version.split("-")[0].split(".")[:2]) < _LEAST_TIMESCALEDB:
            raise SchemaError(
                f"TimescaleDB {version} 过旧 (too old), 至少 {'.'.join(map(str, _LEAST_TIMESCALEDB))}.",
                "Update the server's package, then ALTER EXTENSION timescaledb UPDATE as a superuser.",
            )
        compression.require_licence(connection)
    elif is_superuser:
        connection.exec_driver_sql("CREATE EXTENSION timescaledb")
    elif not is_made:
        raise SchemaError(
            "服务器有 TimescaleDB，但本库未启用 (the server offers TimescaleDB, this database has it not turned on).",
            "As a superuser: CREATE EXTENSION timescaledb; in this database. Or do without it: MONITOR_PLAIN_TABLES=true.",
        )


def _kind(connection: sa.Connection) -> str:
    version = connection.exec_driver_sql("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'").scalar()
    made = connection.exec_driver_sql("SELECT relkind FROM pg_class WHERE oid = to_regclass('reading')").scalar()
    if made == "p" or version is None:
        return "PostgreSQL, 按日分区 partitions of a day" if made else "PostgreSQL"
    licence = connection.exec_driver_sql("SELECT current_setting('timescaledb.license', true)").scalar()
    return f"TimescaleDB {version} ({licence})"
