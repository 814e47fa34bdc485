from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from alerts.judge.rules import RULES_VERSION, RulesError, load, shipped_text
from alerts.judge.rules_file import RulesFile

if TYPE_CHECKING:
    from pathlib import Path

SHIPPED = shipped_text()
SLOWER = SHIPPED.replace("open_after = 3", "open_after = 4")
BROKEN = SHIPPED.replace('level = "orange"', 'level = "pink"', 1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rules.toml"


def write(path: Path, text: str) -> None:
    """Put *text* in place as careful editors do: whole, as a new file."""
    new = path.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)


def test_without_a_file_the_shipped_rules_are_in_force() -> None:
    rules = RulesFile(None)
    assert rules.current == load()
    assert rules.version == RULES_VERSION
    assert rules.refresh() is None


def test_a_copy_of_the_shipped_file_has_its_version(path: Path) -> None:
    write(path, SHIPPED)
    assert RulesFile(path).version == RULES_VERSION


def test_a_change_is_taken_and_seen_by_the_version(path: Path) -> None:
    write(path, SHIPPED)
    rules = RulesFile(path)
    before = rules.current
    write(path, SLOWER)
    assert rules.current is before
    assert rules.refresh() is None
    assert rules.current["boiler_efficiency"].open_after == 4
    version, _, digest = rules.version.partition("+")
    assert version == RULES_VERSION
    assert len(digest) == 8
    assert int(digest, 16) >= 0
    after = rules.current
    assert rules.refresh() is None
    assert rules.current is after
    write(path, SHIPPED)
    rules.refresh()
    assert rules.version == RULES_VERSION


def test_two_texts_have_two_versions_and_one_text_has_one(path: Path) -> None:
    versions = []
    for text in (SLOWER, SLOWER + "# a remark\n", SLOWER):
        write(path, text)
        versions.append(RulesFile(path).version)
    assert versions[0] == versions[2] != versions[1]


def test_a_broken_change_leaves_the_rules_in_force_and_is_told_once(path: Path) -> None:
    write(path, SLOWER)
    rules = RulesFile(path)
    before, version = rules.current, rules.version
    write(path, BROKEN)
    said = rules.refresh()
    assert said is not None
    assert "what was read before stays in force" in said
    assert "pink" in said
    assert "第 " in said
    assert rules.broken == said
    assert (rules.current, rules.version) == (before, version)
    assert rules.refresh() is None
    assert rules.broken == said
    write(path, BROKEN + "\n")
    assert rules.refresh() is not None
    write(path, SHIPPED)
    assert rules.refresh() is None
    assert rules.broken is None
    assert rules.version == RULES_VERSION


def test_a_file_that_goes_away_changes_nothing(path: Path) -> None:
    write(path, SLOWER)
    rules = RulesFile(path)
    path.unlink()
    assert "cannot be read" in str(rules.refresh())
    assert rules.refresh() is None
    assert rules.current["boiler_efficiency"].open_after == 4
    write(path, SHIPPED)
    assert rules.refresh() is None
    assert rules.version == RULES_VERSION


def test_the_same_size_and_another_time_is_a_change(path: Path) -> None:
    path.write_text(SLOWER, encoding="utf-8")
    rules = RulesFile(path)
    path.write_text(SLOWER.replace("open_after = 4", "open_after = 5"), encoding="utf-8")
    os.utime(path, (2_000_000_000, 2_000_000_000))
    assert rules.refresh() is None
    assert rules.current["boiler_efficiency"].open_after == 5


@pytest.mark.parametrize("content", [BROKEN.encode(), b"\xff\xfe[", b""])
def test_nothing_starts_with_a_broken_file(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(RulesError, match=r"rules\.toml"):
        RulesFile(path)


def test_nothing_starts_without_the_file_that_was_named(path: Path) -> None:
    with pytest.raises(RulesError, match="cannot be read"):
        RulesFile(path)


def test_a_file_from_windows_is_the_same_file(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbf" + SHIPPED.replace("\n", "\r\n").encode())
    assert RulesFile(path).version == RULES_VERSION


def test_figures_are_checked_each_time(path: Path) -> None:
    write(path, SHIPPED)
    # The shipped file may say figures of its own: those it says are declared here.
    known = {name: tuple(rule.numbers) for name, rule in load().items()}
    rules = RulesFile(path, known)
    write(path, SHIPPED.replace("[sewage_day]\n", "[sewage_day]\nnumbers = { none_such = 1 }\n"))
    assert "none_such" in str(rules.refresh())
