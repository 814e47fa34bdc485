"""Hand-worked examples of the house reference: energy, loads, rates."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from alerts.reports.energy import consumed, meters, total
from alerts.reports.loads import loads_of, permit_on
from alerts.reports.rates import Window, rated
from alerts.reports.sections_water import volume_m3
from alerts.reports.tallies import day_tally, extremes
from schemas.catalog.enums import ElectricityBasis
from schemas.records import Mean
from schemas.times import DAY
from tests.integration.play import county, sewage, unit
from tests.unit.alerts.reports.facts_made import DAY_1, filed, known, registry

if TYPE_CHECKING:
    from alerts.judge.rates import Rates
    from schemas.registry.model import Document


def mean(value: float | None, *, valid: bool = True, n_valid: int = 24, n_received: int = 24, **fields: float) -> Mean:
    return Mean(
        value=value, low=fields.get("low"), high=None, n_valid=n_valid, n_expected=24, valid=valid, marks="N", n_received=n_received,
        n_late=int(fields.get("n_late", 0)),
    )  # fmt: skip


def works() -> Document:
    kinds = (("yx_e_kwh", "electricity"), ("yx_e_gas_m3", "natural_gas"), ("yx_e_coal_t", "raw_coal"))
    return county(
        unit(*({"factor": one, "kind": "counter", "carrier": name, "register_max": 1e9} for one, name in kinds))
    )


def test_the_reference_example_of_standard_coal() -> None:
    """1 000 000 kWh + 500 000 m3 gas (1.33) + 3000 t raw coal = 122.9 + 665.0 + 2142.9 = 2930.8 tce (house reference 5.1)."""
    held = registry(works())
    found = [
        consumed(meter, [mean(amount)], ElectricityBasis.CALORIFIC, DAY_1)
        for meter, amount in zip(meters(held, held.document.sites[0]), (1e6, 5e5, 3000.0), strict=True)
    ]
    parts = [one.tce for one in found]
    assert [round(one, 1) for one in parts if one is not None] == [122.9, 665.0, 2142.9]
    assert round(sum(one for one in parts if one is not None), 1) == 2930.8


def test_equivalent_electricity_is_never_mixed_with_calorific() -> None:
    held = registry(works())
    meter = meters(held, held.document.sites[0])[0]
    one = consumed(meter, [mean(1e6)], ElectricityBasis.EQUIVALENT, DAY_1)
    assert one.tce == pytest.approx(305.5)
    assert not one.coal.verified


def test_energy_that_is_not_known_is_not_zero() -> None:
    held = registry(works())
    meter = meters(held, held.document.sites[0])[0]
    assert consumed(meter, [], ElectricityBasis.CALORIFIC, DAY_1).tce is None
    assert consumed(meter, [mean(None)], ElectricityBasis.CALORIFIC, DAY_1).amount is None
    assert total({DAY_1: mean(None)}, DAY_1, DAY_1) is None


def test_loads_are_sums_of_months_in_tonnes_with_their_measured_part() -> None:
    """A 20 000 m3/d plant at 50 mg/L COD is 1 t a day (house reference 6)."""
    permit = {
        "outlet": "DW001", "factor": "w01018", "basis": "year", "high": 300.0, "number": "91430000000000000A001Q",
        "valid_from": "2026-01-01",
    }  # fmt: skip
    held = registry(county(sewage("w01018", permits=[permit])))
    [site] = held.document.sites
    point = held.points["plant", "DW001", "yx_l_w01018"]
    months = {point: {date(2026, 10, 1): mean(31_000.0, low=30_000.0), date(2026, 11, 1): mean(30_000.0, low=30_000.0)}}
    [october] = loads_of(held, site, months, date(2026, 10, 1), date(2026, 10, 1))
    [both] = loads_of(held, site, months, date(2026, 1, 1), date(2026, 11, 1))
    assert (october.tonnes, october.measured) == (31.0, 30.0)
    assert (both.tonnes, both.permit and both.permit.high) == (61.0, 300.0)
    [none] = loads_of(held, site, {}, date(2026, 10, 1), date(2026, 10, 1))
    assert (none.tonnes, none.measured) == (None, None)
    assert permit_on(site, "DW001", "w01018", date(2025, 12, 31)) is None


def test_the_volume_of_a_day_is_flow_by_its_valid_hours() -> None:
    """100 L/s in 22 hours are 7 920 m3."""
    held = known(days={5: {DAY_1: mean(100.0, n_valid=22)}})
    assert volume_m3(held, 5, [DAY_1]) == pytest.approx(7920)
    assert volume_m3(held, 6, [DAY_1]) is None


def test_extremes_are_of_valid_days_with_their_date() -> None:
    held = known(last=DAY_1 + 3 * DAY)
    days = {
        DAY_1: mean(30.0), DAY_1 + DAY: mean(99.0, valid=False), DAY_1 + 2 * DAY: mean(45.0), DAY_1 + 3 * DAY: mean(45.0),
        DAY_1 + 9 * DAY: mean(200.0),
    }  # fmt: skip
    most, least = extremes(days, held.span)
    assert (most, least) == ((45.0, "11-22"), (30.0, "11-20"))
    assert extremes({}, held.span)[0] == (None, "")


def test_suspected_days_are_not_counted_as_exceeding() -> None:
    tally = day_tally(
        [filed("exceeding"), filed("exceeding", suspected=True), filed("compliant"), filed("not_judgeable", None)]
    )
    assert tally == (1, 1, 1, 1)
    assert tally.judged == 3


class TestRates:
    held = registry()

    def of(
        self, watched: date | None, firsts: dict[str, date], last: date = DAY_1 + DAY
    ) -> list[tuple[str, Rates | None]]:
        points = {factor: self.held.points["plant", "out", factor] for factor in ("w01018", "w21003")}
        days = {
            points["w01018"]: {DAY_1: mean(30.0, n_valid=22, n_received=24, n_late=2), DAY_1 + DAY: mean(30.0)},
            points["w21003"]: {DAY_1: mean(2.0)},
        }
        window = Window(DAY_1, last, {points[factor]: day for factor, day in firsts.items()}, watched)
        return [(one.factor, one.full) for one in rated(self.held, self.held.document.sites, days, window)]

    def test_a_day_without_a_row_was_due_and_did_not_come(self) -> None:
        """传输有效率 = valid / due: COD 46/48, NH3-N 24/48, together 70/96."""
        cod, ammonia, both, county_wide = self.of(DAY_1 - 9 * DAY, {"w01018": DAY_1 - 9 * DAY})
        assert [one and (one.due, one.valid) for _, one in (cod, ammonia, both)] == [(48, 46), (48, 24), (96, 70)]
        assert both[1] == county_wide[1]

    def test_it_counts_from_the_day_after_the_first_with_data_while_we_watched(self) -> None:
        cod = self.of(DAY_1 - 9 * DAY, {"w01018": DAY_1})[0][1]
        assert cod is not None
        assert cod.due == 24
        cod = self.of(DAY_1, {"w01018": DAY_1 - 9 * DAY})[0][1]
        assert cod is not None
        assert cod.due == 24

    @pytest.mark.parametrize(
        ("watched", "firsts"), [(None, {"w01018": DAY_1 - DAY}), (DAY_1, {}), (DAY_1 + DAY, {"w01018": DAY_1})]
    )
    def test_nothing_is_due_before_anybody_watched(self, watched: date | None, firsts: dict[str, date]) -> None:
        assert self.of(watched, firsts) == [("", None), ("", None)]
