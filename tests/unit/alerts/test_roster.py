"""Who is on duty: turns, rest days, swaps and holes, by table and for any rota; and who is called after them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import workdays
from alerts.roster import Roster, Swap, Why
from schemas.registry.model import Bureau, County, Document, Duty, Person, Rota
from schemas.times import SHANGHAI

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

PEOPLE = [
    Person(id="chen", name="陈示一", bureau="epb"),
    Person(id="li", name="李示二", bureau="epb", channels=["li-phone"]),
    Person(id="he", name="何示三", bureau="epb", role="chief"),
    Person(id="ma", name="马示八", bureau="stat", role="analyst"),
    Person(id="deng", name="邓示七", bureau="drc", role="chief"),
    Person(id="zhou", name="周示甲", site="s1", role="operator", channels=["plant"]),
]
ROTA = Rota(
    bureau="epb",
    starts=datetime(2026, 11, 2, 8, 30, tzinfo=SHANGHAI),  # a Monday
    turn_days=7,
    people=["chen", "li"],
    rest_days=["he", "li", "chen"],
)


def document(**fields: Any) -> Document:
    whole: dict[str, Any] = {
        "county": County(name="示例县", code="431023"),
        "bureaus": [
            Bureau(id="epb", name="县环保局", channels=["epb-group"]),
            Bureau(id="stat", name="县统计局"),
            Bureau(id="drc", name="县发改局"),
        ],
        "people": PEOPLE,
        "duties": [Duty(bureau="epb", people=["li", "chen", "he"])],
        "rotas": [ROTA],
        "sites": [],
    }
    return Document(**(whole | fields))


def roster(*swaps: Swap, **fields: Any) -> Roster:
    return Roster(document(**fields), swaps, workdays)


def beijing(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def swap(since: str, until: str, person: str = "he") -> Swap:
    return Swap(bureau="epb", person=person, since=beijing(since), until=beijing(until))


TURNS = [
    ("2026-11-02T08:30", "chen", Why.TURN, "the first turn begins with the rota"),
    ("2026-11-09T08:29", "li", Why.REST_DAY, "Sunday's day lasts until Monday's hand-over"),
    ("2026-11-09T08:30", "li", Why.TURN, "the second week is the second's"),
    ("2026-11-07T08:29", "chen", Why.TURN, "Friday's day lasts into Saturday morning"),
    ("2026-11-07T08:30", "he", Why.REST_DAY, "the first rest day is the first rest-day person's"),
    ("2026-11-08T23:00", "li", Why.REST_DAY, "the second rest day is the next one's"),
    ("2026-11-14T12:00", "chen", Why.REST_DAY, "and so on over the weeks"),
    ("2026-11-15T12:00", "he", Why.REST_DAY, "and round again"),
    ("2026-11-16T08:30", "chen", Why.TURN, "turns go on while others take the weekends"),
    ("2026-11-02T08:29", "li", Why.FIRST, "before the rota begins the first of the duties stands"),
]


@pytest.mark.parametrize(("at", "person", "why", "said"), TURNS)
def test_turns_and_rest_days_go_round(at: str, person: str, why: Why, said: str) -> None:
    (shift, *_) = roster().shifts("epb", beijing(at), 1)
    on_duty = roster().on_duty("epb", beijing(at))

    assert shift.person is not None
    assert (shift.person.id, shift.why) == (person, why), said
    assert on_duty.person == shift.person, said


def test_a_saturday_worked_in_lieu_is_a_turn_and_a_holiday_on_a_weekday_is_not() -> None:
    rota = ROTA.model_copy(update={"starts": beijing("2026-09-28T08:30")})
    shifts = roster(rotas=[rota]).shifts("epb", beijing("2026-10-01T08:30"), 10)

    assert [(one.why, one.until.astimezone(SHANGHAI).date()) for one in shifts][-1] == (Why.TURN, date(2026, 10, 11))
    assert {one.why for one in shifts[:7]} == {Why.REST_DAY}
    assert shifts[7].since == beijing("2026-10-08T08:30")


def test_a_year_not_announced_is_said_beside_the_shift() -> None:
    (shift, *_) = roster().shifts("epb", beijing("2099-10-01T12:00"), 1)

    assert "节假日安排尚未公布" in shift.note
    assert "节假日安排尚未公布" in roster().on_duty("epb", beijing("2099-10-01T12:00")).because


def test_on_duty_lasts_until_somebody_else_takes_over() -> None:
    weekly = ROTA.model_copy(update={"rest_days": []})

    assert roster(rotas=[weekly]).on_duty("epb", beijing("2026-11-03T12:00")).until == beijing("2026-11-09T08:30")
    assert roster().on_duty("epb", beijing("2026-11-03T12:00")).until == beijing("2026-11-07T08:30")
    assert roster(rotas=[]).on_duty("epb", beijing("2026-11-03T12:00")).until is None
    alone = weekly.model_copy(update={"people": ["chen"]})
    thrice = weekly.model_copy(update={"people": ["chen", "chen", "chen", "li"], "turn_days": 28})
    assert roster(rotas=[thrice]).on_duty("epb", beijing("2026-11-03T12:00")).until == beijing("2027-01-25T08:30")
    assert roster(rotas=[alone]).on_duty("epb", beijing("2026-11-03T12:00")).until is None


def test_of_overlapping_swaps_the_one_planned_last_stands() -> None:
    two = roster(
        swap("2026-11-03T00:00", "2026-11-05T00:00"), swap("2026-11-04T00:00", "2026-11-04T12:00", person="li")
    )
    found = [
        (one.person.id if one.person else None, one.why) for one in two.shifts("epb", beijing("2026-11-03T00:00"), 3)
    ]

    assert found == [("he", Why.SWAP), ("li", Why.SWAP), ("he", Why.SWAP), ("chen", Why.TURN)]


def test_a_swap_to_somebody_who_has_left_is_void_and_said() -> None:
    on_duty = roster(swap("2026-11-03T00:00", "2026-11-05T00:00", person="gone")).on_duty(
        "epb", beijing("2026-11-04T00:00")
    )

    assert on_duty.person is not None
    assert on_duty.person.id == "chen"
    assert "gone" in on_duty.because


LADDERS = [
    ("epb", {}, [["chen"], ["li"], ["he"]], "on duty, then the duties not yet called, the chief last"),
    ("epb", {"duties": []}, [["chen"], ["he"]], "without duties the chief comes next"),
    (
        "epb",
        {"duties": [Duty(bureau="epb", people=["he", "li"])]},
        [["chen"], ["he"], ["li"], ["he"]],
        "the duties' order is kept, and the chief closes the ladder again",
    ),
    ("drc", {}, [["deng"]], "in a hole all of the bureau are called; a chief is not called twice over"),
    ("stat", {}, [["ma"]], "an analyst answers where nobody else does"),
    ("stat", {"people": PEOPLE[:3]}, [["he"]], "a bureau without people: every chief of the county"),
    ("stat", {"people": PEOPLE[:2]}, [["chen", "li"]], "no chief either: everyone"),
    ("nowhere", {}, [["he", "deng"]], "a bureau that is not registered"),
    ("epb", {"people": PEOPLE[5:], "duties": [], "rotas": []}, [], "operators alone are nobody to call"),
    (
        "epb",
        {"rotas": [ROTA.model_copy(update={"people": ["gone"]})]},
        [["li", "chen", "he"], ["he"]],
        "a rota that names nobody known: all on the list at once",
    ),
]


@pytest.mark.parametrize(("bureau", "fields", "rungs", "said"), LADDERS)
def test_the_ladder_names_who_is_called_next(
    bureau: str, fields: dict[str, Any], rungs: list[list[str]], said: str
) -> None:
    found = roster(**fields).ladder(bureau, beijing("2026-11-03T12:00"))

    assert [[person.id for person in rung] for rung in found] == rungs, said


@pytest.mark.parametrize(
    ("bureau", "fields", "words"),
    [
        ("drc", {}, "县发改局无人值班：没有值班表，也没有通知名单；改为通知本单位全体人员"),
        ("stat", {"people": PEOPLE[:3]}, "县统计局无人值班：没有值班表，也没有通知名单；改为通知全县各单位负责人"),
        (
            "epb",
            {"rotas": [ROTA.model_copy(update={"people": ["gone"]})]},
            "gone 不在人员表；改为通知本单位通知名单全体",
        ),
        ("epb", {"people": [], "duties": [], "rotas": []}, "无人可通知"),
    ],
)
def test_a_hole_says_loudly_who_is_called_instead(bureau: str, fields: dict[str, Any], words: str) -> None:
    hole = roster(**fields).on_duty(bureau, beijing("2026-11-03T12:00")).hole

    assert hole is not None
    assert hole.startswith("【值班空缺】")
    assert words in hole


def test_people_are_reached_by_their_own_channels_or_their_bureaus() -> None:
    one = roster()
    by_name = {person.id: one.channels(person) for person in PEOPLE}

    assert by_name == {
        "chen": ("epb-group",), "li": ("li-phone",), "he": ("epb-group",), "ma": (), "deng": (), "zhou": ("plant",),
    }  # fmt: skip
    assert [person.id for person in one.operators("s1")] == ["zhou"]
    assert one.operators("s2") == []
    assert one.person("zhou") == PEOPLE[5]
    assert one.person("gone") is None


IDS = st.sampled_from(["chen", "li", "he", "gone"])
INSTANTS = st.datetimes(datetime(2025, 6, 1), datetime(2028, 6, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds it
ROTAS = st.none() | st.builds(
    Rota,
    bureau=st.just("epb"),
    starts=INSTANTS,
    turn_days=st.integers(1, 28),
    people=st.lists(IDS, min_size=1, max_size=4),
    rest_days=st.lists(IDS, max_size=4),
)
SWAPS = st.lists(
    st.builds(
        lambda person, since, hours: Swap(
            bureau="epb", person=person, since=since, until=since + timedelta(hours=hours)
        ),
        IDS,
        INSTANTS,
        st.integers(1, 2000),
    ),
    max_size=3,
)
DUTIES: SearchStrategy[list[Duty]] = st.just([]) | st.lists(IDS, min_size=1, max_size=3).map(
    lambda ids: [Duty(bureau="epb", people=ids)]
)


def drawn(rota: Rota | None, swaps: list[Swap], duties: list[Duty]) -> Roster:
    return roster(*swaps, rotas=[rota] if rota else [], duties=duties)


@given(rota=ROTAS, swaps=SWAPS, duties=DUTIES, at=INSTANTS)
def test_at_any_instant_there_is_exactly_one_person_or_a_hole(
    rota: Rota | None, swaps: list[Swap], duties: list[Duty], at: datetime
) -> None:
    one = drawn(rota, swaps, duties)
    found = one.on_duty("epb", at)

    assert (found.person is None) is (found.hole is not None)
    assert found.because
    assert found.until is None or found.until > at
    assert all(one.ladder("epb", at))
    assert one.ladder("epb", at)[-1] == one.chiefs("epb")
    if found.person is not None:
        assert one.ladder("epb", at)[0] == [found.person]


@given(rota=ROTAS, swaps=SWAPS, duties=DUTIES, since=INSTANTS, days=st.integers(1, 60))
def test_shifts_tile_the_time_and_say_who_is_on_duty(
    rota: Rota | None, swaps: list[Swap], duties: list[Duty], since: datetime, days: int
) -> None:
    one = drawn(rota, swaps, duties)
    shifts = one.shifts("epb", since, days)

    assert shifts[0].since == since
    assert shifts[-1].until == since + timedelta(days=days)
    assert all(before.until == after.since for before, after in pairwise(shifts))
    for shift in shifts:
        last = shift.until - timedelta(microseconds=1)
        for at in (shift.since, last):
            assert one.on_duty("epb", at).person == shift.person
        assert (shift.why is Why.HOLE) is (shift.person is None)


@given(rota=ROTAS, since=INSTANTS, hours=st.integers(1, 2000), offset=st.integers(-3000, 3000))
def test_a_swap_shows_exactly_in_its_span(rota: Rota | None, since: datetime, hours: int, offset: int) -> None:
    until = since + timedelta(hours=hours)
    plan = Swap(bureau="epb", person="ma", since=since, until=until)
    with_swap, without = drawn(rota, [plan], []), drawn(rota, [], [])
    at = since + timedelta(hours=offset)
    found = with_swap.on_duty("epb", at)

    if since <= at < until:
        assert found.person == PEOPLE[3]
        assert found.until is not None
        assert found.until <= until
    else:
        assert found.person == without.on_duty("epb", at).person
    assert with_swap.on_duty("stat", at) == without.on_duty("stat", at)
    assert with_swap.on_duty("epb", since).person == PEOPLE[3]
    assert with_swap.on_duty("epb", until).person == without.on_duty("epb", until).person
