"""Legal limits as dated data, and which of them binds a given thing on a given day. Read once from limit_tables/*.toml."""

from __future__ import annotations

import tomllib
from collections import Counter, defaultdict
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from schemas.catalog.enums import Firing, Fuel
from schemas.records import Limit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from schemas.catalog.enums import CoalClass

#: Scope of the gain that boilers in service owe (plan task 13: 5 points above the baseline of 2015), basis month.
IN_SERVICE = "boiler-coal-inservice"
#: Scope of what the plan allows the whole county a year (task 2).
COUNTY = "county"
OXYGEN = "a19001"
_NEW_STACK = date(2014, 7, 1)
_END = "9999-12-31"


class _File(msgspec.Struct, forbid_unknown_fields=True):
    table: list[dict[str, Any]]


class StackBoiler(NamedTuple):
    """One boiler on a stack; *rated_tph* in t/h of steam, see `tonnes_per_hour`. *special*: table 3 binds there."""

    fuel: Fuel
    eia_approved: date
    rated_tph: float
    special: bool


def parse(texts: Iterable[str]) -> list[Limit]:
    """Return the limits that TOML *texts* spell: ``[[table]]`` heads of shared fields, each with its ``rows``.

    A row takes the fields of its head and may say otherwise.

    Raises:
        msgspec.ValidationError: a field is unknown, missing or of the wrong kind.
        ValueError: an id stands twice.

    """
    limits = []
    for text in texts:
        for head in msgspec.convert(tomllib.loads(text), _File).table:
            rows = msgspec.convert(head.get("rows"), list[dict[str, Any]])
            shared = {name: value for name, value in head.items() if name != "rows"}
            limits += [msgspec.convert(shared | row, Limit) for row in rows]
    twice = [name for name, count in Counter(limit.id for limit in limits).items() if count > 1]
    if twice:
        raise ValueError(f"limit ids stand twice: {', '.join(twice)}")
    return limits


def load() -> list[Limit]:
    """Return all limits shipped, file by file in the order of their names. Raises as `parse` does."""
    found = (entry for entry in files(__package__).joinpath("limit_tables").iterdir() if entry.name.endswith(".toml"))
    return parse(entry.read_text(encoding="utf-8") for entry in sorted(found, key=lambda entry: entry.name))


def _indexed(limits: Iterable[Limit]) -> dict[tuple[str, str, str], list[Limit]]:
    index = defaultdict(list)
    for limit in limits:
        index[limit.scope, limit.factor, limit.basis].append(limit)
    return dict(index)


LIMITS = load()
_INDEX = _indexed(LIMITS)  # a round of judging asks ten thousand times


def in_force(  # noqa: PLR0913 - all that a limit's validity hangs on
    scope: str,
    factor: str,
    basis: str,
    *,
    day: date,
    built: date,
    water_temp_c: float | None = None,
    rated: float | None = None,
) -> Limit | None:
    """Return the limit that binds *factor* of *scope* on *day* (Asia/Shanghai), or None where none does.

    *built* is the EIA approval date of a sewage plant (GB 18918-2002 4.5) or of a stack's boiler (GB 13271-2014 3.3), or
    a boiler's date of manufacture for its efficiency. *rated* is in t/h of steam; a limit that hangs on it does not bind
    without it. Without a water temperature the stricter of NH3-N's two values binds (GB 18918-2002 table 1 note 2).
    The grades of a design (basis design) are `grade`'s.
    """
    on = day.isoformat()
    made = built.isoformat()
    held = [
        limit
        for limit in _INDEX.get((scope, factor, basis), ())
        if limit.valid_from <= on <= (limit.valid_to or _END)
        and (limit.built_from or "0000") <= made <= (limit.built_to or _END)
        and fits_water(limit, water_temp_c)
        and _fits_size(limit, rated)
    ]
    return max(held, key=lambda limit: limit.valid_from, default=None)


def fits_water(limit: Limit, water_temp_c: float | None) -> bool:
    """Say whether *limit* binds at that water temperature; unknown counts as warm, the stricter (GB 18918-2002 table 1 note 2)."""
    if limit.water_temp_up_to_c is not None:
        return water_temp_c is not None and water_temp_c <= limit.water_temp_up_to_c
    if limit.water_temp_above_c is not None:
        return water_temp_c is None or water_temp_c > limit.water_temp_above_c
    return True


def strictest(limits: Iterable[Limit | None]) -> Limit | None:
    """Return the limit that allows least, by *high*; None where none has one. Of equal ones the first by id."""
    found = [(limit.high, limit) for limit in limits if limit is not None and limit.high is not None]
    return min(found, key=lambda pair: (pair[0], pair[1].id), default=(None, None))[1]


def tonnes_per_hour(rated: float, *, is_hot_water: bool) -> float:
    """Return *rated* (t/h of steam, or MW of a hot-water boiler) as t/h: 0.7 MW count as 1 t/h (GB 24500-2020 tables)."""
    return rated * 10 / 7 if is_hot_water else rated  # not / 0.7: 14 MW are exactly 20 t/h


def boiler_scope(fuel: Fuel, firing: Firing | None, *, condensing: bool, coal_class: CoalClass) -> str:
    """Return the scope of the efficiency limit that a boiler's hour values are held against.

    The plan's figures (task 13) for coal on a grate and non-condensing gas; for the kinds that GB 24500-2020 asks more
    of, their own. Without *firing* coal burns on a grate.
    """
    kind = _kind(fuel, firing, condensing=condensing, coal_class=coal_class)
    return "boiler-coal" if kind.startswith("grate-") else f"boiler-{kind}"


def grade(
    fuel: Fuel,
    firing: Firing | None,
    *,
    condensing: bool,
    coal_class: CoalClass,
    efficiency_pct: float,
    rated_tph: float,
) -> int | None:
    """Return the grade 能效等级 (1 to 3) that a *design* efficiency reaches, 0 below grade 3 (GB 24500-2020 tables 1-4).

    *efficiency_pct* in % of the lower heating value, rounded as the limit is; *rated_tph* in t/h of steam. None where
    the standard has no row for the kind.
    """
    scope = f"GB24500-{_kind(fuel, firing, condensing=condensing, coal_class=coal_class)}"
    rows = [
        limit
        for limit in _INDEX.get((scope, "yx_b_efficiency", "design"), ())
        if limit.valid_to is None and limit.low is not None and _fits_size(limit, rated_tph)
    ]
    if not rows:
        return None
    reached = [limit.id for limit in rows if _rounded(efficiency_pct, limit.decimals) >= (limit.low or 0)]
    return min((int(name.rpartition(".g")[2]) for name in reached), default=0)


def stack_scope(fuel: Fuel, eia_approved: date, *, special: bool) -> str:
    """Return the scope of GB 13271-2014 that binds a boiler: special limits (4.4), new by the day of approval (3.3), in use.

    Biomass follows coal (clause 1).
    """
    table = "t3" if special else "t2" if eia_approved >= _NEW_STACK else "t1"
    return f"GB13271-{table}-{_stack_fuel(fuel)}"


def stack_limit(boilers: Sequence[StackBoiler], factor: str, day: date) -> Limit | None:
    """Return the hour limit of *factor* (``yx_zs_…``, mg/m3 at reference O2) on a stack, or None where none binds.

    A stack that boilers share is held to the strictest of them (GB 13271-2014 4.6).
    """
    return strictest(
        in_force(
            stack_scope(boiler.fuel, boiler.eia_approved, special=boiler.special),
            factor,
            "hour",
            day=day,
            built=boiler.eia_approved,
            rated=boiler.rated_tph,
        )
        for boiler in boilers
    )


def reference_o2(boilers: Sequence[StackBoiler], day: date) -> Limit | None:
    """Return the reference O2 基准氧含量 of a stack, its *high* in % (GB 13271-2014 5.2 table 6: coal 9, oil and gas 3.5).

    None where none is in force, or where the boilers' references differ: such a mixture cannot be converted.
    """
    found = [
        in_force(f"GB13271-{_stack_fuel(boiler.fuel)}", OXYGEN, "reference", day=day, built=boiler.eia_approved)
        for boiler in boilers
    ]
    if len({limit and limit.high for limit in found}) != 1:
        return None
    return strictest(found)


def permit_limit(  # noqa: PLR0913 - the fields of a permit
    *,
    number: str,
    outlet: str,
    factor: str,
    basis: str,
    high: float,
    decimals: int,
    valid_from: date,
    valid_to: date | None,
    unit: str,
    task: int,
) -> Limit:
    """Return what a discharge permit 排污许可证 allows one outlet or stack as a limit, in *unit* (with basis year: t)."""
    return Limit(
        id=f"permit.{number}.{outlet}.{factor}.{basis}",
        scope=f"permit-{outlet}",
        factor=factor,
        basis=basis,
        unit=unit,
        decimals=decimals,
        standard="排污许可证",
        clause=f"{number} {outlet} 许可{'排放量' if basis == 'year' else '排放浓度'}",
        edition=valid_from.isoformat(),
        task=task,
        source="注册表登记的许可限值 as registered",
        verified=True,
        valid_from=valid_from.isoformat(),
        valid_to=valid_to.isoformat() if valid_to else None,
        high=high,
    )


def _kind(fuel: Fuel, firing: Firing | None, *, condensing: bool, coal_class: CoalClass) -> str:
    if fuel is Fuel.GAS:
        return "gas-condensing" if condensing else "gas"
    if fuel is not Fuel.COAL:
        return fuel.value
    if firing is Firing.PULVERISED:
        return "pulverised"
    return f"{'fluidised' if firing is Firing.FLUIDISED_BED else 'grate'}-{coal_class.value}"


def _stack_fuel(fuel: Fuel) -> str:
    return Fuel.COAL.value if fuel is Fuel.BIOMASS else fuel.value


def _fits_size(limit: Limit, rated: float | None) -> bool:
    if limit.rated_above is None and limit.rated_up_to is None:
        return True
    if rated is None:
        return False
    return (limit.rated_above is None or rated > limit.rated_above) and (
        limit.rated_up_to is None or rated <= limit.rated_up_to
    )


def _rounded(value: float, decimals: int) -> float:
    return float(Decimal(repr(value)).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_EVEN))
