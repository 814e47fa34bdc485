from __future__ import annotations

import asyncio
import io
import urllib.parse
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import httpx
import openpyxl
import pytest
from playwright.async_api import expect

from alerts.reports import store
from alerts.reports.paper import Column, Table, number, words
from schemas.runtime import clock, database
from schemas.times import DAY, day_of
from tests.browser.conftest import Running  # noqa: TC001 - fixtures are read at run time
from tests.browser.seed import SITE
from tests.unit.alerts.reports.made import paper, publicity

if TYPE_CHECKING:
    from playwright.async_api import Page

    from alerts.reports.paper import Paper

pytestmark = pytest.mark.asyncio(loop_scope="module")
YESTERDAY = day_of(clock.now()) - DAY
NAME = "<b>示例</b>污水处理厂"


def day_paper(value: float, *, scope: str = SITE, day: date = YESTERDAY) -> Paper:
    heads = (Column("时刻", "Hour"), Column("氨氮", "NH3-N", "mg/L", is_number=True))
    body = Table("小时均值", heads, ((words("00"), number(value, 2, mark="D")),), ("限值 5 mg/L",))
    return paper(body, scope=scope, scope_name=NAME, period=day.isoformat(), first=day, last=day)


async def filed(url: str, *papers: Paper) -> int:
    """File *papers* one after the other; return the number of the last version."""
    async with database.connect(url, "tests") as db:
        found = []
        for one in papers:
            found += await store.file(db, [one], "schedule", made_at=datetime(2026, 11, 20, 17, 30, tzinfo=UTC))
        return found[-1].report_id


async def cookies(page: Page) -> dict[str, str]:
    return {str(one["name"]): str(one["value"]) for one in await page.context.cookies()}


async def fetched(desk: Running, page: Page, path: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False, cookies=await cookies(page), timeout=60) as client:
        return await client.get(desk.base + path)


async def test_a_report_is_found_read_and_its_revision_is_marked(desk: Running, served: tuple[str, str]) -> None:
    number = await filed(served[1], day_paper(48.1), day_paper(51.2))
    page = await desk.page(path="/desk/reports")
    row = page.locator(".reports tr").filter(has_text=YESTERDAY.isoformat())
    await expect(row).to_contain_text("第 2 版")
    await expect(row.locator(".again")).to_have_text("修订 1 处")
    await row.locator("a.open").click()
    await page.wait_for_url(f"{desk.base}/desk/reports/{number}")
    # A county's words are words.
    await expect(page.locator(".head")).to_contain_text(NAME)
    await expect(page.locator(".changes")).to_contain_text("表《小时均值》行 00 列 氨氮：48.10 D → 51.20 D")
    await expect(page.locator("table.paper td.n")).to_have_text("51.20D")
    await page.get_by_role("link", name="第 1 版").click()
    await expect(page.locator(".head")).to_contain_text("已有第 2 版")
    await expect(page.locator("table.paper td.n")).to_have_text("48.10D")


async def test_downloads_carry_chinese_names_and_what_the_page_says(desk: Running, served: tuple[str, str]) -> None:
    number = await filed(served[1], day_paper(7.25, day=YESTERDAY - DAY))
    page = await desk.page(path="/desk/reports")
    answer = await fetched(desk, page, f"/desk/reports/{number}.xlsx")
    assert answer.status_code == 200
    named = urllib.parse.unquote(answer.headers["content-disposition"].partition("filename*=UTF-8''")[2])
    assert named == f"监测日报_-b-示例-b-污水处理厂_{YESTERDAY - DAY}_第1版.xlsx"
    assert openpyxl.load_workbook(io.BytesIO(answer.content))["小时均值"]["B4"].value == 7.25
    assert "no-store" in answer.headers["cache-control"]
    answer = await fetched(desk, page, f"/desk/reports/{number}.pdf")
    if answer.status_code == 503:
        # A machine without Chinese fonts: it says what to do.
        assert "apt-get install fonts-noto-cjk" in answer.text
    else:
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF-")
    for path in (f"{number}.exe", "999999999.xlsx", "99999999999999999999.pdf"):
        assert (await fetched(desk, page, f"/desk/reports/{path}")).status_code == 404


async def test_nobody_reads_without_log_in_and_an_operator_only_the_own_site(
    desk: Running, served: tuple[str, str]
) -> None:
    other = await filed(served[1], day_paper(1, scope="lyt-boiler"))
    own = await filed(served[1], day_paper(2, day=YESTERDAY - 2 * DAY))
    async with httpx.AsyncClient(trust_env=False) as client:
        for path in ("", f"/{own}", f"/{own}.xlsx", f"/{own}.pdf"):
            answer = await client.get(f"{desk.base}/desk/reports{path}")
            assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/login")
    page = await desk.page("yunwei", "/desk/reports")
    await expect(page.locator(".reports tbody tr").first).to_be_visible()
    scopes = await page.locator(".reports tbody tr td:nth-child(3)").all_inner_texts()
    assert set(scopes) == {"清泓示例水务便江污水处理厂"}
    await expect(page.locator(".report-make")).to_have_count(0)
    assert (await fetched(desk, page, f"/desk/reports/{own}.xlsx")).status_code == 200
    assert (await fetched(desk, page, f"/desk/reports/{other}.xlsx")).status_code == 404
    await page.goto(f"{desk.base}/desk/reports/{other}")
    await expect(page.locator(".none")).to_contain_text("无权查看")


async def test_the_public_sees_nothing_before_it_is_released_then_that_version_without_log_in(
    desk: Running, served: tuple[str, str]
) -> None:
    async with httpx.AsyncClient(trust_env=False) as public:
        number = await filed(served[1], publicity("2026-09", 60), publicity("2026-09", 61))
        inspector = await desk.page("chen", f"/desk/reports/{number}")
        await expect(inspector.locator(".head h1")).to_be_visible()
        await expect(inspector.locator(".release")).to_have_count(0)
        chief = await desk.page("he", f"/desk/reports/{number}")
        await chief.click(".release")
        await chief.get_by_role("button", name="确认发布").click()
        await expect(chief.locator(".shown")).to_contain_text("已公示")
        answer = await public.get(f"{desk.base}/public.json?period=2026-09")
        # Nobody had looked before: nothing old is kept.
        assert answer.json()["released"]["version"] == 2
        page = await public.get(f"{desk.base}/public")
        assert "示例&lt;水泥&gt;有限公司" in page.text
        # The first version was never shown: what it said is nobody's matter.
        assert "修订" not in page.text
        assert "set-cookie" not in page.headers
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script" not in policy
        assert "<script" not in page.text
        assert (await public.get(f"{desk.base}/public?period=2025-01")).status_code == 404
        assert (await public.get(f"{desk.base}/public?period='%00")).status_code == 404
        assert (await public.head(f"{desk.base}/public")).status_code == 200
        await chief.click(".withdraw")
        await chief.get_by_role("button", name="确认撤回").click()
        await expect(chief.locator(".q-notification")).to_contain_text("请写明撤回原因")
        await chief.fill("textarea", "数据有误，待更正")
        await chief.get_by_role("button", name="确认撤回").click()
        await expect(chief.locator(".page")).to_contain_text("数据有误，待更正")
        await expect(chief.locator(".release")).to_be_visible()
    rows = desk.incidents.query("SELECT released_by, withdrawn_by, reason FROM publication")
    assert rows == [("he", "he", "数据有误，待更正")]


async def test_the_public_page_runs_no_script_and_breaks_no_rule_of_its_own(
    desk: Running, served: tuple[str, str]
) -> None:
    number = await filed(served[1], publicity("2026-08"))
    chief = await desk.page("he", f"/desk/reports/{number}")
    await chief.click(".release")
    await chief.get_by_role("button", name="确认发布").click()
    await expect(chief.locator(".shown")).to_be_visible()
    page = await chief.context.browser.new_page()  # type: ignore[union-attr]  # a launched one
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.on(
        "request",
        lambda request: told.append(request.url) if request.resource_type not in {"document", "other"} else None,
    )
    await page.set_viewport_size({"width": 375, "height": 812})
    await page.goto(f"{desk.base}/public")
    await expect(page.locator("h1")).to_have_text("目标完成情况公示")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 375
    # The style is taken: its own policy lets it.
    assert await page.locator("main").evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(255, 255, 255)"
    assert told == []
    await page.close()


async def test_a_report_can_be_made_now_by_those_who_may(desk: Running) -> None:
    page = await desk.page("chen", "/desk/reports")
    await page.click(".report-make")
    await page.get_by_label("时段 period").fill("2026-99")
    await page.get_by_role("button", name="生成", exact=True).click()
    # Refused with a sentence; what was typed stays.
    await expect(page.locator(".q-notification")).to_contain_text("2026-99")
    await expect(page.get_by_label("时段 period")).to_have_value("2026-99")
    day = (day_of(clock.now()) - timedelta(days=4)).isoformat()
    await page.get_by_label("时段 period").fill(day)
    await page.get_by_role("button", name="生成", exact=True).click()
    await expect(page.locator(".sheet")).to_have_count(0, timeout=60_000)
    found = await asyncio.to_thread(
        desk.incidents.query,
        "SELECT scope, made_by FROM report WHERE kind = 'day' AND period = %s AND made_by = 'chen'",
        day,
    )
    assert found == [("county", "chen")]


async def test_no_page_of_reports_is_wider_than_a_phone(desk: Running, served: tuple[str, str]) -> None:
    number = await filed(served[1], day_paper(3, day=YESTERDAY - 3 * DAY))
    page = await desk.page("chen", "/desk/reports", phone=True)
    await expect(page.locator(".reports tbody tr").first).to_be_visible()
    for path in ("/desk/reports", f"/desk/reports/{number}"):
        await page.goto(desk.base + path)
        await page.wait_for_selector(".page > *")
        assert await page.evaluate("document.documentElement.scrollWidth") <= 375, path
