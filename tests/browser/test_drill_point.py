"""The pages of one point in a real browser: from a year's chart down to the bytes of one message."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from playwright.async_api import expect

from alerts.desk.drill import spans
from schemas.times import DAY, HOUR, SHANGHAI, day_of, to_us
from tests.browser import point_seed, seed
from tests.browser.conftest import Running, serving
from tests.browser.point_seed import AMMONIA, COD, SHOWN_HOUR, TODAY
from tests.conftest import Cluster, _own_database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.async_api import Page

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def served(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A desk with years of readings: its address and its database."""
    databases = _own_database(cluster, "monitor")
    url = next(databases)
    asyncio.run(point_seed.fill(url))
    with serving(url, tmp_path_factory.mktemp("points") / "console.txt") as base:
        yield base, url
    for _ in databases:
        pass


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pictures")


def watched(page: Page) -> list[str]:
    """Return a list that fills with what the page complains of."""
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
    return troubles


async def settled(page: Page) -> None:
    """Wait until all of a point's page has come: what is left half loaded is a complaint of the server's."""
    await expect(page.locator(".chart canvas").first).to_be_visible()
    await expect(page.locator(".windows tbody tr").first).to_be_visible()


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
async def test_every_page_stands_without_complaint_and_fits_its_screen(
    desk: Running, pictures: Path, *, phone: bool
) -> None:
    page = await desk.page(phone=phone)
    troubles = watched(page)
    a_year = f"/desk/point/{'/'.join(COD)}?basis=day&from={TODAY - 365 * DAY}&to={TODAY}"
    hours = f"/desk/point/{'/'.join(COD)}?basis=hour&from={TODAY - 91 * DAY}&to={TODAY}"
    paths = {
        "point": spans.point_path(AMMONIA), "year": a_year, "hours": hours, "months": f"{spans.point_path(COD)}?basis=month",
        "hour": spans.hour_path(AMMONIA, SHOWN_HOUR), "trace": spans.trace_path(AMMONIA, SHOWN_HOUR),
    }  # fmt: skip
    for name, path in paths.items():
        await page.goto(desk.base + path)
        await expect(page.locator(".page .panel").nth(1)).to_be_visible()
        if "/point/" in path:
            await settled(page)
        assert await page.evaluate("document.documentElement.scrollWidth") == (375 if phone else 1440), path
        heights = await page.evaluate(
            "[...document.querySelectorAll('.span a, .span button, button.q-btn')].map(b => b.offsetHeight).filter(h => h)"
        )
        assert [height for height in heights if height < 44] == [], path
        await page.screenshot(path=pictures / f"{name}-{'phone' if phone else 'desktop'}.png", full_page=True)
    assert troubles == []


async def test_from_the_chart_down_to_the_bytes_of_a_message(desk: Running) -> None:
    page = await desk.page(path=f"{spans.point_path(AMMONIA)}?basis=hour&from={TODAY - 5 * DAY}&to={TODAY}")
    await settled(page)
    row = page.locator(".windows tr").filter(has_text=curve_name()).first
    await expect(row).to_contain_text("3.10")
    await row.locator("a").first.click()
    await page.wait_for_url(desk.base + spans.hour_path(AMMONIA, SHOWN_HOUR))
    await expect(page.locator(".windows")).to_contain_text("GB 18918-2002")
    await expect(page.locator(".readings tbody tr")).to_have_count(1)
    await page.locator(".readings a").first.click()
    await page.wait_for_url(desk.base + spans.trace_path(AMMONIA, SHOWN_HOUR))
    await expect(page.locator("pre.exact")).to_have_text(
        f'{{"ts": {to_us(SHOWN_HOUR) // 1000}, "values": {{"w21003": 3.1}}}}'
    )
    await expect(page.locator(".holds")).to_contain_text("相符")


def curve_name() -> str:
    return SHOWN_HOUR.astimezone(SHANGHAI).strftime("%m-%d %H:00")


async def test_refused_bytes_stand_behind_a_click_and_are_never_markup(desk: Running) -> None:
    page = await desk.page(path=spans.hour_path(AMMONIA, SHOWN_HOUR))
    refused = page.locator(".refused tbody tr")
    await expect(refused).to_have_count(3)
    await expect(refused.filter(has_text="超出量程").locator("pre")).to_be_hidden()
    for row in await refused.all():
        await row.locator("summary").click()
    await expect(refused.filter(has_text="超出量程").locator("pre")).to_contain_text("99999")
    await expect(refused.nth(1).locator("pre")).to_contain_text("00 ff")
    await expect(refused.nth(2).locator("pre")).to_have_text('{"values": "<img src=x onerror=alert(1)>"}')
    await expect(page.locator(".refused img")).to_have_count(0)


async def test_spans_are_chosen_by_press_by_field_and_by_step(desk: Running) -> None:
    page = await desk.page(path=spans.point_path(COD))
    await settled(page)
    await page.get_by_role("link", name="日均值").click()
    await expect(page.locator(".span a.on").first).to_have_text("日均值")
    await settled(page)
    await page.get_by_role("link", name="一年").click()
    await expect(page.locator(".span a.on").last).to_have_text("一年")
    await settled(page)
    await page.get_by_role("link", name="‹ 前一段").click()
    await expect(page.locator("input[name=to]")).to_have_value(str(TODAY - 366 * DAY))
    await settled(page)
    await page.fill("input[name=from]", str(TODAY - 40 * DAY))
    await page.fill("input[name=to]", str(TODAY - 30 * DAY))
    await page.get_by_role("button", name="查看").click()
    await expect(page.locator(".windows tbody tr")).to_have_count(11)
    await settled(page)
    await page.goto(f"{desk.base}{spans.point_path(COD)}?from=2026-02-30")
    await expect(page.locator(".wrong")).to_contain_text("起始日期 from")
    await expect(page.locator(".wrong")).to_contain_text("2026-11-22")


async def test_a_long_table_comes_by_pages_the_newest_first(desk: Running) -> None:
    page = await desk.page(path=f"{spans.point_path(COD)}?basis=day&from={TODAY - 365 * DAY}&to={TODAY}")
    await settled(page)
    rows = page.locator(".windows tbody tr")
    await expect(rows).to_have_count(48)
    await expect(rows.first).to_contain_text(str(TODAY))
    await page.click(".do-older")
    await expect(rows.first).to_contain_text(str(TODAY - 48 * DAY))
    await page.click(".do-newer")
    await expect(rows.first).to_contain_text(str(TODAY))
    await expect(page.locator(".do-newer")).to_be_hidden()


async def test_an_incident_of_the_point_leads_to_its_page_and_limits_name_their_clause(desk: Running) -> None:
    page = await desk.page(path=f"{spans.point_path(AMMONIA)}?basis=hour&from={TODAY - 5 * DAY}&to={TODAY}")
    await settled(page)
    await expect(page.locator(".limits")).to_contain_text("≤ 8 mg/L")
    await expect(page.locator(".limits .unsure").first).to_have_text("待核实")
    await page.locator(".incidents a").first.click()
    await page.wait_for_url(lambda address: urlsplit(address).path.startswith("/desk/incident/"))


async def test_readings_of_a_chosen_day_are_shown_with_late_ones(desk: Running) -> None:
    page = await desk.page(path=spans.point_path(AMMONIA))
    await settled(page)
    late = seed.THIS_HOUR - 30 * HOUR
    await page.get_by_label("日期 day").fill(str(day_of(late)))
    await expect(page.locator(".readings tr.late").first).to_contain_text("4.4")


async def test_an_export_is_saved_under_the_points_name(desk: Running) -> None:
    page = await desk.page(path=spans.point_path(AMMONIA))
    await settled(page)
    for name, ending in (("CSV", ".csv"), ("XLSX", ".xlsx"), ("原始读数 CSV", ".csv")):
        async with page.expect_download() as waiting:
            await page.get_by_role("link", name=name, exact=True).click()
        saved = await waiting.value
        assert saved.suggested_filename.startswith("bj-wwtp_outlet_w21003_")
        assert saved.suggested_filename.endswith(ending)
        assert (await saved.path()).stat().st_size > 500


async def test_the_account_of_a_day_opens_beside_the_chart(desk: Running) -> None:
    page = await desk.page(path=spans.point_path(AMMONIA))
    await settled(page)
    await page.click(".do-explain")
    await expect(page.locator(".explained table").first).to_be_visible()


async def test_an_operator_sees_the_own_site_only(desk: Running) -> None:
    page = await desk.page("yunwei", spans.point_path(AMMONIA))
    await settled(page)
    for path in (
        "/desk/point/lyt-boiler/B1/yx_b_efficiency",
        "/desk/hour/lyt-boiler/B1/yx_b_efficiency/2026-11-20T00",
        "/desk/trace/lyt-boiler/dcs/yx_b_steam_flow/1732242600000",
    ):
        await page.goto(desk.base + path)
        await expect(page.locator(".wrong")).to_contain_text("无权查看")


async def test_a_point_without_data_and_what_is_not_there_say_so(desk: Running) -> None:
    page = await desk.page(path="/desk/point/lyt-boiler/B1/yx_b_efficiency")
    await settled(page)
    await expect(page.locator(".wrong")).to_contain_text("从未有过数据")
    for path, word in (
        ("/desk/point/nowhere/B1/yx_b_efficiency", "没有测点"),
        (f"/desk/hour/{'/'.join(AMMONIA)}/2026-11-22", "2026-11-22T08"),
        (f"/desk/trace/{'/'.join(AMMONIA)}/12", "没有存储值"),
        (f"/desk/trace/{'/'.join(AMMONIA)}/noon", "毫秒"),
    ):
        await page.goto(desk.base + path)
        await expect(page.locator(".wrong")).to_contain_text(word)
