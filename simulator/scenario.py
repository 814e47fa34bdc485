"""A scenario: what happens to which device, and when. Written in TOML, checked against the registry before it starts.

Times are relative to the anchor, the instant the simulator first started ("-3d", "-6h", "+0"), or RFC 3339.
"""

from __future__ import annotations

import math
import re
import tomllib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from schemas.catalog.enums import Mark
from schemas.errors import Problem, ScenarioError
from schemas.times import US_PER_SECOND, to_us
from simulator.faults import Fault, FaultKind
from simulator.plants.effects import Effect, EffectKind
from simulator.plants.meter import CARRIER_OF

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.registry.model import Device, Document, Site

_RELATIVE = re.compile(r"([+-])(\d{1,6})([smhd]?)")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "": 1}
_HEADER = re.compile(r"\s*\[\[\s*action\s*\]\]")
_TIME_MEND = 'Write "-3d", "-6h", "+30m", "+0" or an RFC 3339 time with its offset.'

Share = Annotated[float, msgspec.Meta(gt=0, le=1)]


class _Action(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """What every action says: whose device, from when, until when (absent: until further notice)."""

    site: str
    device: str
    since: str = msgspec.field(name="from")
    until: str | None = msgspec.field(name="to", default=None)


class EfficiencyDrop(_Action, frozen=True, kw_only=True, tag="efficiency_drop"):
    """A boiler loses percentage *points* of efficiency."""

    points: Annotated[float, msgspec.Meta(gt=0, le=50)]


class AerationFailure(_Action, frozen=True, kw_only=True, tag="aeration_failure"):
    """A sewage plant's blowers stop: ammonia and COD rise to these levels, total nitrogen follows."""

    nh3n_mgl: Annotated[float, msgspec.Meta(gt=0, le=60)] = 10.0
    cod_mgl: Annotated[float, msgspec.Meta(gt=0, le=400)] = 60.0


class Overspend(_Action, frozen=True, kw_only=True, tag="overspend"):
    """A unit consumes *multiplier* times as much. More, never less: a register cannot run backwards."""

    multiplier: Annotated[float, msgspec.Meta(gt=1, le=10)]


class Silence(_Action, frozen=True, kw_only=True, tag="silence"):
    """A share of the samples is never sent."""

    share: Share = 1.0


class Marks(_Action, frozen=True, kw_only=True, tag="marks"):
    """A share of the samples carries a data mark; *factors* absent: all of them."""

    mark: Mark
    share: Share = 1.0
    factors: list[str] = []


class Duplicates(_Action, frozen=True, kw_only=True, tag="duplicates"):
    """A share of the samples is sent twice."""

    share: Share = 0.1


class Late(_Action, frozen=True, kw_only=True, tag="late"):
    """A share of the samples is sent *delay_s* seconds after its measurement."""

    delay_s: Annotated[int, msgspec.Meta(gt=0, le=604800)]
    share: Share = 0.1


Action = EfficiencyDrop | AerationFailure | Overspend | Silence | Marks | Duplicates | Late
_KINDS = ", ".join([*EffectKind, *FaultKind])


class Scenario(msgspec.Struct, frozen=True):
    """A checked scenario; its times are still relative."""

    name: str
    description: str
    actions: tuple[Action, ...] = ()


class Troubles(msgspec.Struct, frozen=True):
    """What happens to one device, with times resolved."""

    effects: tuple[Effect, ...] = ()
    faults: tuple[Fault, ...] = ()


CALM = Scenario("calm", "Nothing happens.")


def load(path: Path, document: Document) -> Scenario:
    """Return the scenario of the TOML file at *path*, checked against the registry *document*.

    Raises:
        ScenarioError: the file cannot be read, or names something that is not there; says where, what and the mend.

    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise ScenarioError(f"{path}: cannot be read ({exc}).", "Name a scenario file (TOML, UTF-8).") from exc
    return parse(text, document, path.name)


def parse(text: str, document: Document, name: str) -> Scenario:
    """Return the scenario written in *text*; *name* stands for the file in errors.

    Raises:
        ScenarioError: as `load`.

    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise ScenarioError(f"{name}: not TOML: {exc}.", "Correct that line.") from exc
    actions = table.pop("action", [])
    for key in table.keys() - {"name", "description"}:
        raise _refuse(name, key, "unknown field", "Known are name, description and [[action]].")
    for key in ("name", "description"):
        if not isinstance(table.get(key), str):
            raise _refuse(name, key, "a text is missing", f'Begin the file with {key} = "…".')
    if not isinstance(actions, list):
        raise _refuse(name, "action", "not a list", "Write [[action]], with two brackets.")
    lines = [number for number, line in enumerate(text.splitlines(), 1) if _HEADER.match(line)]
    checked = []
    for number, raw in enumerate(actions, 1):
        line = f":{lines[number - 1]}" if len(lines) == len(actions) else ""
        checked.append(_action(raw, document, f"{name}{line}: action {number}"))
    return Scenario(table["name"], table["description"], tuple(checked))


def resolve(scenario: Scenario, anchor: datetime) -> dict[tuple[str, str], Troubles]:
    """Return (site, device) → what happens there, relative times counted from *anchor*.

    Raises:
        ScenarioError: an action ends before it begins.

    """
    found: dict[tuple[str, str], Troubles] = {}
    for number, action in enumerate(scenario.actions, 1):
        window = _window(action, anchor, f"{scenario.name}: action {number}")
        before = found.get((action.site, action.device), Troubles())
        found[action.site, action.device] = _add(before, action, window)
    return found


def _add(before: Troubles, action: Action, window: tuple[float, float]) -> Troubles:
    effects, faults = before.effects, before.faults
    match action:
        case EfficiencyDrop(points=points):
            effects = (*effects, Effect(EffectKind.EFFICIENCY_DROP, *window, points=points))
        case AerationFailure(nh3n_mgl=nh3n_mgl, cod_mgl=cod_mgl):
            effects = (*effects, Effect(EffectKind.AERATION_FAILURE, *window, nh3n_mgl=nh3n_mgl, cod_mgl=cod_mgl))
        case Overspend(multiplier=multiplier):
            effects = (*effects, Effect(EffectKind.OVERSPEND, *window, multiplier=multiplier))
        case Silence(share=share):
            faults = (*faults, Fault(FaultKind.SILENCE, *window, share))
        case Marks(mark=mark, share=share, factors=factors):
            faults = (*faults, Fault(FaultKind.MARKS, *window, share, mark=mark, factors=frozenset(factors)))
        case Duplicates(share=share):
            faults = (*faults, Fault(FaultKind.DUPLICATES, *window, share))
        case Late(delay_s=delay_s, share=share):
            faults = (*faults, Fault(FaultKind.LATE, *window, share, delay_s=delay_s))
    return Troubles(effects, faults)


def _window(action: Action, anchor: datetime, place: str) -> tuple[float, float]:
    from_s = to_us(_instant(action.since, anchor, place, "from")) / US_PER_SECOND
    if action.until is None:
        return from_s, math.inf
    to_s = to_us(_instant(action.until, anchor, place, "to")) / US_PER_SECOND
    if from_s >= to_s:
        raise _refuse(place, "to", f"{action.until} is not after from = {action.since}", "Let it end after it begins.")
    return from_s, to_s


def _instant(said: str, anchor: datetime, place: str, field: str) -> datetime:
    relative = _RELATIVE.fullmatch(said.strip())
    if relative:
        sign, digits, unit = relative.groups()
        if unit or int(digits) == 0:
            seconds = int(digits) * _UNITS[unit]
            return anchor + timedelta(seconds=-seconds if sign == "-" else seconds)
    try:
        instant = datetime.fromisoformat(said)
    except ValueError as exc:
        raise _refuse(place, field, f"{said!r} is no time", _TIME_MEND) from exc
    if instant.tzinfo is None:
        raise _refuse(place, field, f"{said!r} has no offset", _TIME_MEND)
    return instant


def _action(raw: Any, document: Document, place: str) -> Action:
    if isinstance(raw, dict):  # TOML's own times are as good as quoted ones
        raw = {key: value.isoformat() if isinstance(value, datetime) else value for key, value in raw.items()}
    try:
        action: Action = msgspec.convert(raw, Action)
    except msgspec.ValidationError as exc:
        named = re.search(r"field `(\w+)`|`\$\.(\w+)", str(exc))
        field = next((group for group in named.groups() if group), "action") if named else "action"
        raise _refuse(place, field, str(exc), f"Kinds are {_KINDS}; see simulator/scenarios for examples.") from exc
    # Only the order of both ends matters here, so any anchor serves; mixed ends are checked again when resolved.
    if action.until is None or _is_relative(action.since) == _is_relative(action.until):
        _window(action, datetime(2000, 1, 1, tzinfo=UTC), place)
    site = next((each for each in document.sites if each.id == action.site), None)
    if site is None:
        known = ", ".join(each.id for each in document.sites)
        raise _refuse(place, "site", f"{action.site!r} is not in the registry", f"Sites are {known}.")
    device = next((each for each in site.devices if each.id == action.device), None)
    if device is None:
        known = ", ".join(each.id for each in site.devices)
        raise _refuse(place, "device", f"{action.device!r} is not at {site.id}", f"Devices there are {known}.")
    _check_fit(action, site, device, place)
    return action


def _is_relative(said: str) -> bool:
    return said.strip()[:1] in {"+", "-"}


def _check_fit(action: Action, site: Site, device: Device, place: str) -> None:
    factors = {point.factor for point in device.points}
    match action:
        case EfficiencyDrop() if all(boiler.device != device.id for boiler in site.boilers):
            raise _refuse(place, "kind", f"{site.id}/{device.id} is no boiler", "Name a boiler's device.")
        case AerationFailure() if all(outlet.device != device.id for outlet in site.outlets):
            raise _refuse(place, "kind", f"{site.id}/{device.id} is no sewage outlet", "Name an outlet's device.")
        case Overspend() if not factors & CARRIER_OF.keys():
            raise _refuse(place, "kind", f"{site.id}/{device.id} has no energy meter", "Name a device with meters.")
        case Marks(factors=named) if set(named) - factors:
            unknown = ", ".join(sorted(set(named) - factors))
            raise _refuse(place, "factors", f"not measured there: {unknown}", f"Factors are {', '.join(factors)}.")
        case _:
            return


def _refuse(place: str, field: str, sentence: str, mend: str) -> ScenarioError:
    return ScenarioError(f"{Problem(place, field, sentence, mend)}")
