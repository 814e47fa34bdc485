"""The figures plants are built from, read once from figures.toml, where each one's source stands."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import msgspec

Swing = tuple[float, float]


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of the tables of figures.toml; units stand in the names."""


class EfficiencyFigures(_Table, frozen=True):
    """True efficiencies on LHV basis, in %."""

    coal_new: float
    coal_in_service: float
    gas_steam: float
    gas_hot_water: float
    gas_condensing: float
    new_since_year: int


class SteamFigures(_Table, frozen=True):
    """Operating point of steam boilers; pressure is gauge."""

    pressure_mpa: float
    feed_c_coal: float
    feed_c_gas: float


class HotWaterFigures(_Table, frozen=True):
    """Operating point of hot-water boilers; pressure is gauge, spread at rated output."""

    pressure_mpa: float
    return_c: float
    spread_k: float


class FlueFigures(_Table, frozen=True):
    """Flue gas, and how it follows lost efficiency."""

    coal_c: float
    gas_c: float
    coal_o2_pct: float
    gas_o2_pct: float
    c_per_point: float
    o2_per_point: float


class SewageFigures(_Table, frozen=True):
    """Effluent: middle and swing of each, range of plant sizes, and what a failure leaves."""

    cod_mgl: Swing
    nh3n_mgl: Swing
    tn_mgl: Swing
    tp_mgl: Swing
    ss_mgl: Swing
    ph: Swing
    water_c: Swing
    flow_ls: Swing
    nitrate_left_mgl: float
    ramp_s: float


class KgceFigures(_Table, frozen=True):
    """Kilograms of standard coal for one kWh, kg of coal, m3 of gas, kg of steam."""

    electricity: float
    raw_coal: float
    natural_gas: float
    steam: float
    electricity_equivalent: float


class SplitFigures(_Table, frozen=True):
    """Weights by which a budget splits over carriers."""

    electricity: float
    raw_coal: float
    natural_gas: float
    steam: float


class MeterFigures(_Table, frozen=True):
    """How much of its budget a unit spends, and on what."""

    share_of_budget: float
    split: SplitFigures


class Figures(_Table, frozen=True):
    """All tables."""

    efficiency_pct: EfficiencyFigures
    steam: SteamFigures
    hot_water: HotWaterFigures
    flue: FlueFigures
    sewage: SewageFigures
    kgce: KgceFigures
    meter: MeterFigures


def load() -> Figures:
    """Return the shipped figures. Raises msgspec.ValidationError when the shipped file is broken."""
    text = files(__package__).joinpath("figures.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Figures)


FIGURES = load()
