"""Verdicts in the database: what stands stays, what is said otherwise is amended, never overwritten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from alerts.judge.windows import Void
    from schemas.records import Verdict
    from schemas.runtime.database import Database

#: Rule and subject → the earliest window for which something changed.
Touched = dict[tuple[str, str], "datetime"]


async def store(db: Database, verdicts: list[Verdict], version: str) -> Touched:
    """File *verdicts*, made by the rules of *version*; return rule and subject of those that say something new."""
    if not verdicts:
        return {}
    columns = {
        "rules": [one.rule for one in verdicts],
        "subjects": [one.subject for one in verdicts],
        "starts": [one.window_start for one in verdicts],
        "outcomes": [one.outcome.value for one in verdicts],
        "values": [one.value for one in verdicts],
        "limits": [one.limit_value for one in verdicts],
        "limit_ids": [one.limit_id for one in verdicts],
        "bodies": [msgspec.json.encode(one.body | {"rule_version": version}).decode() for one in verdicts],
    }
    await db.execute("verdict_amend", **columns)
    rows = await db.fetch(
        "verdict_insert",
        points=[one.point_id for one in verdicts],
        ends=[one.window_end for one in verdicts],
        **columns,
    )
    return earliest(rows)


async def void(db: Database, gone: Void) -> Touched:
    """Amend away the verdicts on windows in which nothing binds any more; return rule and subject of those there were."""
    if not gone:
        return {}
    rows = await db.fetch(
        "verdict_void",
        rules=[one.rule for one, _ in gone],
        subjects=[one.key for one, _ in gone],
        starts=[start for _, start in gone],
    )
    return earliest(rows)


def earliest(rows: Iterable[tuple[Any, ...]]) -> Touched:
    """Return of *rows* (rule, subject, window start) the earliest start of each subject."""
    found: Touched = {}
    for rule, subject, start in rows:
        found[rule, subject] = min(start, found.get((rule, subject), start))
    return found


def joined(*parts: Touched) -> Touched:
    """Return all of *parts*, each subject with its earliest window."""
    return earliest((*key, start) for part in parts for key, start in part.items())
