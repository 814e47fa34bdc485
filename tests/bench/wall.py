"""The wall's figures: how fast it opens, how soon a commit stands on it, what fifty screens cost (`python -m tests.bench.wall`)."""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from playwright.async_api import async_playwright

from schemas.runtime.folder import DataFolder, any_free_port
from tests.bench.figures import Figure, over_rounds, percentile, table, write_json
from tests.bench.screens import Screen
from tests.bench.stand import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playwright.async_api import Page

_HOST = "127.0.0.1"
_FILLED_WITHIN_S, _STOP_WITHIN_S = 180.0, 20.0
SCREENS = 50
_SECONDS, _LOADS, _UPDATES = 60.0, 10, 40
_SETTLED_S = 60.0
_SITE, _DEVICE, _FACTOR = "bj-wwtp", "outlet", "w01018"
#: Headless Chromium of the distribution; the library's own browser is not installed here.
_CHROMIUM = "/usr/bin/chromium"


class Service:
    """``monitor run`` with the example county and its simulator, in a folder of its own."""

    def __init__(self, root: Path, stack: ExitStack) -> None:
        self.folder = DataFolder(root)
        self.port, self.mqtt_port = any_free_port(_HOST, None), any_free_port(_HOST, None)
        argv = [
            sys.executable, "-m", "monitor", "run", "--data", str(root), "--port", str(self.port), "--mqtt-port", str(self.mqtt_port),
        ]  # fmt: skip
        with (root.parent / "run.log").open("wb") as out:
            self._process = subprocess.Popen(argv, cwd=REPOSITORY, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        stack.callback(self._end)

    @property
    def base(self) -> str:
        """The address of the pages."""
        return f"http://{_HOST}:{self.port}"

    def desk(self) -> psutil.Process:
        """Return the web process."""
        for child in psutil.Process(self._process.pid).children(recursive=True):
            if child.cmdline()[-1:] == ["desk"]:
                return child
        raise LookupError("no web process runs")

    def publish(self, value: float) -> float:
        """Publish one reading as a device does; return when the broker had it on disk (monotonic seconds)."""
        known = json.loads((self.folder.secrets / "devices.json").read_text(encoding="utf-8"))
        name = f"{_SITE}/{_DEVICE}"
        message = json.dumps({"ts": time.time_ns() // 1_000_000, "values": {_FACTOR: value}})
        login = ["-h", _HOST, "-p", str(self.mqtt_port), "-u", name, "-P", known[name], "-q", "1"]
        subprocess.run(["mosquitto_pub", *login, "-t", f"yx/v1/{name}/telemetry", "-m", message], check=True)
        return time.monotonic()

    def _end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(_STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


async def filled(service: Service) -> None:
    """Wait until the first incidents stand on the wall.

    Raises:
        TimeoutError: they do not.

    """
    until = time.monotonic() + _FILLED_WITHIN_S
    while time.monotonic() < until:
        try:
            screen = await Screen.open(service.base)
        except OSError:
            await asyncio.sleep(0.5)
            continue
        found = screen.first
        await screen.close()
        if "card" in found and _SITE in found:
            # The backlog's last hours are still being judged.
            await asyncio.sleep(20)
            return
        await asyncio.sleep(1)
    raise TimeoutError("no incident stands on the wall")


async def opening(service: Service) -> list[Figure]:
    """From the navigation until the sites stand on the page, in a browser that has seen nothing before."""
    ages, sizes = [], []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
        for _ in range(_LOADS):
            context = await browser.new_context(viewport={"width": 1920, "height": 1080})
            page = await context.new_page()
            wire = await context.new_cdp_session(page)
            await wire.send("Network.enable")
            taken = [0.0]
            wire.on("Network.loadingFinished", lambda event, taken=taken: _add(taken, event))
            began = time.monotonic()
            await page.goto(service.base + "/", wait_until="commit")
            await page.wait_for_selector(".tile", state="visible")
            ages.append(time.monotonic() - began)
            await page.wait_for_load_state("networkidle")
            sizes.append(taken[0] / 1e6)
            await context.close()
        await browser.close()
    return [
        over_rounds("wall_opens", ages, "s", "< 2"),
        over_rounds("wall_bytes_first_visit", sizes, "MB"),
    ]


def _add(taken: list[float], event: dict[str, Any]) -> None:
    taken[0] += event["encodedDataLength"]


async def updating(service: Service) -> list[Figure]:
    """From a reading's publishing (a little before its commit) until an open wall holds it."""
    # One page that stays: what is sent is what changed of the page that is shown.
    screen = await Screen.open(service.base, "/?page=overview")
    ages = []
    for sample in range(_UPDATES):
        value = round(30 + (sample % 10) + (sample * 37 % 100) / 100, 1)
        waiting = asyncio.create_task(screen.until(f"{value:.1f}", 15.0))
        await asyncio.sleep(1.1)
        at = await asyncio.to_thread(service.publish, value)
        ages.append(await waiting - at)
    await screen.close()
    ages.sort()
    return [
        Figure("wall_update_p50", percentile(ages, 0.5), "s"),
        Figure("wall_update_max", ages[-1], "s", "< 2"),
    ]


async def enduring(service: Service, seconds: float) -> list[Figure]:
    """Let a real browser turn the pages every second: what grows then grows over a day as well, twenty times slower."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=_CHROMIUM, args=["--no-sandbox", "--js-flags=--expose-gc", "--enable-precise-memory-info"]
        )
        page = await browser.new_page(viewport={"width": 1920, "height": 1080})
        loads = [0]
        page.on("load", lambda _: loads.__setitem__(0, loads[0] + 1))
        await page.goto(service.base + "/?turn=1")
        await page.wait_for_selector(".tile", state="visible")
        await asyncio.sleep(_SETTLED_S)
        desk = service.desk()
        first, nodes, rss = await _heap(page), await _nodes(page), desk.memory_info().rss
        await asyncio.sleep(seconds)
        grown = await _heap(page) - first
        found = [
            Figure("wall_reloads", loads[0] - 1, "", "= 0"),
            Figure("wall_turns", seconds, ""),
            Figure("wall_heap", first / 1e6, "MB"),
            Figure("wall_heap_growth", grown / 1e6, "MB", "< 5"),
            Figure("wall_nodes_growth", await _nodes(page) - nodes, "", "< 500"),
            Figure("wall_server_growth", (desk.memory_info().rss - rss) / 1e6, "MB", "< 20"),
        ]
        await browser.close()
    return found


async def _heap(page: Page) -> float:
    used: float = await page.evaluate("() => { gc(); gc(); return performance.memory.usedJSHeapSize; }")
    return used


async def _nodes(page: Page) -> float:
    count: float = await page.evaluate("document.getElementsByTagName('*').length")
    return count


async def many(service: Service, screens: int) -> list[Figure]:
    """Return the web process's share of a core with no screen, and with *screens* of them."""
    desk = service.desk()
    idle = await _share(desk)
    open_ones = [await Screen.open(service.base) for _ in range(screens)]
    await asyncio.sleep(5)
    before = [one.bytes for one in open_ones]
    busy = await _share(desk)
    per_screen = statistics.median((one.bytes - had) / _SECONDS for one, had in zip(open_ones, before, strict=True))
    alive = sum(one.connected for one in open_ones)
    for one in open_ones:
        await one.close()
    return [
        Figure("wall_idle_core", idle, "cores"),
        Figure(f"wall_{screens}_screens_core", busy, "cores", "< 1"),
        Figure(f"wall_{screens}_screens_connected", alive, "", f"= {screens}"),
        Figure("wall_bytes_a_screen_and_second", per_screen, "B/s"),
        Figure("wall_memory", desk.memory_info().rss / 1e6, "MB"),
    ]


async def _share(process: psutil.Process) -> float:
    before, at = process.cpu_times(), time.monotonic()
    await asyncio.sleep(_SECONDS)
    after = process.cpu_times()
    return (after.user + after.system - before.user - before.system) / (time.monotonic() - at)


async def measure(root: Path, screens: int, endure: float) -> list[Figure]:
    """Measure all of it on one service."""
    with ExitStack() as stack:
        data = root / "data"
        data.mkdir()
        service = Service(data, stack)
        await filled(service)
        found = await opening(service)
        found += await updating(service)
        found += await many(service, screens)
        return found + (await enduring(service, endure) if endure else [])


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write; 1 if a reach is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.wall", description=__doc__)
    parser.add_argument("--screens", type=int, default=SCREENS)
    parser.add_argument("--endure", type=float, default=600.0, metavar="SECONDS", help="a turn a second; 0: not at all")
    parser.add_argument("--json", type=Path, default=Path("wall.json"), help="where the figures go")
    args = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="monitor-wall-") as root:
        figures = asyncio.run(measure(Path(root), args.screens, args.endure))
    print(table(figures))  # noqa: T201 - the figures are what it is for
    write_json(figures, args.json)
    return 0 if all(figure.ok is not False for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
