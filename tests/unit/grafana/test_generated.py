"""What stands in grafana/dashboards is what the Python says, and what the SDK's types can hold."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.cog.runtime import panelcfg_config
from grafana_foundation_sdk.models.dashboard import Dashboard

from grafana.boards.__main__ import ROOT, files

if TYPE_CHECKING:
    from pathlib import Path

_FRESH = "run: python -m grafana.boards"
_BOARDS = sorted((ROOT / "dashboards").rglob("*.json"))


def _by_name(path: Path) -> str:
    return path.stem


def test_the_files_are_those_the_python_writes() -> None:
    wanted = files()
    stand = {*_BOARDS, ROOT / "playlist.json"}
    assert stand == set(wanted), _FRESH
    assert [path.name for path in stand if path.read_text(encoding="utf-8") != wanted[path]] == [], _FRESH


def test_writing_twice_gives_the_same() -> None:
    assert files() == files()


@pytest.mark.parametrize("path", _BOARDS, ids=_by_name)
def test_a_board_reads_back_into_the_types_of_the_sdk_without_loss(path: Path) -> None:
    register_default_plugins()
    said = json.loads(path.read_text(encoding="utf-8"))
    assert json.loads(json.dumps(Dashboard.from_json(said), cls=JSONEncoder)) == said


@pytest.mark.parametrize("path", _BOARDS, ids=_by_name)
def test_every_kind_of_panel_is_one_of_grafanas(path: Path) -> None:
    """A kind the SDK does not know would be read back as it is, whatever stood in it."""
    register_default_plugins()
    panels: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["panels"]
    assert {panel["type"] for panel in panels if panelcfg_config(panel["type"]) is None} == set()


@pytest.mark.parametrize("path", _BOARDS, ids=_by_name)
def test_keys_are_sorted_and_the_end_is_a_line(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text == json.dumps(json.loads(text), sort_keys=True, indent=2, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("path", _BOARDS, ids=_by_name)
def test_a_board_says_that_it_is_generated(path: Path) -> None:
    said = json.loads(path.read_text(encoding="utf-8"))
    assert "generated" in said["tags"]
    assert "do not edit" in said["description"]
    assert said["editable"] is False


def test_the_playlist_names_boards_that_stand_the_county_first() -> None:
    items = json.loads((ROOT / "playlist.json").read_text(encoding="utf-8"))["items"]
    assert items[0]["value"] == "yx-county-wall"
    assert {item["value"] for item in items} <= {path.stem for path in _BOARDS}
    assert {item["type"] for item in items} == {"dashboard_by_uid"}
