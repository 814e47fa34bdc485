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


class MarkKind(StrEnum):
    """Why a person marks a period 标记 (announcement 2022 No. 21; the types seen on the national platform)."""

    CALIBRATION = "calibration"
    STANDARD_CHECK = "standard_check"
    FAULT = "fault"
    MAINTENANCE = "maintenance"
    STOPPED = "stopped"
    STARTING = "starting"
    VALID = "valid"


class SiteKind(StrEnum):
    """What a site is, for the wall and for routing."""

    SEWAGE_PLANT = "sewage_plant"
    BOILER_HOUSE = "boiler_house"
    ENERGY_UNIT = "energy_unit"


class PointKind(StrEnum):
    """How the values of a point follow each other."""

    GAUGE = "gauge"
    COUNTER = "counter"
    #: Each value is what was consumed in the interval that begins at its instant.
    INTERVAL = "interval"


class Medium(StrEnum):
    """What a boiler makes."""

    SATURATED_STEAM = "saturated_steam"
    SUPERHEATED_STEAM = "superheated_steam"
    HOT_WATER = "hot_water"


class Fuel(StrEnum):
    """What a boiler burns."""

    COAL = "coal"
    GAS = "gas"
    OIL = "oil"
    BIOMASS = "biomass"


class Firing(StrEnum):
    """How a boiler burns it (GB 24500-2020 tables 1-4)."""

    GRATE = "grate"
    FLUIDISED_BED = "fluidised_bed"
    PULVERISED = "pulverised"
    CHAMBER = "chamber"


class CoalClass(StrEnum):
    """Classes of coal for boilers (GB 24500-2020; TSG G0002-2010)."""

    BITUMINOUS_1 = "bituminous_1"
    BITUMINOUS_2 = "bituminous_2"
    BITUMINOUS_3 = "bituminous_3"
    LEAN = "lean"
    ANTHRACITE_2 = "anthracite_2"
    ANTHRACITE_3 = "anthracite_3"
    LIGNITE = "lignite"


class GasState(StrEnum):
    """The state a flue gas value is sent in; limits hold for the dry gas at 273 K and 101 325 Pa."""

    DRY_STANDARD = "dry_standard"
    WET_STANDARD = "wet_standard"
    ACTUAL = "actual"


class Position(StrEnum):
    """Where in the flue an instrument sits: behind a scrubber the indirect method would flatter the boiler."""

    BOILER_EXIT = "boiler_exit"
    STACK = "stack"
    AFTER_SCRUBBER = "after_scrubber"


class Carrier(StrEnum):
    """What energy is bought as (GB/T 2589-2020 appendix A)."""

    ELECTRICITY = "electricity"
    RAW_COAL = "raw_coal"
    NATURAL_GAS = "natural_gas"
    STEAM = "steam"
    CLEANED_COAL = "cleaned_coal"
    COKE = "coke"
    FUEL_OIL = "fuel_oil"
    GASOLINE = "gasoline"
    DIESEL = "diesel"
    LPG = "lpg"
    LNG = "lng"
    HEAT = "heat"
    WATER = "water"
    BIOGAS = "biogas"


class Balance(StrEnum):
    """How a meter enters its site's balance: purchased + drawn from stock − sold − put on stock; nothing twice."""

    IN = "in"
    OUT = "out"
    NONE = "none"


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
    """The period a limit is judged over. An instantaneous limit 瞬时值 is held against hour values, as suspicion."""

    INSTANT = "instant"
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
    QUARTER = "quarter"
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


LEVEL_ZH = {Level.BLUE: "蓝色", Level.YELLOW: "黄色", Level.ORANGE: "橙色", Level.RED: "红色"}
CARRIER_ZH = {
    Carrier.ELECTRICITY: "电力",
    Carrier.RAW_COAL: "原煤",
    Carrier.NATURAL_GAS: "天然气",
    Carrier.STEAM: "蒸汽",
    Carrier.CLEANED_COAL: "洗精煤",
    Carrier.COKE: "焦炭",
    Carrier.FUEL_OIL: "燃料油",
    Carrier.GASOLINE: "汽油",
    Carrier.DIESEL: "柴油",
    Carrier.LPG: "液化石油气",
    Carrier.LNG: "液化天然气",
    Carrier.HEAT: "热力",
    Carrier.WATER: "新水",
    Carrier.BIOGAS: "沼气",
}
FUEL_ZH = {Fuel.COAL: "燃煤", Fuel.GAS: "燃气", Fuel.OIL: "燃油", Fuel.BIOMASS: "生物质"}
MARK_KIND_ZH = {
    MarkKind.CALIBRATION: "校准",
    MarkKind.STANDARD_CHECK: "标样核查",
    MarkKind.FAULT: "故障",
    MarkKind.MAINTENANCE: "日常维护",
    MarkKind.STOPPED: "停运",
    MarkKind.STARTING: "启停",
    MarkKind.VALID: "数据有效",
}
#: The letter a person's mark puts in place of the device's: small, so that one sees who said it.
MARK_LETTER = {
    MarkKind.CALIBRATION: "c",
    MarkKind.STANDARD_CHECK: "k",
    MarkKind.FAULT: "d",
    MarkKind.MAINTENANCE: "m",
    MarkKind.STOPPED: "f",
    MarkKind.STARTING: "u",
    MarkKind.VALID: "v",
}
SITE_KIND_ZH = {
    SiteKind.SEWAGE_PLANT: "污水处理厂",
    SiteKind.BOILER_HOUSE: "锅炉房",
    SiteKind.ENERGY_UNIT: "重点用能单位",
}
CHECK_ZH = {CheckKind.SAFETY: "安全检验", CheckKind.EFFICIENCY: "能效测试", CheckKind.EMISSION: "排放检测"}
#: Marks as HJ 212-2017 table 8 names them, and the house's own letters.
MARK_ZH = {
    "N": "正常", "F": "停运", "M": "维护", "S": "手工", "D": "故障", "C": "校准", "T": "超量程", "B": "通讯异常",
    "n": "正常（接收时间）",
}  # fmt: skip
