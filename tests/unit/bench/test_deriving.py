from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from itertools import islice

import pytest

from alerts.judge.subjects import DAY_FACTORS, PH, subjects
from schemas.registry.store import Registry
from schemas.times import DAY, HOUR, to_us
from simulator import fleet
from tests.bench import county, late, replaying
from tests.bench.deriving import FIGURES, Sizes, of_kind, rows_of
from tests.bench.figures import Figure
from tests.bench.filling import flat
from tests.bench.packets import SIGNALS

_TODAY = datetime(2026, 6, 30, tzinfo=UTC).date()


@pytest.mark.parametrize(("text", "rows"), [("1e6", 1_000_000), ("1e8", 100_000_000), ("250000", 250_000)])
def test_rows_are_read_as_people_write_them(text: str, rows: int) -> None:
    assert rows_of(text) == rows


@pytest.mark.parametrize("text", ["", "many", "0", "-1e6", "0.4", "nan", "inf"])
def test_what_is_no_count_of_rows_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="no count"):
        rows_of(text)


def test_figures_of_the_second_database_carry_its_name() -> None:
    figures = [Figure("late_value", 1.0, "s")]
    assert [one.name for one in of_kind("embedded", "embedded", figures)] == ["late_value"]
    assert [one.name for one in of_kind("timescaledb", "embedded", figures)] == ["timescaledb_late_value"]


def test_the_hour_has_ten_thousand_points() -> None:
    assert Sizes().sites * len(SIGNALS) == 10_000
    assert list(FIGURES) == ["derive_judge_hour", "late_value", "replay_35_days", "window_cost"]


def _registry(plants: int) -> Registry:
    document = county.document(plants, interval_s=60, outlets=True)
    keys = [
        (site.id, device.id, point.factor)
        for site in document.sites
        for device in site.devices
        for point in device.points
    ]
    return Registry(version_id=1, document=document, points={key: number for number, key in enumerate(keys, 1)})


def test_every_outlet_of_the_county_is_judged() -> None:
    found = subjects(_registry(3), _TODAY)
    assert len({one.key for one in found if one.rule == "sewage_day"}) == 3 * len((*DAY_FACTORS, PH))


@pytest.mark.parametrize(("site", "over"), [("plant-000", {"w21003"}), ("plant-001", set()), ("plant-050", {"w21003"})])
def test_one_plant_in_fifty_is_over_its_limit_in_ammonia_and_no_other_in_anything(site: str, over: set[str]) -> None:
    """GB 18918-2002 table 1, class 1-A, day mean: COD 50, SS 10, total nitrogen 15, ammonia 5, total phosphorus 0.5 mg/L."""
    limits = {"w01018": 50.0, "w01012": 10.0, "w21001": 15.0, "w21003": 5.0, "w21011": 0.5}
    # What is stored is up to a tenth above what is said.
    assert {factor for factor, high in limits.items() if county.says(site, factor) * 1.1 > high} == over


def test_points_that_are_not_told_apart_all_say_the_same() -> None:
    assert flat([4, 5]) == ([4, 5], [10.0, 10.0])


def test_messages_of_the_replay_are_received_a_second_after_what_they_say() -> None:
    some = list(islice(replaying.live(1), 500))
    assert len({message.topic for message in some}) > 5
    for message in some:
        said = json.loads(message.payload)
        assert isinstance(said, dict), "sent live, one sample a message"
        assert message.received_us == said["ts"] * 1000 + 1_000_000
    first = to_us(fleet.FIXED_UNTIL - DAY)
    assert min(message.received_us for message in some) == first + 1_000_000


def test_the_hours_held_back_are_the_only_ones_without_cod_and_leave_enough_for_the_day() -> None:
    """HJ 356-2019: the day mean needs 18 of 24 hours."""
    start = datetime(2026, 6, 30, 16, tzinfo=UTC)
    said = [json.loads(message.payload) for message in late.two_days(start)]
    with_cod = {one["ts"] for one in said if "w01018" in one["values"]}
    hours = [to_us(start + number * HOUR) // 1000 for number in range(24)]
    assert [number for number, ms in enumerate(hours) if ms not in with_cod] == list(late._HELD_BACK)
    assert 24 - len(late._HELD_BACK) >= 18
    assert len(with_cod) == 48 - len(late._HELD_BACK)
