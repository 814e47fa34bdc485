"""Transmission rate 传输率, validity rate 有效率 and their product 传输有效率, and whether it reaches the target. Pure.

Hours on which the source stood leave the denominator, and for water COD, NH3-N, TP and TN one hour a day of standard
check (ministry's note on the statistics 《自动监测数据有效传输率统计算法说明》, house reference part II 6; the numbers stand in
schemas/catalog/validity.toml). Two figures are kept: 即时, as first received, and 补全, after what was sent later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from schemas.catalog.enums import Level, Outcome
from schemas.catalog.validity import GAS_COUNTED, NUMBERS, WATER_COUNTED, number
from schemas.records import Verdict
from schemas.times import day_of, day_start, next_month

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alerts.judge.verdict import Judged
    from schemas.records import Mean

#: Factors the rates are counted for (house reference 7.2, part II 6).
COUNTED_FACTORS = WATER_COUNTED | GAS_COUNTED

_HOURS_A_DAY = 24
_ALL_PCT = 100.0
_MONTHS = {"month": 1, "quarter": 3}


class Rates(NamedTuple):
    """Hours due, transmitted and valid, and the rates as shares (0 to 1); a rate of nothing is None."""

    due: int
    transmitted: int
    valid: int
    transmission: float | None
    validity: float | None
    effective: float | None


def rates(days: Iterable[Mean], n_days: int, *, prompt: bool) -> Rates:
    """Return the rates over daily means of one or several counted points; *n_days*: point-days due altogether.

    A day without a row counts 24 due hours and nothing received. *prompt* (即时): hours that came late do not count.
    Which of the hours received were those of a stop is not known of a day, so that the hours transmitted are taken in
    the plant's favour, at most those due; the product, valid hours by hours due, is exact.

    Raises:
        ValueError: more rows than days due.

    """
    rows = list(days)
    if len(rows) > n_days:
        raise ValueError(f"{len(rows)} daily rows, but {n_days} point-days due")
    due, transmitted, valid = _HOURS_A_DAY * (n_days - len(rows)), 0, 0
    for day in rows:
        late = day.n_late if prompt else 0
        due_here = max(0, _HOURS_A_DAY - day.n_stopped - day.n_checked)
        came = max(0, min(day.n_received, due_here) - late)
        due, transmitted = due + due_here, transmitted + came
        valid += min(max(0, day.n_valid - late), came)
    return Rates(
        due,
        transmitted,
        valid,
        transmission=transmitted / due if due else None,
        validity=valid / transmitted if transmitted else None,
        effective=valid / due if due else None,
    )


def judge_rates(judged: Judged, complete: Rates, prompt: Rates) -> Verdict:
    """Return the verdict on a month or quarter (judged.basis, from judged.start) by the 补全 figure, value in %.

    Below 90 % exceeding with level yellow, below 75 % orange (body "level"); not judgeable when nothing was due.

    Raises:
        KeyError: the basis is neither month nor quarter.

    """
    target = NUMBERS["rate_target"]
    body: dict[str, object] = {
        "n_valid": complete.valid,
        "n_expected": complete.due,
        "note": f"补全: {_told(complete)}；即时: {_told(prompt)}",
        "complete": complete._asdict(),
        "prompt": prompt._asdict(),
        "standard": target.standard,
        "clause": target.clause,
        "source": target.source,
        "verified": target.verified,
        "unit": "%",
        "low": target.value,
        "high": None,
    }
    if complete.due == 0:
        return _verdict(judged, Outcome.NOT_JUDGEABLE, None, body | {"why": "全期停运，无应传数据"})
    value = complete.valid * _ALL_PCT / complete.due
    if value >= target.value:
        return _verdict(judged, Outcome.COMPLIANT, value, body)
    level = Level.ORANGE if value < number("rate_grave") else Level.YELLOW
    short = round((target.value - value) / target.value, 3)
    return _verdict(judged, Outcome.EXCEEDING, value, body | {"level": level.value, "multiple": short})


def _told(one: Rates) -> str:
    named = (("传输率", one.transmission), ("有效率", one.validity), ("传输有效率", one.effective))
    return "，".join(f"{name} " + ("—" if rate is None else f"{rate * _ALL_PCT:.2f}%") for name, rate in named)


def _verdict(judged: Judged, outcome: Outcome, value: float | None, body: dict[str, object]) -> Verdict:
    end = day_of(judged.start)
    for _ in range(_MONTHS[judged.basis]):
        end = next_month(end)
    return Verdict(
        rule=judged.rule,
        subject=judged.subject,
        point_id=judged.point_id,
        window_start=judged.start,
        window_end=day_start(end),
        outcome=outcome,
        value=value,
        limit_value=number("rate_target"),
        limit_id="transmission-rate",
        body=body,
    )
