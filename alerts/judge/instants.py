"""Single readings against instantaneous limits, as they come: an early warning 疑似, to be proved by a sample.

GB 18918 as amended from 2026-03-01 judges pH by its instantaneous value (house reference part II 1.1); which automatic datum
counts as one is not settled, so nothing here convicts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.judge.verdict import Judged, judge_limit
from alerts.judge.windows import limit_on
from schemas.catalog.enums import MARK_LETTER, Mark, MarkKind
from schemas.records import STAMPED_ON_RECEIPT, Mean, Verdict
from schemas.times import day_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from alerts.judge.facts import Facts, Instant
    from alerts.judge.rules import Rule
    from alerts.judge.subjects import Subject
    from alerts.judge.windows import Void

_BELIEVED = (Mark.NORMAL, STAMPED_ON_RECEIPT)


async def judge(
    rules: Mapping[str, Rule], wanted: Mapping[Subject, Iterable[datetime]], facts: Facts
) -> tuple[list[Verdict], Void]:
    """Return the verdicts on the wanted readings, and those for which no limit is in force or that are no more."""
    found = await facts.instants((subject.point_id, ts) for subject, starts in wanted.items() for ts in starts)
    verdicts: list[Verdict] = []
    void: Void = []
    for subject, starts in wanted.items():
        for ts in sorted(starts):
            reading = found.get((subject.point_id, ts))
            limit = limit_on(rules[subject.rule], subject, day_of(ts), None)
            if reading is None or limit is None:
                void.append((subject, ts))
                continue
            judged = Judged(
                rule=subject.rule, subject=subject.key, point_id=subject.point_id, basis=subject.basis, start=ts
            )
            verdicts.append(judge_limit(judged, _as_mean(reading), limit))
    return verdicts, void


def _as_mean(reading: Instant) -> Mean:
    """Return *reading* as a mean of one; what a person marked goes before the device's mark."""
    mark = MARK_LETTER[MarkKind(reading.said)] if reading.said else reading.mark
    valid = mark in _BELIEVED or reading.said == MarkKind.VALID
    return Mean(
        value=reading.value, low=None, high=None, n_valid=int(valid), n_expected=1, valid=valid,
        marks="" if mark in _BELIEVED else mark, note="" if valid else f"标记 {mark}，不作判定", n_received=1,
        n_late=int(reading.late),
    )  # fmt: skip
