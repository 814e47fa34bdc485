from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import wording
from alerts.incident import walk
from alerts.judge.rules import Rule
from alerts.judge.silence import (
    INGEST,
    INGEST_DOWN,
    OFFLINE,
    SITE_OFFLINE,
    Heard,
    Standing,
    clock_jump,
    device_key,
    ingest_verdicts,
    silence,
    verdicts,
)
from schemas.catalog.enums import Basis, Level, Outcome

if TYPE_CHECKING:
    from schemas.records import Verdict

NOW = datetime(2026, 6, 2, 4, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=30)
MINUTE = timedelta(minutes=1)
BLUE, YELLOW, ORANGE = Level.BLUE, Level.YELLOW, Level.ORANGE
EXCEEDING, COMPLIANT = Outcome.EXCEEDING, Outcome.COMPLIANT


def ago(minutes: float) -> datetime:
    return NOW - minutes * MINUTE


def heard(minutes: float | None, *, device: str = "dcs", interval_s: int = 60) -> Heard:
    return Heard("site", device, None if minutes is None else ago(minutes), interval_s)


@pytest.mark.parametrize(
    ("minutes", "interval_s", "listening_min", "level", "sentence"),
    [
        (4.9, 60, 9999, None, "three minutes without a frame are three intervals, but five minutes are left to all"),
        (5, 60, 9999, BLUE, "five minutes are the least"),
        (29.9, 600, 9999, None, "a device due every ten minutes has half an hour"),
        (30, 600, 9999, BLUE, "then it is blue"),
        (59.9, 60, 9999, BLUE, "just short of an hour"),
        (60, 60, 9999, YELLOW, "one hour is a fault"),
        (179, 3600, 9999, None, "an hourly device is not late before its third interval"),
        (180, 3600, 9999, YELLOW, "and then at once yellow: more than an hour has passed"),
        (1439, 60, 9999, YELLOW, "just short of a day"),
        (1440, 60, 9999, ORANGE, "a day is serious"),
        (4 * 1440, 86400, 9999, ORANGE, "a daily device after four days"),
        (600, 60, 4, None, "we have listened for four minutes only: our own outage accuses nobody"),
        (600, 60, 20, BLUE, "twenty minutes of our own listening count"),
        (None, 60, 4, None, "never heard, and we have just begun"),
        (None, 60, 61, YELLOW, "never heard for as long as we listen"),
    ],
)
def test_silence_grows_graver_with_time(
    minutes: float | None, interval_s: int, listening_min: float, level: Level | None, sentence: str
) -> None:
    found = silence(heard(minutes, interval_s=interval_s), now=NOW, listening_since=ago(listening_min))
    assert (found.level if found else None) is level, sentence


def judge(*devices: Heard, standing: dict[tuple[str, str], Standing] | None = None) -> list[Verdict]:
    return verdicts(devices, now=NOW, listening_since=LONG_AGO, standing=standing or {})


KEY = (OFFLINE, "site/dcs")


def test_a_silence_begins_when_the_device_was_last_heard_and_says_how_long_it_lasts() -> None:
    (one,) = judge(heard(72))
    assert (one.rule, one.subject, one.outcome) == (OFFLINE, "site/dcs", EXCEEDING)
    assert (one.window_start, one.window_end, one.value, one.limit_value) == (ago(72), NOW, 72.0, 5.0)
    assert one.body["level"] == "yellow"
    assert one.body["why"] == one.body["note"] == "已 72 分钟无数据"


def test_the_notice_of_a_silence_says_how_long_and_by_which_rule() -> None:
    (one,) = judge(heard(72))
    measured = wording.measured({"value": one.value, "limit": one.limit_value} | one.body)
    assert "72.00 分钟" in measured
    assert "5 分钟" in measured


@pytest.mark.parametrize(
    ("minutes", "standing", "said", "sentence"),
    [
        (1, None, [], "a device that speaks needs no verdict"),
        (72, Standing(EXCEEDING, YELLOW, ago(72)), [], "what stands is not said again"),
        (72, Standing(EXCEEDING, BLUE, ago(72)), [(EXCEEDING, ago(72), "yellow")], "graver: the same window again"),
        (6, Standing(EXCEEDING, YELLOW, ago(6)), [], "never softer while it lasts"),
        (1, Standing(EXCEEDING, ORANGE, ago(9000)), [(COMPLIANT, ago(1), None)], "heard again, at that instant"),
        (1, Standing(COMPLIANT, None, ago(30)), [], "still heard"),
        (72, Standing(COMPLIANT, None, ago(90)), [(EXCEEDING, ago(72), "yellow")], "silent once more"),
        (
            72, Standing(EXCEEDING, ORANGE, ago(9000)),
            [(COMPLIANT, ago(72), None), (EXCEEDING, ago(72) + timedelta(microseconds=1), "yellow")],
            "heard and silent again while nobody looked: both are said, and never at the same instant",
        ),
        (
            6, Standing(COMPLIANT, None, ago(6)), [(EXCEEDING, ago(6) + timedelta(microseconds=1), "blue")],
            "one frame and no other",
        ),
    ],
)  # fmt: skip
def test_only_what_changes_is_said(
    minutes: float, standing: Standing | None, said: list[tuple[Outcome, datetime, str | None]], sentence: str
) -> None:
    found = judge(heard(minutes), standing={} if standing is None else {KEY: standing})
    assert [(one.outcome, one.window_start, one.body.get("level")) for one in found] == said, sentence


def test_our_own_outage_neither_accuses_nor_softens() -> None:
    since_break = {"now": NOW, "listening_since": ago(10)}
    before = {KEY: Standing(EXCEEDING, YELLOW, ago(500))}
    assert verdicts([heard(500)], standing=before, **since_break) == []
    (one,) = verdicts([heard(500)], standing={}, **since_break)
    assert (one.window_start, one.body["level"]) == (ago(10), "blue")


def test_while_nobody_listens_nobody_is_accused_but_who_was_heard_is_cleared() -> None:
    assert verdicts([heard(9000)], now=NOW, listening_since=None, standing={}) == []
    (one,) = verdicts([heard(2)], now=NOW, listening_since=None, standing={KEY: Standing(EXCEEDING, BLUE, ago(60))})
    assert one.outcome is COMPLIANT


SITE = (SITE_OFFLINE, "site")


def test_a_site_whose_devices_are_all_silent_speaks_once() -> None:
    (one,) = judge(heard(1500), heard(72, device="outlet"))
    assert (one.rule, one.subject, one.window_start) == (SITE_OFFLINE, "site", ago(72))
    assert one.body["level"] == "yellow", "as grave as the least grave"


def test_a_site_waits_for_its_slowest_device() -> None:
    slow = heard(29, device="outlet", interval_s=600)
    assert [one.rule for one in judge(heard(29), slow)] == [OFFLINE]
    (one,) = judge(heard(30), slow._replace(received_at=ago(30)))
    assert (one.rule, one.limit_value) == (SITE_OFFLINE, 30.0)


def test_one_device_that_speaks_keeps_its_site_from_being_offline() -> None:
    found = judge(heard(1500), heard(1, device="outlet"))
    assert [(one.rule, one.subject) for one in found] == [KEY]


def test_a_site_of_one_device_is_no_second_notice() -> None:
    assert [one.rule for one in judge(heard(1500))] == [OFFLINE]


def test_when_a_site_comes_back_those_still_silent_speak_for_themselves() -> None:
    standing = {SITE: Standing(EXCEEDING, YELLOW, ago(72))}
    found = judge(heard(1500), heard(1, device="outlet"), standing=standing)
    assert [(one.rule, one.subject, one.outcome) for one in found] == [
        (SITE_OFFLINE, "site", COMPLIANT),
        (OFFLINE, "site/dcs", EXCEEDING),
    ]


def test_a_device_that_fell_silent_first_does_not_grow_graver_beside_its_site() -> None:
    standing = {KEY: Standing(EXCEEDING, BLUE, ago(1500)), SITE: Standing(EXCEEDING, YELLOW, ago(72))}
    assert judge(heard(1500), heard(72, device="outlet"), standing=standing) == []


RULE = Rule(
    zh="设备离线", task=39, basis=Basis.HOUR, lead_bureau="epb", level=BLUE, open_after=1, close_after=1, source="test"
)
STEPS = st.lists(
    st.tuples(
        st.floats(min_value=0.2, max_value=2000),
        st.sets(st.sampled_from(["dcs", "outlet"])),
        st.sampled_from(["listen", "listen", "listen", "deaf", "anew"]),
    ),
    max_size=40,
)


@given(STEPS)
def test_whatever_is_heard_no_silence_is_said_twice_and_every_silence_that_ends_is_closed(
    steps: list[tuple[float, set[str], str]],
) -> None:
    """Replays rounds: minutes since the last one, the devices heard shortly before it, and whether we listened."""
    now, listening = NOW, NOW
    last: dict[str, datetime | None] = {"dcs": None, "outlet": None}
    standing: dict[tuple[str, str], Standing] = {}
    told: dict[tuple[str, str], list[Verdict]] = {}
    for minutes, who, ears in steps:
        now += minutes * MINUTE
        listening = now if ears == "anew" else listening
        last |= dict.fromkeys(who, now - 0.1 * MINUTE)
        devices = [Heard("site", name, at, 60) for name, at in last.items()]
        for one in verdicts(devices, now=now, listening_since=None if ears == "deaf" else listening, standing=standing):
            key, level = (one.rule, one.subject), one.body.get("level")
            standing[key] = Standing(one.outcome, None if level is None else Level(str(level)), one.window_start)
            told.setdefault(key, []).append(one)
        if ears == "listen":
            assert_truth(standing, last, now, listening)
    for said in told.values():
        for before, after in pairwise(said):
            assert (before.outcome, before.window_start, before.body.get("level")) != (
                after.outcome, after.window_start, after.body.get("level"),
            )  # fmt: skip
            assert before.window_start <= after.window_start
            assert before.window_start < after.window_start or before.outcome is after.outcome
        # What is stored is one verdict a window, the newest; the incidents they make end where the device was heard.
        stored = list({one.window_start: one for one in said}.values())
        incidents = walk(stored, RULE)
        assert sum(one.ended_at is None for one in incidents) == (said[-1].outcome is EXCEEDING)


def assert_truth(
    standing: dict[tuple[str, str], Standing], last: dict[str, datetime | None], now: datetime, listening: datetime
) -> None:
    at_site = standing.get(SITE)
    covered = at_site is not None and at_site.outcome is EXCEEDING
    quiet = {
        name: silence(Heard("site", name, at, 60), now=now, listening_since=listening) for name, at in last.items()
    }
    for name, silent in quiet.items():
        held = standing.get((OFFLINE, device_key("site", name)))
        heard_since = held is not None and (at := last[name]) is not None and at > held.window_start
        if silent is not None:
            assert covered or (held is not None and held.outcome is EXCEEDING)
        elif held is not None and heard_since:
            assert held.outcome is COMPLIANT
    assert covered or not all(quiet.values())


@pytest.mark.parametrize(
    ("beats", "watching_min", "standing", "said", "sentence"),
    [
        ([0.1], 99, None, [], "a worker is there"),
        ([], 1, None, [], "we have watched for a minute only"),
        ([], 2, None, [(EXCEEDING, ago(2))], "nobody has been there since we watch"),
        ([1.5], 99, None, [(EXCEEDING, ago(1.5))], "90 seconds"),
        ([1.49], 99, None, [], "not yet"),
        ([3, 40], 99, None, [(EXCEEDING, ago(3))], "the last beat counts"),
        ([3, 0.2], 99, None, [], "one worker is enough"),
        ([3], 99, Standing(EXCEEDING, Level.RED, ago(3)), [], "said once"),
        ([0.1], 99, Standing(EXCEEDING, Level.RED, ago(30)), [(COMPLIANT, ago(0.1))], "back again"),
        ([30], 1, None, [], "what was before we watched is nobody's outage"),
    ],
)
def test_an_ingest_without_workers_is_down_after_90_seconds(
    beats: list[float],
    watching_min: float,
    standing: Standing | None,
    said: list[tuple[Outcome, datetime]],
    sentence: str,
) -> None:
    found = ingest_verdicts([ago(one) for one in beats], now=NOW, watching_since=ago(watching_min), standing=standing)
    assert [(one.outcome, one.window_start) for one in found] == said, sentence
    assert {(one.rule, one.subject) for one in found} <= {(INGEST_DOWN, INGEST)}


@pytest.mark.parametrize(
    ("wall_s", "steady_s", "jump"),
    [(10, 10, None), (70, 10, None), (70.5, 10, 60.5), (-50.5, 10, -60.5), (3600, 3600, None), (0, 90, -90)],
)
def test_a_clock_that_was_set_is_seen(wall_s: float, steady_s: float, jump: float | None) -> None:
    assert clock_jump((NOW, 500.0), (NOW + timedelta(seconds=wall_s), 500.0 + steady_s)) == jump
