"""A bundle is whole, or it is not there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    """A file may not grow beyond 4 kB in that process: the kernel refuses as it does when a disk is full."""
    program = (
        "import resource, signal, sys, pathlib, datetime\n"
        "from alerts.evidence.folder import bundle\n"
        "from schemas.errors import MonitorError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "import os\n"
        "try:\n"
        "    with bundle(pathlib.Path(sys.argv[1]), datetime.datetime.now(datetime.UTC)) as made:\n"
        "        made.text('a', 'x')\n"
        "        with made.file('b') as file: file.bytes(os.urandom(100_000))\n"
        "except MonitorError as exc: print(exc.sentence)\n"
    )
    for name in ("folder", "a.zip"):
        done = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path / name)], capture_output=True, text=True, check=True,
            cwd=Path(__file__).parents[4],
        )  # fmt: skip
        assert "磁盘空间不足" in done.stdout, done.stderr
        assert list(tmp_path.iterdir()) == []
