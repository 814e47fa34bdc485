"""What stands beside the judged value; the judging itself is tested on a real database."""

from __future__ import annotations

from datetime import date

import pytest

from alerts.judge.rules import load
from alerts.judge.subjects import Make, Subject
from alerts.judge.windows import _other_method, limit_on
from schemas.catalog.enums import CoalClass, Firing, Fuel
from schemas.catalog.limits import StackBoiler, permit_limit
from schemas.records import Mean

BOILER = Subject(
    rule="boiler_efficiency", key="s/B1", site_id="s", title="B1", point_id=1, basis="hour", factor="yx_b_efficiency",
    indirect_id=2, rated=10.0, make=Make(Fuel.COAL, Firing.GRATE, condensing=False, coal_class=CoalClass.BITUMINOUS_2),
)  # fmt: skip


def mean(value: float | None, *, valid: bool = True) -> Mean:
    return Mean(value=value, low=value, high=value, n_valid=60, n_expected=60, valid=valid, marks="N")


@pytest.mark.parametrize(("eta", "grade"), [(79.9, 0), (80.0, 3), (82.0, 2), (84.9, 2), (85.0, 1)])
def test_an_efficiency_has_a_grade(eta: float, grade: int) -> None:
    """GB 24500-2020: a grate up to 20 t/h with bituminous coal II: 85 / 82 / 80 %."""
    assert _other_method(BOILER, mean(eta), {}) == {"grade": grade}


def test_both_methods_stand_side_by_side() -> None:
    """House reference 4.4, example A: 78.22 % direct, 81.56 % indirect."""
    found = _other_method(BOILER, mean(78.22), {2: mean(81.56)})
    assert found == {"grade": 0, "indirect": 81.56, "methods_differ": 3.34}
    assert _other_method(BOILER, mean(78.22), {2: mean(None, valid=False)}) == {"grade": 0}
    assert _other_method(BOILER, mean(None, valid=False), {2: mean(81.56)}) == {}


RULES = load()
DAY = date(2026, 11, 20)


def outlet(factor: str, **fields: object) -> Subject:
    return Subject(
        rule="sewage_day", key=f"s/DW001/{factor}", site_id="s", title="DW001", point_id=1, basis="day", factor=factor,
        scope="GB18918-1A", built=date(2010, 1, 1), **fields,  # type: ignore[arg-type]  # as each test wants them
    )  # fmt: skip


def permit(high: float, since: date, until: date | None = None) -> object:
    return permit_limit(
        number="P1", outlet="DW001", factor="w01018", basis="day", high=high, decimals=0, valid_from=since, valid_to=until,
        unit="mg/L", task=26,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("day", "high"),
    [(date(2025, 12, 31), 50.0), (date(2026, 1, 1), 40.0), (date(2026, 7, 1), 30.0), (date(2027, 1, 1), 50.0)],
)
def test_a_permit_goes_before_the_standard_while_it_lasts(day: date, high: float) -> None:
    permits = (
        permit(40.0, date(2026, 1, 1), date(2026, 12, 31)),
        permit(30.0, date(2026, 7, 1), date(2026, 12, 31)),
    )
    limit = limit_on(RULES["sewage_day"], outlet("w01018", permits=permits), day, None)
    assert limit is not None
    assert limit.high == high


def test_a_shared_stack_has_the_strictest_limit() -> None:
    """GB 13271-2014 4.6: of boilers of different periods the strictest binds."""
    old = StackBoiler(Fuel.COAL, date(2010, 1, 1), 15.0, special=False)
    new = StackBoiler(Fuel.COAL, date(2016, 1, 1), 15.0, special=False)
    subject = Subject(
        rule="air_hour", key="s/DA001/a21026", site_id="s", title="DA001", point_id=1, basis="hour",
        factor="yx_zs_a21026", stack=(old, new),
    )  # fmt: skip
    limit = limit_on(RULES["air_hour"], subject, DAY, None)
    assert limit is not None
    assert limit.high == 300.0
