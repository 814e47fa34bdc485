"""The named queries of wall, drill-down and reports, for the tests of their plans; and those without such a test, and why."""

from __future__ import annotations

from datetime import date, timedelta

from tests.integration.plan_cases import DAY, HOUR, NOON, NOW, POINTS, SUBJECTS, TODAY, Case

_REPORT = {"kind": "day", "scope": "plant-7", "period": "2026-03-06"}
_LIST = {"since": TODAY - 30 * DAY, "until": TODAY, "at_most": 401}
_JUDGED = {"rules": ["outlet_hour"] * 20, "subjects": SUBJECTS[:20], "since": NOON - DAY, "until": NOON}

CASES = [
    # The wall, several times a second,
    Case("wall_latest",
         {"points": POINTS, "held_us": [round((NOW - HOUR).timestamp()) * 1_000_000] * len(POINTS), "since": NOW - 3 * DAY},
         (NOW - 3 * DAY, NOW), (NOW, NOW)),
    Case("wall_verdicts", {"rules": ["outlet_hour"] * len(SUBJECTS), "subjects": SUBJECTS}),
    Case("wall_incidents", {}),
    Case("wall_pulse", {}),
    # the pages of county and site,
    Case("drill_county_rates", {"points": POINTS[:40], "places": [f"s{n % 10}/DW001" for n in range(40)],
         "since": date(2026, 3, 1), "through": TODAY - DAY}),
    Case("drill_site_hours", {"points": POINTS[:10], "since": NOW - 40 * DAY, "until": NOW}),
    Case("drill_site_last", {"points": POINTS[:30]}),
    Case("drill_site_incidents", {"site": "plant-7", "since": NOW - 30 * DAY, "at_most": 30}),
    Case("drill_site_rejections", {"site": "s", "since": NOW - DAY}),
    Case("drill_site_rejection", {"site": "s", "rejection": 77}),
    Case("drill_site_marks", {"site": "plans", "after": NOW - DAY, "at_most": 50}),
    # of point, hour and message,
    Case("drill_point_months", {"point": 7, "since": TODAY - 366 * DAY, "until": TODAY}),
    Case("drill_point_verdicts", {"rules": ["outlet_hour"], "subjects": SUBJECTS[:1], "since": NOON - 3 * DAY, "until": NOON}),
    Case("drill_point_amended",
         {"rules": ["outlet_hour"], "subjects": SUBJECTS[:1], "since": NOON - 3 * DAY, "until": NOON, "at_most": 200}),
    Case("drill_point_incidents",
         {"rules": ["outlet_hour"], "subjects": SUBJECTS[:1], "since": NOON - 3 * DAY, "until": NOON, "at_most": 300}),
    Case("drill_point_last", {"point": 7}),
    Case("drill_hour_reading", {"point": 7, "since": NOON, "until": NOON + timedelta(milliseconds=1)}, (NOON, NOON), (NOON, NOON)),
    Case("drill_hour_rejections", {"site": "s", "device": "d7", "since": NOON, "until": NOON + 6 * HOUR, "at_most": 300}),
    # reports: a day or a month of all sites at once,
    Case("report_hours", {"points": POINTS, "since": NOON - 20 * HOUR, "until": NOON + 4 * HOUR}),
    Case("report_days", {"points": POINTS, "first": TODAY - 31 * DAY, "last": TODAY}),
    Case("report_first", {"points": POINTS}),
    Case("report_verdicts", _JUDGED),
    Case("report_exceeding", _JUDGED),
    Case("report_outcomes", _JUDGED),
    Case("report_amended", _JUDGED),
    Case("report_spread", {"points": POINTS[:10], "since": NOON - DAY, "until": NOON, "step": 2.0}),
    Case("report_acts", {"incidents": list(range(1, 201)), "until": NOW}),
    Case("report_notices", {"incidents": list(range(1, 201)), "until": NOW}),
    # and as they are filed.
    Case("report_store_newest", _REPORT),
    Case("report_store_history", _REPORT),
    Case("report_store_publications", _REPORT | {"kind": "publicity"}),
    Case("report_store_list", _LIST | {"kind": None, "scopes": None}),
    Case("report_store_list", _LIST | {"kind": "day", "scopes": ["plant-7"]}),
    Case("report_store_one", {"report_id": 7}),
    Case("report_store_seen", {"report_id": 7}),
    Case("report_store_released", {"at_most": 120}),
    Case("report_store_made", {"since": TODAY - 35 * DAY, "kinds": ["day"]}),
    Case("report_store_first", {"kinds": ["day"], "by": "schedule"}),
    Case("report_store_changed", {"since": TODAY - 100 * DAY, "after": 28_000}),
    Case("report_store_standing", {}),
]  # fmt: skip

WITHOUT = {
    "roles and rights of the server, no table": "reader_fence reader_fenced reader_grant reader_make reader_say reader_there",
    "the registry as screens show it: written whole when it changes": (
        "shown_bureaus shown_lock shown_points shown_rules shown_said shown_sites shown_stands shown_subjects"
    ),
    "writes by key alone, reads no table": "report_store_insert report_store_release",
    "a person's act, by key": "report_store_replace report_store_withdraw",
    "a report, once a day or month: marks are few, of all incidents those that stood then": (
        "report_cases report_incidents report_marks"
    ),
    "the registry: few versions, read when they change": "report_registry",
    "a table with a row for each device, read whole": "wall_clocks",
}
