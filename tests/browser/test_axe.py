"""Contrast, names and keyboard of every page, as axe-core sees them (WCAG 2 A and AA)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests import npm
from tests.browser.conftest import Running  # noqa: TC001 - fixtures are read at run time
from tests.browser.seed import SITE

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.asyncio(loop_scope="module")
PAGES = (
    "/desk",
    "/desk/incident/{incident}",
    "/desk/rota",
    "/desk/silences",
    "/desk/county",
    f"/desk/site/{SITE}",
    f"/desk/point/{SITE}/outlet/w21003",
    "/desk/reports",
)
OPEN_PAGES = ("/", "/?page=sewage", "/?page=boilers", "/?page=energy", "/login", "/public")
_RUN = "async () => (await axe.run(document, {runOnly: ['wcag2a', 'wcag2aa']})).violations"


@pytest.fixture(scope="module")
def axe() -> str:
    """The checker's source: evaluated in the page, for its own rules forbid scripts of strangers."""
    folder = npm.installed(Path(__file__).with_name("package.json"), "axe")
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
async def test_a_page_of_the_desk_can_be_read_by_all(desk: Running, axe: str, path: str, phone: bool) -> None:  # noqa: FBT001
    title = "清泓示例水务便江污水处理厂 废水总排放口 氨氮"
    number = desk.incidents.judged(title) if "{incident}" in path else desk.incidents.open(title, level="red", hours=1)
    page = await desk.page("he", path.format(incident=number), phone=phone)
    await page.wait_for_selector(".page > *")
    assert await wrong(page, axe) == []


@pytest.mark.parametrize("path", OPEN_PAGES)
async def test_an_open_page_can_be_read_by_all(desk: Running, axe: str, path: str) -> None:
    page = await (await desk.page("he")).context.new_page()
    await page.goto(desk.base + path)
    await page.wait_for_selector("main")
    assert await wrong(page, axe) == []


async def wrong(page: Page, axe: str) -> list[str]:
    """Return what is wrong, a line each: the rule, how many, the first one's markup."""
    await page.evaluate(axe)
    found: list[dict[str, Any]] = await page.evaluate(_RUN)
    # A line each, whole: pytest shortens lists, and the place is what mends it.
    for one in found:
        print(one["id"], [node["html"] for node in one["nodes"]][:3])  # noqa: T201
    return [
        f"{one['id']} ×{len(one['nodes'])}: {one['help']} — {one['nodes'][0]['html'][:160]} {one['nodes'][0]['any'][:1]}"
        for one in found
    ]
