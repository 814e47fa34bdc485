"""Closed lists of the field. Adding a member is a decision, so each says what it stands for."""

from __future__ import annotations

from enum import StrEnum


class Mark(StrEnum):
    """Data mark 数据标记 of a value (HJ 212-2017 table 8)."""

    NORMAL = "N"
    STOPPED = "F"
    MAINTENANCE = "M"
    SET_BY_HAND = "S"
    FAULT = "D"
    CALIBRATING = "C"
    ABOVE_RANGE = "T"
    NO_LINK = "B"


class Reason(StrEnum):
    """Why a value or a message was refused. Each keeps its bytes and can be replayed."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    MALFORMED = "malformed"
    BAD_TOPIC = "bad_topic"
    UNSUPPORTED_KIND = "unsupported_kind"
    UNKNOWN_DEVICE = "unknown_device"
    UNKNOWN_POINT = "unknown_point"
    BAD_TIMESTAMP = "bad_timestamp"
    FUTURE = "future"
    TOO_OLD = "too_old"
    NOT_A_NUMBER = "not_a_number"
    NOT_FINITE = "not_finite"
    BAD_MARK = "bad_mark"
    OUT_OF_RANGE = "out_of_range"
    CONFLICT = "conflict"
    DATABASE_REFUSED = "database_refused"
    DECODER_FAILED = "decoder_failed"
    TOO_FAST = "too_fast"


class SiteKind(StrEnum):
    """What a site is, for the wall and for routing."""

    SEWAGE_PLANT = "sewage_plant"
    BOILER_HOUSE = "boiler_house"
    ENERGY_UNIT = "energy_unit"


class PointKind(StrEnum):
    """How the values of a point follow each other."""

    GAUGE = "gauge"
    COUNTER = "counter"


class Medium(StrEnum):
    """What a boiler makes."""

    SATURATED_STEAM = "saturated_steam"
    HOT_WATER = "hot_water"


class Fuel(StrEnum):
    """What a boiler burns."""

    COAL = "coal"
    GAS = "gas"


class Carrier(StrEnum):
    """What energy is bought as (GB/T 2589-2020 appendix A)."""

    ELECTRICITY = "electricity"
    RAW_COAL = "raw_coal"
    NATURAL_GAS = "natural_gas"
    STEAM = "steam"


class ElectricityBasis(StrEnum):
    """How electricity is turned into standard coal; a budget and its actuals use the same."""

    CALORIFIC = "calorific"
    EQUIVALENT = "equivalent"


class CheckKind(StrEnum):
    """The three-in-one file of a boiler (plan task 13): 安全、节能、环保."""

    SAFETY = "safety"
    EFFICIENCY = "efficiency"
    EMISSION = "emission"


class Basis(StrEnum):
    """The period a limit is judged over."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
    YEAR = "year"


class Outcome(StrEnum):
    """The three verdicts. Silence is never compliant."""

    COMPLIANT = "compliant"
    EXCEEDING = "exceeding"
    NOT_JUDGEABLE = "not_judgeable"


class Level(StrEnum):
    """Four warning levels 四级预警, least first."""

    BLUE = "blue"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"


class IncidentState(StrEnum):
    """Where an incident stands."""

    OPEN = "open"
    CLOSED = "closed"


LEVEL_ZH = {Level.BLUE: "蓝色", Level.YELLOW: "黄色", Level.ORANGE: "橙色", Level.RED: "红色"}
CARRIER_ZH = {
    Carrier.ELECTRICITY: "电力",
    Carrier.RAW_COAL: "原煤",
    Carrier.NATURAL_GAS: "天然气",
    Carrier.STEAM: "蒸汽",
}
FUEL_ZH = {Fuel.COAL: "燃煤", Fuel.GAS: "燃气"}
SITE_KIND_ZH = {
    SiteKind.SEWAGE_PLANT: "污水处理厂",
    SiteKind.BOILER_HOUSE: "锅炉房",
    SiteKind.ENERGY_UNIT: "重点用能单位",
}
CHECK_ZH = {CheckKind.SAFETY: "安全检验", CheckKind.EFFICIENCY: "能效测试", CheckKind.EMISSION: "排放检测"}
