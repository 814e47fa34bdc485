"""Writes the boards: ``python -m grafana.boards``. Nothing else may write into ``grafana/dashboards``."""

from __future__ import annotations

import json
from pathlib import Path

from grafana.boards import boilers, energy, incidents, operations, quality, sewage, stack, wall

ROOT = Path(__file__).resolve().parents[1]
#: The order of the playlist and of the README.
_BOARDS = (wall, sewage, boilers, stack, energy, quality, incidents, operations)
#: What stands on the bureau's wall, one minute each; operations is for the people who run the service.
_PLAYED = (wall, sewage, boilers, stack, energy, incidents)


def files() -> dict[Path, str]:
    """Return what is to stand in each generated file."""
    made = [one.build() for one in _BOARDS]
    found = {ROOT / "dashboards" / one.folder / f"{one.uid}.json": one.text() for one in made}
    return found | {ROOT / "playlist.json": playlist()}


def playlist() -> str:
    """Return the body for Grafana's playlist API; playlists cannot be provisioned by file."""
    items = [{"type": "dashboard_by_uid", "value": one.UID} for one in _PLAYED]
    body = {"name": "永兴县大屏轮播", "interval": "1m", "items": items}
    return json.dumps(body, sort_keys=True, indent=2, ensure_ascii=False) + "\n"


def write() -> None:
    """Write all files, and take away boards that are no more."""
    wanted = files()
    for old in (ROOT / "dashboards").rglob("*.json"):
        if old not in wanted:
            old.unlink()
    for path, text in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
