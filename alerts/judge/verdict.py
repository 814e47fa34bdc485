"""Value × limit in force × validity → verdict. Pure: the same facts give the same verdict on any day.

Three outcomes. What is missing or invalid is *not judgeable*, never compliant (promise 6). Values are rounded half to
even (GB/T 8170) to the decimals of the limit before they are compared.
"""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal

import msgspec

from alerts.judge.rules import RULES_VERSION
from schemas.catalog.enums import Basis, Outcome
from schemas.records import Limit, Mean, Verdict
from schemas.times import DAY, HOUR, day_of, day_start, next_month


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """The thing a fact belongs to."""

    rule: str
    subject: str
    point_id: int
    basis: str
    start: datetime


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What the subject adds to a verdict.

    A remark, the *share* of the limit that counts as reached, whether *low* and *high* of the mean are its uncertainty,
    and further fields.
    """

    note: str = ""
    share: float = 1.0
    band: bool = False
    extra: dict[str, object] = {}


def rounded(value: float, decimals: int) -> float:
    """Return *value* rounded half to even to *decimals*, as written in decimal."""
    return float(Decimal(repr(value)).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_EVEN))


def judge_limit(judged: Judged, mean: Mean, limit: Limit, said: Said | None = None) -> Verdict:
    """Return the verdict on an hour, day or month value against the limit that binds it.

    Compared after rounding half to even to the limit's decimals (GB/T 8170). A value that is missing, invalid or rests on
    too little data is not judgeable, and the verdict says why.
    """
    said = said or Said()
    body = _body(mean, limit, said)
    if not mean.valid or mean.value is None or not math.isfinite(mean.value):
        why = mean.note if mean.value is None and mean.note else f"有效数据不足 {mean.n_valid}/{mean.n_expected}"
        return _verdict(judged, Outcome.NOT_JUDGEABLE, mean.value, limit, body | {"why": why})
    decimals = limit.decimals + (1 if said.share < 1 else 0)
    value = rounded(mean.value, decimals)
    body["rounded"] = value
    bound = _broken(value, limit, said.share)
    if bound is None:
        return _verdict(judged, Outcome.COMPLIANT, mean.value, limit, body)
    if limit.suspected:
        body["suspected"] = True
    if said.share < 1:
        body["kind"] = "warning"
    if said.band and mean.low is not None and mean.high is not None and mean.low <= bound <= mean.high:
        body |= {"suspected": True, "kind": "within_uncertainty", "band": [round(mean.low, 2), round(mean.high, 2)]}
    # 超标倍数 (C − L)/L of the value as measured; for a lower bound the shortfall. Rounding decides only whether, not how far.
    body["multiple"] = round(max(0.0, mean.value - bound if value > bound else bound - mean.value) / bound, 3)
    return _verdict(judged, Outcome.EXCEEDING, mean.value, limit, body)


def _body(mean: Mean, limit: Limit, said: Said) -> dict[str, object]:
    """Return what every verdict says: what it rests on, and what it was held against."""
    return {
        "n_valid": mean.n_valid,
        "n_expected": mean.n_expected,
        "ratio": round(mean.n_valid / mean.n_expected, 4) if mean.n_expected else None,
        "marks": mean.marks,
        "note": "；".join(part for part in (mean.note, said.note) if part),
        "standard": limit.standard,
        "clause": limit.clause,
        "edition": limit.edition,
        "source": limit.source,
        "unit": limit.unit,
        "task": limit.task,
        "low": limit.low,
        "high": limit.high,
        "verified": limit.verified,
        **({"share": said.share} if said.share < 1 else {}),
        "rule_version": RULES_VERSION,
        **said.extra,
    }


def _broken(value: float, limit: Limit, share: float) -> float | None:
    if limit.high is not None and (value >= limit.high * share if share < 1 else value > limit.high):
        return limit.high * share
    if limit.low is not None and value < limit.low:
        return limit.low
    return None


def _verdict(judged: Judged, outcome: Outcome, value: float | None, limit: Limit, body: dict[str, object]) -> Verdict:
    both = limit.low is not None and limit.high is not None and value is not None and value < limit.low
    bound = limit.low if both or limit.high is None else limit.high
    return Verdict(
        rule=judged.rule,
        subject=judged.subject,
        point_id=judged.point_id,
        window_start=judged.start,
        window_end=end_of(judged.basis, judged.start),
        outcome=outcome,
        value=value,
        limit_value=bound,
        limit_id=limit.id,
        body=body,
    )


def end_of(basis: str, start: datetime) -> datetime:
    """Return where the window ends that begins at *start*: an hour, a Shanghai day, month, quarter or year later; an instant has no length."""
    if basis == Basis.INSTANT:
        return start
    if basis == Basis.HOUR:
        return start + HOUR
    if basis == Basis.DAY:
        return start + DAY
    day = day_of(start)
    if basis == Basis.YEAR:
        return day_start(date(day.year + 1, 1, 1))
    after = next_month(day)
    return day_start(next_month(next_month(after)) if basis == Basis.QUARTER else after)
