from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import policy
from alerts.incident import walk
from alerts.judge import rules
from schemas.catalog.enums import Outcome
from schemas.records import Verdict
from schemas.registry.store import Registry
from schemas.times import HOUR
from tests.bench import county, duty, duty_notice, duty_rounds
from tests.bench.figures import reaches
from tests.bench.filling import Series
from tests.integration.receivers import Taken

_NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def _registry(plants: int) -> Registry:
    document = duty_rounds.with_officer(county.document(plants, interval_s=60, outlets=True))
    keys = [(site.id, "outlet", point.factor) for site in document.sites for point in site.devices[0].points]
    return Registry(version_id=1, document=document, points={key: number for number, key in enumerate(keys, 1)})


def test_the_round_has_ten_thousand_subjects_and_every_hundredth_of_them_exceeds() -> None:
    subjects = duty_rounds.hourly_subjects(_registry(duty_rounds.PLANTS), _NOON)
    assert 10_000 <= subjects < 10_100
    # Of a plant whose ammonia is over, the hour and its early warning exceed.
    assert 2 * duty_rounds.OVER_A_RUN / subjects == pytest.approx(0.01, rel=0.02)


def test_only_the_ammonia_of_the_plants_asked_for_is_over() -> None:
    registry = _registry(3)
    factors = {number: factor for (_, _, factor), number in registry.points.items()}
    sites = {number: site for (site, _, _), number in registry.points.items()}
    plants = duty_rounds.Plants(
        registry, Series(list(factors), [county.IN_ORDER[factor] for factor in factors.values()])
    )
    over = [
        (sites[point], factors[point])
        for point, base in zip(*plants.with_over([1]), strict=True)
        if base == duty_rounds.OVER_MGL
    ]
    assert over == [("plant-001", duty_rounds.AMMONIA)]


def test_every_sample_has_its_own_outlet_and_a_first_reading_before_the_one_that_opens() -> None:
    plan = duty_notice.schedule(200, 60.0, random.Random(1))
    assert [one.at_s for one in plan] == sorted(one.at_s for one in plan)
    first = {one.sample: one.at_s for one in plan if not one.opens}
    second = {one.sample: one.at_s for one in plan if one.opens}
    assert first.keys() == second.keys() == set(range(200))
    assert all(second[sample] - first[sample] == pytest.approx(3.0) for sample in second)
    assert max(second.values()) - min(second.values()) > 59


def test_samples_are_enough_and_long_enough_for_the_ninety_ninth_percentile() -> None:
    assert duty_notice.SAMPLES >= 200
    assert duty_notice.SECONDS >= 60


def test_the_probe_publishes_one_reading_of_ph_with_an_acknowledgement() -> None:
    packet = duty_notice.publish_packet("yx/v1/plant-300/outlet/telemetry", 1_800_000_000_123, 9.6)
    assert packet[0] == 0x32
    assert packet[1] == len(packet) - 2, "one byte of length"
    assert packet[4:36] == b"yx/v1/plant-300/outlet/telemetry"
    assert json.loads(packet[38:]) == {"ts": 1_800_000_000_123, "values": {"w01001": 9.6}}


def test_the_notice_is_known_by_the_plants_name() -> None:
    document = county.document(310)
    named = {f"{site.id}/outlet": site.name for site in document.sites}
    assert {name: duty_notice.plant_name(name) for name in named} == named


def test_only_the_first_opening_notice_of_a_plant_counts() -> None:
    receiver = duty_notice.Receiver()

    def taken(step: str, rule: str, site: str) -> Taken:
        return Taken("/", {}, {"incident": {"step": step, "rule": rule, "site": site}})

    receiver(taken("closed", "污水pH瞬时值疑似超标", "plant 1"))
    receiver(taken("opened", "设备离线", "plant 2"))
    receiver(taken("digest", "", ""))
    assert receiver.at == {}
    receiver(taken("opened", "污水pH瞬时值疑似超标", "plant 3"))
    first = dict(receiver.at)
    receiver(taken("opened", "污水pH瞬时值疑似超标", "plant 3"))
    assert list(receiver.at) == ["plant 3"]
    assert receiver.at == first


def test_the_calm_policy_differs_from_the_shipped_one_in_its_storm_cap_alone() -> None:
    shipped = resources.files("alerts").joinpath("policy.toml").read_text(encoding="utf-8")
    calm, before = policy.load(duty_notice.calm_policy(shipped)), policy.load(shipped)
    assert calm.storm.notices > 2 * duty_notice.SAMPLES
    assert calm.told == before.told
    assert calm.levels == before.levels
    with pytest.raises(ValueError, match="another storm cap"):
        duty_notice.calm_policy("[storm]\n")


def test_a_cap_exceeded_by_two_is_a_miss() -> None:
    cap = policy.load().storm.notices
    assert reaches(cap + 1, f"<= {cap + 1}")
    assert not reaches(cap + 2, f"<= {cap + 1}")


def test_every_figure_that_proves_something_is_told_by_the_exit_code() -> None:
    assert duty.FIGURES == ("publish_to_notice", "round", "storm", "standby")
    assert all(name.startswith("duty_") for name in duty.PROOFS)


def _verdicts(outcomes: list[Outcome]) -> list[Verdict]:
    return [
        Verdict(
            rule="sewage_ph", subject="s", point_id=1, window_start=_NOON + n * HOUR, window_end=_NOON + (n + 1) * HOUR,
            outcome=outcome, value=1.0, limit_value=2.0, limit_id="x", body={},
        )
        for n, outcome in enumerate(outcomes)
    ]  # fmt: skip


@given(st.lists(st.sampled_from(list(Outcome)), max_size=30), st.sampled_from(sorted(rules.load())))
def test_what_is_in_order_before_the_first_exceeding_window_changes_no_walk(outcomes: list[Outcome], name: str) -> None:
    """The walk is read from the first exceeding window on (`verdict_walk_first.sql`)."""
    rule = rules.load()[name]
    verdicts = _verdicts(outcomes)
    first = next((n for n, one in enumerate(outcomes) if one is Outcome.EXCEEDING), len(outcomes))
    assert walk(verdicts[first:], rule) == walk(verdicts, rule)
