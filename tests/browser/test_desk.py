from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from schemas.times import HOUR
from tests.browser.conftest import Running  # noqa: TC001 - fixtures are read at run time
from tests.browser.seed import NOW, SITE

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

pytestmark = pytest.mark.asyncio(loop_scope="module")
CARDS = ".inc:visible"


def titles(page: Page) -> Locator:
    return page.locator(f"{CARDS} .title")


async def choose(page: Page, label: str, option: str) -> None:
    await page.get_by_label(label).click()
    await page.get_by_role("option", name=option, exact=True).click()


async def test_the_graver_stand_first_and_of_a_level_the_older(desk: Running) -> None:
    for title, level, hours in (("甲", "yellow", 30), ("乙", "red", 1), ("丙", "orange", 2), ("丁", "orange", 9)):
        desk.incidents.open(title, level=level, hours=hours)
    page = await desk.page()
    await expect(titles(page)).to_have_text(["乙", "丁", "丙", "甲"])
    await expect(page).to_have_title("(4) 值班台")


async def test_two_taps_on_a_phone_acknowledge_an_incident(desk: Running) -> None:
    number = desk.incidents.open("锅炉", level="red", hours=1)
    page = await desk.page(phone=True)
    await expect(page).to_have_title("(1) 值班台")
    await page.locator(f"{CARDS} .ack").tap()
    await page.get_by_role("button", name="确认签收").tap()
    await expect(page.locator(CARDS)).to_contain_text("陈示一 已签收")
    [(who, assignee, lasts)] = desk.incidents.query(
        "SELECT acked_by, assignee, acked_until - acked_at FROM incident WHERE incident_id = %s", number
    )
    assert (who, assignee) == ("chen", "epb-chen")
    assert lasts == 4 * HOUR
    await expect(page).to_have_title("值班台")


async def test_no_page_is_wider_than_a_phone_and_buttons_fit_a_thumb(desk: Running) -> None:
    number = desk.incidents.judged("清泓示例水务便江污水处理厂 废水总排放口 氨氮")
    page = await desk.page("he", phone=True)
    for path in ("/desk", f"/desk/incident/{number}", "/desk/rota", "/desk/silences"):
        await page.goto(desk.base + path)
        await page.wait_for_selector(".page > *")
        assert await page.evaluate("document.documentElement.scrollWidth") <= 375, path
        heights = await page.evaluate(
            "[...document.querySelectorAll('button.q-btn')].map(b => b.offsetHeight).filter(h => h)"
        )
        assert [height for height in heights if height < 44] == [], path


async def test_a_refresh_keeps_a_half_typed_note_and_shows_what_others_did(desk: Running) -> None:
    number = desk.incidents.open("氨氮")
    page = await desk.page(path=f"/desk/incident/{number}")
    await page.click(".do-note")
    await page.fill("textarea", "已联系中控室，")
    desk.incidents.event(number, "noted", {"text": "另一人的记录"}, NOW, "he")
    await expect(page.locator(".told").first).to_contain_text("另一人的记录")
    await expect(page.locator("textarea")).to_have_value("已联系中控室，")
    await page.locator("textarea").press_sequentially("正在<查>")
    await page.get_by_role("button", name="保存记录").click()
    await expect(page.locator(".told").first).to_contain_text("已联系中控室，正在<查>")
    await expect(page.locator("textarea")).to_have_count(0)


async def test_while_values_exceed_only_causes_that_speak_against_them_close_an_incident(desk: Running) -> None:
    number = desk.incidents.open("总磷")
    page = await desk.page(path=f"/desk/incident/{number}")
    await page.click(".do-settle")
    await page.get_by_label("原因 cause").click()
    await expect(page.get_by_role("option")).to_have_text(["已停产停运", "仪器故障", "误报"])
    await page.get_by_role("option", name="仪器故障").click()
    await page.get_by_role("button", name="确认销号").click()
    # Refused without a text: the sheet stays, with the cause that was chosen.
    await expect(page.locator(".q-notification")).to_contain_text("请写明内容或原因")
    await expect(page.locator(".sheet")).to_contain_text("仪器故障")
    await page.fill("textarea", "比对不合格，探头更换")
    await page.get_by_role("button", name="确认销号").click()
    await expect(page.locator(".head")).to_contain_text("陈示一 于")
    await expect(page.locator(".do-unsettle")).to_be_visible()
    await expect(page.locator(".do-settle")).to_be_hidden()
    await page.goto(f"{desk.base}/desk")
    await expect(page.locator(".to-live")).to_have_text("未解除 0")
    await page.click(".to-settled")
    await expect(titles(page).first).to_have_text("总磷")


async def test_filters_show_mine_my_bureaus_a_level_and_a_site(desk: Running) -> None:
    desk.incidents.open("我的", level="yellow", assignee="epb-chen", hours=9)
    desk.incidents.open("本单位", level="yellow", hours=8)
    desk.incidents.open("别的单位", level="orange", site="lyt-boiler", lead_bureau="mkt")
    desk.incidents.open("未确认", state="pending")
    desk.incidents.open("已恢复", state="closed", ended_at=NOW)
    page = await desk.page()
    await expect(titles(page)).to_have_text(["别的单位", "我的", "本单位"])
    await page.click(".to-mine")
    await expect(titles(page)).to_have_text(["我的"])
    await page.click(".to-bureau")
    await expect(titles(page)).to_have_text(["我的", "本单位"])
    await page.click(".to-to_settle")
    await expect(titles(page)).to_have_text(["已恢复"])
    await page.click(".to-all")
    await page.click(".to-pending")
    await expect(titles(page)).to_have_text(["未确认"])
    await expect(page.locator(f"{CARDS} .ack:visible")).to_have_count(0)
    await page.click(".to-live")
    await page.get_by_text("全部级别").click()
    await page.get_by_role("option", name="橙色").click()
    await expect(titles(page)).to_have_text(["别的单位"])


async def test_silence_is_grey_and_a_muted_incident_says_why(desk: Running) -> None:
    desk.incidents.open("断线", state="unknown", level="red")
    desk.incidents.open("波动", muted="flapping")
    page = await desk.page()
    await expect(page.locator(".inc.silent .state")).to_have_text("数据中断")
    shown = await page.locator(".inc.silent").evaluate("e => getComputedStyle(e).borderLeftColor")
    assert shown == "rgb(119, 132, 154)"
    await expect(page.locator(CARDS).nth(1)).to_contain_text("波动折叠")


async def test_names_from_outside_are_words_and_never_markup(desk: Running) -> None:
    desk.incidents.open("<img src=x onerror=alert(1)>")
    page = await desk.page()
    await expect(titles(page)).to_have_text(["<img src=x onerror=alert(1)>"])
    await expect(page.locator(f"{CARDS} img")).to_have_count(0)


async def test_an_operator_sees_the_own_site_and_may_only_note_and_answer(desk: Running) -> None:
    own = desk.incidents.open("本厂")
    other = desk.incidents.open("他厂", site="lyt-boiler")
    page = await desk.page("yunwei")
    await expect(titles(page)).to_have_text(["本厂"])
    await expect(page.locator(".ack:visible")).to_have_count(0)
    await page.goto(f"{desk.base}/desk/incident/{own}")
    await expect(page.locator(".acts button:visible")).to_have_text(["记录", "反馈"])
    await page.goto(f"{desk.base}/desk/incident/{other}")
    await expect(page.locator(".none")).to_contain_text("无权查看")
    answer = await page.goto(f"{desk.base}/desk/rota")
    assert answer is not None
    assert answer.status == 403


async def test_the_chart_stands_and_an_hour_opens_its_raw_values(desk: Running) -> None:
    number = desk.incidents.judged("氨氮")
    page = await desk.page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    await page.goto(f"{desk.base}/desk/incident/{number}")
    await expect(page.locator(".chart canvas").first).to_be_visible()
    await expect(page.locator(".told").first).to_contain_text("更正前")
    await page.get_by_label("查看原始数据").click()
    await page.get_by_role("option", name=re.compile("迟到补传 1")).first.click()
    row = page.locator(".raw tr.late")
    await expect(row).to_contain_text("4.4")
    await expect(row).to_contain_text("迟到")
    await page.get_by_role("button", name="关闭").click()
    await page.get_by_role("link", name="消息原文").click()
    await page.wait_for_url("**/desk/point/**basis=hour**")
    await expect(page.locator(".head h1")).to_contain_text("氨氮")
    assert troubles == []


async def test_a_silence_is_planned_seen_on_the_queue_and_taken_back(desk: Running) -> None:
    page = await desk.page("he", "/desk/silences")
    await page.click(".plan-new")
    await page.get_by_label("原因（必填）").fill("更换试剂")
    await page.get_by_role("button", name="确认设置").click()
    # Everything everywhere is refused; what was typed stays.
    await expect(page.locator(".q-notification")).to_contain_text("不能是全县全部规则")
    await page.get_by_label("站点 site").click()
    await page.get_by_role("option", name="清泓示例水务便江污水处理厂").click()
    await page.get_by_role("button", name="确认设置").click()
    await expect(page.locator(".plan.in_force")).to_contain_text("更换试剂")
    await page.goto(f"{desk.base}/desk")
    await expect(page.locator(".duty")).to_contain_text("检修中：清泓示例水务便江污水处理厂")
    await page.goto(f"{desk.base}/desk/silences")
    await page.click(".withdraw")
    await page.get_by_role("button", name="确认撤销").click()
    await expect(page.locator(".plan.over")).to_contain_text("何示三 于")
    [(site, by)] = desk.incidents.query("SELECT site_id, withdrawn_by FROM silence WHERE reason = '更换试剂'")
    assert (site, by) == (SITE, "he")


async def test_a_swap_stands_in_the_rota_at_once(desk: Running) -> None:
    page = await desk.page("he", "/desk/rota")
    await expect(page.locator("tr.now").first).to_be_visible()
    await page.click(".swap-new")
    await choose(page, "替班人", "李示二")
    await page.get_by_label("原因（必填）").fill("出差")
    await page.get_by_role("button", name="确认换班").click()
    await expect(page.locator("tr.now").first).to_contain_text("李示二 换班")
    await page.click(".withdraw")
    await page.get_by_role("button", name="确认撤销").click()
    await expect(page.locator("tr.now").first).not_to_contain_text("换班")


async def test_a_thousand_incidents_come_by_pages_and_by_site(desk: Running) -> None:
    [first] = [desk.incidents.open("样本", hours=900)]
    columns = "rule, site_id, state, level, lead_bureau, last_window, body"
    desk.incidents.query(
        f"INSERT INTO incident (subject, began_at, {columns})"
        " SELECT 'storm/' || n, now() - n * interval '1 minute', rule, CASE mod(n, 4) WHEN 0 THEN 'lyt-boiler' ELSE site_id END,"
        " state, CASE mod(n, 2) WHEN 0 THEN 'red' ELSE 'blue' END, lead_bureau, last_window, body"
        " FROM incident, generate_series(1, 999) n WHERE incident_id = %s",
        first,
    )
    page = await desk.page()
    await expect(page.locator(CARDS)).to_have_count(30)
    await expect(page).to_have_title("(1000) 值班台")
    await expect(page.locator(".group").first).to_contain_text("红 250")
    await page.locator(".group").filter(has_text="鲤湖").click()
    await expect(page.locator(".more")).to_contain_text("共 249 起，已显示 30 起")
    await page.click(".more")
    await expect(page.locator(CARDS)).to_have_count(60)


async def test_old_data_are_called_old_and_nothing_typed_is_lost(desk: Running) -> None:
    number = desk.incidents.open("氨氮")
    page = await desk.page(path=f"/desk/incident/{number}")
    await page.click(".do-note")
    await page.fill("textarea", "夜班所见")
    desk.admin.take_away()
    try:
        await expect(page.locator(".banner")).to_contain_text("未更新", timeout=20_000)
        await expect(page.locator(".page.old")).to_be_visible()
        await page.get_by_role("button", name="保存记录").click()
        await expect(page.locator(".q-notification")).to_contain_text("未保存", timeout=20_000)
        await expect(page.locator("textarea")).to_have_value("夜班所见")
    finally:
        desk.admin.give_back()
    await expect(page.locator(".banner")).to_be_hidden(timeout=20_000)
    await page.get_by_role("button", name="保存记录").click()
    await expect(page.locator(".told").first).to_contain_text("夜班所见")


async def test_an_evaluator_that_has_stopped_is_said_on_every_page(desk: Running) -> None:
    page = await desk.page()
    await expect(page.locator(".banner")).to_be_hidden()
    desk.incidents.query("UPDATE lease SET until = now() - interval '5 minutes'")
    await expect(page.locator(".banner")).to_contain_text("研判进程已停 5 分钟")
    desk.incidents.query("UPDATE lease SET until = now() + interval '1 day'")
    await expect(page.locator(".banner")).to_be_hidden()
