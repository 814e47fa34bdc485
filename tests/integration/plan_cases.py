"""The named queries as the service makes them, for the tests of their plans; and those without such a test, and why."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from psycopg.types.json import Jsonb

FIRST = datetime(2026, 3, 2, tzinfo=UTC)
NOW = FIRST + timedelta(days=7, seconds=-1)
TODAY = date(2026, 3, 9)  # in Shanghai
NOON = datetime(2026, 3, 6, 12, tzinfo=UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
MIDNIGHT = datetime(2026, 3, 8, 16, tzinfo=UTC)  # in Shanghai, of TODAY
Span = tuple[datetime, datetime]
POINTS = list(range(1, 101))
SUBJECTS = [f"plant-{number}/outlet" for number in range(1, 41)]


class Case(NamedTuple):
    """One call as it is made: *asked* is the span of the readings it may plan for, *touched* of those it comes to."""

    query: str
    parameters: dict[str, Any]
    asked: Span | None = None
    touched: Span | None = None
    is_staged: bool = False
    #: Why it may read all of a table or room.
    whole: str = ""
    #: What goes wrong today.
    wrong: str = ""


_ONE = {"rule": "outlet_hour", "subject": SUBJECTS[0]}
_ASKED: dict[str, Any] = {
    "states": ["open"], "site": None, "level": None, "bureau": None, "since": None, "before": None, "at_most": 500,
}  # fmt: skip
_VERDICT: dict[str, Any] = {
    "rules": ["outlet_hour"] * 3, "subjects": SUBJECTS[:3], "starts": [NOON] * 3, "outcomes": ["exceeding"] * 3,
    "values": [3.0] * 3, "limits": [2.0] * 3, "limit_ids": ["x"] * 3, "bodies": ["{}"] * 3,
}  # fmt: skip
_FILTER: dict[str, Any] = {
    "reasons": ["OUT_OF_RANGE"], "site": "", "device": "", "since": None, "contains": "", "replayed_too": False,
    "after": 0, "at_most": 50,
}  # fmt: skip


def _between(points: list[int], since: datetime, until: datetime) -> Case:
    parameters = {"points": points, "since": since, "until": until}
    return Case("reading_between", parameters, (since, until), (since, until))


CASES = [
    # Readings, as the desk asks for them,
    Case("desk_latest", {"points": POINTS, "since": NOW - 3 * DAY}, (NOW - 3 * DAY, NOW), (NOW, NOW)),
    Case("desk_point_latest", {"point": 7, "since": NOW - 40 * DAY}, (FIRST, NOW), (NOW, NOW)),
    # as deriving does,
    _between(POINTS, NOON - 2 * HOUR, NOON + HOUR),
    _between([7], NOON - 20 * HOUR, NOON + 4 * HOUR),
    Case("reading_before", {"points": [7, 8, 9], "at": NOON}, (FIRST, NOON), (NOON, NOON)),
    Case("reading_after", {"points": [7, 8, 9], "at": NOON}, (NOON, NOW), (NOON, NOON)),
    Case("room_underived", {"since": NOON - 12 * HOUR, "until": NOON + 12 * HOUR, "points": POINTS},
         (NOON - 12 * HOUR, NOON + 11 * HOUR), (NOON - 12 * HOUR, NOON + 11 * HOUR),
         whole="each reading of a room is looked at once, before it is dropped"),
    # as the writer does, and as a person who asks where a value came from.
    Case("staging_merge", {}, is_staged=True),
    Case("staging_losers", {"since": NOW - HOUR, "until": NOW}, (NOW - HOUR, NOW), (NOW, NOW), is_staged=True),
    Case("reading_origin", {"site": "plans", "device": "meter", "factor": "f100", "at": NOON}, (NOON, NOON), (NOON, NOON)),
    # The desk's every second,
    Case("desk_hours", {"points": POINTS[:20], "since": NOW - 3 * DAY, "until": NOW}),
    Case("desk_days", {"points": POINTS[:30], "since": TODAY - 40 * DAY, "today": TODAY}),
    Case("desk_sum_days", {"points": POINTS[:10], "since": date(2026, 3, 1), "through": TODAY}),
    Case("desk_verdicts", {"subjects": SUBJECTS, "rules": ["outlet_hour"] * len(SUBJECTS)}),
    Case("desk_incidents_open", {}),
    # and its pages.
    Case("desk_incidents", {**_ASKED, "states": ["open", "unknown", "recovering"]}),
    Case("desk_incidents", {**_ASKED, "states": ["open", "closed"], "site": "plant-7", "before": 77}),
    Case("desk_events", {"incidents": list(range(1, 201))}),
    Case("desk_notices", {"incidents": list(range(1, 201))}),
    Case("desk_incident", {"incident_id": 7}),
    Case("desk_incident_events", {"incident_id": 7}),
    Case("desk_incident_notices", {"incident_id": 7}),
    Case("desk_page_queue", {"live": 500, "rest": 200}),
    Case("desk_page_incident", {"incident_id": 7}),
    Case("desk_page_events", {"incident_id": 7, "at_most": 500}),
    Case("desk_page_notices", {"incident_id": 7, "at_most": 500}),
    Case("desk_page_hours", {"point": 7, "since": NOON - 3 * DAY, "until": NOON}),
    Case("desk_page_days", {"point": 7, "since": TODAY - 40 * DAY, "until": TODAY}),
    Case("desk_page_verdicts", {**_ONE, "since": NOON - 3 * DAY, "until": NOON}),
    Case("desk_page_amended", {**_ONE, "since": NOON - 3 * DAY, "until": NOON, "at_most": 100}),
    Case("desk_page_readings",
         {"point": 7, "since": NOON - 20 * HOUR, "until": NOON + 4 * HOUR, "after": NOON - 4 * HOUR, "at_most": 500},
         (NOON - 4 * HOUR, NOON + 4 * HOUR), (NOON - 4 * HOUR, NOON + 4 * HOUR)),
    # What people and the desk's clock do.
    Case("act_incident", {"incident_id": 7}),
    Case("step_due", {"now": NOW, "at_most": 500}),
    Case("step_take", {"incident_id": 7, "now": NOW}),
    Case("event_untold", {"kinds": ["acked", "settled"], "at_most": 500}),
    Case("incident_live", {"rules": ["ingest_down", "site_offline", "offline"]}),
    Case("incident_muted_by", {"muted": "inhibited:7", "now": NOW}),
    Case("incident_opened_lately", {**_ONE, "since": NOW - DAY}),
    Case("notice_told", {"incident_id": 7}),
    # Deriving, every second;
    Case("stale_take", {"at_most": 1000, "most": 20_000}),
    Case("hourly_between", {"points": POINTS[:10], "since": NOON, "until": NOON + HOUR}),
    Case("hourly_between", {"points": POINTS, "since": NOON - 12 * HOUR, "until": NOON + 12 * HOUR}),
    Case("monthly_between", {"points": POINTS, "since": date(2026, 1, 1), "until": date(2026, 3, 1)}),
    Case("mark_between", {"points": POINTS[:10], "since": NOON, "until": NOON + HOUR}),
    Case("stale_again", {"points": [7, 8], "since": NOW - 29 * DAY}),
    # judging, every second;
    Case("facts_take", {"now": NOW, "at_most": 5000, "basis": None}),
    Case("facts_take", {"now": NOW, "at_most": 5000, "basis": "instant"}),
    Case("facts_waiting", {"now": NOW, "at_most": 10_001}),
    Case("signals_take", {"now": NOW, "today": MIDNIGHT, "at_most": 500}),
    Case("instants_at",
         {"points": [7] * 24, "instants": [NOON - n * MINUTE for n in range(24)], "first": NOON - 23 * MINUTE, "last": NOON},
         (NOON - 23 * MINUTE, NOON), (NOON - 23 * MINUTE, NOON)),
    Case("suspicion_hours", {"points": [7, 8], "sinces": [NOON - 8 * DAY] * 2, "untils": [NOON] * 2}),
    Case("suspicion_days", {"points": [7, 8], "sinces": [TODAY - 31 * DAY] * 2, "untils": [TODAY] * 2}),
    Case("suspicion_raw",
         {"points": [7, 8], "sinces": [NOON - 20 * HOUR] * 2, "untils": [NOON + 4 * HOUR] * 2, "first": NOON - 20 * HOUR,
          "last": NOON + 4 * HOUR},
         (NOON - 20 * HOUR, NOON + 4 * HOUR), (NOON - 20 * HOUR, NOON + 3 * HOUR)),
    Case("watch_standing", {"rules": ["outlet_hour"] * 3, "subjects": SUBJECTS[:3]}),
    Case("watch_starts", {"rule": "outlet_hour", "subjects": SUBJECTS[:3]}),
    Case("self_checks", {"rule": "conservation"}),
    Case("hourly_at", {"points": [7] * 24, "windows": [NOON - n * HOUR for n in range(24)]}),
    Case("daily_at", {"points": [7, 8], "windows": [TODAY - DAY, TODAY]}),
    Case("daily_between", {"points": [7, 8], "since": date(2026, 3, 1), "until": TODAY}),
    Case("daily_first", {"points": POINTS[:10]}),
    Case("facts_again", {"bases": ["hour"], "points": [7, 8], "since": NOON, "until": NOON + DAY}),
    Case("facts_again", {"bases": ["instant"], "points": [7, 8], "since": NOON, "until": NOON + HOUR},
         (NOON, NOON + HOUR), (NOON, NOON + HOUR)),
    Case("verdict_amend", _VERDICT),
    Case("verdict_void", {name: _VERDICT[name] for name in ("rules", "subjects", "starts")}),
    Case("verdict_void_subject", _ONE),
    Case("incident_concerned", {"rules": ["outlet_hour"] * 20, "subjects": SUBJECTS[:20], "since": [NOW - 7 * DAY] * 20}),
    Case("incident_cover", {"rules": ["outlet_hour"], "subject": SUBJECTS[0], "since": NOW - 62 * DAY}),
    Case("verdict_walk", {**_ONE, "since": NOW - 62 * DAY}),
    Case("verdict_walk_first", {**_ONE, "since": NOW - 62 * DAY}),
    Case("incident_since", {**_ONE, "since": NOW - 62 * DAY}),
    Case("incident_stored", {**_ONE, "since": NOW - 62 * DAY}),
    Case("incident_withdraw", {"incident_id": 7, "body": "{}"}),
    Case("incident_lapse", {"incident_id": 7}),
    # sending, whenever a round has ended.
    Case("notice_due", {}),
    Case("notice_free", {"channel": "epb", "now": NOW}),
    Case("notice_fold",
         {"channel": "epb", "now": NOW, "since": NOW - HOUR, "most": 10, "every": HOUR, "gather": HOUR / 120, "quiet": False}),
    Case("notice_claim", {"channel": "epb", "now": NOW, "until": NOW + MINUTE, "at_most": 5}),
    Case("notice_write", {"notice_id": 7, "body": Jsonb({})}),
    Case("notice_folded", {"notice_id": 7}),
    Case("notice_sent", {"notice_id": 7, "at": NOW, "receipt": ""}),
    Case("notice_folded_sent", {"notice_id": 7, "at": NOW, "receipt": ""}),
    Case("notice_release", {"notices": [7], "claim": NOW}),
    Case("notice_retry", {"notice_id": 7, "claim": NOW, "at": NOW, "receipt": "", "refused": 0}),
    Case("notice_give_up", {"notice_id": 7, "at": NOW, "receipt": ""}),
    Case("notice_fall_back", {"notice_id": 7, "at": NOW}),
    # Evidence and rejections, a page at a time.
    Case("batch_walk", {"worker": "w1", "after": 5000, "at_most": 200}),
    Case("rejection_newest", _FILTER),
    Case("rejection_oldest", _FILTER),
    Case("rejection_last", {}),
    Case("rejection_replayed", {"ids": list(range(1, 501))}),
    # `monitor explain`: one Shanghai day.
    Case("explain_batches", {"points": [7, 8], "since": NOON - 20 * HOUR, "until": NOON + 4 * HOUR},
         (NOON - 20 * HOUR, NOON + 4 * HOUR), (NOON - 20 * HOUR, NOON + 4 * HOUR)),
    Case("explain_marks", {"points": [7, 8], "since": NOON - 20 * HOUR, "until": NOON + 4 * HOUR}),
    Case("explain_versions",
         {"points": [7, 8], "since": NOON - 20 * HOUR, "until": NOON + 4 * HOUR, "day": date(2026, 3, 6)}),
    # The evidence of one incident, a page at a time, and the whole chain.
    Case("chain_walk", {"after": 20_000, "at_most": 1000}),
    Case("evidence_chain", {"incident_id": 7, "after": 0, "at_most": 1000}),
    Case("evidence_history", {"incident_id": 7, "after": 0, "at_most": 1000}),
    Case("evidence_incident", {"incident_id": 7}),
    Case("evidence_notices", {"incident_id": 7}),
    Case("evidence_batch", {"batch_id": 77}),
    Case("evidence_readings", {"point": 7, "after": NOON - 20 * HOUR, "until": NOON + 4 * HOUR, "at_most": 5000},
         (NOON - 20 * HOUR, NOON + 4 * HOUR), (NOON - 20 * HOUR, NOON + 4 * HOUR)),
    Case("evidence_size", {"points": [7, 8], "since": NOON - 20 * HOUR, "until": NOON + 4 * HOUR},
         (NOON - 20 * HOUR, NOON + 4 * HOUR), (NOON - 20 * HOUR, NOON + 4 * HOUR)),
    Case("evidence_hours", {"point": 7, "after": NOON - DAY, "until": NOON, "at_most": 1000}),
    Case("evidence_days", {"point": 7, "first": TODAY - 31 * DAY, "last": TODAY}),
    Case("evidence_dropped", {"points": [7, 8], "since": NOON - DAY, "before": NOON}),
    Case("evidence_stale", {"points": [7, 8], "since": NOON - DAY, "until": NOON}),
    Case("evidence_verdict_heads", {"subject": SUBJECTS[0], "since": NOON - DAY, "until": NOON}),
    Case("evidence_verdicts",
         {"subject": SUBJECTS[0], "since": NOON - DAY, "until": NOON, "after_at": FIRST, "after_id": 0, "at_most": 1000}),
    # Every six hours: a little is too old.
    Case("batch_old", {"before": FIRST + HOUR}),
    Case("batch_drop", {"before": FIRST + HOUR, "at_most": 20_000}),
    Case("rejection_old", {"before": FIRST + HOUR}),
    Case("rejection_drop", {"before": FIRST + HOUR, "at_most": 20_000}),
    Case("hourly_old", {"before": NOW - 29 * DAY}),
    Case("daily_old", {"before": TODAY - 390 * DAY}),
    Case("room_stale", {"since": FIRST, "until": FIRST + DAY}),
]  # fmt: skip

#: Queries without a case, and why.
WITHOUT = {
    "a COPY into place: it reads nothing": "reading_copy staging_copy",
    "reads everything, by design: `monitor verify`, called by hand": "batch_rows batch_workers",
    "`monitor explain`, called by hand: verdicts that were amended stand in no index": "explain_verdicts",
    "every six hours, 20,000 rows a time: of the tables here so much that reading all is right": "daily_drop hourly_drop",
    "sessions of the server, no table": "lease_former_end predecessor_end",
    "no table": "line_check notice_lock wake",
    "a table with a row for each lease": "desk_page_evaluator lease_holder lease_release lease_renew lease_take",
    "a table with a row for each account or token": (
        "account_admins account_any account_disable account_enable account_first account_insert account_list account_lock"
        " account_named account_password account_rehash account_session account_tried account_try desk_page_accounts token_insert"
        " token_list token_revoke token_session_ended token_use token_used"
    ),
    "a table of what people plan ahead, a few a week": (
        "desk_page_silences desk_page_swaps desk_silences desk_swaps silence_in_force silence_insert silence_withdraw swap_ahead"
        " swap_insert swap_withdraw"
    ),
    "one row": "acts_told chain_head chain_lock",
    "a table with a row for each thing of the registry": "plan_seen",
    "called by hand, marks and months are few": "evidence_marks evidence_months mark_list",
    "called by hand: `monitor judge`, twice over all incidents, once over what its own transaction wrote": (
        "incident_between judge_changes"
    ),
    "rooms, not rows": "retention_lock retention_patience room_ahead room_drop room_first room_list room_size",
    "writes by key alone, reads no table": (
        "batch_file daily_upsert device_clock_set device_state_set facts_instant hourly_upsert incident_event_insert incident_insert"
        " mark_insert mark_withdraw monthly_upsert plan_forget plan_see progress_get progress_set stale_span notice_insert point_insert registry_change_insert registry_insert rejection_insert room_refresh self_check_set signals_put staging_create"
        " tally_open verdict_insert worker_beat worker_leave"
    ),
    "by the key that incident_withdraw uses": "act_set incident_update",
    "a lock, no table": "derive_lock judge_lock registry_lock",
    "says how the transaction sees, no table": "explain_snapshot",
    "a table with a row for each share": "share_release share_renew share_take",
    "a table of a few rows for each worker": "batch_next desk_tally share_plan tally_astray watch_workers",
    "a table with a row for each device, read whole": "desk_device_states watch_heard",
    "the registry: few versions, read when they change": (
        "evidence_registry point_list registry_close registry_current registry_history registry_version"
    ),
}
