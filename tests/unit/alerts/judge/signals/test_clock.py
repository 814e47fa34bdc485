from __future__ import annotations

from datetime import date, timedelta
from types import NoneType

import pytest

from alerts.judge.signals.clock import CLOCK_NUMBERS, CLOCK_RULE, Lag, clock_astray, clock_verdicts
from alerts.judge.signals.more import MORE
from alerts.judge.signals.scene import Answer, Found, Scene, Series, Unknown
from alerts.judge.silence import Standing
from schemas.catalog.enums import Outcome
from schemas.records import Mean
from schemas.times import HOUR, day_start

DAY = date(2026, 6, 2)
END = day_start(DAY + timedelta(days=1))


@pytest.mark.parametrize(
    ("lag_s", "interval_s", "kind", "sentence"),
    [
        (0.4, 60, NoneType, "in time"),
        (-300, 60, NoneType, "five minutes ahead are allowed"),
        (-301, 60, Found, "more are not"),
        (360, 60, NoneType, "an interval and five minutes behind"),
        (361, 60, Found, "and a second more"),
        (605, 600, NoneType, "a value that carries the instant its ten minutes began at"),
        (900, 600, NoneType, "and five minutes"),
        (901, 600, Found, "more than that"),
        (3660, 60, Found, "an hour slow is a slow clock"),
        (3661, 60, Unknown, "beyond an hour a backlog is being sent"),
        (-7200, 60, Found, "two hours ahead"),
        (3700, 3600, NoneType, "hour values sent at the end of their hour"),
    ],
)
def test_a_clock_more_than_five_minutes_off(lag_s: float, interval_s: int, kind: type, sentence: str) -> None:
    assert isinstance(clock_astray(lag_s, interval_s), kind), sentence


def test_it_says_which_way_and_how_far() -> None:
    fast, slow = clock_astray(-390, 60), clock_astray(1000, 60)
    assert isinstance(fast, Found)
    assert isinstance(slow, Found)
    assert fast.sentence == "设备时间较接收时间快 6.5 分钟（允许 ±5 分钟），疑似时钟偏差，请校时"
    assert slow.sentence.startswith("设备时间较接收时间慢 15.7 分钟")
    assert (fast.figures, slow.figures) == ({"apart_s": -390}, {"apart_s": 940})


def test_a_county_may_ask_for_one_minute() -> None:
    assert isinstance(clock_astray(-61, 60, dict(CLOCK_NUMBERS) | {"apart_s": 60}), Found)


AT = END - 30 * HOUR / 60
KEY = (CLOCK_RULE, "s/d")
ASTRAY, BACK = Outcome.EXCEEDING, Outcome.COMPLIANT


@pytest.mark.parametrize(
    ("lag_s", "standing", "said", "sentence"),
    [
        (1.0, None, [], "a clock that goes right needs no verdict"),
        (900.0, None, [ASTRAY], "slow"),
        (-900.0, None, [ASTRAY], "fast"),
        (900.0, Standing(ASTRAY, None, END - HOUR), [], "said once an hour"),
        (900.0, Standing(ASTRAY, None, END - 2 * HOUR), [ASTRAY], "and in the next hour again"),
        (1.0, Standing(ASTRAY, None, END - 2 * HOUR), [BACK], "set right"),
        (1.0, Standing(ASTRAY, None, END - HOUR), [], "an hour judged is left as it is"),
        (-290.0, Standing(ASTRAY, None, END - 2 * HOUR), [ASTRAY], "not yet within four fifths"),
        (-290.0, Standing(BACK, None, END - 2 * HOUR), [], "within what is allowed"),
        (-240.0, Standing(ASTRAY, None, END - 2 * HOUR), [BACK], "within four fifths"),
        (9000.0, Standing(ASTRAY, None, END - 2 * HOUR), [], "a backlog neither accuses nor clears"),
        (9000.0, None, [], "nor does it begin anything"),
    ],
)
def test_a_clock_is_judged_once_an_hour(
    lag_s: float, standing: Standing | None, said: list[Outcome], sentence: str
) -> None:
    found = clock_verdicts([Lag("s", "d", AT, lag_s, 60)], standing={} if standing is None else {KEY: standing})
    assert [one.outcome for one in found] == said, sentence
    assert all((one.rule, one.subject) == KEY and one.window_start == END - HOUR for one in found)


def test_a_verdict_on_a_clock_says_what_was_found() -> None:
    (one,) = clock_verdicts([Lag("s", "d", AT, -390.0, 60)], standing={})
    assert one.body["note"] == "设备时间较接收时间快 6.5 分钟（允许 ±5 分钟），疑似时钟偏差，请校时"
    assert one.body["clause"] == "设备时间与接收时间相差不超过 5 分钟"


def sent(letters: str) -> Answer:
    """Three days, the last letters given: L all late, h half of it, . in time, x nothing; in time before."""
    hours = []
    for letter in letters.rjust(72, "."):
        late = {"L": 60, "h": 30, "q": 29}.get(letter, 0)
        came = 0 if letter == "x" else 60
        hours.append(
            Mean(value=1.0, low=1, high=1, n_valid=came, n_expected=60, valid=True, marks="N", n_received=came, n_late=late)
        )  # fmt: skip
    held = Series(
        site="s", device="d", factor="w01018", unit="mg/L", decimals=1, interval_s=60, low=0, high=1, hours=tuple(hours)
    )
    scene = Scene(day=DAY, since=END - 72 * HOUR, end=END, series={held.factor: held})
    declared = MORE["suspect_backfill"]
    return declared.find(scene, held.factor, declared.numbers)


@pytest.mark.parametrize(
    ("letters", "kind", "sentence"),
    [
        ("", NoneType, "all in time"),
        ("LL" + "." * 10, NoneType, "a link that broke for two hours"),
        ("LLLLL" + "." * 10, NoneType, "five hours are no large block"),
        ("LLLLLL" + "." * 10, Found, "six are"),
        ("Lhhhhh" + "." * 10, Found, "half an hour's values late count"),
        ("LLLqLLL" + "." * 10, NoneType, "in time in between: two small blocks"),
        ("LLLLLLL" + "." * 24, NoneType, "yesterday's block was said yesterday"),
        ("LLLLLLL" + "." * 23, Found, "one that reaches into today"),
        ("L" * 30, Found, "more than a day"),
        ("LLLxLLLL", NoneType, "what did not come parts a block"),
        ("L" * 72, Unknown, "where everything is late the way is slow"),
        ("x" * 72, Unknown, "nothing came"),
    ],
)
def test_a_block_of_hours_sent_after_the_fact(letters: str, kind: type, sentence: str) -> None:
    assert isinstance(sent(letters), kind), sentence


@pytest.mark.parametrize(("letters", "review"), [("L" * 23, 0.0), ("L" * 24, 1.0)])
def test_a_block_of_a_day_is_to_be_reviewed(letters: str, review: float) -> None:
    answer = sent(letters + "...")
    assert isinstance(answer, Found)
    assert answer.figures == {"hours": len(letters), "values": 60 * len(letters), "review": review}
    assert ("复核" in answer.sentence) == bool(review)
    assert "补传" in answer.sentence
