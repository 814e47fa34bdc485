"""Units of the catalogue in Grafana's words: an id of Grafana where it shows the same sign and never rescales, else our own suffix.

Grafana's ids for kilograms, tonnes, kilowatts and the like rescale (1,000 kg become "1 t"): a value is shown as it is judged.
"""

from __future__ import annotations

from grafana_foundation_sdk.models import units as grafana

from schemas.catalog.factors import FACTORS

#: Unit in schemas/catalog/factors.toml → unit in Grafana. A test proves that none is missing.
GRAFANA_UNITS = {
    "%": grafana.Percent,
    "°C": grafana.Celsius,
    "pH": "suffix:pH",
    "L/s": "suffix:L/s",
    "m3/s": "suffix:m³/s",
    "m/s": "suffix:m/s",
    "mg/L": "suffix:mg/L",
    "mg/m3": "suffix:mg/m³",
    "kPa": "suffix:kPa",
    "MPa": "suffix:MPa",
    "kg": "suffix:kg",
    "kg/h": "suffix:kg/h",
    "t": "suffix:t",
    "t/h": "suffix:t/h",
    "m3": "suffix:m³",
    "Nm3/h": "suffix:Nm³/h",
    "kW": "suffix:kW",
    "kWh": "suffix:kWh",
    "GJ": "suffix:GJ",
    "tce": "suffix:tce",
}

NONE = grafana.NoUnit
TEXT = grafana.String
PERCENT = grafana.Percent
SECONDS = grafana.Seconds
#: Seconds, shown as days and h:m:s, the same in every language.
LASTING = grafana.DurationInDaysHoursMinutesSeconds
WHEN = "time:MM-DD HH:mm"
BYTES = grafana.BytesIEC
TCE = GRAFANA_UNITS["tce"]
POINTS = "suffix:百分点"
INCIDENTS = "suffix:起"
DEVICES = "suffix:台"
VALUES = "suffix:个"
MESSAGES = "suffix:条"
HOURS = "suffix:小时"
VALUES_PER_S = "suffix:个/秒"
MESSAGES_PER_S = "suffix:条/秒"
TIMES_PER_S = "suffix:次/秒"
CORES = "suffix:核"
TIMES = "suffix:次"


def of(factor: str) -> str:
    """Return Grafana's unit of a *factor* of the catalogue. Raises KeyError where either is unknown."""
    return GRAFANA_UNITS[FACTORS[factor].unit]
