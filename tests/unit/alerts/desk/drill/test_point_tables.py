from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest

from alerts.desk.drill import moments, refused, spans, tables
from alerts.desk.drill.spans import Span
from schemas.catalog.enums import Basis, Reason
from schemas.times import DAY, HOUR, to_us
from tests.unit.alerts.desk.drill.point_parts import BINDING, START, incident, limit_said, sheet_of, spot_of, window

GOOD: dict[str, Any] = {"stored": True, "valid": True, "n_valid": 6, "n_expected": 6, "n_received": 6, "marks": "N"}
HOSTILE = "<img src=x onerror=alert(1)>"
TODAY = date(2026, 11, 24)


def refusal(at_h: float = 0.5, **fields: Any) -> dict[str, Any]:
    return {
        "rejection_id": 1, "received_at": START + at_h * HOUR, "reason": "out_of_range", "topic": "t", "details": [HOSTILE],
        "refused": 1, "payload": b"{}", "batch_id": 3, "replayed_at": None,
    } | fields  # fmt: skip


def test_a_window_without_data_shows_dashes() -> None:
    shown = tables.windows(sheet_of(window(0)), [0])
    assert shown.count("—") == 5
    assert '<tr class="nothing">' in shown


def test_a_row_has_value_counts_verdict_limit_and_its_numbered_clause_once() -> None:
    windows = [window(n, value=6.2, **GOOD) for n in range(2)]
    shown = tables.windows(sheet_of(*windows, said=[(limit_said(),), (limit_said("compliant"),)]), [1, 0])
    assert shown.count("GB 18918-2002 表1 一级A 日均值") == 1
    assert shown.count("[1]") == 3
    assert shown.count("待核实") == 3
    assert shown.index("达标") < shown.index("超标")
    assert "6/6" in shown


def test_what_others_wrote_is_words_and_never_markup() -> None:
    sheet = sheet_of(
        window(0, **(GOOD | {"note": HOSTILE})),
        said=[(limit_said(why=HOSTILE),)],
        spot=spot_of(place_name=HOSTILE, unit=HOSTILE),
    )
    span = Span(Basis.HOUR, TODAY, TODAY)
    for shown in (
        tables.windows(sheet, [0]), tables.head(sheet.spot, span), tables.controls(sheet.spot, span, TODAY),
        tables.incidents([incident(START, None, rule_zh=HOSTILE)], {}), refused.table([refusal(topic=HOSTILE, payload=HOSTILE.encode())]),
    ):  # fmt: skip
        assert "<img" not in shown


@pytest.mark.parametrize(
    ("basis", "path"),
    [
        (Basis.HOUR, "/desk/hour/plant/out/w21003/2026-11-20T00"),
        (Basis.DAY, "/desk/point/plant/out/w21003?basis=hour&from=2026-11-20&to=2026-11-20"),
        (Basis.MONTH, "/desk/point/plant/out/w21003?basis=day&from=2026-11-20&to=2026-11-30"),
    ],
)
def test_each_window_leads_to_what_it_is_made_of(basis: Basis, path: str) -> None:
    assert tables.below(sheet_of(window(0), basis=basis), 0) == path


def test_controls_carry_the_span_into_every_export() -> None:
    span = Span(Basis.HOUR, TODAY - 2 * DAY, TODAY)
    shown = tables.controls(spot_of(), span, TODAY)
    for ending in (".csv?basis=hour", ".xlsx?basis=hour", ".csv?basis=raw"):
        assert f"w21003{ending}&amp;from=2026-11-22&amp;to=2026-11-24" in shown
    assert "basis=raw" not in tables.exports(spot_of(interval_s=None), span)
    assert "basis=raw" not in tables.exports(spot_of(), Span(Basis.HOUR, TODAY - 31 * DAY, TODAY))


def test_limits_say_value_clause_edition_and_since_when() -> None:
    shown = tables.limits([BINDING])
    for part in ("日", "≤ 5 mg/L", "GB 18918-2002 表1 一级A 日均值", "待核实", "2002", "2003-07-01 起"):
        assert part in shown
    assert "没有适用" in tables.limits([])


def test_a_point_without_data_says_so_and_when_the_last_was() -> None:
    assert "从未有过数据" in tables.nothing(sheet_of(window(0)))
    shown = tables.nothing(sheet_of(window(0), last=(START - 300 * DAY, 4.2)))
    assert "2026-01-24 00:00" in shown
    assert "4.20 mg/L" in shown
    assert tables.nothing(sheet_of(window(0, value=0.0, **GOOD))) == ""


def test_an_incident_leads_to_its_page_and_one_withdrawn_says_so() -> None:
    shown = tables.incidents([incident(START, START + HOUR), incident(START, None, withdrawn=True)], {})
    assert 'href="/desk/incident/12"' in shown
    assert "已撤销" in shown


@pytest.mark.parametrize(
    ("row", "is_shown", "sentence"),
    [
        (refusal(0.99), True, "received in the hour"),
        (refusal(1.0), False, "received after it, of another time"),
        (
            refusal(3, payload=json.dumps({"ts": to_us(START) // 1000, "values": {"w": 1}}).encode()),
            True,
            "its first instant",
        ),
        (
            refusal(3, payload=json.dumps({"ts": to_us(START + HOUR) // 1000, "values": {"w": 1}}).encode()),
            False,
            "its end",
        ),
        (refusal(3, payload=b"\xff"), False, "later and unreadable"),
        (refusal(3, payload=b" " * 70_000), False, "later and too long to be looked through"),
    ],
)
def test_refusals_of_an_hour_are_those_received_in_it_and_those_that_speak_of_it(
    row: dict[str, Any], *, is_shown: bool, sentence: str
) -> None:
    assert bool(refused.of_hour([row], START)) is is_shown, sentence


def test_every_reason_has_a_word_and_a_foreign_one_stands_as_it_is() -> None:
    assert all(refused.reason_zh(one) != one.value for one in Reason)
    assert refused.reason_zh("of the future") == "of the future"


def test_refused_bytes_stand_behind_a_click_as_hexadecimal_where_they_are_no_text() -> None:
    shown = refused.table([refusal(payload=b"\x00\xff"), refusal(payload=b"plain")])
    assert shown.count("<details>") == 2
    assert "00 ff" in shown
    assert "plain" in shown
    many = refused.table([refusal() for _ in range(90)])
    assert "共 90 条，显示前 60 条" in many
    assert many.count("<details>") == 60


def test_a_span_is_told_to_the_minute_with_its_year() -> None:
    assert moments.minute(START + timedelta(minutes=7)) == "2026-11-20 00:07"
    assert spans.trace_path(("a", "b", "c"), START) == f"/desk/trace/a/b/c/{to_us(START) // 1000}"
