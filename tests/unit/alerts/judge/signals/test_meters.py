from __future__ import annotations

from datetime import date, timedelta
from types import NoneType
from typing import TYPE_CHECKING

import pytest

from alerts.judge.signals.more import MORE
from alerts.judge.signals.scene import Answer, Found, Scene, Series, Unknown
from ingest.derive.energy import Meter, consumption
from ingest.derive.means import Value
from schemas.catalog.enums import PointKind
from schemas.catalog.factors import FACTORS
from schemas.records import Mean
from schemas.registry.document import load_checked
from schemas.times import HOUR, day_start, to_us
from simulator.example import example_path
from simulator.plants import meter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DAY = date(2026, 6, 2)
END = day_start(DAY + timedelta(days=1))
KWH, COAL = "yx_e_kwh", "yx_e_coal_t"


def used(value: float | None, note: str = "", low: float = 1000.0) -> Mean:
    valid = value is not None and not note
    high = low + (value or 0.0)
    return Mean(
        value=value, low=low, high=high, n_valid=4, n_expected=4, valid=valid, marks="N", note=note, n_received=4
    )


def series(factor: str, hours: Sequence[Mean | None]) -> Series:
    return Series(
        site="s", device="d", factor=factor, unit=FACTORS[factor].unit, decimals=FACTORS[factor].decimals,
        interval_s=900, low=0, high=None, hours=tuple(hours),
    )  # fmt: skip


def ask(rule: str, *held: Series) -> Answer:
    declared = MORE[rule]
    scene = Scene(day=DAY, since=END - len(held[0].hours) * HOUR, end=END, series={one.factor: one for one in held})
    return declared.find(scene, held[0].factor, declared.numbers)


def lively(count: int) -> list[float]:
    return [1500.0 + 37.3 * (number * 11 % 17) for number in range(count)]


@pytest.mark.parametrize(
    ("last", "kind", "sentence"),
    [
        ([], NoneType, "a plant at work"),
        ([1800.0] * 11, NoneType, "eleven equal hours"),
        ([1800.0] * 12, Found, "twelve to the last figure"),
        ([1800.04] * 12, Found, "equal as far as it is shown"),
        ([1800.0, 1800.1] * 12, NoneType, "a tenth of a kWh apart"),
        ([20.0] * 24, NoneType, "so coarse a register is often equal"),
        ([0.0] * 24, NoneType, "nothing at all: the plant may stand"),
        ([None] * 24, Unknown, "no hour is known"),
    ],
)
def test_consumption_equal_hour_by_hour(last: list[float | None], kind: type, sentence: str) -> None:
    hours = [used(one) for one in [*lively(168 - len(last)), *last]]
    assert isinstance(ask("suspect_meter_constant", series(KWH, hours)), kind), sentence


@pytest.mark.parametrize(
    ("coal", "kind", "sentence"),
    [
        ([2.0] * 168, Found, "the kiln goes on burning coal"),
        ([2.0] * 144 + [0.0] * 24, NoneType, "no coal either: the plant stands"),
        ([2.0] * 144 + [0.5] * 24, NoneType, "hardly any coal"),
        ([2.0] * 144 + [1.0] * 24, Found, "half the coal"),
        ([None] * 168, NoneType, "nothing known of coal"),
        ([2.0] * 144 + [2.0] * 11 + [None] * 13, NoneType, "coal known of less than half of those hours"),
    ],
)
def test_an_electricity_meter_that_stands_while_the_kiln_burns(
    coal: list[float | None], kind: type, sentence: str
) -> None:
    hours = [used(one) for one in [*lively(144), *[0.0] * 24]]
    held = series(KWH, hours), series(COAL, [None if one is None else used(one) for one in coal])
    assert isinstance(ask("suspect_meter_constant", *held), kind), sentence


def test_equal_hours_are_told_with_their_amount() -> None:
    answer = ask("suspect_meter_constant", series(KWH, [used(one) for one in [*lively(154), *[1800.0] * 14]]))
    assert isinstance(answer, Found)
    assert answer.sentence == "自 06-02 10:00 起连续 14 小时用量均为 1800.0 kWh，疑似用量非实测"
    assert (answer.since, answer.figures) == (END - 14 * HOUR, {"hours": 14, "amount": 1800.0})


@pytest.mark.parametrize(
    ("today", "yesterday", "kind", "sentence"),
    [
        (lively(24), lively(48)[24:], NoneType, "another day"),
        (lively(24), lively(24), Found, "the same day again"),
        ([*lively(22), 1.0, 2.0], lively(24), Found, "22 of 24 hours"),
        ([*lively(21), 1.0, 2.0, 3.0], lively(24), NoneType, "21 of 24 are below nine tenths"),
        ([1500.0] * 24, [1500.0] * 24, NoneType, "an even consumption is no copy"),
        ([1.0, 2.0, 3.0, 4.0, 5.0] * 4 + [1.0] * 4, [1.0, 2.0, 3.0, 4.0, 5.0] * 4 + [1.0] * 4, NoneType, "five steps"),
    ],
)
def test_a_day_copied_from_the_one_before(
    today: list[float], yesterday: list[float], kind: type, sentence: str
) -> None:
    held = series(KWH, [used(one) for one in [*yesterday, *today]])
    assert isinstance(ask("suspect_meter_copied", held), kind), sentence


def test_a_copy_is_dated_from_its_first_hour() -> None:
    answer = ask("suspect_meter_copied", series(KWH, [used(one) for one in [*lively(24), 1.0, *lively(24)[1:]]]))
    assert isinstance(answer, Found)
    assert answer.since == END - 23 * HOUR
    assert (answer.figures["hours"], answer.figures["equal"]) == (24, 23)


def test_a_copy_needs_18_hours_to_compare() -> None:
    hours: list[Mean | None] = [used(one) for one in lively(24) * 2]
    hours[24:31] = [None] * 7
    assert isinstance(ask("suspect_meter_copied", series(KWH, hours)), Unknown)
    hours[30] = used(lively(24)[6])
    assert isinstance(ask("suspect_meter_copied", series(KWH, hours)), Found)


RESET = Meter(interval_s=900, register_max=None, changes=(), kind=PointKind.COUNTER)


def derived(registers: Mapping[int, float]) -> list[Mean]:
    """Hours of the last day from *registers*: quarter of an hour of that day → what the register shows."""
    since = END - 24 * HOUR
    values = [Value(to_us(since + quarter * HOUR / 4), shown, "N") for quarter, shown in registers.items()]
    return [
        consumption(values, to_us(since + number * HOUR), to_us(since + (number + 1) * HOUR), RESET)
        for number in range(24)
    ]


def test_a_register_that_falls_without_a_change_of_meter() -> None:
    rising = {quarter: 5000.0 + 10.0 * quarter for quarter in range(97)}
    assert ask("suspect_meter_fell", series(KWH, derived(rising))) is None
    back = {quarter: shown - (300.0 if quarter >= 42 else 0.0) for quarter, shown in rising.items()}
    answer = ask("suspect_meter_fell", series(KWH, derived(back)))
    assert isinstance(answer, Found), "the note is that of deriving"
    assert answer.since == END - 14 * HOUR
    assert answer.figures == {"hours": 1, "before": 5400.0, "after": 5140.0}


@pytest.mark.parametrize(
    ("note", "kind", "sentence"),
    [
        ("", NoneType, "nothing to remark"),
        ("已登记换表，示数已衔接", NoneType, "a registered change"),
        ("表计翻转", NoneType, "a register that rolled over"),
        ("换表示数与读数矛盾", Found, "a registered change that does not fit"),
        ("缺少期初示数；表计示数下降(复位或换表)，该步未计", Found, "among other remarks"),
    ],
)
def test_only_a_fall_that_nobody_registered_is_suspicious(note: str, kind: type, sentence: str) -> None:
    assert isinstance(ask("suspect_meter_fell", series(KWH, [used(1.0, note)] + [used(2.0)] * 23)), kind), sentence


def test_without_an_hour_nothing_is_said() -> None:
    assert isinstance(ask("suspect_meter_fell", series(KWH, [None] * 24)), Unknown)


UNITS = [
    one for one in load_checked(example_path()).sites if any(p.factor == KWH for d in one.devices for p in d.points)
]


@pytest.mark.parametrize("site", UNITS, ids=[one.id for one in UNITS])
def test_the_meters_of_a_well_kept_unit_raise_no_suspicion(site: object) -> None:
    chosen = next(one for one in UNITS if one is site)
    device = next(one for one in chosen.devices if any(point.factor == KWH for point in one.points))
    plant, since = meter.meter_plant(chosen, device, 7), END - 168 * HOUR
    start_s = to_us(since) // 1_000_000
    sent = {at_s: meter.values(plant, at_s) for at_s in range(start_s - 1800, start_s + 168 * 3600 + 1801, 900)}
    limits = {point.factor: point.register_max for point in device.points}
    held = []
    for factor in next(iter(sent.values())):
        counts = Meter(interval_s=900, register_max=limits[factor], changes=(), kind=PointKind.COUNTER)
        values = [Value(at_s * 1_000_000, shown[factor], "N") for at_s, shown in sent.items()]
        hours = [
            consumption(
                values[4 * number : 4 * number + 12], to_us(since + number * HOUR), to_us(since + (number + 1) * HOUR), counts
            )
            for number in range(168)
        ]  # fmt: skip
        assert all(one.valid for one in hours)
        held.append(series(factor, hours))
    for rule in ("suspect_meter_constant", "suspect_meter_copied", "suspect_meter_fell"):
        back = MORE[rule].hours_back
        for one in held:
            others = [series(each.factor, each.hours[-back:]) for each in held if each is not one]
            assert ask(rule, series(one.factor, one.hours[-back:]), *others) is None, (rule, one.factor)
