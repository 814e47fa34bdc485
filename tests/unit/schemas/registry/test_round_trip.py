"""What is written is read back equal, in every format."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.catalog.enums import (
    Balance,
    Carrier,
    CheckKind,
    CoalClass,
    ElectricityBasis,
    Firing,
    Fuel,
    GasState,
    Medium,
    PointKind,
    Position,
    SiteKind,
)
from schemas.registry import model, sheets
from schemas.registry.diff import diff
from schemas.registry.document import parse_yaml, to_yaml
from schemas.registry.places import build, control_character
from schemas.times import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import SearchStrategy

IDS = st.text("abcXYZ019_-", min_size=1, max_size=8)
LETTERS = st.one_of(st.sampled_from("=[]\"';,#:- 是0一"), st.characters(exclude_categories=("Cc", "Cs", "Cn")))
NAMES = (
    st.text(LETTERS, min_size=1, max_size=12)
    .map(str.strip)
    .filter(lambda text: bool(text) and not control_character(text))
)
# Excel keeps fifteen digits.
NUMBERS = st.integers(-(10**12), 10**12).map(lambda whole: whole / 1000)
POSITIVE = st.integers(1, 10**12).map(lambda whole: whole / 1000)
SHARES = st.integers(0, 1000).map(lambda whole: whole / 1000)
DATES = st.dates(date(1950, 1, 1), date(2100, 12, 31))
INSTANTS = st.datetimes(datetime(1992, 1, 1), datetime(2100, 1, 1), timezones=st.just(SHANGHAI))  # noqa: DTZ001 - hypothesis adds it


def maybe(strategy: SearchStrategy[Any]) -> SearchStrategy[Any]:
    return st.none() | strategy


def some(strategy: SearchStrategy[Any], key: str, least: int = 0) -> SearchStrategy[list[Any]]:
    return st.lists(strategy, min_size=least, max_size=2, unique_by=lambda entry: getattr(entry, key))


POINTS = st.builds(
    model.Point,
    factor=NAMES,
    unit=maybe(NAMES),
    low=maybe(NUMBERS),
    high=maybe(NUMBERS),
    interval_s=st.integers(1, 86400),
    kind=st.sampled_from(PointKind),
    register_max=maybe(POSITIVE),
    carrier=maybe(st.sampled_from(Carrier)),
    balance=st.sampled_from(Balance),
    lhv_kj=maybe(POSITIVE),
    gas_state=st.sampled_from(GasState),
    position=maybe(st.sampled_from(Position)),
    location=maybe(NAMES),
)
DEVICES = st.builds(
    model.Device,
    id=IDS,
    name=NAMES,
    mn=maybe(st.from_regex(r"[0-9A-Za-z]{14,24}", fullmatch=True).filter(str.isascii)),
    points=some(POINTS, "factor", 1),
)
OUTLETS = st.builds(
    model.Outlet,
    id=IDS,
    name=NAMES,
    device=IDS,
    standard=st.sampled_from(["GB18918-1A", "GB18918-1B"]),
    eia_approved=DATES,
)
CHECKS = st.builds(
    model.Check,
    kind=st.sampled_from(CheckKind),
    done=DATES,
    result=st.sampled_from(["passed", "failed"]),
    next_due=DATES,
    body=maybe(NAMES),
)
BOILERS = st.builds(
    model.Boiler,
    id=IDS,
    name=NAMES,
    device=IDS,
    fuel=st.sampled_from(Fuel),
    medium=st.sampled_from(Medium),
    rated=POSITIVE,
    manufactured=DATES,
    lhv=POSITIVE,
    wetness_pct=st.sampled_from([0.0, 1.5, 2.0, 10.0]),
    condensing=st.booleans(),
    firing=maybe(st.sampled_from(Firing)),
    coal_class=st.sampled_from(CoalClass),
    eia_approved=maybe(DATES),
    baseline_efficiency_pct=maybe(st.sampled_from([1.0, 68.5, 110.0])),
    checks=st.lists(CHECKS, max_size=2),
)
STACKS = st.builds(
    model.Stack,
    id=IDS,
    name=NAMES,
    device=IDS,
    boilers=st.lists(IDS, min_size=1, max_size=3),
    special=st.booleans(),
    duct_area_m2=maybe(POSITIVE),
)
PERMITS = st.builds(
    model.Permit,
    outlet=IDS,
    factor=NAMES,
    basis=st.sampled_from(["hour", "day", "year"]),
    high=POSITIVE,
    decimals=st.integers(0, 4),
    number=NAMES,
    valid_from=DATES,
    valid_to=maybe(DATES),
    high_cold=maybe(POSITIVE),
)
ANALYSES = st.builds(
    model.Analysis,
    boiler=IDS,
    day=DATES,
    lhv=maybe(POSITIVE),
    q4_pct=maybe(st.sampled_from([0.0, 8.5, 40.0])),
    q6_pct=maybe(st.sampled_from([0.0, 0.125, 10.0])),
)
METER_CHANGES = st.builds(
    model.MeterChange, device=IDS, factor=NAMES, at=INSTANTS, closing=POSITIVE, opening=st.just(0.0) | POSITIVE
)
BUDGETS = st.builds(
    model.Budget,
    valid_from=DATES,
    annual_tce=POSITIVE,
    electricity=st.sampled_from(ElectricityBasis),
    shares=maybe(st.lists(SHARES, min_size=1, max_size=12)),
)
SITES = st.builds(
    model.Site,
    id=IDS,
    name=NAMES,
    kind=st.sampled_from(SiteKind),
    town=NAMES,
    lead_bureau=IDS,
    contact=maybe(NAMES),
    devices=some(DEVICES, "id"),
    outlets=some(OUTLETS, "id"),
    boilers=some(BOILERS, "id"),
    stacks=some(STACKS, "id"),
    permits=some(PERMITS, "outlet"),
    analyses=some(ANALYSES, "day"),
    meter_changes=some(METER_CHANGES, "at"),
    budgets=some(BUDGETS, "valid_from"),
)
BUREAUS = st.builds(model.Bureau, id=IDS, name=NAMES, former_name=maybe(NAMES), channels=st.lists(IDS, max_size=3))
PEOPLE = st.builds(
    model.Person,
    id=IDS,
    name=NAMES,
    bureau=maybe(IDS),
    site=maybe(IDS),
    phone=maybe(NAMES),
    role=st.sampled_from(["inspector", "chief", "analyst", "operator"]),
    channels=st.lists(IDS, max_size=3),
)
DUTIES = st.builds(model.Duty, bureau=IDS, people=st.lists(IDS, min_size=1, max_size=3))
ROTAS = st.builds(
    model.Rota,
    bureau=IDS,
    starts=INSTANTS,
    turn_days=st.integers(1, 28),
    people=st.lists(IDS, min_size=1, max_size=3),
    rest_days=st.lists(IDS, max_size=3),
)
DOCUMENTS = st.builds(
    model.Document,
    county=st.builds(
        model.County,
        name=NAMES,
        code=st.text("0123456789", min_size=6, max_size=6),
        energy_cap_tce=maybe(POSITIVE),
    ),
    bureaus=some(BUREAUS, "id"),
    people=some(PEOPLE, "id"),
    duties=some(DUTIES, "bureau"),
    rotas=some(ROTAS, "bureau"),
    sites=some(SITES, "id"),
)

WAYS: dict[str, Callable[[model.Document], model.Document]] = {
    "yaml": lambda document: parse_yaml(to_yaml(document)),
    "xlsx": lambda document: build(sheets.xlsx_source(sheets.to_xlsx(document))),
    "csv": lambda document: build(sheets.csv_source(sheets.to_csv(document))),
}


@pytest.mark.parametrize("way", WAYS)
@settings(deadline=None, max_examples=30, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(document=DOCUMENTS)
def test_what_is_written_is_read_back_equal(way: str, document: model.Document) -> None:
    again = WAYS[way](document)

    assert again == document
    assert diff(document, again) == []


def test_every_field_of_the_model_is_drawn() -> None:
    """A field added to the model must be added here, or its round trip is not proved."""
    for strategy, entry in (
        (POINTS, model.Point),
        (DEVICES, model.Device),
        (OUTLETS, model.Outlet),
        (STACKS, model.Stack),
        (PERMITS, model.Permit),
        (ANALYSES, model.Analysis),
        (METER_CHANGES, model.MeterChange),
        (CHECKS, model.Check),
        (BOILERS, model.Boiler),
        (BUDGETS, model.Budget),
        (SITES, model.Site),
        (BUREAUS, model.Bureau),
        (PEOPLE, model.Person),
        (DUTIES, model.Duty),
        (ROTAS, model.Rota),
        (DOCUMENTS, model.Document),
    ):
        drawn = repr(strategy)
        missing = [name for name in entry.model_fields if f"{name}=" not in drawn]
        assert missing == [], entry
