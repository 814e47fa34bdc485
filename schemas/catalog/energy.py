"""Standard-coal factors 折标系数, dated, with their source. Read once from energy.toml. Pure after that."""

from __future__ import annotations

import math
import tomllib
from importlib.resources import files
from typing import TYPE_CHECKING

import msgspec

from schemas.catalog.enums import Carrier, ElectricityBasis
from schemas.catalog.factors import FACTORS as CODES

if TYPE_CHECKING:
    from datetime import date

#: kJ of one kilogram of standard coal: 7000 kcal × 4.1868 (GB/T 2589-2020; house reference 5.1).
KJ_PER_KGCE = 29_307.6
_KG_PER_T = 1000


class CoalFactor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much standard coal one unit of a register stands for; *kgce* per register unit (kWh, t, m3, GJ).

    *lhv_kj*: the table's lower heating value in kJ per kg or m3, for fuels only: those a measured one replaces.
    *valid_from*: Shanghai day (YYYY-MM-DD) from which the row counts, until a later one of its carrier begins.
    """

    carrier: Carrier
    register: str
    kgce: float
    standard: str
    clause: str
    source: str
    verified: bool
    valid_from: str
    basis: ElectricityBasis | None = None
    lhv_kj: float | None = None


def load() -> list[CoalFactor]:
    """Return all factors. Raises msgspec.ValidationError when the shipped file is broken."""
    text = files(__package__).joinpath("energy.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text)["factor"], list[CoalFactor])


FACTORS = load()


def factor_on(carrier: Carrier, basis: ElectricityBasis, day: date, *, lhv_kj: float | None = None) -> CoalFactor:
    """Return the row that turns *carrier* into standard coal on the Shanghai *day*, to explain a number by.

    *lhv_kj*: measured lower heating value, kJ per kg (register in t) or per m3 (register in m3). It goes before the
    table: factor = LHV / 29 307.6 kgce per kg or m3 (GB/T 2589-2020; house reference 5.1), and the row returned says
    so in its clause. Electricity, heat, steam and water are not burned: there a measured LHV has no meaning and is
    left aside, so that a stray entry cannot take a meter out of the balance. *basis* moves electricity alone.

    Raises:
        LookupError: no factor is in force that day (an earlier edition is not guessed from a later one).
        ValueError: *lhv_kj* of a fuel is not a positive finite number.

    """
    wanted = basis if carrier is Carrier.ELECTRICITY else None
    held = [f for f in FACTORS if f.carrier is carrier and f.basis == wanted and f.valid_from <= day.isoformat()]
    if not held:
        raise LookupError(f"no standard-coal factor for {carrier} on {day}")
    row = max(held, key=lambda factor: factor.valid_from)
    if lhv_kj is None or row.lhv_kj is None:
        return row
    if not (math.isfinite(lhv_kj) and lhv_kj > 0):
        raise ValueError(f"lower heating value of {carrier} must be positive: {lhv_kj}")
    in_tonnes = CODES[row.register].unit == "t"
    return msgspec.structs.replace(
        row,
        kgce=lhv_kj / KJ_PER_KGCE * (_KG_PER_T if in_tonnes else 1),
        lhv_kj=lhv_kj,
        clause=f"实测低位发热量 {lhv_kj:g} kJ/{'kg' if in_tonnes else 'm3'} ÷ 29307.6 kJ/kgce",
        source="registry: measured lower heating value; house reference 5.1",
        verified=True,
    )


def tce_per_unit(carrier: Carrier, basis: ElectricityBasis, day: date, *, lhv_kj: float | None = None) -> float:
    """Return tonnes of standard coal per register unit of *carrier* on the Shanghai *day*; see `factor_on`.

    Raises:
        LookupError: no factor is in force that day.
        ValueError: *lhv_kj* of a fuel is not a positive finite number.

    """
    return factor_on(carrier, basis, day, lhv_kj=lhv_kj).kgce / 1000
