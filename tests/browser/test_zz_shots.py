from __future__ import annotations
import os
from datetime import timedelta
import pytest
from tests.browser.seed import NOW
from schemas.times import HOUR

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_shots(desk):
    i = desk.incidents
    n = i.judged("清泓示例水务便江污水处理厂 废水总排放口 氨氮")
    i.open("鲤湖示例供热 1号锅炉 燃煤锅炉热效率", level="red", hours=1, site="lyt-boiler", lead_bureau="mkt")
    i.open(
        "便江污水处理厂 总磷",
        level="yellow",
        hours=30,
        state="unknown",
        acked_by="chen",
        acked_at=NOW,
        acked_until=NOW + 3 * HOUR,
        assignee="epb-chen",
    )
    i.open("便江污水处理厂 <b>总氮</b>", level="blue", hours=5, state="recovering", muted="silence:1")
    i.open("樟源 待确认", level="blue", hours=2, state="pending")
    i.open("已恢复 COD", level="orange", hours=50, state="closed", ended_at=NOW - 20 * HOUR)
    i.query(
        "INSERT INTO silence (kind, site_id, device_id, rule, since, until, reason, made_by) VALUES ('maintenance','bj-wwtp','outlet','', now()-interval '1 hour', now()+interval '3 hours','更换试剂','he'),('silence','','','air_hour', now()+interval '1 day', now()+interval '3 days','演练','he')"
    )
    i.query(
        "INSERT INTO duty_swap (bureau, person, since, until, reason, made_by) VALUES ('epb','epb-li', now()+interval '1 day', now()+interval '2 days','出差','he')"
    )
    for phone in (False, True):
        kind = "phone" if phone else "desk"
        page = await desk.page("he", phone=phone)
        errors = []
        page.on("console", lambda m: errors.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda e: errors.append(str(e)))
        await page.wait_for_selector(".inc")
        await page.wait_for_timeout(700)
        await page.screenshot(path=f"/tmp/shots/{kind}_queue.png")
        await page.locator(".inc .ack:visible").first.click()
        await page.wait_for_timeout(500)
        await page.screenshot(path=f"/tmp/shots/{kind}_ack.png")
        for name, path in (("incident", f"/desk/incident/{n}"), ("rota", "/desk/rota"), ("silences", "/desk/silences")):
            await page.goto(desk.base + path)
            await page.wait_for_timeout(1500)
            await page.screenshot(path=f"/tmp/shots/{kind}_{name}.png", full_page=True)
            print(kind, name, await page.evaluate("[document.documentElement.scrollWidth, innerWidth]"))
        print(errors)
        await page.click(".plan-new")
        await page.wait_for_timeout(500)
        await page.screenshot(path=f"/tmp/shots/{kind}_plan.png")
        await page.goto(desk.base + f"/desk/incident/{n}")
        await page.click(".raws")
        await page.wait_for_timeout(400)
        await page.locator(".q-item").nth(5).click()
        await page.wait_for_timeout(800)
        await page.screenshot(path=f"/tmp/shots/{kind}_raw.png")
