"""Web processes of the wall's tests: started, killed, started again on the same port."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import httpx

from tests.browser.conftest import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path


class Started:
    """A web process that can be ended and started again on its port."""

    def __init__(self, arguments: list[str], port: int, folder: Path, environment: dict[str, str]) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self.folder = folder
        self._arguments = arguments
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.folder / "console.txt").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *self._arguments], stdout=log, stderr=log, cwd=REPOSITORY, env=self._environment
            )
        until = time.monotonic() + 60
        while True:
            assert self._process.poll() is None, self.said()
            try:
                httpx.get(self.base, trust_env=False).raise_for_status()
            except httpx.HTTPError:
                assert time.monotonic() < until, self.said()
                time.sleep(0.1)
            else:
                return

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait(20)

    def end(self) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(20)
        # Whoever leaves while being answered is none of our defects.
        said = re.sub(
            r"Exception in ASGI application\n.*?RuntimeError: No response returned\.", "", self.said(), flags=re.DOTALL
        )
        assert "Traceback" not in said, said

    def said(self) -> str:
        return (self.folder / "console.txt").read_text()


def environment(**more: str) -> dict[str, str]:
    # NiceGUI behaves otherwise when it finds itself in a test.
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")} | more
