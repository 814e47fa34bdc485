"""Every step from raw values to verdict, for one subject and one Shanghai day, as Markdown.

The day is computed here anew from what is stored: what disagrees with the stored value or the verdict is said loudly.
Chinese, with English beside it, for officers and for those who check them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from difflib import get_close_matches
from typing import TYPE_CHECKING

from alerts import explain_boiler, explain_energy, explain_gas, explain_water
from alerts.explain_source import Source
from alerts.judge.subjects import Subject, subjects
from schemas.errors import UseError
from schemas.registry import store
from schemas.registry.derived import EFFICIENCY

if TYPE_CHECKING:
    from datetime import date

    from schemas.registry.store import Registry
    from schemas.runtime.database import Database

Explain = Callable[[Source, Subject], Awaitable[list[str]]]
#: The rule by which a subject is recognised, and who explains it.
_BY_RULE: dict[str, Explain] = {
    "sewage_day": explain_water.explain,
    "air_hour": explain_gas.explain,
    "boiler_efficiency": explain_boiler.explain,
    "boiler_progress": explain_boiler.explain,
    "energy_budget": explain_energy.explain,
}
_NEAR = 8


async def explain(db: Database, key: str, day: date, *, stable: bool = False) -> str:
    """Return how the Shanghai *day* of the subject *key* was judged, step by step, as Markdown.

    *key*: site/place/factor of a sewage outlet or a stack, site/boiler, or site/budget. *stable*: leave out numbers and
    times that the same facts would get anew in another database (verdict, batches, when judged).

    Raises:
        UseError: there is no such subject, with those that are near; or no registry.

    """
    async with db.transaction():
        # One instant for all: between two reads a round of deriving must not make numbers disagree.
        await db.execute("explain_snapshot")
        registry = await store.current(db)
        if registry is None:
            raise UseError("尚无注册表 (no registry is applied).", "monitor registry apply FILE")
        known = _known(registry, day)
        if key not in known:
            raise UseError(f"没有这个对象 unknown subject: {key}.", f"one of: {', '.join(_near(key, sorted(known)))}")
        subject = known[key]
        lines = await _BY_RULE[subject.rule](Source.of(db, registry, day, key, stable=stable), subject)
    return "\n".join(lines).rstrip() + "\n"


def _known(registry: Registry, day: date) -> dict[str, Subject]:
    known = {one.key: one for one in subjects(registry, day) if one.rule in _BY_RULE}
    for site in registry.document.sites:
        for boiler in site.boilers:
            key, point = f"{site.id}/{boiler.id}", registry.points[site.id, boiler.id, EFFICIENCY]
            # One that no rule binds is explained all the same: its efficiency is shown on the wall.
            plain = Subject(
                rule="boiler_progress", key=key, site_id=site.id, title=f"{site.name} {boiler.name}", point_id=point,
                basis="month", factor=EFFICIENCY,
            )  # fmt: skip
            known.setdefault(key, plain)
    return known


def _near(key: str, known: list[str]) -> list[str]:
    """Return known keys like *key*; those of its site, or the first, where none is."""
    of_site = [one for one in known if one.split("/")[0] == key.split("/", maxsplit=1)[0]]
    return get_close_matches(key, known, n=_NEAR, cutoff=0.5) or of_site[:_NEAR] or known[:_NEAR]
