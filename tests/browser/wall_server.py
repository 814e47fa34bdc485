"""A web process with nothing but the wall, fed with a county made by hand. ``python -m tests.browser.wall_server PORT COUNTY``."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nicegui import app, ui

from alerts.desk import wall
from alerts.desk.facts import Totals
from schemas.runtime import clock
from tests.browser.wall_counties import COUNTIES, county

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.desk.facts import Snapshot

_EVERY_S = 1.0


class Fed:
    """What the keeper is to the wall; a new version every second, until a file named ``stop`` lies in the folder."""

    def __init__(self, name: str, folder: Path) -> None:
        self._made: Any = COUNTIES[name] if name != "usual" else lambda now: county(now=now)
        self._folder = folder
        self._moved = asyncio.Event()
        self.version = 0
        self.away_since: datetime | None = None
        self.snapshot: Snapshot | None = None
        self.move()

    def move(self) -> None:
        self.version += 1
        now = clock.now()
        made: Snapshot = self._made(now=now)
        had = made.totals
        seen = Totals(had.received + self.version, had.stored + self.version, had.duplicate, had.rejected)
        self.snapshot = type(made)(**{name: getattr(made, name) for name in made.__struct_fields__} | {"totals": seen})
        self._moved.set()
        self._moved = asyncio.Event()

    async def after(self, version: int, within_s: float) -> int:
        try:
            async with asyncio.timeout(within_s):
                while self.version <= version:
                    await self._moved.wait()
        except TimeoutError:
            pass
        return self.version

    async def run(self) -> None:
        while True:
            await asyncio.sleep(_EVERY_S)
            if (self._folder / "away").exists():
                if self.away_since is None:
                    self.away_since = clock.now() - timedelta(minutes=3)
                    self.version += 1
                    self._moved.set()
                    self._moved = asyncio.Event()
            elif not (self._folder / "stop").exists():
                self.away_since = None
                self.move()


def main(port: int, name: str, folder: Path) -> None:
    fed = Fed(name, folder)
    app.on_startup(lambda: asyncio.create_task(fed.run()))
    wall.mount(fed)  # type: ignore[arg-type]
    ui.run(
        host="127.0.0.1",
        port=port,
        title="wall",
        dark=True,
        language="zh-CN",
        reload=False,
        show=False,
        show_welcome_message=False,
        access_log=False,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
