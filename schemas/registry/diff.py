"""What applying a document would change, entry by entry. Pure: `store` writes it, the command line shows it.

Additions and changes come parents first, removals children first, so that a store may follow the order.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from schemas.registry.model import Document, Entry, Site

Body = dict[str, Any]
Action = Literal["added", "removed", "changed"]

KIND_ZH = {
    "county": "县",
    "bureau": "单位",
    "person": "人员",
    "duty": "值班",
    "rota": "值班表",
    "site": "站点",
    "device": "设备",
    "point": "监测点",
    "outlet": "排放口",
    "boiler": "锅炉",
    "stack": "废气排放口",
    "permit": "许可限值",
    "analysis": "化验",
    "meter_change": "换表",
    "budget": "用能预算",
}
_CHILDREN = {
    "site": {"devices", "outlets", "boilers", "stacks", "permits", "analyses", "meter_changes", "budgets"},
    "device": {"points"},
}
_SIGNS: dict[Action, str] = {"added": "+", "removed": "-", "changed": "~"}


class Change(msgspec.Struct, frozen=True):
    """One entry that comes, goes or differs; bodies are JSON values without the entry's children.

    *key* is the path of ids: ``county``, a bureau, ``site``, ``site/device``, ``site/device/factor``, ``site/outlet``,
    ``site/boiler``, ``site/stack``, ``site/valid_from``, ``site/outlet/factor/basis/valid_from`` (a permit),
    ``site/boiler/day`` (an analysis), ``site/device/factor/at`` (a meter change); a duty and a rota have
    their bureau's id.
    """

    kind: str
    key: str
    action: Action
    before: Body | None
    after: Body | None


def diff(before: Document | None, after: Document) -> list[Change]:
    """Return what leads from *before* (None: nothing registered yet) to *after*; empty when they say the same."""
    old = dict(_bodies(before)) if before is not None else {}
    new = dict(_bodies(after))
    changes = []
    for (kind, key), body in new.items():
        was = old.get((kind, key))
        if was is None:
            changes.append(Change(kind, key, "added", None, body))
        elif was != body:
            changes.append(Change(kind, key, "changed", was, body))
    gone = [spot for spot in old if spot not in new]
    changes += [Change(kind, key, "removed", old[kind, key], None) for kind, key in reversed(gone)]
    return changes


def describe(changes: Iterable[Change]) -> str:
    """Return *changes* as lines a person reads before saying yes: + added, - removed, ~ changed with old → new."""
    listed = list(changes)
    if not listed:
        return "没有变化 (no changes)"
    counts = Counter(change.action for change in listed)
    added, removed, changed = counts["added"], counts["removed"], counts["changed"]
    total = f"新增 {added}，删除 {removed}，修改 {changed} ({added} added, {removed} removed, {changed} changed)"
    return "\n".join([*(_line(change) for change in listed), total])


def _bodies(document: Document) -> Iterator[tuple[tuple[str, str], Body]]:
    yield ("county", "county"), _body("county", document.county)
    for bureau in document.bureaus:
        yield ("bureau", bureau.id), _body("bureau", bureau)
    for person in document.people:
        yield ("person", person.id), _body("person", person)
    for duty in document.duties:
        yield ("duty", duty.bureau), _body("duty", duty)
    for rota in document.rotas:
        yield ("rota", rota.bureau), _body("rota", rota)
    for site in document.sites:
        yield from _site_bodies(site)


def _site_bodies(site: Site) -> Iterator[tuple[tuple[str, str], Body]]:
    yield ("site", site.id), _body("site", site)
    for device in site.devices:
        yield ("device", f"{site.id}/{device.id}"), _body("device", device)
        for point in device.points:
            yield ("point", f"{site.id}/{device.id}/{point.factor}"), _body("point", point)
    for kind, entry_key, entry in _plant_entries(site):
        yield (kind, f"{site.id}/{entry_key}"), _body(kind, entry)


def _plant_entries(site: Site) -> Iterator[tuple[str, str, Entry]]:
    """Yield kind, key within the site and entry of what hangs on *site* beside its devices."""
    yield from (("outlet", outlet.id, outlet) for outlet in site.outlets)
    yield from (("boiler", boiler.id, boiler) for boiler in site.boilers)
    yield from (("stack", stack.id, stack) for stack in site.stacks)
    for permit in site.permits:
        yield "permit", f"{permit.outlet}/{permit.factor}/{permit.basis}/{permit.valid_from}", permit
    yield from (("analysis", f"{analysis.boiler}/{analysis.day}", analysis) for analysis in site.analyses)
    for change in site.meter_changes:
        yield "meter_change", f"{change.device}/{change.factor}/{change.at.isoformat()}", change
    yield from (("budget", str(budget.valid_from), budget) for budget in site.budgets)


def _body(kind: str, entry: Entry) -> Body:
    return entry.model_dump(mode="json", exclude=_CHILDREN.get(kind))


def _line(change: Change) -> str:
    head = f"{_SIGNS[change.action]} {KIND_ZH[change.kind]} {change.kind} {change.key}"
    if change.before is not None and change.after is not None:
        before, after = change.before, change.after
        said = [
            f"{name} {_shown(before[name])} → {_shown(after[name])}" for name in after if before[name] != after[name]
        ]
    else:
        body = change.after or change.before or {}
        said = [f"{name} {_shown(value)}" for name, value in body.items() if value not in (None, [], False)]
    return f"{head}: {', '.join(said)}"


def _shown(value: object) -> str:
    if value is None:
        return "无"
    if isinstance(value, float):
        return f"{value:.10g}"
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
