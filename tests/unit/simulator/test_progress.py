from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from schemas.errors import StartError
from simulator import progress

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 1, tzinfo=UTC)
LATER = datetime(2026, 11, 9, tzinfo=UTC)


def test_the_anchor_is_that_of_the_first_start(tmp_path: Path) -> None:
    path = tmp_path / "new" / "state.json"
    first = progress.load(path, NOW)
    first.advance("a/b", 5)
    first.advance("a/b", 3)
    first.save()
    again = progress.load(path, LATER)
    assert again.anchor == NOW
    assert again.sent_ms("a/b") == 5
    assert again.sent_ms("a/c") is None
    assert [each.name for each in path.parent.iterdir()] == ["state.json"]


def test_without_a_file_nothing_is_kept() -> None:
    kept = progress.load(None, NOW)
    kept.advance("a/b", 5)
    kept.save()
    assert progress.load(None, LATER).anchor == LATER


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"anchor": "2026-11-01T00:00:00"}', '{"anchor": 5, "sent_ms": {}}'])
def test_a_broken_file_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StartError, match=r"state\.json"):
        progress.load(path, NOW)


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(StartError, match=r"state\.json"):
        progress.load(tmp_path / "file" / "state.json", NOW).save()
