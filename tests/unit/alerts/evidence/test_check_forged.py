"""check.py of a bundle finds every byte that was changed, and who forges the manifest too."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from alerts.evidence import check
from tests.integration.play import county, played, sewage
from tests.integration.test_evidence_bundle import START, act, breach, bundled, checked, read

SOURCE = Path(check.__file__)


async def test_a_byte_changed_in_any_file_is_found(url: str, tmp_path: Path) -> None:
    out = tmp_path / "case"
    async with played(url, county(sewage("w01018", "w21003")), START) as play:
        number = await breach(play)
        await act(play, number, "noted", {"text": "x"})
        await bundled(play, number, out)
    names = names_in(out)
    assert len(names) > 19
    for name in names:
        whole = (out / name).read_bytes()
        for place in {0, len(whole) // 2, len(whole) - 1}:
            changed = bytearray(whole)
            changed[place] ^= 1
            (out / name).write_bytes(changed)
            assert faults(out), f"{name} at {place}"
        code, said = checked(out, SOURCE)
        assert code == 1, name
        assert f"✘ {name}" in said or "manifest" in name, said
        (out / name).write_bytes(whole)
    assert checked(out, SOURCE)[0] == 0


def faults(folder: Path) -> list[str]:
    report = check.Report()
    report.step("files", lambda: check.files(folder, report))
    return report.faults


def names_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def found_in(folder: Path, pattern: str, old: bytes) -> list[Path]:
    return [one for one in folder.glob(pattern) if old in one.read_bytes()]


def seal(folder: Path) -> None:
    """Make the manifest true again, as one would who forges all of it."""
    manifest = read(folder, "manifest.json")
    for name in manifest["files"]:
        content = (folder / name).read_bytes()
        manifest["files"][name] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    text = json.dumps(manifest).encode()
    (folder / "manifest.json").write_bytes(text)
    (folder / "manifest.sha256").write_text(f"{hashlib.sha256(text).hexdigest()}  manifest.json\n")


FORGERIES = [
    ("a value in readings.csv is not that of its batch", "readings.csv", ",9.0,N,0,", ",4.0,N,0,", "批次"),
    ("a mark in readings.csv is not that of its batch", "readings.csv", ",9.0,N,0,", ",9.0,M,0,", "批次"),
    ("a value in the raw messages: the batch's digest says so", "batches/*.bin", '"w21003": 9.0', '"w21003": 4.0', "摘要"),
    ("an outcome that does not follow from value and limit", "verdicts.csv", ",exceeding,", ",compliant,", "重算"),
    ("a limit that makes the verdict wrong", "limits.json", '"high": 5', '"high": 50', "重算"),
    ("an hour that is not the mean of its readings", "hours.csv", ",9.0,9.0,9.0,", ",8.0,9.0,9.0,", "平均"),
    ("what a person wrote", "history.jsonl", "现场取样", "现场未取样", "摘要"),
    ("who wrote it, in the readable table", "history.csv", "epb-chen", "epb-wang", "不同"),
    ("a link of the chain", "chain.csv", "\n2,", "\n3,", "相连"),
    ("a batch that is left out", "batches.csv", ",1,w,", ",2,w,", "no longer kept"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "old", "new", "why"), [one[1:] for one in FORGERIES], ids=[one[0] for one in FORGERIES]
)
async def test_who_forges_the_manifest_too_is_found_out(
    url: str, tmp_path: Path, name: str, old: str, new: str, why: str
) -> None:
    out = tmp_path / "case"
    async with played(url, county(sewage("w01018", "w21003")), START) as play:
        number = await breach(play)
        await act(play, number, "noted", {"text": "现场取样"})
        await bundled(play, number, out)
    [path] = found_in(out, name, old.encode())
    path.write_bytes(path.read_bytes().replace(old.encode(), new.encode(), 1))
    seal(out)
    code, said = checked(out)
    assert code == 1, said
    assert why in said, said


async def test_lines_taken_out_or_put_in_are_found(url: str, tmp_path: Path) -> None:
    out = tmp_path / "case"
    async with played(url, county(sewage("w01018", "w21003")), START) as play:
        number = await breach(play)
        for text in "abc":
            await act(play, number, "noted", {"text": text})
        await bundled(play, number, out)
    for name, why in (
        ("readings.csv", "行数与 incident.json"),
        ("chain.csv", "不相连"),
        ("history.jsonl", "not as many lines"),
    ):
        whole = (out / name).read_bytes()
        lines = whole.split(b"\n")
        (out / name).write_bytes(b"\n".join([*lines[:-3], *lines[-2:]]))
        seal(out)
        code, said = checked(out)
        assert (code, why in said) == (1, True), said
        (out / name).write_bytes(whole)
    (out / "more.txt").write_text("x")
    assert "more.txt: 不在清单内" in checked(out)[1]
