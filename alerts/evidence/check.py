#!/usr/bin/env python3
"""Checks this bundle with Python's standard library alone (3.8 or later): python3 check.py [FOLDER].

核对本证据包：不联网，不写文件。退出码 0 全部相符，1 有差错。Exit code 0: all holds; 1: a fault, named by file and line.
"""
# ruff: noqa: PLR2004, S608 - the queries take no text from outside; the numbers are those of the formats read here

from __future__ import annotations

import csv
import hashlib
import json
import math
import re
import sqlite3
import struct
import sys
from collections.abc import Callable, Iterator  # noqa: TC003 - one line less to read
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)  # noqa: UP017 - this file runs on Python 3.8
MICROSECOND = timedelta(microseconds=1)
STAMP = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d).(\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d+))?)?)?(Z|[+-]\d\d(?::?\d\d(?::?\d\d(?:\.\d+)?)?)?)$"
)
INTEGERS = {0xCC + n: ">" + form for n, form in enumerate("BHIQbhiq")}
SIZES = {0xC4: ">B", 0xC5: ">H", 0xC6: ">I", 0xD9: ">B", 0xDA: ">H", 0xDB: ">I", 0xDC: ">H", 0xDD: ">I"}
KEY = "WHERE site = ? AND device = ? AND factor = ? AND us = ?"
csv.field_size_limit(1 << 30)


class Report:
    """核对结果：每项一行，差错另列 one line for each thing checked, and the faults."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.faults: list[str] = []

    def fault(self, where: str, why: str) -> None:
        """Note a fault at *where* (file, line)."""
        self.faults.append(f"  ✘ {where}: {why}")

    def step(self, name: str, work: Callable[[], str]) -> None:
        """Do one check; whatever breaks it is a fault of the bundle, not a crash."""
        before = len(self.faults)
        try:
            said = work()
        except Exception as exc:  # noqa: BLE001 - a damaged file may break anything
            said = "无法核对 cannot be read"
            self.fault(name, f"{type(exc).__name__}: {exc}")
        self.lines.append(f"{'✔' if len(self.faults) == before else '✘'} {name}：{said}")


def table(folder: Path, name: str) -> Iterator[tuple[str, dict[str, str]]]:
    """逐行读表 yield place ("file:line") and cells. A leading ' only keeps spreadsheets from reading a cell as a formula."""
    with (folder / name).open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        for row in reader:
            yield f"{name}:{reader.line_num}", {k: v[1:] if re.match(r"'[=+@\t\r-]", v) else v for k, v in row.items()}


def instant(text: str) -> int:
    """表内时刻 → 1970 年起微秒 (microseconds)."""
    return (datetime.fromisoformat(text) - EPOCH) // MICROSECOND


def files(folder: Path, report: Report) -> str:
    """文件与清单逐一核对 every file against the manifest, and the manifest against its own digest."""
    manifest = (folder / "manifest.json").read_bytes()
    own = hashlib.sha256(manifest).hexdigest()
    if (folder / "manifest.sha256").read_bytes() != f"{own}  manifest.json\n".encode():
        report.fault("manifest.sha256", "与 manifest.json 不符 does not agree")
    listed = json.loads(manifest)["files"]
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    for name in sorted(there.symmetric_difference([*listed, "manifest.json", "manifest.sha256"])):
        report.fault(name, "不在清单内 not in the manifest" if name in there else "缺失 missing")
    for name in sorted(there.intersection(listed)):
        digest = hashlib.sha256()
        with (folder / name).open("rb") as file:
            while part := file.read(1 << 20):
                digest.update(part)
            said = {"sha256": digest.hexdigest(), "bytes": file.tell()}
        if said != listed[name]:
            report.fault(name, "与清单的摘要不符，已被改动 changed: sha256 or size differs")
    return f"{len(listed)} 个文件 files；manifest.json sha256 = {own}"


def unpack(raw: bytes, at: int = 0) -> tuple[Any, int]:
    """解 msgpack（仅批次用到的类型）read the kinds of msgpack a batch is made of; return what it says and where it ends."""
    kind, at = raw[at], at + 1
    if kind <= 0x7F:
        return kind, at
    if kind in INTEGERS:
        size = struct.calcsize(INTEGERS[kind])
        return struct.unpack_from(INTEGERS[kind], raw, at)[0], at + size
    if kind in SIZES:
        size, at = struct.unpack_from(SIZES[kind], raw, at)[0], at + struct.calcsize(SIZES[kind])
    elif 0x90 <= kind <= 0xBF:
        size = kind & (0x0F if kind <= 0x9F else 0x1F)
    else:
        raise ValueError(f"msgpack 类型 kind {kind:#x}")
    if 0x90 <= kind <= 0x9F or kind in {0xDC, 0xDD}:
        items = []
        for _ in range(size):
            item, at = unpack(raw, at)
            items.append(item)
        return items, at
    part = raw[at : at + size]
    return (part if 0xC4 <= kind <= 0xC6 else part.decode("utf-8", "replace")), at + size


def measured_us(ts: Any) -> int:
    """原文时间（毫秒或 RFC 3339）→ 微秒 a message's ts as microseconds; ValueError or TypeError where it is none."""
    if isinstance(ts, (int, float)) and not isinstance(ts, bool):
        return ts * 1000 if isinstance(ts, int) else round(ts * 1000)
    found = STAMP.match(str(ts))
    if found is None:
        return instant(str(ts))
    year, month, day, hour, minute, second, part, zone = found.groups()
    text = f"{year}-{month}-{day} {hour}:{minute or 0}:{second or 0}.{(part or '0')[:6]}{zone}{'00' * (len(zone) == 3)}"
    return (datetime.strptime(text, "%Y-%m-%d %H:%M:%S.%f%z") - EPOCH) // MICROSECOND


def samples(payload: bytes, received_us: int) -> Iterator[tuple[str, int, float, str]]:
    """原文所说的每个数值 every value a message says: factor, time, value, mark (n 无时间，按收到时刻计 stamped on receipt)."""
    try:
        found = json.loads(payload, parse_int=lambda text: int(text) if len(text) < 400 else math.inf)
    except (ValueError, RecursionError):
        return
    for one in [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, dict)]:
        values = one.get("values", {key: value for key, value in one.items() if key not in {"ts", "seq"}})
        try:
            at = measured_us(one["ts"]) if "ts" in one else received_us
        except (ValueError, OverflowError, TypeError):
            continue
        for key, value in values.items() if isinstance(values, dict) else ():
            flag = value.get("flag", "N") if isinstance(value, dict) else "N"
            number = value.get("v") if isinstance(value, dict) else value
            if isinstance(number, (int, float)) and not isinstance(number, bool) and abs(number) <= sys.float_info.max:
                yield key, at, float(number), "n" if flag == "N" and "ts" not in one else flag


def readings(folder: Path, report: Report, store: sqlite3.Connection) -> str:
    """读数入临时库 load the readings; times must agree, none may stand twice."""
    columns = "place, batch, site, device, factor, us, value REAL, mark, seen, UNIQUE (site, device, factor, us)"
    store.execute(f"CREATE TABLE r ({columns})")
    count = 0
    for place, row in table(folder, "readings.csv"):
        us, count = instant(row["ts_utc"]), count + 1
        if us != instant(row["ts_beijing"]):
            report.fault(place, "UTC 与北京时间不一致 the two times differ")
        key = (row["site"], row["device"], row["factor"], us)
        cells = (place, int(row["batch_id"]), *key, float(row["value"]), row["mark"])
        if store.execute("INSERT OR IGNORE INTO r VALUES (?,?,?,?,?,?,?,?,0)", cells).rowcount != 1:
            report.fault(place, "读数重复 stands twice")
    store.execute("CREATE INDEX r_batch ON r (batch)")
    if count != json.loads((folder / "incident.json").read_bytes())["raw"]["readings"]:
        report.fault("readings.csv", "行数与 incident.json 不符 not as many lines as were written")
    return f"{count} 个 readings"


def batches(folder: Path, report: Report, store: sqlite3.Connection) -> str:
    """逐批重算摘要，并在原文中找到每个读数 recompute each batch's digest; find each reading in its bytes."""
    raw_of = json.loads((folder / "incident.json").read_bytes())["raw"]
    span = (instant(raw_of["since"]), instant(raw_of["until"]))
    held = gone = astray = 0
    for place, row in table(folder, "batches.csv"):
        batch = int(row["batch_id"])
        if row["kept"] != "1":
            gone += store.execute("UPDATE r SET seen = 1 WHERE batch = ?", [batch]).rowcount
            if batch not in raw_of["batches_no_longer_kept"]:
                report.fault(place, "incident.json 未说该批次不再保存 nothing says that this batch is no longer kept")
            continue
        raw, held = (folder / "batches" / f"{batch}.bin").read_bytes(), held + 1
        if hashlib.sha256(bytes.fromhex(row["previous_digest"]) + raw).hexdigest() != row["digest"]:
            report.fault(place, f"batches/{batch}.bin 与摘要不符 the raw messages do not give this digest")
        try:
            astray += find(unpack(raw)[0], batch, store, span)
        except (ValueError, IndexError, struct.error, TypeError) as exc:
            report.fault(place, f"batches/{batch}.bin 无法解读 cannot be decoded: {exc}")
    for place, batch in store.execute("SELECT place, batch FROM r WHERE seen = 0"):
        report.fault(place, f"批次 {batch} 的原文中没有该值 that batch holds no such value")
    notes = [f"{held} 批 batches，读数在原文中 the readings stand in them"]
    notes += [f"原文另有 {astray} 个值未采用（拒收、与先到者不同）values in them not stored"] * bool(astray)
    notes += [f"{gone} 个读数的原文不再保存 readings whose raw messages are no longer kept"] * bool(gone)
    notes += [f"{raw_of['readings_before']} 以前的读数不再保存 readings before"] * bool(raw_of["readings_before"])
    return "；".join(notes)


def find(messages: Any, batch: int, store: sqlite3.Connection, span: tuple[int, int]) -> int:
    """Tick off the readings that *messages* hold; return how many values of the same points in *span* are not stored so."""
    points = set(store.execute("SELECT DISTINCT site, device, factor FROM r WHERE batch = ?", [batch]))
    astray = 0
    for received_us, topic, payload in messages:
        parts = topic.split("/")
        for factor, us, value, mark in samples(payload, received_us) if parts[3:] and parts[-1] == "telemetry" else ():
            key = (parts[-3], parts[-2], factor, us)
            if key[:3] not in points or not span[0] <= us <= span[1]:
                continue
            stored = store.execute(f"SELECT value, mark, batch FROM r {KEY}", key).fetchone()
            if stored == (value, mark, batch):
                store.execute(f"UPDATE r SET seen = 1 {KEY}", key)
            astray += stored is None or stored[:2] != (value, mark)
    return astray


def history(folder: Path, report: Report) -> str:
    """处置记录：逐行重算摘要，两表相同，并与链相连 each line's digest recomputed, both tables the same; then the chain's links."""
    own: dict[int, Any] = {}
    rows = [row for _, row in table(folder, "history.csv")]
    names = ("seq", "event_id", "incident_id", "at_utc", "kind", "actor", "body")
    for number, line in enumerate((folder / "history.jsonl").read_text(encoding="utf-8").split("\n")[:-1]):
        one, place = json.loads(line), f"history.jsonl:{number + 1}"
        said = "\n".join(str(instant(one[name]) if name == "at_utc" else one[name]) for name in names)
        digest = hashlib.sha256(bytes.fromhex(one["previous_digest"]) + one["text"].encode()).hexdigest()
        if digest != one["digest"]:
            report.fault(place, "内容与摘要不符 the text does not give this digest")
        if one["text"] != said or any(rows[number][name] != str(one[name]) for name in (*names, "digest")):
            report.fault(place, "字段、原文与 history.csv 不同 fields, text and history.csv differ")
        own[one["seq"]] = (one["previous_digest"], one["digest"])
    report.faults += ["  ✘ history.csv: 行数与 history.jsonl 不同 not as many lines"] * (len(rows) != len(own))
    return f"{len(own)} 行 lines，{chain(folder, report, own)}"


def chain(folder: Path, report: Report, own: dict[int, Any]) -> str:
    """处置链：逐行相连，含本事件各行 every line follows the one before; the lines of this incident stand among them."""
    count, before = 0, (0, "")
    for place, row in table(folder, "chain.csv"):
        seq, link, count = int(row["seq"]), (row["previous_digest"], row["digest"]), count + 1
        if count > 1 and (seq - 1, link[0]) != before:
            report.fault(place, "与前一行不相连 does not follow the line before")
        before = (seq, link[1])
        if own.pop(seq, link) != link:
            report.fault(place, "摘要与 history.jsonl 不同 another digest than there")
    report.faults += [f"  ✘ chain.csv: 缺第 {seq} 行 line missing" for seq in own]
    return f"链上 {count} 行相连 lines in the chain"


def verdicts(folder: Path, report: Report) -> str:
    """判定：按限值小数位修约（四舍六入五成双）后与限值比较 rounded half to even, then compared with its limit."""
    limits = {one["id"]: one for one in json.loads((folder / "limits.json").read_bytes())["limits"]}
    compared = other = 0
    for place, row in table(folder, "verdicts.csv"):
        limit = limits.get(row["limit_id"])
        if not row["rounded"] or limit is None:
            other += 1
            continue
        share, low, high = float(row["share"] or 1), limit["low"], limit["high"]
        places = Decimal(1).scaleb(-limit["decimals"] - (share < 1))
        value = float(Decimal(row["value"]).quantize(places, rounding=ROUND_HALF_EVEN))
        above = high is not None and (value >= high * share if share < 1 else value > high)
        said = "exceeding" if above or (low is not None and value < low) else "compliant"
        if value != float(row["rounded"]) or said != row["outcome"]:
            report.fault(place, f"重算为 {value} {said} computed here")
        compared += 1
    return f"{compared} 个重新比较 compared；{other} 个无限值或无法判定，未比 without a limit or value"


def hours(folder: Path, report: Report, store: sqlite3.Connection) -> str:
    """小时值：读数全部正常 (N) 的，重算平均 where all readings are normal, the mean is computed again; pH through H+."""
    case = json.loads((folder / "incident.json").read_bytes())
    gauges = [one for one in case["points"] if one["kind"] == "gauge" and one["interval_s"] >= 60]
    plain, same = {str(one["point_id"]) for one in gauges}, 0
    asked = "SELECT value, mark FROM r WHERE site = ? AND device = ? AND factor = ? AND us >= ? AND us < ?"
    for place, row in table(folder, "hours.csv"):
        start = instant(row["start_utc"])
        key = (row["site"], row["device"], row["factor"], start, start + 3_600_000_000)
        found = store.execute(asked, key).fetchall() if row["point_id"] in plain and row["marks"] == "N" else []
        if found and {mark for _, mark in found} == {"N"}:
            is_ph = row["factor"] == "w01001"
            mean = math.fsum(10.0**-value if is_ph else value for value, _ in found) / len(found)
            if math.isclose(-math.log10(mean) if is_ph else mean, float(row["value"]), rel_tol=1e-9, abs_tol=1e-12):
                same += 1
            elif not case["raw"]["hours_waiting"]:
                report.fault(place, "平均与读数不符 not the mean of the readings")
    return f"{same} 个重算一致 computed again and equal"


def main(folder: Path) -> int:
    """Check *folder* and print what was found; return the exit code."""
    report, store = Report(), sqlite3.connect("")
    report.step("文件摘要 files", lambda: files(folder, report))
    report.step("读数 readings", lambda: readings(folder, report, store))
    report.step("原始批次 raw batches", lambda: batches(folder, report, store))
    report.step("小时值 hour means", lambda: hours(folder, report, store))
    report.step("判定 verdicts", lambda: verdicts(folder, report))
    report.step("处置记录 history", lambda: history(folder, report))
    report.lines.append(
        f"结论 result：{f'有 {len(report.faults)} 处差错 faults' if report.faults else '全部相符 all holds'}"
    )
    text = "\n".join([*report.lines, *report.faults[:50], ""])
    sys.stdout.buffer.write(text.encode(sys.stdout.encoding or "utf-8", "replace"))
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).resolve().parent))
