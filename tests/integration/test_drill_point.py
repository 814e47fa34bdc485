"""A point's pages on a real database: what is read, where a reading came from, what is exported and to whom."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse

from alerts import policy_file
from alerts.actor import Actor
from alerts.desk.drill import export, origin, reads, spans, spot
from alerts.desk.pages.board import Board
from alerts.desk.pages.frame import Desk
from alerts.desk.source import Source
from alerts.judge import rules as rulebook
from schemas.catalog.duty import Role
from schemas.catalog.enums import Basis, Level, Outcome
from schemas.times import DAY, HOUR, day_of
from tests.integration.play import MINUTE, SECOND, Sent, beijing, county, every, marked, played, sewage

if TYPE_CHECKING:
    from alerts.desk.drill.reads import Sheet
    from tests.integration.play import Play

START = beijing("2026-11-20T00:00")
OUT, AMMONIA = "plant/out", ("plant", "out", "w21003")
FLOWING: dict[str, Any] = {"w00000": 100.0, "w01010": 16.0, "w01001": 7.0}
PLANT = county(sewage("w01018", "w21003"))
RULES = rulebook.load()


async def day(play: Play, since: Any = START, ammonia: float = 4.0) -> None:
    """Play a day: ammonia by the hour, of 4 mg/L or more, hour 5 in calibration, hour 7 silent."""
    for hour in range(24):
        at = since + hour * HOUR
        value: Any = marked(0.1, "C") if hour == 5 else ammonia + hour / 100
        sent = [*every(OUT, at, 10 * MINUTE, 6, FLOWING), Sent(OUT, at, {"w21003": value})]
        await play.write(sent if hour != 7 else sent[:-1])
    await play.settle(since + DAY + 2 * HOUR)


def found(play: Play, key: tuple[str, str, str] = AMMONIA) -> spot.Spot:
    one = spot.find(play.registry, key, day_of(START))
    assert one is not None
    return one


async def sheet(play: Play, basis: Basis = Basis.HOUR, days: int = 1) -> Sheet:
    first = day_of(START)
    span = spans.checked(spans.Span(basis, first, first + (days - 1) * DAY))
    return await reads.sheet(play.db, found(play), span, RULES, play.registry)


async def test_a_day_of_hours_has_every_hour_with_value_validity_mark_verdict_and_limit(url: str) -> None:
    async with played(url, PLANT, START) as play:
        await day(play)
        shown = await sheet(play)
    assert [one.start for one in shown.windows] == [START + n * HOUR for n in range(24)]
    assert shown.windows[3].value == pytest.approx(4.03)
    assert (shown.windows[5].valid, shown.windows[5].marks) == (False, "C")
    assert shown.windows[7].value is None
    assert {one.rule: one.outcome for one in shown.said[3]} == {
        "sewage_instant": Outcome.COMPLIANT, "sewage_hour": Outcome.COMPLIANT, "above_range": Outcome.COMPLIANT,
    }  # fmt: skip
    assert shown.said[7][0].outcome is Outcome.NOT_JUDGEABLE
    lines = {one.rule: one for one in shown.lines}
    assert set(lines["sewage_hour"].high) == {5.0}
    assert (lines["sewage_hour"].is_reference, lines["sewage_hour"].zh) == (True, "日均限值")


async def test_an_exceeding_day_stands_with_its_limit_its_incident_and_what_amended_it(url: str) -> None:
    async with played(url, PLANT, START) as play:
        await day(play, ammonia=9.0)
        [before] = (await sheet(play, Basis.DAY)).said
        await play.mark(OUT, "fault", START, START + 23 * HOUR)
        await play.settle(START + DAY + 3 * HOUR)
        after = await sheet(play, Basis.DAY)
    assert (before[0].outcome, before[0].limit_value, before[0].limit.clause) == (
        Outcome.EXCEEDING, 5.0, "表1 一级A 日均值 水温>12℃",
    )  # fmt: skip
    assert [(one.kind, one.since) for one in after.marks] == [("fault", START)]
    assert after.said[0][0].outcome is Outcome.NOT_JUDGEABLE
    assert [row["before_outcome"] for row in after.amended] == ["exceeding"]
    assert {row["withdrawn"] for row in after.incidents if row["rule"] == "sewage_day"} == {True}


async def test_an_incident_lies_over_the_hours_it_lasted(url: str) -> None:
    async with played(url, PLANT, START) as play:
        await day(play, ammonia=9.0)
        shown = await sheet(play, Basis.DAY)
    assert "sewage_day" in {row["rule"] for row in shown.incidents}
    assert shown.levels == (Level.ORANGE,)


async def test_a_span_without_data_knows_when_the_last_was_and_its_limits_all_the_same(url: str) -> None:
    async with played(url, PLANT, START) as play:
        await day(play)
        later = day_of(START) + 400 * DAY
        shown = await reads.sheet(
            play.db, found(play), spans.Span(Basis.HOUR, later, later + DAY), RULES, play.registry
        )
        never = await reads.sheet(
            play.db, found(play, ("plant", "out", "w01018")), spans.one_hour(START), RULES, play.registry
        )
    assert not shown.has_data
    assert shown.last is not None
    assert shown.last[0] == START + 23 * HOUR
    assert {value for one in shown.lines for value in one.high} == {5.0, 10.0}
    assert never.last is None


async def test_hours_to_come_are_none_yet(url: str) -> None:
    async with played(url, PLANT, START) as play:
        span = spans.Span(Basis.HOUR, day_of(START), day_of(START))
        shown = await reads.sheet(play.db, found(play), span, RULES, play.registry, until=START + 90 * MINUTE)
    assert [one.start for one in shown.windows] == [START, START + HOUR]


async def rows(play: Play, at: Any, key: tuple[str, str, str] = AMMONIA) -> list[dict[str, Any]]:
    asked = {"point": found(play, key).point, "since": at, "until": at + timedelta(milliseconds=1)}
    return await play.db.fetch_dicts("drill_hour_reading", **asked)


async def test_a_reading_leads_to_the_exact_bytes_of_its_message(url: str) -> None:
    async with played(url, PLANT, START) as play:
        await day(play)
        [row] = await rows(play, START + 3 * HOUR)
        filed = origin.filed(row, AMMONIA)
        [calibrated] = await rows(play, START + 5 * HOUR)
        of_mark = origin.filed(calibrated, AMMONIA).origin
    assert filed.holds
    assert filed.computed == row["digest"]
    assert filed.origin is not None
    assert filed.origin.is_exact
    assert filed.origin.topic == "yx/v1/plant/out/telemetry"
    assert filed.origin.received_at == START + 3 * HOUR + SECOND
    assert b'"w21003": 4.03' in filed.origin.payload
    assert of_mark is not None
    assert b'"flag": "C"' in of_mark.payload


async def test_a_batch_that_was_changed_does_not_give_its_digest(url: str) -> None:
    async with played(url, PLANT, START) as play:
        await day(play)
        play.change("UPDATE batch SET digest = sha256('another')")
        [row] = await rows(play, START + 3 * HOUR)
        changed = origin.filed(row, AMMONIA)
        play.change("UPDATE batch SET payload = 'no batch at all'")
        [row] = await rows(play, START + 3 * HOUR)
        broken = origin.filed(row, AMMONIA)
        play.change("UPDATE reading SET value = value + 1")
    assert not changed.holds
    assert changed.origin is not None
    assert (broken.holds, broken.origin) == (False, None)
    assert broken.trouble


async def test_a_stored_value_that_its_message_does_not_say_is_not_called_exact(url: str) -> None:
    async with played(url, PLANT, START) as play:
        await day(play)
        play.change("UPDATE reading SET value = value + 1")
        [row] = await rows(play, START + 3 * HOUR)
        filed = origin.filed(row, AMMONIA)
    assert filed.holds
    assert filed.origin is not None
    assert not filed.origin.is_exact


async def test_a_batch_gone_by_retention_leaves_the_reading(url: str) -> None:
    async with played(url, PLANT, START) as play:
        await day(play)
        play.change("DELETE FROM batch")
        [row] = await rows(play, START + 3 * HOUR)
    assert row["value"] == pytest.approx(4.03)
    assert row["payload"] is None


class Admitted:
    """Whoever asks is *who*; nobody is sent to the log-in."""

    def __init__(self, who: Actor | None) -> None:
        self.who = who

    async def admit(self, request: Request, *acts: str) -> Actor | Response:
        assert acts == ("see",)
        return self.who or RedirectResponse(f"/login?next={request.url.path}", 303)

    async def current(self, request: Request) -> Actor | None:
        del request
        return self.who


INSPECTOR = Actor(name="chen", role=Role.INSPECTOR)


class Asking:
    """Asks for exports as *who*."""

    def __init__(self, url: str, who: Actor | None = INSPECTOR) -> None:
        self.source = Source(url)
        app = FastAPI()
        export.mount(app, Desk(Board(url, lambda: RULES), self.source, Admitted(who), policy_file.load))
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://desk")

    async def get(self, query: str, key: str = "plant/out/w21003", ending: str = "csv") -> httpx.Response:
        answer = await self._client.get(f"/desk/export/point/{key}.{ending}?{query}")
        await self.source.close()
        return answer


def table(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


ONE_DAY = "from=2026-11-20&to=2026-11-20"


async def test_an_export_has_the_head_and_every_window_of_its_span(url: str) -> None:
    async with played(url, PLANT, START) as play:
        await day(play)
        answer = await Asking(url).get(f"basis=hour&{ONE_DAY}")
    assert answer.status_code == 200
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'filename="plant_out_w21003_hour_2026-11-20_2026-11-20.csv"' in answer.headers["content-disposition"]
    found_rows = table(answer.text)
    place = next(n for n, row in enumerate(found_rows) if row and row[0] == "小时起（北京时间）")
    head, body = dict(row for row in found_rows[:place] if len(row) == 2), found_rows[place + 1 :]
    assert head["单位"] == "mg/L"
    assert "GB 18918-2002" in head["适用限值"]
    assert [row[0] for row in body] == [f"2026-11-20 {hour:02d}:00" for hour in range(24)]
    assert (float(body[3][1]), body[3][2], body[7][1]) == (4.03, "是", "—")


async def test_readings_are_exported_with_their_batches_and_the_file_says_that_it_is_whole(url: str) -> None:
    async with played(url, PLANT, START) as play:
        await day(play)
        answer = await Asking(url).get(f"basis=raw&{ONE_DAY}")
        stored = play.query("SELECT value, batch_id FROM reading WHERE point_id = %s ORDER BY ts", found(play).point)
    body = [row for row in table(answer.text) if row and row[0].startswith("2026-11-20 ")]
    assert [(float(row[1]), int(row[4])) for row in body] == stored
    assert body[5][2] == "C"
    assert table(answer.text)[-1] == ["完", f"共 {len(stored)} 条"]


async def test_a_workbook_comes_of_the_same_span(url: str) -> None:
    async with played(url, PLANT, START) as play:
        await day(play)
        answer = await Asking(url).get(f"basis=day&{ONE_DAY}", ending="xlsx")
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        text = "".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))
    assert "氨氮" in text
    assert "日均值" in text


@pytest.mark.parametrize(
    ("query", "key", "ending", "status", "word"),
    [
        ("basis=hour&from=2026-02-30", "plant/out/w21003", "csv", 400, "from"),
        ("basis=year", "plant/out/w21003", "csv", 400, "basis"),
        ("basis=raw&from=2026-10-01&to=2026-11-01", "plant/out/w21003", "csv", 400, "31 天"),
        ("basis=raw", "plant/out/w21003", "xlsx", 400, "CSV"),
        ("basis=raw", "plant/DW001/yx_l_w21003", "csv", 400, "没有原始读数"),
        ("", "plant/out/w99999", "csv", 404, "没有测点"),
        ("", "plant/out/w21003", "pdf", 404, "csv"),
    ],
)
async def test_a_wrong_wish_is_answered_with_a_sentence(
    url: str, query: str, key: str, ending: str, status: int, word: str
) -> None:
    async with played(url, PLANT, START):
        answer = await Asking(url).get(query, key, ending)
    assert (answer.status_code, word in answer.text) == (status, True), answer.text


@pytest.mark.parametrize(
    ("who", "status"),
    [
        (None, 303),
        (INSPECTOR, 200),
        (Actor(name="own", role=Role.OPERATOR, site="plant"), 200),
        (Actor(name="other", role=Role.OPERATOR, site="elsewhere"), 404),
    ],
)
async def test_exports_are_for_those_who_may_see_the_site(url: str, who: Actor | None, status: int) -> None:
    async with played(url, PLANT, START):
        answer = await Asking(url, who).get(ONE_DAY)
    assert answer.status_code == status
    assert ("4.03" in answer.text) is False


async def test_a_file_cut_short_says_so_in_its_last_line(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with played(url, PLANT, START) as play:
        await day(play)
        monkeypatch.setattr(export, "_AT_ONCE", 10)
        asking = Asking(url)
        lend, count = asking.source.lend, 0

        def failing() -> Any:
            nonlocal count
            count += 1
            if count > 3:
                # Cut from outside, as a server that goes away does.
                play.change(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'monitor-desk-ask'"
                )
            return lend()

        monkeypatch.setattr(asking.source, "lend", failing)
        answer = await asking.get(f"basis=raw&{ONE_DAY}")
    last = table(answer.text)[-1]
    assert last[0] == "未完成"
    assert "重新导出" in last[1]
