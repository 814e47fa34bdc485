"""Judging a span again from the stored readings: it restores what must stand, and on untouched data changes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from alerts.replay import Replayed, replay
from ingest.derive import rounds
from schemas.errors import UseError
from schemas.times import DAY, HOUR
from tests.integration.play import MINUTE, Play, beijing, boiler, county, every, house, marked, played, sewage, unit

START = beijing("2026-11-29T00:00")
END = START + 2 * DAY
NOW = END + HOUR
OUT, COD = "plant/out", "plant/DW001/w01018"
COAL = {"yx_b_steam_flow": 8.2, "yx_b_steam_pressure": 1.25, "yx_b_feed_temp": 60.0, "yx_b_coal_flow": 1250.0}


def two_days() -> list[Any]:
    """A plant over its limit on the first day, a boiler that starts, a register with a gap over midnight."""
    return [
        *every(OUT, START, 10 * MINUTE, 288, {"w00000": 100.0, "w01010": 16.0, "w01001": 7.0}),
        *every(
            OUT, START, HOUR, 48, lambda n: {"w01018": marked(60.0 if n < 24 else 30.0, "D" if n % 9 == 0 else "N")}
        ),
        *every("heat/dcs-B1", START + 20 * HOUR, MINUTE, 8 * 60, COAL),
        *every("unit/meters", START, 15 * MINUTE, 90, lambda n: {"yx_e_kwh": 1000.0 + 10 * n}),
        *every("unit/meters", START + 30 * HOUR, 15 * MINUTE, 73, lambda n: {"yx_e_kwh": 3000.0 + 10 * n}),
    ]


async def settled(play: Play) -> None:
    await play.write(two_days())
    await play.settle(NOW)


def document() -> Any:
    return county(sewage("w01018"), house(boiler("B1")), unit(), energy_cap_tce=200_000)


async def again(play: Play, *, dry_run: bool, since: Any = START, until: Any = END) -> Replayed:
    return await replay(play.db, play.settings, (since, until), rounds.catch_up, now=NOW, dry_run=dry_run)


@pytest.mark.parametrize("dry_run", [True, False])
async def test_on_untouched_data_nothing_changes(url: str, dry_run: bool) -> None:  # noqa: FBT001
    """Promise 9: the same facts give the same verdicts, and not a row is written anew."""
    async with played(url, document(), START) as play:
        await settled(play)
        assert ("sewage_day", COD, "closed", "orange") in play.incidents()
        before, contents, verdicts = play.derived_at(), play.contents(), play.query("SELECT * FROM verdict ORDER BY 1")
        done = await again(play, dry_run=dry_run)
        assert (done.changes, done.differences) == ([], [])
        assert done.hours >= 48 * 12
        assert done.verdicts > 100
        assert (play.derived_at(), play.contents()) == (before, contents)
        assert play.query("SELECT * FROM verdict ORDER BY 1") == verdicts
        assert play.query("SELECT count(*) FROM stale_window") == [(0,)]


async def test_what_was_tampered_with_or_lost_is_restored_and_a_dry_run_says_so_first(url: str) -> None:
    """A row deleted, a value changed behind the service's back: the readings are the truth, the rest follows from them."""
    async with played(url, document(), START) as play:
        await settled(play)
        good = play.contents()
        point, load = play.point("plant/out/w01018"), play.point("plant/DW001/yx_l_w01018")
        play.change(f"DELETE FROM hourly WHERE point_id = {point} AND hour = '2026-11-29T05:00+08'")
        play.change(f"UPDATE hourly SET value = 1 WHERE point_id = {point} AND hour >= '2026-11-30T00:00+08'")
        play.change(
            f"UPDATE daily SET value = 45, rule_version = '2025.1' WHERE point_id = {point} AND day = '2026-11-29'"
        )
        play.change(f"DELETE FROM monthly WHERE point_id = {load}")
        play.change(
            "UPDATE verdict SET outcome = 'compliant', value = 45 WHERE rule = 'sewage_day' AND outcome = 'exceeding'"
        )
        play.change("UPDATE incident SET level = 'blue', ended_at = began_at, body = '{}' WHERE rule = 'sewage_day'")
        broken = play.contents()
        dry = await again(play, dry_run=True)
        assert play.contents() == broken
        [differs] = [one for one in dry.differences if one.would_be and one.would_be.rule == "sewage_day"]
        assert differs.was is not None
        assert differs.would_be is not None
        assert (differs.was.level, differs.would_be.level) == ("blue", "orange")
        assert differs.would_be.ended_at == START + DAY
        assert differs.would_be in dry.incidents
        [changed] = [one for one in dry.changes if one.rule == "sewage_day"]
        assert (changed.outcome, changed.value, changed.new_outcome, changed.new_value) == (
            "compliant",
            45.0,
            "exceeding",
            60.0,
        )
        wet = await again(play, dry_run=False)
        assert (wet.changes, wet.incidents, wet.differences, wet.hours) == (
            dry.changes, dry.incidents, dry.differences, dry.hours,
        )  # fmt: skip
        assert play.contents() == good
        done = await again(play, dry_run=False)
        assert (done.changes, done.differences) == ([], [])


async def test_a_new_version_of_the_rules_reaches_the_span_and_only_it(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a change of the program changes is seen before it is let loose: the version stands in each row and verdict."""
    async with played(url, document(), START) as play:
        await settled(play)
        good = play.contents()
        monkeypatch.setattr("ingest.derive.rounds.RULE_VERSION", "2099.1")
        assert (await again(play, dry_run=True)).changes == []
        assert play.contents() == good
        assert (await again(play, dry_run=False, since=START + DAY)).changes == []
        point = play.point("plant/out/w01018")
        assert play.query(f"SELECT day::text, rule_version FROM daily WHERE point_id = {point} ORDER BY day") == [
            ("2026-11-29", "2026.2"),
            ("2026-11-30", "2099.1"),
        ]
        monkeypatch.undo()
        assert (await again(play, dry_run=False)).changes == []
        assert play.contents() == good


async def test_a_span_that_cannot_be_is_refused(url: str) -> None:
    """From must be before to, and not in the future; nothing is touched."""
    async with played(url, document(), START) as play:
        await settled(play)
        before = play.contents()
        for since, until in ((END, END), (END, START), (NOW + HOUR, NOW + DAY)):
            with pytest.raises(UseError, match="起止时间不对"):
                await again(play, dry_run=False, since=since, until=until)
        assert play.contents() == before


async def test_late_data_that_nobody_derived_are_found_by_a_replay(url: str) -> None:
    """Marks to derive may be lost with a disk; the readings are not. The verdict follows, the old one is kept."""
    async with played(url, document(), START) as play:
        await settled(play)
        await play.write(every(OUT, START + DAY + 2 * MINUTE, HOUR, 24, {"w01018": 200.0}), received=NOW)
        play.change("DELETE FROM stale_window")
        await play.settle(NOW)
        assert play.outcomes("sewage_day", COD) == "EC"
        done = await again(play, dry_run=False)
        assert ("sewage_day", "compliant", "exceeding") in {
            (one.rule, one.outcome, one.new_outcome) for one in done.changes
        }
        assert play.outcomes("sewage_day", COD) == "EE"
        assert ("sewage_day", COD, "open", "orange") in play.incidents()
