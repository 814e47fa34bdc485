from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from alerts.actor import Actor
from alerts.casework import Case
from alerts.desk.pages import choose
from alerts.desk.pages.choose import Choice
from schemas.catalog.duty import IncidentState, Role
from schemas.catalog.enums import Level

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
CHEN = Actor(name="chen", role=Role.INSPECTOR, person="epb-chen")
OPERATOR = Actor(name="op", role=Role.OPERATOR, site="plant")


def case(number: int = 1, **fields: Any) -> Case:
    usual: dict[str, Any] = {
        "incident_id": number, "rule": "r", "subject": "s", "site_id": "plant", "device_id": "", "state": IncidentState.OPEN,
        "level": Level.ORANGE, "lead_bureau": "epb", "began_at": NOW - timedelta(hours=number), "ended_at": None,
        "opened_at": NOW, "body": {},
    }  # fmt: skip
    return Case(**(usual | fields))


CASES = st.builds(
    case,
    st.integers(1, 90),
    state=st.sampled_from(IncidentState),
    level=st.sampled_from(Level),
    settled_at=st.sampled_from([None, NOW]),
    site_id=st.sampled_from(["plant", "boiler", ""]),
)


@given(st.lists(CASES, max_size=30))
def test_each_incident_stands_in_one_part_and_only_what_never_opened_in_none(cases: list[Case]) -> None:
    shown = [one.incident_id for part in choose.PARTS for one in choose.pick(cases, Choice(part=part))]
    lapsed = [one for one in cases if one.state is IncidentState.LAPSED and one.settled_at is None]
    assert len(shown) + len(lapsed) == len(cases)
    assert sum(choose.counts(cases).values()) == len(shown)


@given(st.lists(CASES, max_size=30))
def test_the_queue_is_by_level_then_age(cases: list[Case]) -> None:
    found = choose.pick(cases, Choice())
    keys = [(-list(Level).index(one.level), one.began_at) for one in found]
    assert keys == sorted(keys)


def test_an_operator_sees_the_own_site_and_without_one_nothing() -> None:
    cases = [case(1), case(2, site_id="boiler"), case(3, site_id="")]
    assert [one.incident_id for one in choose.seen_by(cases, OPERATOR)] == [1]
    assert choose.seen_by(cases, Actor(name="op", role=Role.OPERATOR)) == []
    assert len(choose.seen_by(cases, CHEN)) == 3


def test_mine_is_what_i_am_charged_with_or_took_on() -> None:
    cases = [case(1, assignee="epb-chen"), case(2, acked_by="chen"), case(3, assignee="epb-li"), case(4)]
    assert [one.incident_id for one in choose.in_scope(cases, choose.MINE, CHEN, "epb")] == [1, 2]
    assert choose.in_scope([case(1)], choose.BUREAU, CHEN, None) == []


def test_only_live_incidents_in_nobodys_hand_are_counted_in_the_title() -> None:
    held, over = NOW + timedelta(hours=1), NOW - timedelta(hours=1)
    cases = [
        case(1), case(2, acked_until=held), case(3, acked_until=over), case(4, state=IncidentState.CLOSED),
        case(5, state=IncidentState.UNKNOWN), case(6, settled_at=NOW), case(7, state=IncidentState.PENDING),
    ]  # fmt: skip
    assert choose.unacknowledged(cases, NOW) == 3


def test_sites_of_a_storm_stand_by_their_gravest_with_counts() -> None:
    cases = [
        case(1), case(2), case(3, site_id="boiler", level=Level.RED), case(4, site_id="", level=Level.BLUE),
        case(5, level=Level.BLUE),
    ]  # fmt: skip
    assert choose.by_site(cases, {"plant": "污水厂"}) == [
        ("boiler", "boiler", {Level.RED: 1}),
        ("plant", "污水厂", {Level.ORANGE: 2, Level.BLUE: 1}),
        ("", "全县", {Level.BLUE: 1}),
    ]
