"""A browser, and the duty desk on a database of its own."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, StorageState, ViewportSize, async_playwright

from schemas.runtime.folder import any_free_port
from tests.browser import seed
from tests.conftest import Cluster, _own_database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

REPOSITORY = Path(__file__).resolve().parents[2]
_SERVE = "from alerts.desk.app import serve; from schemas.runtime.settings import load_settings; serve(load_settings())"
DESKTOP, PHONE = ViewportSize(width=1440, height=900), ViewportSize(width=375, height=812)


#: (desk, account) → its cookie: the first test that needs somebody logs in through the page.
_LOGGED_IN: dict[tuple[str, str], StorageState] = {}


class Running:
    """A desk that runs: where it is, and its incidents."""

    def __init__(self, base: str, incidents: seed.Incidents, browser: Browser, admin: seed.Admin) -> None:
        self.base = base
        self.admin = admin
        self.incidents = incidents
        self._browser = browser

    async def page(self, who: str = "chen", path: str = "/desk", *, phone: bool = False) -> Page:
        """Open *path* in a browser of its own, logged in as *who*."""
        context = await self._browser.new_context(
            viewport=PHONE if phone else DESKTOP, has_touch=phone, is_mobile=phone, locale="zh-CN",
            storage_state=_LOGGED_IN.get((self.base, who)),
        )  # fmt: skip
        page = await context.new_page()
        await page.goto(self.base + path)
        if (self.base, who) not in _LOGGED_IN:
            await page.fill("input[name=name]", who)
            await page.fill("input[name=password]", seed.PASSWORD)
            await page.click("button[type=submit]")
            await page.wait_for_url(self.base + path)
            _LOGGED_IN[self.base, who] = await context.storage_state()
        await page.wait_for_selector(".top .who")
        return page


@contextmanager
def serving(url: str, console: Path) -> Iterator[str]:
    port = any_free_port("127.0.0.1", None)
    # NiceGUI behaves otherwise when it finds itself in a test.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    environment |= {
        "MONITOR_DATABASE_URL": url,
        "MONITOR_DATA": str(console.parent / "data"),
        "MONITOR_DESK__PORT": str(port),
    }
    with console.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", _SERVE], stdout=log, stderr=log, cwd=REPOSITORY, env=environment
        )
        try:
            base = f"http://127.0.0.1:{port}"
            _wait(base, process, console)
            yield base
        finally:
            process.terminate()
            process.wait(20)
    # A defect behind a button is only to be seen here.
    assert "Traceback" not in console.read_text(), console.read_text()


def _wait(base: str, process: subprocess.Popen[bytes], console: Path) -> None:
    until = time.monotonic() + 60
    while True:
        assert process.poll() is None, console.read_text()
        try:
            httpx.get(f"{base}/login", trust_env=False).raise_for_status()
        except httpx.HTTPError:
            assert time.monotonic() < until, console.read_text()
            time.sleep(0.1)
        else:
            return


@pytest.fixture(scope="module")
def served(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A desk with readings and accounts, no incident yet: its address and its database."""
    databases = _own_database(cluster, "monitor")
    url = next(databases)
    asyncio.run(seed.fill(url))
    with serving(url, tmp_path_factory.mktemp("desk") / "console.txt") as base:
        yield base, url
    for _ in databases:
        pass


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no chromium here: apt-get install chromium")
    async with async_playwright() as playwright:
        found: Any = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield found
        await found.close()


@pytest_asyncio.fixture(loop_scope="module")
async def desk(served: tuple[str, str], browser: Browser, cluster: Cluster) -> AsyncIterator[Running]:
    base, url = served
    incidents = seed.Incidents(url)
    yield Running(base, incidents, browser, seed.Admin(cluster.admin_url, url.rsplit("/", 1)[1]))
    for context in browser.contexts:
        await context.close()
    # The history stands for ever; what is settled leaves the queue.
    incidents.query(
        "UPDATE incident SET settled_at = now(), settled_by = 'tests', state = 'closed' WHERE settled_at IS NULL"
    )
    incidents.close()
