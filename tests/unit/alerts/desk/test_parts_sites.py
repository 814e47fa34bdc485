from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from alerts.desk.parts_facts import Facts, Heard, Said, frame
from alerts.desk.parts_sites import Sites
from schemas.registry.derived import point_keys
from schemas.registry.store import Registry
from tests.integration.play import county, sewage

NOW = datetime(2026, 6, 2, 4, 0, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
COD, FLOW = "w01018", "w00000"
COD_DAY = ("sewage_day", f"plant/DW001/{COD}")
BARE = {"id": "bare", "name": "示例空站", "kind": "energy_unit", "town": "柏林镇", "lead_bureau": "drc"}


def facts(*sites: dict[str, Any], **fields: Any) -> Facts:
    document = county(*sites)
    registry = Registry(1, document, {key: n for n, key in enumerate(point_keys(document), 1)})
    return Facts(now=NOW, frame=frame(registry, date(2026, 6, 2)), **fields)


def plant(**fields: Any) -> Facts:
    """A plant all of whose series came a minute ago and whose COD was in order yesterday."""
    found = facts(sewage(COD))
    latest = dict.fromkeys(found.frame.measured, (NOW - MINUTE, 7.0, "N", False))
    said = {COD_DAY: Said("compliant", NOW + DAY)}
    return msgspec.structs.replace(found, **({"latest": latest, "said": said} | fields))


def numbers(found: Facts) -> dict[str, int]:
    return {factor: n for (_, place, factor), n in found.frame.registry.points.items() if place == "out"}


def test_a_plant_in_order_is_green_with_the_number_of_verdicts_it_rests_on() -> None:
    [site] = Sites().of(plant())
    assert (site.state, site.detail, site.newest, site.age_s) == ("compliant", "1/1 项达标", NOW - MINUTE, 60.0)
    assert site.devices[0].online


@pytest.mark.parametrize(
    ("why", "fields", "state", "detail"),
    [
        ("no verdict was ever made", {"said": {}}, "not_judgeable", "暂无有效判定"),
        ("the verdict is too old to speak of now", {"said": {COD_DAY: Said("compliant", NOW - MINUTE)}},
         "not_judgeable", "暂无有效判定"),
        ("a verdict speaks until its last moment", {"said": {COD_DAY: Said("compliant", NOW)}}, "compliant", "1/1 项达标"),
        ("too little was valid", {"said": {COD_DAY: Said("not_judgeable", NOW + DAY)}}, "not_judgeable", "有效数据不足"),
        ("it exceeds, and no incident is open yet", {"said": {COD_DAY: Said("exceeding", NOW + DAY)}},
         "exceeding", "最近时段超限，尚未成预警"),
        ("an old excess colours nothing", {"said": {COD_DAY: Said("exceeding", NOW - MINUTE)}},
         "not_judgeable", "暂无有效判定"),
        ("nothing was ever heard", {"latest": {}}, "stale", "总排口水质站"),
        ("incidents come before silence",
         {"latest": {}, "counts": [{"site_id": "plant", "rule": "sewage_day", "level": "red", "n": 2}]},
         "exceeding", "2 起预警未解除"),
        ("a warning does not colour",
         {"counts": [{"site_id": "plant", "rule": "sewage_hour", "level": "blue", "n": 1}]}, "compliant", "1/1 项达标"),
        ("another's incident does not colour",
         {"counts": [{"site_id": "", "rule": "sewage_day", "level": "red", "n": 1}]}, "compliant", "1/1 项达标"),
    ],
)  # fmt: skip
def test_a_site_is_green_only_by_a_verdict_that_speaks_of_now(
    why: str, fields: dict[str, Any], state: str, detail: str
) -> None:
    [site] = Sites().of(plant(**fields))
    assert (site.state, site.detail) == (state, detail), why


def test_one_series_that_fell_silent_makes_the_site_grey_and_is_named() -> None:
    found = plant()
    late = {numbers(found)[FLOW]: (NOW - 21 * MINUTE, 7.0, "N", False)}
    [site] = Sites().of(msgspec.structs.replace(found, latest=found.latest | late))
    assert (site.state, site.detail) == ("stale", "总排口水质站 污水流量")
    assert site.age_s == 60.0
    assert not site.devices[0].stale


def test_of_a_site_silent_for_a_year_the_devices_clock_says_since_when() -> None:
    year_ago = NOW - timedelta(days=365)
    [site] = Sites().of(plant(latest={}, clocks={("plant", "out"): Heard(year_ago, 20.0)}))
    assert (site.state, site.newest) == ("stale", year_ago - timedelta(seconds=20))
    assert site.age_s == timedelta(days=365, seconds=20).total_seconds()
    [device] = site.devices
    assert not device.online
    assert {point.ts for point in device.points} == {None}


def test_a_reading_beyond_the_look_back_is_held_no_longer_than_one_read_anew_would_be() -> None:
    found = plant()
    old = dict.fromkeys(found.frame.measured, (NOW - 3 * DAY - MINUTE / 2, 7.0, "N", False))
    sites = Sites()
    [shown] = sites.of(msgspec.structs.replace(found, latest=old, now=NOW - MINUTE))
    assert {point.value for point in shown.devices[0].points} == {7.0}
    [shown] = sites.of(msgspec.structs.replace(found, latest=old))
    assert {point.value for point in shown.devices[0].points} == {None}


def test_a_site_without_points_and_an_empty_registry_are_shown_as_what_they_are() -> None:
    [site] = Sites().of(facts(BARE))
    assert (site.state, site.detail, site.newest, site.devices) == ("not_judgeable", "未登记测点", None, [])
    assert Sites().of(facts()) == []


def test_what_did_not_change_is_handed_out_again_and_what_did_is_made_anew() -> None:
    found, sites = plant(), Sites()
    [first] = sites.of(found)
    later = msgspec.structs.replace(found, now=NOW + MINUTE)
    [second] = sites.of(later)
    assert second.devices[0] is first.devices[0]
    assert second.age_s == 120.0
    fresh = {numbers(found)[FLOW]: (NOW + MINUTE, 9.0, "N", True)}
    [third] = sites.of(msgspec.structs.replace(later, latest=found.latest | fresh))
    [flow] = [point for point in third.devices[0].points if point.factor == FLOW]
    assert (flow.ts, flow.value, flow.late) == (NOW + MINUTE, 9.0, True)
    assert third.newest == NOW + MINUTE


def test_time_alone_makes_silent_and_a_clock_set_back_makes_it_heard_again() -> None:
    found, sites = plant(), Sites()
    states = [
        sites.of(msgspec.structs.replace(found, now=NOW + passed))[0].state
        for passed in (timedelta(), 20 * MINUTE, timedelta())
    ]
    assert states == ["compliant", "stale", "compliant"]


@pytest.mark.parametrize("seconds", [-0.5, 0.0, 0.5, 4.0])
def test_a_reading_just_on_its_way_does_not_make_its_site_grey(seconds: float) -> None:
    """Every 600 s a reading: two intervals after the last one the next is due, and may take a moment."""
    due = NOW - MINUTE + timedelta(seconds=1200 + seconds)
    [site] = Sites().of(msgspec.structs.replace(plant(), now=due))
    assert site.state == "compliant"


def test_who_said_farewell_is_gone_though_its_readings_are_fresh_and_its_clock_is_told() -> None:
    found, sites = plant(), Sites()
    assert sites.of(found)[0].devices[0].online
    where = ("plant", "out")
    left = msgspec.structs.replace(found, online={where: False}, clocks={where: Heard(NOW, -3.5)})
    [device] = sites.of(left)[0].devices
    assert (device.online, device.lag_s, device.stale) == (False, -3.5, False)
    assert sites.of(found)[0].devices[0].online
