"""TimescaleDB with the community licence: PGlite from npm, in a process of its own, behind a PostgreSQL wire."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from schemas.registry import document, store
from schemas.runtime import database
from schemas.runtime.migrate import migrate
from simulator.example import example_path
from tests.npm import cannot, installed

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent


def _installed() -> Path:
    """Return a folder outside the tree with `server.mjs` and what it needs."""
    folder = installed(HERE / "package.json", "community")
    fresh = folder / f"server.{os.getpid()}"
    shutil.copyfile(HERE / "server.mjs", fresh)
    fresh.replace(folder / "server.mjs")
    return folder


@pytest.fixture(scope="session")
def community() -> Iterator[str]:
    """The URL of a running server. One client at a time: close a connection before you open the next."""
    for tool in ("node", "npm"):
        if shutil.which(tool) is None:
            cannot(f"{tool} is not installed (Node 20 or newer is needed)")
    argv = ["node", str(_installed() / "server.mjs"), "0"]
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        word, _, port = process.stdout.readline().partition(" ")
        assert word == "ready", f"{argv} ended"
        yield f"postgresql://postgres@127.0.0.1:{int(port)}/postgres"
    finally:
        process.stdin.close()
        process.wait(20)
        process.stdout.close()


_EMPTY = """
SELECT format('DROP TABLE %I CASCADE', tablename) FROM pg_tables WHERE schemaname = 'public'
UNION ALL
SELECT format('DROP ROUTINE IF EXISTS %s', oid::regprocedure) FROM pg_proc
WHERE pronamespace = 'public'::regnamespace
  AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = pg_proc.oid AND deptype = 'e')
"""


@pytest.fixture
def empty_url(community: str) -> str:
    """The database without our schema. There is but one; the extension stays: a backend can load it only once."""
    with psycopg.connect(community, autocommit=True) as connection:
        for (statement,) in connection.execute(_EMPTY).fetchall():
            connection.execute(statement)
    return community


@pytest.fixture
def url(empty_url: str) -> str:
    """The database migrated, the example county applied."""
    migrate(empty_url)

    async def apply() -> None:
        async with database.connect(empty_url, "tests") as db:
            await store.apply(db, document.load_checked(example_path()), applied_by="tests")

    asyncio.run(apply())
    return empty_url


class Figures:
    """What the tests have measured; told at the end of the run, asserted nowhere."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, line: str) -> None:
        self.lines.append(line)


_FIGURES = pytest.StashKey[Figures]()


@pytest.fixture(scope="session")
def figures(request: pytest.FixtureRequest) -> Figures:
    return request.config.stash.setdefault(_FIGURES, Figures())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    found = config.stash.get(_FIGURES, None)
    if found is not None and found.lines:
        terminalreporter.section("community licence: measured")
        for line in found.lines:
            terminalreporter.write_line(line)
