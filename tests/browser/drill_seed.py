"""What the pages of sites show in their tests, besides what `tests.browser.seed` wrote: days, hours, verdicts, marks, refusals."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from schemas.registry.model import Document
from schemas.times import DAY, HOUR, SHANGHAI, day_of, day_start, month_start
from tests.browser.seed import NOW, SITE, THIS_HOUR

if TYPE_CHECKING:
    from datetime import date

    from tests.browser.seed import Incidents

TODAY = day_of(NOW)
WATER = {"w01018": 31.2, "w21003": 6.43, "w21001": 9.81, "w21011": 0.31, "w01012": 7.0, "w01010": 18.5}
PAYLOAD = b'{"ts": 1, "values": {"w21003": 999, "note": "<script>alert(1)</script>"}}'
#: The longest a name may be.
LONG = "永兴示例资源循环利用与稀贵金属综合回收精深加工产业园区集中供热供汽配套锅炉房一期"
MANY = 90
BOILER, UNIT = "lyt-boiler", "ht-cement"


def fill(desk: Incidents) -> None:
    """Write one site of each kind as derived and judged, and what was refused of the sewage plant."""
    for factor, value in WATER.items():
        day(desk, SITE, "outlet", factor, TODAY - DAY, value)
    for hour in range(3):
        at = THIS_HOUR - (hour + 1) * HOUR
        _hour(desk, point(desk, BOILER, "B1", "yx_b_efficiency"), at, 79.4, (77.9, 80.9))
        _hour(desk, point(desk, BOILER, "B1", "yx_b_efficiency_indirect"), at, 81.6, (80.0, 83.1))
    refused(desk, SITE, "out_of_range", "w21003 999 > 100", PAYLOAD)
    refused(desk, SITE, "malformed", "not JSON", b"\xff\x00broken")
    mark(desk, SITE, "outlet", "w21003")


def day(desk: Incidents, site: str, device: str, factor: str, at: date, value: float | None) -> None:
    desk.query(
        "INSERT INTO daily (point_id, day, value, n_valid, n_expected, valid, marks, note, rule_version, n_received)"
        " VALUES (%s, %s, %s, 24, 24, true, '', '', 'tests', 24)"
        " ON CONFLICT (point_id, day) DO UPDATE SET value = excluded.value, valid = true, n_valid = 24, n_received = 24",
        point(desk, site, device, factor), at, value,
    )  # fmt: skip


def _hour(desk: Incidents, number: int, at: datetime, value: float, band: tuple[float, float]) -> None:
    desk.query(
        "INSERT INTO hourly (point_id, hour, value, low, high, n_valid, n_expected, valid, marks, note, rule_version)"
        " VALUES (%s, %s, %s, %s, %s, 60, 60, true, '', '', 'tests') ON CONFLICT DO NOTHING",
        number, at, value, *band,
    )  # fmt: skip


def point(desk: Incidents, site: str, place: str, factor: str) -> int:
    [(number,)] = desk.query(
        "SELECT point_id FROM point WHERE (site_id, device_id, factor) = (%s, %s, %s)", site, place, factor
    )
    return int(number)


def refused(desk: Incidents, site: str, reason: str, said: str, payload: bytes) -> None:
    desk.query(
        "INSERT INTO rejection (received_at, reason, topic, site_id, device_id, details, refused, payload, batch_id)"
        " VALUES (%s, %s, %s, %s, 'outlet', %s, 1, %s, 1)",
        NOW - HOUR, reason, f"yx/v1/{site}/outlet/telemetry", site, [said], payload,
    )  # fmt: skip


def mark(desk: Incidents, site: str, device: str, factor: str) -> None:
    desk.query(
        "INSERT INTO mark (site_id, device_id, point_ids, kind, since, until, reason, evidence, made_by)"
        " VALUES (%s, %s, %s, 'maintenance', %s, %s, '更换电极', '维护单 07', 'epb-chen')",
        site, device, [point(desk, site, device, factor)], NOW - HOUR, NOW + HOUR,
    )  # fmt: skip


def verdict(
    desk: Incidents, rule: str, subject: str, outcome: str, body: dict[str, Any], since: datetime | None = None
) -> None:
    """Put a verdict of the month (energy_budget) or year in force."""
    begin = since or datetime(TODAY.year, 1, 1, tzinfo=SHANGHAI)
    desk.query(
        "INSERT INTO verdict (rule, subject, window_start, window_end, outcome, value, limit_value, limit_id, body)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, 'budget', %s)",
        rule, subject, begin, NOW + timedelta(days=30), outcome, body.get("used"), body.get("allowed"), json.dumps(body),
    )  # fmt: skip


def budget(desk: Incidents, site: str = UNIT) -> None:
    """Judge the unit's month as projected beyond its budget, and its year."""
    clause = {"unit": "tce", "standard": "县用能预算", "clause": "（十二）重点用能单位年度用能预算管理", "edition": "2026-01-01",
              "verified": True, "through": (TODAY - DAY).isoformat()}  # fmt: skip
    month = clause | {"used": 1210.4, "allowed": 1500.0, "projected": 1710.2, "kind": "projected"}
    year = clause | {"used": 15100.0, "allowed": 18000.0, "projected": 18650.0, "kind": "projected", "use_rate": 0.8389,
                     "passes_on": f"{TODAY.year}-12-19"}  # fmt: skip
    verdict(desk, "energy_budget", f"{site}/budget", "exceeding", month, day_start(month_start(TODAY)))
    verdict(desk, "energy_year", f"{site}/budget", "exceeding", year)


def crowd() -> Document:
    """Return a county of many sites, all with names of forty characters."""
    towns = ("便江街道", "马田镇", "高亭司镇", "鲤鱼塘镇")
    device = {
        "id": "dcs",
        "name": LONG,
        "points": [{"factor": "yx_e_kwh", "kind": "counter", "carrier": "electricity"}],
    }
    return Document.model_validate(
        {
            "county": {"name": "示例县", "code": "431023"},
            "bureaus": [{"id": "epb", "name": LONG}],
            "sites": [
                {
                    "id": f"site-{number:04}", "name": f"{number:04}{LONG}"[:40], "kind": "energy_unit", "town": towns[number % 4],
                    "lead_bureau": "epb", "devices": [device],
                }
                for number in range(MANY)
            ],
        }
    )  # fmt: skip
