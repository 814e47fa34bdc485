"""The wall in a real browser: fed with counties made by hand for its looks, by a real desk for its way through troubles."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Page, ViewportSize, expect

from schemas.runtime.folder import any_free_port
from tests.browser.conftest import _SERVE
from tests.browser.wall_probes import GREEN, OVERFLOWING, PALE
from tests.browser.wall_started import Started, environment

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

pytestmark = pytest.mark.asyncio(loop_scope="module")
BIG, LAPTOP, PHONE = (
    ViewportSize(width=3840, height=2160),
    ViewportSize(width=1366, height=768),
    ViewportSize(width=375, height=812),
)
KINDS = ("overview", "sewage", "boilers", "energy", "sites", "incidents")
#: NiceGUI's own words when it loses its server; the page says it to people.
_EXPECTED = ("WebSocket connection to", "net::ERR_", "Failed to load resource")


@pytest.fixture(scope="module")
def walls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Started]]:
    """Walls fed with a county made by hand, each started when first asked for."""
    running: dict[str, Started] = {}

    def of(county: str) -> Started:
        if county not in running:
            folder, port = tmp_path_factory.mktemp(county), any_free_port("127.0.0.1", None)
            made = Started(
                ["-m", "tests.browser.wall_server", str(port), county, str(folder)], port, folder, environment()
            )
            made.start()
            running[county] = made
        return running[county]

    yield of
    with ExitStack() as stack:
        # All of them end, also when one of them has something to tell.
        for one in running.values():
            stack.callback(one.end)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where pictures are kept: MONITOR_PICTURES (or PICTURES, where that was taken away), else beside the test's other files."""
    folder = Path(os.environ.get("MONITOR_PICTURES") or os.environ.get("PICTURES") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class Screen:
    """Opens pages and notes what the browser complains of."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self.troubles: list[str] = []

    async def open(
        self, address: str, size: ViewportSize = LAPTOP, *, phone: bool = False, still: bool = False
    ) -> Page:
        context = await self._browser.new_context(
            viewport=size, locale="zh-CN", is_mobile=phone, has_touch=phone, reduced_motion="reduce" if still else "no-preference",
            user_agent="Mozilla/5.0 (Linux; Android 14) Chrome/140 Mobile Safari/537.36" if phone else None,
        )  # fmt: skip
        page = await context.new_page()
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        await page.goto(address)
        await page.wait_for_selector(".wall .panel")
        return page

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(_EXPECTED):
            self.troubles.append(message.text)


@pytest_asyncio.fixture(loop_scope="module")
async def screen(browser: Browser) -> AsyncIterator[Screen]:
    made = Screen(browser)
    yield made
    for context in browser.contexts:
        await context.close()
    assert made.troubles == []


@pytest.mark.parametrize("size", [BIG, LAPTOP], ids=["4k", "laptop"])
@pytest.mark.parametrize("county", ["usual", "long", "thousand", "empty"])
async def test_nothing_is_cut_off_and_all_can_be_read(
    walls: Callable[[str], Started], screen: Screen, county: str, size: ViewportSize, pictures: Path
) -> None:
    wall = walls(county)
    page = await screen.open(wall.base, size)
    for kind in (*KINDS, "sites-2"):
        await page.goto(f"{wall.base}/?page={kind}")
        await expect(page.locator(".page[aria-current=page]")).to_be_visible()
        await page.screenshot(path=pictures / f"wall-{county}-{kind}-{size['width']}.png")
        assert await page.evaluate(OVERFLOWING) == [], kind
        assert await page.evaluate(PALE) == [], kind


async def test_on_a_phone_all_pages_are_as_wide_as_it_is_and_wait_for_their_reader(
    walls: Callable[[str], Started], screen: Screen
) -> None:
    base = walls("long").base
    page = await screen.open(base, PHONE, phone=True)
    await expect(page.locator(".pause")).to_have_text("▶ 继续 Go on")
    for kind in KINDS:
        await page.goto(f"{base}/?page={kind}")
        await page.wait_for_selector(".wall .panel")
        assert await page.evaluate("document.documentElement.scrollWidth") <= 375, kind
        assert await page.evaluate(PALE) == [], kind


async def test_pages_take_turns_and_come_round(walls: Callable[[str], Started], screen: Screen) -> None:
    page = await screen.open(f"{walls('usual').base}/?turn=5")
    here = page.locator(".page[aria-current=page]")
    for word in ("总览", "污水", "锅炉", "能耗", "站点", "预警", "总览"):
        await expect(here).to_contain_text(word, timeout=9_000)


async def test_one_page_alone_stays_and_moves_with_the_data(walls: Callable[[str], Started], screen: Screen) -> None:
    page = await screen.open(f"{walls('usual').base}/?page=sewage&turn=5")
    received = page.locator(".sum .count b").first
    seen = await received.text_content()
    # The fed county commits every second: seven versions are longer than a turn.
    for _ in range(7):
        await expect(received).not_to_have_text(str(seen))
        seen = await received.text_content()
    await expect(page.locator(".page[aria-current=page]")).to_contain_text("污水")
    await expect(page.locator(".pause")).to_have_count(0)


async def test_the_keyboard_reaches_the_pages_and_the_pause_and_shows_where_it_is(
    walls: Callable[[str], Started], screen: Screen
) -> None:
    page = await screen.open(walls("usual").base)
    link = page.get_by_role("link", name="锅炉").first
    for _ in range(20):
        await page.keyboard.press("Tab")
        if await link.evaluate("e => e === document.activeElement"):
            break
    assert await link.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/?page=boilers")
    await expect(page.locator(".stove").first).to_be_visible()
    await page.get_by_role("link", name="↻ 轮播").press("Enter")
    pause = page.get_by_role("button", name="暂停")
    await pause.press("Enter")
    await expect(page.locator(".pause")).to_have_text("▶ 继续 Go on")
    await expect(page.locator(".pause")).to_have_attribute("aria-pressed", "true")
    await expect(page.locator(".pause")).to_be_focused()


async def test_the_page_names_its_language_its_landmarks_and_its_headings(
    walls: Callable[[str], Started], screen: Screen
) -> None:
    page = await screen.open(walls("usual").base, still=True)
    assert await page.evaluate("document.documentElement.lang") == "zh-CN"
    await expect(page.get_by_role("navigation")).to_have_count(1)
    await expect(page.get_by_role("main")).to_have_count(1)
    await expect(page.get_by_role("heading", level=1)).to_have_text("永兴县在线监测")
    headings = await page.get_by_role("heading", level=2).all_text_contents()
    assert headings[:2] == ["未解除预警 · 4 起", "站点"]
    assert await page.evaluate("document.querySelector('.wall').getAnimations({subtree: true}).length") == 0


async def test_every_tile_incident_and_cell_leads_on(walls: Callable[[str], Started], screen: Screen) -> None:
    page = await screen.open(walls("usual").base)
    for selector, address in (
        (".tile", "/desk/site/s"),
        (".card", "/desk/incident/"),
        ("td a", "/desk/point/s"),
        (".dial", "/desk/site/s"),
    ):
        found = await page.locator(selector).evaluate_all("all => all.map(e => e.getAttribute('href'))")
        assert found, selector
        assert all(one.startswith(address) for one in found), selector


async def test_a_database_that_is_away_and_a_reader_that_stopped_leave_nothing_green(
    walls: Callable[[str], Started], screen: Screen
) -> None:
    wall = walls("usual")
    page = await screen.open(f"{wall.base}/?turn=0")
    assert await page.evaluate(GREEN) != []
    for flag, words in (("away", "起数据库失联"), ("stop", "已停止更新")):
        (wall.folder / flag).touch()
        await expect(page.locator(".banner")).to_contain_text(words, timeout=30_000)
        await expect(page.locator(".banner")).to_have_attribute("role", "alert")
        assert await page.evaluate(GREEN) == []
        said = await page.locator(".tile.compliant .pill").first.evaluate(
            "e => getComputedStyle(e, '::before').content"
        )
        assert "失联前" in said
        assert await page.evaluate(OVERFLOWING) == []
        (wall.folder / flag).unlink()
        await expect(page.locator(".banner")).to_be_hidden(timeout=30_000)
    assert await page.evaluate(GREEN) != []


async def test_a_dead_server_is_said_at_once_and_a_new_one_is_found_without_a_hand(
    served: tuple[str, str], screen: Screen, tmp_path: Path, pictures: Path
) -> None:
    port = any_free_port("127.0.0.1", None)
    desk = Started(
        ["-c", _SERVE],
        port,
        tmp_path,
        environment(MONITOR_DATABASE_URL=served[1], MONITOR_DATA=str(tmp_path / "data"), MONITOR_DESK__PORT=str(port)),
    )
    desk.start()
    page = await screen.open(f"{desk.base}/?page=overview")
    await expect(page.locator(".tile").first).to_be_visible()
    first = await page.evaluate("window.documentId")
    desk.kill()
    popup = page.locator("#popup")
    await expect(popup).to_have_attribute("aria-hidden", "false", timeout=15_000)
    await expect(popup).to_have_css("opacity", "1")
    said = await popup.locator("span").first.evaluate("e => getComputedStyle(e, '::before').content")
    assert "与服务器失去联系" in said
    size = await popup.locator("span").first.evaluate("e => parseFloat(getComputedStyle(e, '::before').fontSize)")
    assert size >= 30
    assert await page.evaluate(GREEN) == []
    await page.screenshot(path=pictures / "wall-lost.png")
    desk.start()
    # The page that comes back is another one: nobody pressed a key.
    await page.wait_for_function("first => window.documentId && window.documentId !== first", arg=first, timeout=30_000)
    await expect(page.locator(".tile").first).to_be_visible()
    await expect(popup).to_have_attribute("aria-hidden", "true")
    assert page.url.endswith("/?page=overview")
    desk.end()


async def test_the_wall_of_a_real_desk_shows_its_county_and_keeps_its_pictures(
    served: tuple[str, str], screen: Screen, pictures: Path
) -> None:
    base, _ = served
    for size, suffix in ((BIG, ""), (LAPTOP, "-laptop")):
        page = await screen.open(base, size)
        await expect(page.locator("h1")).to_have_text("永兴县在线监测")
        for kind in ("overview", "sewage", "boilers", "energy", "sites"):
            await page.goto(f"{base}/?page={kind}")
            await expect(page.locator(".body .panel").first).to_be_visible()
            assert await page.evaluate(OVERFLOWING) == [], kind
            assert await page.evaluate(PALE) == [], kind
            await page.screenshot(path=pictures / f"wall-{kind}{suffix}.png")
