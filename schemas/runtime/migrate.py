"""Brings the database's schema to the one this version works with. The only caller of Alembic."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError

from schemas.errors import DatabaseUnavailableError, SchemaError

_MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


def _engine(url: str) -> sa.Engine:
    return sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"), poolclass=sa.NullPool)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config


def migrate(url: str) -> tuple[str | None, str]:
    """Migrate the database at *url* forward; return (revision before, revision after).

    Turns on the timescaledb extension first where the server offers it and we may.

    Raises:
        DatabaseUnavailableError: no connection.
        SchemaError: the database was made by a newer version, or holds foreign tables of the same name.

    """
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise SchemaError("安装包中没有数据库迁移文件 (no migrations in this installation).", "Install again.")
    engine = _engine(url)
    try:
        with engine.begin() as connection:
            _enable_timescaledb(connection)
        with engine.begin() as connection:
            # Two processes that start together must not both migrate.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(431023)")
            before = MigrationContext.configure(connection).get_current_revision()
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except sa.exc.OperationalError as exc:
        raise DatabaseUnavailableError(f"数据库无法连接 (database unreachable): {exc.orig}".strip()) from exc
    except sa.exc.ProgrammingError as exc:
        raise SchemaError(
            f"数据库里已有不属于本系统的同名对象，或权限不足 (the database is not ours): {exc.orig}".strip(),
            "Give an empty database that the user owns.",
        ) from exc
    except CommandError as exc:
        raise SchemaError(
            f"数据库由更新的版本建立 (made by a newer version): {exc}.", "Install that version, or restore a backup."
        ) from exc
    finally:
        engine.dispose()
    return before, head


def _enable_timescaledb(connection: sa.Connection) -> None:
    state = connection.exec_driver_sql(
        "SELECT e.extname IS NOT NULL, r.rolsuper"
        " FROM pg_available_extensions a LEFT JOIN pg_extension e ON e.extname = a.name,"
        " pg_roles r WHERE a.name = 'timescaledb' AND r.rolname = current_user"
    ).one_or_none()
    if state is not None and not state[0] and state[1]:
        connection.exec_driver_sql("CREATE EXTENSION timescaledb")
