"""Why nobody is told: silences, consequences, flapping; and that at the end of each chain somebody is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.muting import Case, Silence, muted_by, muted_zh
from alerts.policy_file import load
from schemas.catalog.duty import IncidentState
from schemas.catalog.enums import Level

POLICY = load()
NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)


def case(incident_id: int = 1, rule: str = "suspect_clock", **fields: Any) -> Case:
    whole: dict[str, Any] = {
        "subject": "s", "site_id": "s1", "device_id": "d1", "level": Level.YELLOW, "state": IncidentState.OPEN,
        "began_at": NOW - HOUR, "opened_at": NOW - HOUR,
    }  # fmt: skip
    return Case(incident_id=incident_id, rule=rule, **(whole | fields))


def silence(number: int = 12, **fields: Any) -> Silence:
    return Silence(silence_id=number, **({"since": NOW - HOUR, "until": NOW + HOUR} | fields))


SILENCES = [
    ([silence(site_id="s1")], "silence:12", "a site's holds for all that stands there"),
    ([silence(site_id="s2")], None, "another site's does not"),
    ([silence(site_id="s1", device_id="d1")], "silence:12", "a device's holds for it"),
    ([silence(site_id="s1", device_id="d2")], None, "not for the one beside it"),
    ([silence(rule="suspect_clock")], "silence:12", "a rule's holds everywhere"),
    ([silence(site_id="s1", rule="offline")], None, "all that is named must fit"),
    ([silence(site_id="s1", since=NOW)], "silence:12", "from its first instant"),
    ([silence(site_id="s1", until=NOW)], None, "until before its last"),
    ([silence(site_id="s1", since=NOW + HOUR, until=NOW + 2 * HOUR)], None, "not before it begins"),
    ([silence(3), silence(4, until=NOW + 5 * HOUR)], "silence:4", "of several the one that lasts longest is named"),
    ([silence(4), silence(3)], "silence:3", "and of equals the first"),
]


@pytest.mark.parametrize(("silences", "muted", "why"), SILENCES)
def test_a_silence_holds_for_what_it_names_while_it_lasts(silences: list[Silence], muted: str | None, why: str) -> None:
    assert muted_by(case(), silences, [], 1, POLICY, NOW) == muted, why


OFFLINE = case(34, "offline")
SOURCES = [
    (case(), [OFFLINE], "inhibited:34", "a silent device explains what is suspected of it"),
    (case(device_id="d2"), [OFFLINE], None, "not what is suspected of another"),
    (case(site_id="s2"), [OFFLINE], None, "nor of one with the same id elsewhere"),
    (case(device_id=""), [case(34, "offline", device_id="")], None, "what has no device is no device's consequence"),
    (case(rule="sewage_day"), [OFFLINE], None, "an exceedance is never a consequence"),
    (case(device_id="d2"), [case(35, "site_offline", device_id="")], "inhibited:35", "a site's silence explains all there"),
    (case(site_id="s2"), [case(36, "ingest_down", site_id="", device_id="")], "inhibited:36", "our own outage explains all"),
    (OFFLINE, [OFFLINE], None, "an incident never inhibits itself"),
    (OFFLINE, [case(33, "offline")], None, "nor one of its own kind"),
    (OFFLINE, [case(35, "site_offline")], "inhibited:35", "a source may itself be a consequence"),
    (case(), [case(35, "site_offline"), OFFLINE], "inhibited:34", "of several the first is named"),
    (case(), [case(34, "offline", state=IncidentState.PENDING)], None, "what is not open yet explains nothing"),
    (case(), [case(34, "offline", state=IncidentState.CLOSED)], None, "nor what is over"),
    (case(), [case(34, "offline", state=IncidentState.UNKNOWN)], "inhibited:34", "what lasts does"),
    (case(level=Level.RED), [OFFLINE], "inhibited:34", "even of a red one"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "live", "muted", "why"), SOURCES)
def test_a_consequence_is_not_told_beside_its_cause(one: Case, live: list[Case], muted: str | None, why: str) -> None:
    assert muted_by(one, [], live, 1, POLICY, NOW) == muted, why


FLAPS = [
    ({}, 2, None, "twice is no flapping"),
    ({}, 3, "flapping", "three times a day is"),
    ({"level": Level.RED}, 9, None, "a red one is never muted by it"),
    ({"opened_at": NOW - 12 * HOUR}, 3, None, "after twelve quiet hours it is told again"),
    ({"opened_at": NOW - 12 * HOUR + timedelta(seconds=1)}, 3, "flapping", "not before"),
]


@pytest.mark.parametrize(("fields", "opened", "muted", "why"), FLAPS)
def test_what_keeps_coming_back_is_folded(fields: dict[str, Any], opened: int, muted: str | None, why: str) -> None:
    assert muted_by(case(**fields), [], [], opened, POLICY, NOW) == muted, why


def test_the_gravest_reason_is_named_first_and_has_its_words() -> None:
    found = [
        muted_by(case(), [silence()], [OFFLINE], 9, POLICY, NOW),
        muted_by(case(), [], [OFFLINE], 9, POLICY, NOW),
        muted_by(case(), [], [], 9, POLICY, NOW),
    ]

    assert found == ["silence:12", "inhibited:34", "flapping"]
    assert [muted_zh(one or "")[:4] for one in found] == ["静默 1", "由事件 ", "反复出现"]


RULES = ["ingest_down", "site_offline", "offline", "suspect_clock", "suspect_step", "sewage_day"]
LIVES = st.lists(
    st.tuples(st.sampled_from(RULES), st.sampled_from(["", "s1", "s2"]), st.sampled_from(["", "d1", "d2"])), max_size=12
).map(
    lambda spots: [
        case(number, rule, site_id=site, device_id=device) for number, (rule, site, device) in enumerate(spots)
    ]
)


@given(live=LIVES)
def test_at_the_end_of_each_chain_stands_an_incident_that_is_told(live: list[Case]) -> None:
    by_id = {one.incident_id: one for one in live}
    for one in live:
        seen = set()
        while (muted := muted_by(one, [], live, 1, POLICY, NOW)) is not None:
            assert one.incident_id not in seen, "a circle"
            seen.add(one.incident_id)
            one = by_id[int(muted.partition(":")[2])]  # noqa: PLW2901 - followed to its cause
