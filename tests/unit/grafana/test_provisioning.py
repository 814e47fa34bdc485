"""What Grafana reads at its start fits the boards: data sources, folder, no edits, no secret in a file."""

from __future__ import annotations

from typing import Any

import yaml

from grafana.boards import queries
from grafana.boards.__main__ import ROOT
from schemas.runtime.database import READER


def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "provisioning" / name).read_text(encoding="utf-8"))
    return found


def test_the_data_sources_are_those_the_boards_ask() -> None:
    sources = {one["uid"]: one["type"] for one in _read("datasources/monitor.yaml")["datasources"]}
    assert sources == {ref.uid: ref.type_val for ref in (queries.MONITOR, queries.PROMETHEUS)}


def test_address_user_and_password_come_from_the_environment() -> None:
    database = _read("datasources/monitor.yaml")["datasources"][0]
    said = [database["url"], database["user"], *database["secureJsonData"].values()]
    said += [database["jsonData"]["database"], database["jsonData"]["sslmode"]]
    assert all(one.startswith("$MONITOR_READER_") for one in said)
    assert database["jsonData"]["timescaledb"] is False
    assert database["editable"] is False


def test_boards_are_read_by_folder_and_cannot_be_changed_in_the_browser() -> None:
    (provider,) = _read("dashboards/boards.yaml")["providers"]
    assert provider["allowUiUpdates"] is False
    assert provider["options"] == {"path": "$MONITOR_BOARDS", "foldersFromFilesStructure": True}
    assert "folder" not in provider, "Grafana refuses a folder beside the structure of files"


def test_no_alert_rules_are_provisioned() -> None:
    assert {path.name for path in (ROOT / "provisioning").iterdir()} == {"datasources", "dashboards"}


def test_the_readme_names_what_is_needed() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for path in (ROOT / "dashboards").rglob("*.json"):
        assert f"`{path.stem}`" in text
    for word in (
        "generated, do not edit",
        READER,
        "default_home_dashboard_path",
        "zh-Hans",
        "?kiosk",
        "/metrics",
        "MONITOR_BOARDS",
    ):
        assert word in text
