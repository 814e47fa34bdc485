from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

import psycopg
import pytest

from schemas.runtime import database
from schemas.runtime.reader import reader_url
from tests.boards.filled import county, fill

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Cluster

_NAME, _PASSWORD = "boards", "only-for-tests"


class Filled(NamedTuple):
    """Where five weeks of the example county are, for the service and for Grafana."""

    url: str
    reader_url: str


@pytest.fixture(scope="session")
def filled(cluster: Cluster) -> Iterator[Filled]:
    url = f"{cluster.url.rsplit('/', 1)[0]}/{_NAME}"
    with psycopg.connect(cluster.admin_url, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {_NAME} TEMPLATE monitor OWNER monitor")
    asyncio.run(_fill(cluster.admin_url, url))
    yield Filled(url, reader_url(url, _PASSWORD))
    with psycopg.connect(cluster.admin_url, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {_NAME} WITH (FORCE)")


async def _fill(admin_url: str, url: str) -> None:
    async with database.connect(admin_url, "tests") as admin:
        await admin.ensure_reader(_PASSWORD)
    await fill(url, county())


@pytest.fixture(scope="session")
def grafana(filled: Filled) -> Iterator[psycopg.Connection]:
    """A connection as Grafana's role."""
    with psycopg.connect(filled.reader_url, autocommit=True) as connection:
        yield connection
