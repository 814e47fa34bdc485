from __future__ import annotations

import math
from collections import Counter

import pytest

from schemas.catalog.enums import Mark
from simulator.faults import Fault, FaultKind, Flagged, Sample, longest_delay_ms, wrap

CLEAN = [Sample(minute * 60_000, {"a": 1.0, "b": 2.0}, minute * 60_000) for minute in range(1000)]


def fault(kind: FaultKind, **changed: object) -> Fault:
    fields: dict[str, object] = {"from_s": 6_000.0, "to_s": 30_000.0} | changed
    return Fault(kind, **fields)  # type: ignore[arg-type]  # a table of cases


def through(*faults: Fault, seed: int = 1) -> list[Sample]:
    return list(wrap(CLEAN, faults, seed, "site/device"))


def test_no_fault_changes_nothing() -> None:
    assert through() == CLEAN


def test_silence_loses_exactly_its_window() -> None:
    kept = through(fault(FaultKind.SILENCE))
    assert kept == CLEAN[:100] + CLEAN[500:]


def test_a_share_is_about_that_share_and_belongs_to_the_seed() -> None:
    half = fault(FaultKind.SILENCE, from_s=0.0, to_s=math.inf, share=0.5)
    assert 430 < len(through(half)) < 570
    assert through(half) == through(half)
    assert through(half) != through(half, seed=2)


def test_a_restart_hits_the_same_samples() -> None:
    half = fault(FaultKind.SILENCE, share=0.5)
    later = list(wrap(CLEAN[300:], [half], 1, "site/device"))
    assert later == [sample for sample in through(half) if sample.ts_ms >= CLEAN[300].ts_ms]


def test_marks_flag_the_named_factors_only() -> None:
    marked = through(fault(FaultKind.MARKS, mark=Mark.FAULT, factors=frozenset({"a"})))
    assert marked[99].values == {"a": 1.0, "b": 2.0}
    assert marked[100].values == {"a": Flagged(1.0, Mark.FAULT), "b": 2.0}
    assert marked[500].values == {"a": 1.0, "b": 2.0}


def test_marks_without_factors_flag_all() -> None:
    marked = through(fault(FaultKind.MARKS, mark=Mark.CALIBRATING))
    assert marked[100].values == {"a": Flagged(1.0, Mark.CALIBRATING), "b": Flagged(2.0, Mark.CALIBRATING)}


def test_duplicates_follow_their_original() -> None:
    doubled = through(fault(FaultKind.DUPLICATES, share=0.3))
    counts = Counter(sample.ts_ms for sample in doubled)
    assert set(counts) == {sample.ts_ms for sample in CLEAN}
    assert 80 < len(doubled) - len(CLEAN) < 160
    assert [sample.ts_ms for sample in doubled] == sorted(sample.ts_ms for sample in doubled)


@pytest.mark.parametrize("share", [0.2, 1.0])
def test_late_samples_all_come_in_the_order_of_sending(share: float) -> None:
    late = fault(FaultKind.LATE, share=share, delay_s=3600)
    out = through(late)
    assert sorted(sample.ts_ms for sample in out) == [sample.ts_ms for sample in CLEAN]
    assert [sample.sent_ms for sample in out] == sorted(sample.sent_ms for sample in out)
    assert {sample.sent_ms - sample.ts_ms for sample in out} == {0, 3_600_000}
    assert longest_delay_ms([late]) == 3_600_000


def test_faults_stack() -> None:
    out = through(fault(FaultKind.MARKS), fault(FaultKind.DUPLICATES), fault(FaultKind.LATE, delay_s=90))
    assert len(out) == len(CLEAN) + 400
    assert [sample.sent_ms for sample in out] == sorted(sample.sent_ms for sample in out)
