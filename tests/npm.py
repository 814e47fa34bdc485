"""What tests take from npm: installed once into a cache folder, never into this tree."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import pytest

_INSTALL_S = 120
_NPM = ("npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", "--loglevel=error")
_NPM_PATIENCE = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=30000")


def cannot(why: str) -> NoReturn:
    """Skip on a bare machine; where the tests are a gate, a missing part is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(why)
    pytest.skip(why)


def installed(package: Path, name: str) -> Path:
    """Return a folder outside the tree with what *package* (a package.json) asks for, made once for each content of it."""
    if shutil.which("npm") is None:
        cannot("npm is not installed (Node 20 or newer is needed)")
    wanted = package.read_bytes()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "yongxing-monitor"
    folder = cache / f"{name}-{hashlib.sha256(wanted).hexdigest()[:12]}"
    if not folder.exists():
        making = cache / f"{folder.name}.{os.getpid()}"
        making.mkdir(parents=True)
        try:
            (making / "package.json").write_bytes(wanted)
            _install(making)
            with suppress(OSError):  # another run was faster
                making.rename(folder)
        finally:
            shutil.rmtree(making, ignore_errors=True)
    return folder


def _install(folder: Path) -> None:
    try:
        done = subprocess.run(
            [*_NPM, *_NPM_PATIENCE], cwd=folder, capture_output=True, text=True, timeout=_INSTALL_S, check=False
        )
    except subprocess.TimeoutExpired:
        cannot(f"npm install took longer than {_INSTALL_S} s: is the package registry reachable?")
    if done.returncode:
        cannot(f"npm install failed: is the package registry reachable? {' '.join(done.stderr.split())[:200]}")
