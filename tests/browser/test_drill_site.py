"""The list of sites and one site's page in a real browser, on a desktop and on a phone."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import pytest_asyncio
from playwright.async_api import expect

from alerts.desk import accounts
from schemas.catalog.duty import Role
from schemas.registry import store
from schemas.runtime import database
from schemas.runtime.migrate import migrate
from tests.browser import drill_seed, seed
from tests.browser.conftest import Running, serving
from tests.browser.drill_seed import BOILER, UNIT
from tests.browser.seed import SITE
from tests.conftest import Cluster, _own_database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from playwright.async_api import Browser, Page

    from schemas.registry.model import Document

pytestmark = pytest.mark.asyncio(loop_scope="module")
ROWS = ".dr-row:visible"
NAMES = f"{ROWS} .c-nm a"


@pytest_asyncio.fixture(loop_scope="module")
async def sites(desk: Running) -> AsyncIterator[Running]:
    """The example county with something of every kind to show."""
    drill_seed.fill(desk.incidents)
    drill_seed.budget(desk.incidents)
    yield desk
    for table in ("rejection", "mark", "verdict"):
        desk.incidents.query(f"DELETE FROM {table}")


async def _prepare(url: str, document: Document | None) -> None:
    async with database.connect(url, "tests") as db:
        await accounts.add(db, "tests", accounts.Wanted(name="he", role=Role.ADMIN), seed.PASSWORD)
        if document is not None:
            await store.apply(db, document, applied_by="tests")


@pytest.fixture(scope="module")
def crowd(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A desk of many sites that never sent anything."""
    yield from _served(cluster, "monitor", drill_seed.crowd(), tmp_path_factory.mktemp("crowd"))


@pytest.fixture(scope="module")
def nobody(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A desk whose registry is empty."""
    yield from _served(cluster, "template1", None, tmp_path_factory.mktemp("nobody"))


def _served(cluster: Cluster, template: str, document: Document | None, folder: Path) -> Iterator[str]:
    databases = _own_database(cluster, template)
    url = next(databases)
    if template == "template1":
        migrate(url)
    asyncio.run(_prepare(url, document))
    with serving(url, folder / "console.txt") as base:
        yield base
    for _ in databases:
        pass


async def _open(browser: Browser, base: str, path: str, *, phone: bool = False) -> Page:
    running = Running(base, None, browser, None)  # type: ignore[arg-type]  # no incidents are made there
    return await running.page("he", path, phone=phone)


async def _shot(page: Page, name: str) -> None:
    """Keep a picture where MONITOR_PICTURES says."""
    folder = os.environ.get("MONITOR_PICTURES")
    if folder:
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def _listen(page: Page) -> list[str]:
    said: list[str] = []
    page.on("console", lambda one: said.append(one.text) if one.type in {"error", "warning"} else None)
    page.on("pageerror", lambda one: said.append(str(one)))
    return said


async def test_the_list_stands_worst_first_and_each_line_leads_to_its_site(sites: Running) -> None:
    sites.incidents.open("氨氮", level="red", hours=2, rule="sewage_day")
    page = await sites.page("he", "/desk/county")
    await expect(page.locator(ROWS)).to_have_count(12)
    await expect(page.locator(ROWS).first).to_contain_text("清泓示例水务便江污水处理厂", timeout=15_000)
    await expect(page.locator(ROWS).first.locator(".st")).to_have_text("超标")
    await expect(page.locator(ROWS).first.locator(".pill.red")).to_have_text("红 1")
    await expect(page.locator(".until").first).to_contain_text("数据截至")
    await _shot(page, "county-desktop")
    await page.locator(NAMES).first.click()
    await page.wait_for_url(f"**/desk/site/{SITE}")
    await expect(page.locator(".head2 h1")).to_have_text("清泓示例水务便江污水处理厂")


async def test_text_town_kind_and_state_choose_what_is_shown(sites: Running) -> None:
    page = await sites.page("he", "/desk/county")
    await expect(page.locator(ROWS)).to_have_count(12)
    await page.fill(".search input", "锅炉房")
    await expect(page.locator(ROWS)).to_have_count(2)
    await page.fill(".search input", "清泓 马田镇")
    await expect(page.locator(NAMES)).to_have_text(["清泓示例水务马田污水处理厂"])
    await page.fill(".search input", "没有这样的站点")
    await expect(page.locator(".none:visible")).to_contain_text("没有符合条件的站点")
    await page.fill(".search input", "")
    await page.get_by_text("全部类型").click()
    await page.get_by_role("option", name="污水处理厂", exact=True).click()
    await expect(page.locator(ROWS)).to_have_count(3)
    await page.goto(f"{sites.base}/desk/county?town=马田镇")
    await expect(page.locator(ROWS)).to_have_count(2)
    await page.goto(f"{sites.base}/desk/county?state=compliant")
    await expect(page.locator(".none:visible")).to_contain_text("没有符合条件的站点")


async def test_an_operator_sees_the_own_site_alone(sites: Running) -> None:
    page = await sites.page("yunwei", "/desk/county")
    await expect(page.locator(NAMES)).to_have_text(["清泓示例水务便江污水处理厂"])
    await expect(page.locator(".figs .fig")).to_have_count(0)
    await page.goto(f"{sites.base}/desk/site/{BOILER}")
    await expect(page.locator(".lost")).to_contain_text("您无权查看")
    await expect(page.locator(".blk:visible")).to_have_count(0)
    await page.goto(f"{sites.base}/desk/site/{SITE}")
    await expect(page.locator(".head2 h1")).to_have_text("清泓示例水务便江污水处理厂")


async def test_a_site_that_is_not_there_is_told_apart_from_nothing_and_leads_back(sites: Running) -> None:
    page = await sites.page("he", "/desk/site/no-such-site")
    await expect(page.locator(".lost")).to_contain_text("没有站点 no-such-site")
    await page.click(".lost .back")
    await expect(page.locator(ROWS)).to_have_count(12)


async def test_a_sewage_plant_shows_each_factor_against_the_limit_in_force(sites: Running) -> None:
    page = await sites.page("he", f"/desk/site/{SITE}")
    ammonia = page.locator(".rc", has_text="氨氮")
    for said in ("6.43", "≤ 5 mg/L", "GB 18918-2002", "超标 0.29 倍", "今日"):
        await expect(ammonia).to_contain_text(said)
    await expect(page.locator(".rc.under", has_text="化学需氧量")).to_contain_text("为限值的 62%")
    await expect(page.locator(".blk", has_text="设备与测点")).to_contain_text("总排口水质自动监测站")
    await expect(page.locator(".blk", has_text="人工标记")).to_contain_text("更换电极")
    link = page.locator(".rc .n a", has_text="氨氮")
    await expect(link).to_have_attribute("href", f"/desk/point/{SITE}/outlet/w21003?basis=day")
    await _shot(page, "site-sewage-desktop")


async def test_the_bytes_of_a_refused_message_stand_behind_a_click_and_are_shown_as_text(sites: Running) -> None:
    page = await sites.page("yunwei", f"/desk/site/{SITE}")
    line = page.locator(".refused", has_text="超出量程")
    await expect(line).to_contain_text("1 条消息")
    await expect(page.locator("pre")).to_have_count(0)
    await line.get_by_role("button").click()
    await expect(page.locator("pre.bytes")).to_have_text(drill_seed.PAYLOAD.decode())
    await _shot(page, "site-bytes")
    await page.get_by_role("button", name="关闭").click()
    await page.locator(".refused", has_text="格式错误").get_by_role("button").click()
    await expect(page.locator("pre.bytes")).to_contain_text("ff 00 62")


async def test_a_boiler_shows_both_methods_its_band_and_its_file(sites: Running) -> None:
    page = await sites.page("he", f"/desk/site/{BOILER}")
    direct = page.locator(".rc", has_text="正平衡热效率")
    for said in ("79.4", "≥ 80", "不确定度带 77.9–80.9%，限值在带内", "疑似"):
        await expect(direct).to_contain_text(said)
    await expect(page.locator(".rc", has_text="反平衡热效率")).to_contain_text("81.6")
    await expect(page.locator(".checks")).to_contain_text("安全检验")
    await _shot(page, "site-boiler-desktop")


async def test_an_energy_unit_shows_month_and_year_with_projection_and_date(sites: Running) -> None:
    page = await sites.page("he", f"/desk/site/{UNIT}")
    year = page.locator(".acc").nth(1)
    for said in ("15,100", "18,000", "83.9%", "预计 18,650", "12-19 前后达到"):
        await expect(year).to_contain_text(said)
    await expect(page.locator(".acc").first).to_contain_text("预计超支")
    await _shot(page, "site-unit-desktop")


@pytest.mark.parametrize("phone", [False, True])
async def test_no_page_is_wider_than_its_screen_or_complains(sites: Running, phone: bool) -> None:  # noqa: FBT001
    sites.incidents.open("清泓示例水务便江污水处理厂 废水总排放口 氨氮", level="red", hours=2, rule="sewage_day")
    page = await sites.page("he", "/desk/county", phone=phone)
    said = _listen(page)
    width = 375 if phone else 1440
    for path, ready in (("county", ROWS), (f"site/{SITE}", ".rc"), (f"site/{BOILER}", ".rc"), (f"site/{UNIT}", ".acc")):
        await page.goto(f"{sites.base}/desk/{path}")
        await page.wait_for_selector(ready)
        assert await page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert await page.evaluate(_TOO_WIDE, width) == [], path
        await _shot(page, f"{path.replace('/', '-')}-{'phone' if phone else 'wide'}")
    assert said == []


_TOO_WIDE = """width => [...document.querySelectorAll('.page *')]
    .filter(e => e.offsetParent && e.getBoundingClientRect().right > width + 1 && !e.closest('.scroll, .chips'))
    .map(e => e.className + ' ' + e.textContent.slice(0, 40))"""


@pytest.mark.parametrize("path", ["county", f"site/{SITE}"])
async def test_the_keyboard_reaches_every_link(sites: Running, path: str) -> None:
    page = await sites.page("he", f"/desk/{path}")
    await page.wait_for_selector(".c-nm a:visible, .pts a")
    wanted = set(
        await page.evaluate("[...document.querySelectorAll('.page a')].filter(a => a.offsetParent).map(a => a.href)")
    )
    reached: set[Any] = set()
    for _ in range(150):
        await page.keyboard.press("Tab")
        reached.add(await page.evaluate("document.activeElement.href || ''"))
        if wanted <= reached:
            break
    assert wanted - reached == set()
    assert len(wanted) >= 10


async def test_many_sites_with_long_names_come_a_page_at_a_time(browser: Browser, crowd: str) -> None:
    for phone in (False, True):
        page = await _open(browser, crowd, "/desk/county", phone=phone)
        await expect(page.locator(ROWS)).to_have_count(40)
        await expect(page.locator(".more")).to_contain_text(f"共 {drill_seed.MANY} 个站点")
        await page.click(".more")
        await expect(page.locator(ROWS)).to_have_count(80)
        assert await page.evaluate("document.documentElement.scrollWidth") <= (375 if phone else 1440)
        await _shot(page, f"crowd-{'phone' if phone else 'wide'}")
        await page.fill(".search input", "0077")
        await expect(page.locator(ROWS)).to_have_count(1)
        await page.locator(NAMES).click()
        await expect(page.locator(".head2")).to_contain_text("近 3 日无数据")
        assert await page.evaluate("document.documentElement.scrollWidth") <= (375 if phone else 1440)
        await _shot(page, f"crowd-site-{'phone' if phone else 'wide'}")
        await page.context.close()


async def test_an_empty_county_says_what_to_do(browser: Browser, nobody: str) -> None:
    page = await _open(browser, nobody, "/desk/county")
    await expect(page.locator(".none:visible")).to_contain_text("注册表为空")
    await _shot(page, "county-empty")


async def test_while_the_database_is_away_the_page_keeps_what_it_knows_and_says_since_when(sites: Running) -> None:
    page = await sites.page("he", f"/desk/site/{SITE}")
    await expect(page.locator(".rc", has_text="氨氮")).to_contain_text("6.43")
    sites.admin.take_away()
    try:
        await expect(page.locator(".banner")).to_contain_text("未更新", timeout=30_000)
        await expect(page.locator(".rc", has_text="氨氮")).to_contain_text("6.43")
        await expect(page.locator(".blk .until").first).to_contain_text("数据截至")
        await _shot(page, "site-away")
    finally:
        sites.admin.give_back()
    await expect(page.locator(".banner")).to_be_hidden(timeout=30_000)


async def test_a_site_silent_for_a_year_says_since_when(sites: Running, served: tuple[str, str]) -> None:
    with psycopg.connect(served[1], autocommit=True) as connection:
        connection.execute(
            "INSERT INTO daily (point_id, day, value, n_valid, n_expected, valid, marks, note, rule_version, n_received)"
            " SELECT point_id, '2025-03-04', 7, 24, 24, true, '', '', 'tests', 24 FROM point WHERE site_id = 'mt-wwtp'"
        )
    page = await sites.page("he", "/desk/site/mt-wwtp")
    await expect(page.locator(".head2")).to_contain_text("2025-03-04 之后无数据")
    await expect(page.locator(".pts tr.quiet").first).to_contain_text("2025-03-04 之后无数据")
    await _shot(page, "site-silent")
    await page.goto(f"{sites.base}/desk/county?q=马田污水")
    await expect(page.locator(ROWS)).to_contain_text("2025-03-04 之后无数据", timeout=45_000)
