"""`monitor evidence`: what it writes stands by itself, and its check.py finds every byte that was changed."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
import zipfile
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from alerts.evidence.bundle import Made, Order, make
from alerts.judge.rules import RULES_VERSION, load
from ingest.batch import build
from schemas.errors import UseError
from schemas.records import Message
from schemas.runtime import database
from schemas.times import DAY, HOUR, to_us
from tests.integration.play import MINUTE, Sent, beijing, county, every, marked, played, sewage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.play import Play

START = beijing("2026-11-20T00:00")
MORNING = START + DAY + HOUR
OUT, AMMONIA, COD = "plant/out", "plant/DW001/w21003", "plant/DW001/w01018"
FLOWING = {"w00000": 100.0, "w01010": 16.0, "w01001": 7.0}
MADE_AT = datetime(2026, 11, 25, 1, 2, 3, tzinfo=UTC)


async def breach(play: Play, *, ammonia: float = 9.0) -> int:
    """Play a day of ammonia above its limit of 5; return the number of its incident."""
    await play.write(every(OUT, START, 10 * MINUTE, 144, FLOWING))
    await play.write([Sent(OUT, START + hour * HOUR, {"w21003": ammonia, "w01018": 20.0}) for hour in range(24)])
    await play.settle(MORNING)
    return incident(play)


def incident(play: Play, rule: str = "sewage_day", subject: str = AMMONIA) -> int:
    [(number,)] = play.query("SELECT incident_id FROM incident WHERE rule = %s AND subject = %s", rule, subject)
    return int(number)


async def act(play: Play, number: int | None, kind: str, body: dict[str, Any]) -> None:
    await play.db.fetch(
        "incident_event_insert", incident_id=number, kind=kind, actor="epb-chen", body=database.json(body)
    )


async def bundled(play: Play, number: int, out: Path, say: Callable[[int], object] = lambda _: None) -> Made:
    order = Order(
        incident_id=number, out=out, made_by="chen", made_at=MADE_AT, rules=load(), rules_version=RULES_VERSION, say=say
    )  # fmt: skip
    return await make(play.db, order)


def checked(folder: Path, program: Path | None = None) -> tuple[int, str]:
    """Run check.py as a stranger would; return its exit code and what it prints."""
    program = program or folder / "check.py"
    done = subprocess.run(
        [sys.executable, "-I", str(program), str(folder)], capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def read(folder: Path, name: str) -> Any:
    return json.loads((folder / name).read_text(encoding="utf-8"))


def listed(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_a_breach_goes_into_a_folder_that_proves_itself(url: str, tmp_path: Path) -> None:
    out = tmp_path / "case"
    async with played(url, county(sewage("w01018", "w21003", contact="13800001111")), START) as play:
        number = await breach(play)
        await act(play, number, "acked", {"until": "2026-11-21T12:00:00Z"})
        await act(play, None, "silence_planned", {"reason": "某事"})
        await act(play, number, "noted", {"text": "现场取样 “B-7”\n第二行，=1+1"})
        before = play.query("SELECT count(*), max(seq) FROM incident_event")
        made = await bundled(play, number, out)
        assert play.query("SELECT count(*), max(seq) FROM incident_event") == before
    code, said = checked(out)
    assert code == 0, said
    assert "✘" not in said
    assert said.count("✔") == 6
    assert made.manifest_sha256 in said
    assert "全部相符" in said
    assert set(listed(out)) == {
        "README.txt", "batches", "batches.csv", "chain.csv", "check.py", "days.csv", "explain.md", "history.csv", "history.jsonl",
        "hours.csv", "incident.json", "limits.json", "manifest.json", "manifest.sha256", "marks.csv", "months.csv", "notices.csv",
        "readings.csv", "registry.json", "verdicts.csv",
    }  # fmt: skip
    # Ammonia, its water temperature and the flow it is weighted with; nothing of other factors.
    readings = rows(out, "readings.csv")
    assert {row["factor"] for row in readings} == {"w21003", "w01010", "w00000"}
    assert len(readings) == made.readings == 24 + 144 + 144
    [day] = [row for row in rows(out, "verdicts.csv") if row["rule"] == "sewage_day"]
    assert (day["outcome"], float(day["value"]), day["limit_id"]) == (
        "exceeding",
        9.0,
        "GB18918-2002.1A.w21003.day.warm",
    )
    assert (day["standard"], day["edition"], day["verified"]) == ("GB 18918-2002", "2002", "1")
    assert "GB18918-2002.1A.w21003.day.warm" in {one["id"] for one in read(out, "limits.json")["limits"]}
    case = read(out, "incident.json")
    assert case["rule"]["versions_in_verdicts"] == [RULES_VERSION]
    assert "污水日均值超标" in case["summary"]
    assert [one["kind"] for one in case["acknowledgements"]] == ["acked", "noted"]
    # The line between them that belongs to no incident is a link too.
    links = [int(row["seq"]) for row in rows(out, "chain.csv")]
    own = [int(row["seq"]) for row in rows(out, "history.csv")]
    assert links == list(range(own[0], own[-1] + 1))
    assert len(links) > len(own)
    registry = (out / "registry.json").read_text(encoding="utf-8")
    assert "总排口水质站" in registry
    assert "13800001111" not in registry
    assert "computed" in (out / "explain.md").read_text(encoding="utf-8")
    assert "存储值与此处重算一致" in (out / "explain.md").read_text(encoding="utf-8")


async def test_a_zip_unpacks_to_a_folder_that_proves_itself(url: str, tmp_path: Path) -> None:
    async with played(url, county(sewage("w01018", "w21003")), START) as play:
        number = await breach(play)
        await bundled(play, number, tmp_path / "案件.zip")
    with zipfile.ZipFile(tmp_path / "案件.zip") as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "unpacked")
    code, said = checked(tmp_path / "unpacked" / "案件")
    assert code == 0, said
    assert listed(tmp_path) == ["unpacked", "案件.zip"]


async def test_late_data_amend_and_both_verdicts_stand_in_the_bundle(url: str, tmp_path: Path) -> None:
    out = tmp_path / "case"
    async with played(url, county(sewage("w01018", "w21003")), START) as play:
        await play.write(every(OUT, START, 10 * MINUTE, 144, FLOWING))
        await play.write([Sent(OUT, START + hour * HOUR, {"w21003": 9.0}) for hour in range(20)])
        await play.settle(MORNING)
        late = [Sent(OUT, START + hour * HOUR, {"w21003": 30.0}) for hour in range(20, 24)]
        await play.write(late, received=MORNING + 5 * HOUR)
        await play.settle(MORNING + 6 * HOUR)
        made = await bundled(play, incident(play), out)
    code, said = checked(out)
    assert code == 0, said
    days = [row for row in rows(out, "verdicts.csv") if row["rule"] == "sewage_day"]
    assert [(float(row["value"]), bool(row["amended_at"])) for row in days] == [(9.0, True), (12.5, False)]
    assert sum(row["late"] == "1" for row in rows(out, "readings.csv")) == 4
    assert made.verdicts == len(rows(out, "verdicts.csv"))


#: A message as devices send it, and what of it is stored at START + n minutes: value and mark.
FORMS: list[tuple[str, Callable[[datetime], Any], str]] = [
    ("milliseconds", lambda at: {"ts": to_us(at) // 1000, "values": {"w21003": 9}}, "N"),
    ("milliseconds with a fraction", lambda at: {"ts": to_us(at) / 1000, "values": {"w21003": 9.25}}, "N"),
    ("RFC 3339 with fraction and offset", lambda at: {"ts": at.isoformat(), "values": {"w21003": 9.5}}, "N"),
    ("RFC 3339 in UTC", lambda at: {"ts": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}", "w21003": 1e1}, "N"),
    ("basic form", lambda at: {"ts": f"{at:%Y%m%dT%H%M%S.%f}+08", "values": {"w21003": 9.1}}, "N"),
    ("a flag", lambda at: {"ts": at.isoformat(), "values": {"w21003": {"v": 9.75, "flag": "M"}}}, "M"),
    ("a list", lambda at: [{"ts": at.isoformat(), "values": {"w21003": {"v": 8}}}, {"ts": 1}, 5], "N"),
    ("no time: stamped on receipt", lambda at: {"seq": 3, "w21003": 9.125}, "n"),  # noqa: ARG005
    ("no time, a flag", lambda at: {"w21003": {"v": 9.0625, "flag": "T"}}, "T"),  # noqa: ARG005
]  # fmt: skip


async def test_every_form_of_message_leads_back_to_its_bytes(url: str, tmp_path: Path) -> None:
    """Instants with microseconds, lists, flags, values stamped on receipt; beside them what is refused."""
    out = tmp_path / "case"
    async with played(url, county(sewage("w01018", "w21003")), START) as play:
        messages = []
        for n, (_, form, _) in enumerate(FORMS):
            at = START + n * MINUTE + timedelta(microseconds=123_456 if n else 0)
            body = json.dumps(form(at)).encode()
            messages.append(Message("yx/v1/plant/out/telemetry", body, to_us(at), n + 1, 1))
        refused = b'{"ts": "2026-11-20T03:00:00+08:00", "values": {"w21003": 1e9}}'
        messages.append(Message("yx/v1/plant/out/telemetry", refused, to_us(MORNING), 99, 1))
        messages.append(Message("yx/v1/plant/out/status", b'{"online": true}', to_us(MORNING), 100, 1))
        messages.append(Message("yx/v1/plant/out/telemetry", b"\xff{not json", to_us(MORNING), 101, 1))
        writer = play._writer
        await writer.write(build(messages, play._context), play._context)
        await breach(play)
        await bundled(play, incident(play), out)
    code, said = checked(out)
    assert code == 0, said
    stored = {row["ts_utc"]: row["mark"] for row in rows(out, "readings.csv") if row["factor"] == "w21003"}
    for n, (name, _, mark) in enumerate(FORMS):
        at = START + n * MINUTE + timedelta(microseconds=123_456 if n else 0)
        assert stored[at.astimezone(UTC).isoformat(timespec="microseconds")] == mark, name
    # 1e9 out of range; 9.0 of the day for the instant that 9 had taken is equal, and no other.
    assert "另有 1 个值未采用" in said


async def test_persons_marks_stand_beside_the_devices(url: str, tmp_path: Path) -> None:
    out = tmp_path / "case"
    async with played(url, county(sewage("w01018", "w21003")), START) as play:
        await play.write([Sent(OUT, START + 30 * MINUTE, {"w21003": marked(99.0, "C")})])
        number = await breach(play)
        kept = await play.mark(OUT, "maintenance", START, START + 2 * HOUR, reason="=更换试剂")
        await play.settle(MORNING + MINUTE)
        await bundled(play, number, out)
    code, said = checked(out)
    assert code == 0, said
    [mark] = rows(out, "marks.csv")
    assert (mark["mark_id"], mark["letter"], mark["reason"]) == (str(kept), "m", "'=更换试剂")
    hours = {row["start_utc"]: row["marks"] for row in rows(out, "hours.csv") if row["factor"] == "w21003"}
    assert "m" in hours[START.astimezone(UTC).isoformat(timespec="microseconds")]


async def test_what_is_no_longer_kept_is_said_and_is_no_fault(url: str, tmp_path: Path) -> None:
    async with played(url, county(sewage("w01018", "w21003")), START) as play:
        number = await breach(play)
        play.change("DELETE FROM batch WHERE batch_id = (SELECT min(batch_id) FROM batch)")
        made = await bundled(play, number, tmp_path / "a")
        assert len(made.gone) == 1
        for _, _, until in await play.db.fetch("room_list", before=START + 30 * DAY):
            await play.db.execute("room_drop", until=until)
        await bundled(play, number, tmp_path / "b")
    code, said = checked(tmp_path / "a")
    assert (code, "不再保存" in said) == (0, True), said
    code, said = checked(tmp_path / "b")
    assert (code, "以前的读数不再保存" in said) == (0, True), said
    assert read(tmp_path / "b", "incident.json")["raw"]["readings"] == 0


async def test_a_batch_that_was_changed_in_the_database_is_handed_over_and_found(url: str, tmp_path: Path) -> None:
    async with played(url, county(sewage("w01018", "w21003")), START) as play:
        number = await breach(play)
        play.change("UPDATE batch SET payload = 'junk' WHERE batch_id = (SELECT min(batch_id) FROM batch)")
        made = await bundled(play, number, tmp_path / "a")
    assert len(made.broken) == 1
    code, said = checked(tmp_path / "a")
    assert (code, f"batches/{made.broken[0]}.bin" in said) == (1, True), said


async def test_nothing_is_overwritten_and_nothing_half_written_is_left(url: str, tmp_path: Path) -> None:
    async with played(url, county(sewage("w01018", "w21003")), START) as play:
        number = await breach(play)
        (tmp_path / "full").mkdir()
        (tmp_path / "full" / "x").touch()
        (tmp_path / "there.zip").touch()
        (tmp_path / "empty").mkdir()
        for out in ("full", "there.zip", "no/such"):
            with pytest.raises(UseError):
                await bundled(play, number, tmp_path / out)
        with pytest.raises(UseError, match="99999"):
            await bundled(play, 99999, tmp_path / "none")
        assert not (tmp_path / "none").exists()
        await bundled(play, number, tmp_path / "empty")
        assert checked(tmp_path / "empty")[0] == 0
        shutil.rmtree(tmp_path / "empty")
        with pytest.raises(ZeroDivisionError):
            await bundled(play, number, tmp_path / "broken", say=lambda _: 1 // 0)
        assert listed(tmp_path) == ["full", "there.zip"]


async def test_an_incident_whose_subject_is_gone_from_the_registry_still_has_its_evidence(
    url: str, tmp_path: Path
) -> None:
    async with played(url, county(sewage("w01018", "w21003"), sewage("w01018", "w21003", id="other")), START) as play:
        number = await breach(play)
        await play.apply(county(sewage("w01018", "w21003", id="other")))
        await play.settle(MORNING + HOUR)
        await bundled(play, number, tmp_path / "a")
    assert checked(tmp_path / "a")[0] == 0
    assert rows(tmp_path / "a", "readings.csv")
    assert "没有逐步计算说明" in (tmp_path / "a" / "explain.md").read_text(encoding="utf-8")


async def test_incidents_of_other_rules_have_evidence_too(url: str, tmp_path: Path) -> None:
    """Not every rule has limits and means: what cannot be compared is counted as such."""
    async with played(url, county(sewage("w01018", "w21003")), START) as play:
        await breach(play)
        found = play.query("SELECT incident_id, rule FROM incident")
        assert len({rule for _, rule in found}) > 1
        for number, rule in found:
            out = tmp_path / rule
            if not out.exists():
                await bundled(play, number, out)
                code, said = checked(out)
                assert code == 0, f"{rule}: {said}"
