"""Counting of days and windows by how they came out; the largest and least day of a month. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from alerts.reports.cells import DASH, count
from alerts.reports.paper import Tone
from schemas.catalog.enums import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from alerts.reports.known import Filed
    from alerts.reports.paper import Cell
    from alerts.reports.period import Span
    from schemas.records import Mean


class Tally(NamedTuple):
    """Windows by outcome; *suspected* of the exceeding ones are suspicion alone and not among *over*."""

    met: int
    over: int
    unjudged: int
    suspected: int = 0

    @property
    def judged(self) -> int:
        """How many could be judged."""
        return self.met + self.over + self.suspected


class Extreme(NamedTuple):
    """The largest or least valid value of a span, and when: month and day."""

    value: float | None
    when: str


def day_tally(filed: Iterable[Filed]) -> Tally:
    """Count verdicts that stand."""
    counts = Counter((one.outcome, one.suspected) for one in filed)
    return Tally(
        met=sum(n for (outcome, _), n in counts.items() if outcome == Outcome.COMPLIANT),
        over=counts[Outcome.EXCEEDING.value, False],
        unjudged=sum(n for (outcome, _), n in counts.items() if outcome == Outcome.NOT_JUDGEABLE),
        suspected=counts[Outcome.EXCEEDING.value, True],
    )


def month_tally_cells(tally: Tally, n_days: int, *, judged: bool) -> tuple[Cell, Cell, Cell]:
    """Return days met, exceeding and not judged; a day without a verdict was not judged. Dashes where nothing binds."""
    if not judged:
        return DASH, DASH, DASH
    over = tally.over + tally.suspected
    return (
        count(tally.met),
        count(over, tone=Tone.OVER if tally.over else Tone.DOUBTFUL if over else Tone.PLAIN),
        count(n_days - tally.met - over, tone=Tone.DOUBTFUL if n_days > tally.met + over else Tone.PLAIN),
    )


def valid_days(days: Mapping[date, Mean], span: Span) -> int:
    """Return how many days of *span* are valid; 0 for a single day, whose row says so itself."""
    if span.n_days == 1:
        return 0
    return sum(mean.valid for day, mean in days.items() if span.first <= day <= span.last)


def extremes(days: Mapping[date, Mean], span: Span) -> tuple[Extreme, Extreme]:
    """Return the largest and the least valid day value of *span*; of equal ones the first."""
    known = [
        (mean.value, day)
        for day, mean in sorted(days.items())
        if span.first <= day <= span.last and mean.valid and mean.value is not None
    ]
    if not known:
        return Extreme(None, ""), Extreme(None, "")
    most, least = max(known, key=lambda one: one[0]), min(known, key=lambda one: one[0])
    return Extreme(most[0], f"{most[1]:%m-%d}"), Extreme(least[0], f"{least[1]:%m-%d}")
