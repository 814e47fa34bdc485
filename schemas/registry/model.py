"""What a county writes down about itself: one document, every field with its unit and meaning.

Read with `schemas.registry.document`, proved with `schemas.registry.check`, kept with `schemas.registry.store`.
All dates are Asia/Shanghai days. Ids are part of MQTT topics, hence the narrow alphabet.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from schemas.catalog.enums import (
    Balance,
    Carrier,
    CheckKind,
    CoalClass,
    ElectricityBasis,
    Firing,
    Fuel,
    GasState,
    Medium,
    PointKind,
    Position,
    SiteKind,
)
from schemas.times import SHANGHAI

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,48}$")]
Name = Annotated[str, Field(min_length=1, max_length=40)]
#: An instant; written without a zone it is Beijing time, as people write it.
Instant = Annotated[
    datetime, AfterValidator(lambda at: (at if at.tzinfo else at.replace(tzinfo=SHANGHAI)).astimezone(SHANGHAI))
]


class Entry(BaseModel):
    """Base of all entries: unknown fields are refused, values do not change after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class County(Entry):
    """The county and its caps (plan task 2)."""

    name: Name
    code: str = Field(pattern=r"^\d{6}$", description="行政区划代码")
    energy_cap_tce: float | None = Field(None, gt=0, description="能源消费总量控制, tce a year")


class Bureau(Entry):
    """A bureau 单位 that leads or takes part in tasks of the plan."""

    id: Id
    name: Name
    former_name: str | None = None
    channels: list[Id] = Field(
        default_factory=list, description="names in the channels file: the bureau's group robots and mail boxes"
    )


class Person(Entry):
    """Someone who is told: of a bureau (inspector, chief, analyst), or of one site (operator)."""

    id: Id
    name: Name
    bureau: Id | None = None
    site: Id | None = Field(None, description="an operator's site; then no bureau")
    phone: str | None = None
    role: Literal["inspector", "chief", "analyst", "operator"] = "inspector"
    channels: list[Id] = Field(default_factory=list, description="names in the channels file; the bureau's where empty")


class Duty(Entry):
    """Who of a bureau is called, in order: the ladder of escalation."""

    bureau: Id
    people: list[Id] = Field(min_length=1)


class Rota(Entry):
    """Who of a bureau is on duty when 值班表: people take turns from *starts*, handing over at its time of day."""

    bureau: Id
    starts: Instant = Field(description="the first hand-over; each later one at the same time of day")
    turn_days: int = Field(1, ge=1, le=28, description="days of one turn")
    people: list[Id] = Field(min_length=1)
    rest_days: list[Id] = Field(
        default_factory=list,
        description="who take turns, a day each, on weekends and statutory holidays; the others' turns go on meanwhile",
    )


class Point(Entry):
    """One series a device sends: a factor, its unit and what values can be believed."""

    factor: str
    unit: str | None = Field(None, description="as sent; the factor's own unit where absent")
    low: float | None = None
    high: float | None = None
    interval_s: int = Field(60, ge=1, le=86400, description="seconds between two readings")
    kind: PointKind = PointKind.GAUGE
    register_max: float | None = Field(None, gt=0, description="a counter rolls over to 0 here")
    carrier: Carrier | None = Field(None, description="what a counter counts, for the energy balance")
    balance: Balance = Field(
        Balance.IN, description="in: purchased, from stock; out: sold, to stock; none: made on site"
    )
    lhv_kj: float | None = Field(
        None, gt=0, description="measured lower heating value, kJ per unit: goes before the table"
    )
    gas_state: GasState = Field(GasState.DRY_STANDARD, description="state of a flue gas value as sent")
    position: Position | None = Field(None, description="where in the flue; needed for the indirect method")
    location: str | None = None


class Device(Entry):
    """One sender on the broker: its id is part of the topic and of its credential."""

    id: Id
    name: Name
    mn: str | None = Field(None, pattern=r"^[0-9A-Za-z]{14,24}$", description="设备唯一标识 of HJ 212")
    points: list[Point] = Field(min_length=1)


class Outlet(Entry):
    """A sewage outlet 排放口 and the standard its permit names."""

    id: Id
    name: Name
    device: Id
    standard: Literal["GB18918-1A", "GB18918-1B"] = "GB18918-1A"
    eia_approved: date = Field(description="环评批复日期: GB 18918 counts it as the date built")


class Stack(Entry):
    """A stack 废气排放口 and the boilers that share it (GB 13271-2014)."""

    id: Id
    name: Name
    device: Id
    boilers: list[Id] = Field(min_length=1)
    special: bool = Field(default=False, description="特别排放限值 (table 3) binds here by the province's decision")
    duct_area_m2: float | None = Field(None, gt=0, description="烟道截面积, where velocity is sent instead of flow")


class Permit(Entry):
    """A limit of the discharge permit 排污许可证 for one outlet or stack; it goes before the standard's."""

    outlet: Id
    factor: str
    basis: Literal["hour", "day", "year"]
    high: float = Field(gt=0, description="mg/L or mg/m3 (converted); with basis year: tonnes")
    decimals: int = Field(2, ge=0, le=4, description="a value is rounded to so many before it is compared")
    number: str = Field(min_length=1, max_length=60, description="许可证编号")
    valid_from: date
    valid_to: date | None = None
    high_cold: float | None = Field(None, gt=0, description="括号内数值: NH3-N at 12 °C water or below")


class MeterChange(Entry):
    """A meter that was replaced or reset 换表: what the old one showed last and the new one first."""

    device: Id
    factor: str
    at: Instant
    closing: float = Field(ge=0)
    opening: float = Field(ge=0)


class Analysis(Entry):
    """What a laboratory found of a boiler's fuel and ash 煤质灰渣化验, in force from its day."""

    boiler: Id
    day: date
    lhv: float | None = Field(None, gt=0, description="kJ/kg or kJ/Nm3")
    q4_pct: float | None = Field(None, ge=0, le=40, description="固体未完全燃烧热损失 %")
    q6_pct: float | None = Field(None, ge=0, le=10, description="灰渣物理热损失 %")


class Check(Entry):
    """One page of a boiler's three-in-one file (task 13)."""

    kind: CheckKind
    done: date
    result: Literal["passed", "failed"]
    next_due: date
    body: str | None = Field(None, description="检验机构")


class Boiler(Entry):
    """A boiler, what it burns and what its file says."""

    id: Id
    name: Name
    device: Id
    fuel: Fuel
    medium: Medium
    rated: float = Field(gt=0, description="rated output: t/h of steam, or MW for hot water")
    manufactured: date
    lhv: float = Field(gt=0, description="fuel's lower heating value: kJ/kg for coal, kJ/Nm3 for gas")
    wetness_pct: float = Field(2.0, ge=0, le=10, description="蒸汽湿度 %, where not measured")
    condensing: bool = False
    firing: Firing | None = Field(None, description="grate for solid fuels, chamber for gas and oil, where absent")
    coal_class: CoalClass = CoalClass.BITUMINOUS_2
    eia_approved: date | None = Field(None, description="环评批复日期; the day of manufacture where absent")
    baseline_efficiency_pct: float | None = Field(None, gt=0, le=110, description="2015 baseline, in-service boilers")
    checks: list[Check] = Field(default_factory=list)


class Budget(Entry):
    """An annual energy budget 用能预算 in force from a day until the next one replaces it (tasks 12, 40)."""

    valid_from: date
    annual_tce: float = Field(gt=0)
    electricity: ElectricityBasis
    shares: list[float] | None = Field(
        None, description="twelve month shares that sum to 1; calendar days where absent"
    )


class Site(Entry):
    """A site: where it is, who answers for it, what stands there."""

    id: Id
    name: Name
    kind: SiteKind
    town: Name
    lead_bureau: Id
    contact: str | None = None
    devices: list[Device] = Field(default_factory=list)
    outlets: list[Outlet] = Field(default_factory=list)
    boilers: list[Boiler] = Field(default_factory=list)
    stacks: list[Stack] = Field(default_factory=list)
    permits: list[Permit] = Field(default_factory=list)
    analyses: list[Analysis] = Field(default_factory=list)
    meter_changes: list[MeterChange] = Field(default_factory=list)
    budgets: list[Budget] = Field(default_factory=list)


class Document(Entry):
    """The whole registry."""

    county: County
    bureaus: list[Bureau]
    people: list[Person] = Field(default_factory=list)
    duties: list[Duty] = Field(default_factory=list)
    rotas: list[Rota] = Field(default_factory=list)
    sites: list[Site]
