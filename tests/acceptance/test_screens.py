"""The whole county on all screens, played for real: a value from its device to the wall, to its bytes, to the paper."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiomqtt
import msgspec
import openpyxl
import psycopg
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, async_playwright, expect

from alerts.judge.verdict import rounded
from alerts.reports import pdf
from alerts.reports.paper import Paper
from alerts.reports.pdf import NoFontError
from schemas.runtime.clock import now
from schemas.times import DAY, SHANGHAI, day_of, to_us
from tests.acceptance.test_first_morning import MISSION, MONITOR, REPOSITORY, Running, mission_is_on_the_wall, running
from tests.browser.wall_probes import OVERFLOWING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["running"]
PASSWORD = "a-long-enough-one-2026"
BIG, SCREEN, LAPTOP, PHONE = (
    ViewportSize(width=width, height=height) for width, height in ((3840, 2160), (1920, 1080), (1366, 768), (375, 812))
)
#: The plant of the example that exceeds by NH3-N.
SITE, DEVICE, FACTOR = "mt-wwtp", "outlet", "w21003"
VALUE = 9.37
#: What the browser says of a page that is left while it still loads.
_EXPECTED = ("WebSocket connection to",)


class Looking:
    """A browser, and what it complained of."""

    def __init__(self, browser: Browser, pictures: Path) -> None:
        self._browser = browser
        self._pictures = pictures
        self.troubles: list[str] = []

    async def context(self, size: ViewportSize) -> BrowserContext:
        return await self._browser.new_context(viewport=size, locale="zh-CN", timezone_id="Asia/Shanghai")

    async def page(self, context: BrowserContext, address: str) -> Page:
        page = await context.new_page()
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on(
            "console",
            lambda said: (
                self.troubles.append(said.text)
                if said.type == "error" and not said.text.startswith(_EXPECTED)
                else None
            ),
        )
        await page.goto(address)
        return page

    async def keep(self, page: Page, name: str, *, whole: bool = False) -> None:
        await page.screenshot(path=self._pictures / f"{name}.png", full_page=whole)


@pytest_asyncio.fixture
async def looking(tmp_path: Path) -> AsyncIterator[Looking]:
    """A real browser; pictures go where MONITOR_PICTURES says (the README's: ``MONITOR_PICTURES=docs``)."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no chromium here: apt-get install chromium")
    pictures = Path(os.environ.get("MONITOR_PICTURES") or tmp_path)
    async with async_playwright() as playwright:
        browser: Any = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        found = Looking(browser, pictures)
        yield found
        await browser.close()
    assert found.troubles == []


@pytest.fixture
def county(running: Running) -> Running:
    """The example county with its history, derived and judged."""
    running.start()
    running.wait(lambda: mission_is_on_the_wall(running), 180)
    running.wait(
        lambda: not running.query("SELECT 1 FROM fresh_fact WHERE window_start < now() - interval '2 days' LIMIT 1"),
        180,
    )
    return running


def monitor(service: Running, *command: str) -> str:
    environment = dict(os.environ) | ({"MONITOR_DATABASE_URL": service.database_url} if service.database_url else {})
    done = subprocess.run(
        [*MONITOR, *command, "--data", str(service.data)],
        capture_output=True, check=False, cwd=REPOSITORY, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, (done.stdout + done.stderr).decode()
    return done.stdout.decode()


async def test_a_value_goes_from_its_device_to_the_wall_to_its_bytes_and_onto_paper(
    county: Running, looking: Looking, tmp_path: Path
) -> None:
    await the_wall_shows_what_lasts(county, looking)
    at = await a_value_published_stands_on_the_wall(county, looking)
    await it_leads_to_its_bytes(county, looking, at)
    the_paper_says_what_the_database_says(county, tmp_path, looking)
    grafana_reads_views_and_nothing_else(county)


async def the_wall_shows_what_lasts(county: Running, looking: Looking) -> None:
    for size, name in ((SCREEN, ""), (BIG, "-4k"), (LAPTOP, "-laptop")):
        context = await looking.context(size)
        page = await looking.page(context, county.base + "/?page=overview")
        for kind in ("overview", "sewage", "boilers", "energy", "sites", "incidents"):
            await page.goto(f"{county.base}/?page={kind}")
            await expect(page.locator(".page[aria-current=page]")).to_be_visible()
            assert await page.evaluate(OVERFLOWING) == [], (kind, size)
            await looking.keep(page, ("wall" if kind == "overview" else f"wall-{kind}") + name)
        listed = {one["incident_id"] for one in county.get("/api/incidents") if one["rule"] in MISSION}
        links = await page.locator("a[href^='/desk/incident/']").evaluate_all("all => all.map(one => one.href)")
        assert listed <= {int(link.rsplit("/", 1)[1]) for link in links}, "a mission incident is not on the wall"
        await context.close()


async def a_value_published_stands_on_the_wall(county: Running, looking: Looking) -> int:
    context = await looking.context(SCREEN)
    page = await looking.page(context, county.base + "/?page=sites")
    tile = page.locator(f"a[href='/desk/site/{SITE}']").first
    await expect(tile).to_be_visible()
    at = to_us(now()) // 1000
    async with aiomqtt.Client(**county.login(f"{SITE}/{DEVICE}"), identifier="acceptance") as device:
        message = json.dumps({"ts": at, "values": {FACTOR: VALUE}})
        await device.publish(f"yx/v1/{SITE}/{DEVICE}/telemetry", message, qos=1)
    await expect(page.locator("main")).to_contain_text(str(VALUE), timeout=10_000)
    await context.close()
    return at


async def it_leads_to_its_bytes(county: Running, looking: Looking, at: int) -> None:
    said = re.search(r"一次性密码 (\S+?)（", county.console())
    assert said is not None
    context = await looking.context(SCREEN)
    page = await looking.page(context, county.base + "/desk/county")
    await page.fill("input[name=name]", "admin")
    await page.fill("input[name=password]", said[1])
    await page.click("button[type=submit]")
    for field, text in zip(
        await page.locator("input[type=password]").all(), (said[1], PASSWORD, PASSWORD), strict=True
    ):
        await field.fill(text)
    await page.click("button[type=submit]")
    await page.goto(county.base + "/desk")
    await expect(page.locator(".inc").first).to_be_visible()
    await looking.keep(page, "desk")
    await page.goto(county.base + "/desk/county")
    await page.locator(f"a[href='/desk/site/{SITE}']").first.click()
    await expect(page.locator("main.page")).to_contain_text("污水排放口")
    await looking.keep(page, "site", whole=True)
    await page.locator(f"a[href^='/desk/point/{SITE}/{DEVICE}/{FACTOR}']").first.click()
    await page.wait_for_selector("canvas")
    await page.goto(f"{county.base}/desk/point/{SITE}/{DEVICE}/{FACTOR}?basis=day")
    await page.wait_for_selector("canvas")
    await page.wait_for_timeout(800)
    await looking.keep(page, "point")
    await page.goto(f"{county.base}/desk/hour/{SITE}/{DEVICE}/{FACTOR}/{_hour(at)}")
    await page.locator(f"a[href='/desk/trace/{SITE}/{DEVICE}/{FACTOR}/{at}']").first.click()
    await expect(page.locator("main.page")).to_contain_text(json.dumps({"ts": at, "values": {FACTOR: VALUE}}))
    await expect(page.locator("main.page")).to_contain_text("相符")
    await page.goto(county.base + "/desk/reports")
    await expect(page.locator("main.page")).to_contain_text("报表")
    await context.close()


def _hour(at_ms: int) -> str:
    return (now() - timedelta(milliseconds=to_us(now()) // 1000 - at_ms)).astimezone(SHANGHAI).strftime("%Y-%m-%dT%H")


def the_paper_says_what_the_database_says(county: Running, folder: Path, looking: Looking) -> None:
    yesterday = (day_of(now()) - DAY).isoformat()
    monitor(county, "report", "paper", "day", yesterday, "--scope", SITE, "--out", str(folder / "day.xlsx"))
    monitor(county, "report", "paper", "day", yesterday, "--scope", SITE, "--out", str(folder / "day.json"))
    [(value,)] = county.query(
        f"SELECT value FROM screen.day JOIN screen.point USING (point_id) WHERE site_id = '{SITE}' AND factor = '{FACTOR}'"
        f" AND day = '{yesterday}'"
    )
    # Concentrations stand as the limit is written, here without decimals, and the multiple is that of the value itself.
    [row] = [
        [cell.value for cell in row]
        for sheet in openpyxl.load_workbook(io.BytesIO((folder / "day.xlsx").read_bytes()))
        for row in sheet.iter_rows()
        if row[0].value == "氨氮" and any(isinstance(cell.value, float | int) for cell in row)
    ]
    assert rounded(value, 0) in row, row
    assert "≤5 mg/L" in row, row
    assert f"超标{value / 5 - 1:.2f}倍" in row, row
    paper = msgspec.json.decode((folder / "day.json").read_bytes(), type=Paper)
    try:
        first = pdf.pages(paper, version=1, made_at=now(), changes=(), dots_per_inch=70)[0]
    except NoFontError:
        pytest.skip("no Chinese font here: apt-get install fonts-noto-cjk")
    (looking._pictures / "report.png").write_bytes(first)


def grafana_reads_views_and_nothing_else(county: Running) -> None:
    if county.database_url is not None:
        return  # whether that server's owner may make roles is none of the newcomer's business
    address = monitor(county, "db-url", "--reader").strip()
    with psycopg.connect(address) as reader:
        assert reader.execute("SELECT count(*) FROM screen.site").fetchone() == (12,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute("SELECT * FROM account")
