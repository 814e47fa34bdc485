from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from alerts.desk.drill import devices, speaking
from alerts.desk.drill.overview import AHEAD, OVER, UNDER
from alerts.desk.drill.site_facts import SiteFacts
from alerts.desk.facts import DeviceView, PointView
from schemas.registry.derived import point_keys
from schemas.registry.store import Registry
from tests.integration.play import county, sewage

NOW = datetime(2026, 6, 15, 4, 20, tzinfo=UTC)
DOCUMENT = county(sewage("w21003", "w01018"))
POINTS = {key: number for number, key in enumerate(point_keys(DOCUMENT), 1)}
AMMONIA = POINTS["plant", "out", "w21003"]


def facts(**found: Any) -> SiteFacts:
    return SiteFacts(at=NOW, site=DOCUMENT.sites[0], registry=Registry(1, DOCUMENT, POINTS), subjects=[], **found)


def point(**fields: Any) -> PointView:
    usual: dict[str, Any] = {
        "point_id": 1, "site": "plant", "device": "out", "factor": "w21003", "name": "<氨氮>", "unit": "mg/L", "decimals": 2,
        "interval_s": 60, "counter": False,
    }  # fmt: skip
    return PointView(**(usual | fields))


@pytest.mark.parametrize(
    ("online", "stale", "state", "tone"),
    [
        (True, False, "在线", UNDER),
        (False, False, "离线", OVER),
        (True, True, "在线但无数据", AHEAD),
        (False, True, "离线", OVER),
    ],
)
def test_a_device_that_is_there_without_data_is_not_called_well(
    online: bool,  # noqa: FBT001
    stale: bool,  # noqa: FBT001
    state: str,
    tone: str,
) -> None:
    one = DeviceView(id="out", name="总排口", online=online, stale=stale, points=[point(silent=stale)], lag_s=3.2)
    [part] = devices.devices([one], {}, NOW)
    assert (part.state, part.tone, part.lag) == (state, tone, "滞后 3 秒")


def test_a_point_shows_value_mark_and_age_and_leads_to_its_page() -> None:
    points = [point(ts=NOW - timedelta(minutes=5), value=4.256, mark="C", late=True), point(point_id=2, silent=True)]
    one = DeviceView(id="out", name="总排口", online=True, stale=False, points=points)
    [part] = devices.devices([one], {2: date(2025, 3, 4)}, NOW)
    shown = speaking.device(part)
    for said in (
        "&lt;氨氮&gt;",
        "4.26",
        "C 校准",
        "迟到",
        "2025-03-04 之后无数据",
        'href="/desk/point/plant/out/w21003?basis=hour"',
    ):
        assert said in shown


def test_what_was_refused_says_reason_count_and_an_example() -> None:
    row = {
        "rejection_id": 7, "reason": "out_of_range", "messages": 3, "refused": 5, "received_at": NOW, "device_id": "out",
        "topic": "t", "details": ["w21003 <999>"], "replayed": True,
    }  # fmt: skip
    [found] = devices.refusals(facts(rejections=[row]))
    shown = speaking.refusal(found, NOW)
    for said in ("超出量程", "3 条消息，5 个值", "总排口水质站", "已重放", "w21003 &lt;999&gt;"):
        assert said in shown


@pytest.mark.parametrize(("since", "until", "part"), [(-2, -1, "已结束"), (-1, 1, "生效中"), (1, 2, "未开始")])
def test_a_mark_says_of_what_it_is_by_whom_and_whether_it_holds(since: int, until: int, part: str) -> None:
    row = {
        "device_id": "out", "point_ids": [AMMONIA], "kind": "maintenance", "made_by": "chen",
        "since": NOW + timedelta(hours=since), "until": NOW + timedelta(hours=until), "reason": "更换", "evidence": "单 7", "made_at": NOW,
    }  # fmt: skip
    [found] = devices.marks(facts(marks=[row]), {}, {"chen": "陈示一"}, NOW)
    assert (found.part, found.kind, found.factors, found.by) == (part, "日常维护", "氨氮", "陈示一")


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({}, True),
        ({"site_id": ""}, True),
        ({"site_id": "other"}, False),
        ({"withdrawn_at": NOW}, False),
        ({"until": NOW}, False),
        ({"since": NOW + timedelta(hours=1)}, True),
    ],
)
def test_silences_that_hold_or_will_for_this_site_or_for_all(fields: dict[str, Any], shown: bool) -> None:  # noqa: FBT001
    row = {"site_id": "plant", "since": NOW, "until": NOW + timedelta(hours=2), "withdrawn_at": None} | fields
    assert bool(devices.silences([row], "plant", NOW)) is shown


def test_a_mark_on_all_points_of_a_device_says_so() -> None:
    own = [number for (_, place, _), number in POINTS.items() if place == "out"]
    row = {
        "device_id": "out", "point_ids": own, "kind": "stopped", "made_by": "gone", "since": NOW, "until": NOW + timedelta(hours=1),
        "reason": "停产", "evidence": "", "made_at": NOW,
    }  # fmt: skip
    [found] = devices.marks(facts(marks=[row]), {"gone": "账号甲"}, {}, NOW)
    assert (found.factors, found.by) == ("全部因子", "账号甲")
