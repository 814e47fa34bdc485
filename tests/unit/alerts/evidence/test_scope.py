"""Which span and series an incident rests on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from alerts.evidence.folder import bundle
from alerts.evidence.scope import scope, span
from schemas.registry.derived import point_keys
from schemas.registry.store import Registry
from schemas.times import HOUR
from tests.integration.play import beijing, boiler, county, sewage, stacked, unit

SUBJECTS = [
    ("sewage: itself, water temperature and flow", "sewage_day", "plant/DW001/w21003", {"w21003", "w01010", "w00000"}),
    ("a factor without temperature: itself and flow", "sewage_day", "plant/DW001/w01018", {"w01018", "w00000"}),
    ("converted flue gas: all the stack's instruments", "air_hour", "heat/DA001/a21026",
     {"a34013", "a21026", "a21002", "a19001", "a00000"}),
    ("energy: the meters", "energy_budget", "unit/budget", {"yx_e_kwh"}),
    ("a silent device: all it should have sent", "offline", "unit/meters", {"yx_e_kwh"}),
    ("a check that is due rests on no reading", "boiler_check_overdue", "heat/B1/safety", set()),
]  # fmt: skip


def registry() -> Registry:
    document = county(sewage("w01018", "w21003"), stacked(boiler("B1")), unit())
    return Registry(1, document, {key: number for number, key in enumerate(point_keys(document), 1)})


def incident(rule: str, subject: str, **fields: Any) -> dict[str, Any]:
    site, _, rest = subject.partition("/")
    at = {"began_at": beijing("2026-11-20T05:00"), "ended_at": None, "last_window": beijing("2026-11-20T07:00")}
    return {"rule": rule, "subject": subject, "site_id": site, "device_id": rest} | at | fields


@pytest.mark.parametrize(
    ("rule", "subject", "factors"), [one[1:] for one in SUBJECTS], ids=[one[0] for one in SUBJECTS]
)
def test_the_series_of_a_subject(rule: str, subject: str, factors: set[str]) -> None:
    found = scope(registry(), incident(rule, subject), [])
    assert {one.factor for one in found.sent} == factors


def test_a_boiler_rests_on_its_control_system() -> None:
    found = scope(registry(), incident("boiler_efficiency", "heat/B1"), [])
    assert {one.device for one in found.sent} == {"dcs-B1"}
    assert {one.factor for one in found.derived} == {"yx_b_efficiency", "yx_b_efficiency_indirect"}


SPANS = [
    ("within a day: the day", {}, "2026-11-20", "2026-11-21"),
    ("to the end of its last window", {"last_window": beijing("2026-11-22T00:00")}, "2026-11-20", "2026-11-22"),
    ("ended: with the window that closed it",
     {"ended_at": beijing("2026-11-22T00:00"), "last_window": beijing("2026-11-22T01:00")}, "2026-11-20", "2026-11-23"),
    ("a suspicion looks back", {"rule": "suspect_constant", "began_at": beijing("2026-11-20T00:00")}, "2026-11-19", "2026-11-21"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "since", "until"), [one[1:] for one in SPANS], ids=[one[0] for one in SPANS])
def test_the_span_is_whole_shanghai_days(fields: dict[str, Any], since: str, until: str) -> None:
    found = span(incident("sewage_day", "plant/DW001/w21003") | fields)
    assert found == (beijing(f"{since}T00:00"), beijing(f"{until}T00:00"))
    assert found[0].tzinfo is UTC
    assert (found[1] - found[0]) % (24 * HOUR) == 0 * HOUR


def test_no_cell_is_read_as_a_formula(tmp_path: Any) -> None:
    with bundle(tmp_path / "a", datetime(2026, 1, 1, tzinfo=UTC)) as made, made.table("t.csv", ("a", "b", "c")) as row:
        row(("=1+1", -1.5, "-x"))
        row((None, True, {"x": datetime(2026, 1, 1, tzinfo=UTC)}))
    text = (tmp_path / "a" / "t.csv").read_text(encoding="utf-8-sig")
    assert text == 'a,b,c\n\'=1+1,-1.5,\'-x\n,1,"{""x"": ""2026-01-01T00:00:00+00:00""}"\n'
