"""A TimescaleDB of the tests' own: Debian's packages laid out once beside the sources, a fresh cluster each time."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path

import psycopg

REPOSITORY = Path(__file__).resolve().parents[1]
_SCRIPT = REPOSITORY / "docker" / "timescaledb.sh"
#: Laid out once and copied: git ignores it, `make clean` leaves it.
_LAYOUT = REPOSITORY / ".timescaledb"


def _call(*words: str | Path) -> str:
    done = subprocess.run([str(_SCRIPT), *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"timescaledb.sh {words[0]}: {done.stderr.strip()[-500:]}")
    return done.stdout.strip()


@cache
def layout() -> Path:
    """Return the folder with Debian's TimescaleDB, made on first use.

    Raises:
        RuntimeError: it cannot be had on this machine; the sentence says why.

    """
    _call("layout", _LAYOUT)
    return _LAYOUT


class TimescaleCluster:
    """A cluster of its own in *folder*; the same interface as `EmbeddedPostgres` where the tests need it."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.folder = folder
        self.port = port

    def prepare(self) -> None:
        """Make the cluster, with role, database and extension; it does not run afterwards."""
        self.start()
        self.stop()

    def start(self) -> None:
        """Run it as nobody's child."""
        if not (self.folder / "root").exists():
            self.folder.mkdir(mode=0o755, parents=True, exist_ok=True)
            # Not links: the script knows its own processes by the file they run.
            subprocess.run(["cp", "-a", str(layout() / "root"), str(self.folder / "root")], check=True)
        self.port = int(
            _call("start", self.folder, *([str(self.port)] if self.port else [])).rsplit(":", 1)[1].split("/")[0]
        )

    def stop(self) -> None:
        """Shut it down."""
        _call("stop", self.folder)

    def remove(self) -> None:
        """Shut it down and forget it."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    async def ready(self) -> bool:
        """Say whether the server answers."""
        try:
            async with await psycopg.AsyncConnection.connect(self.url, connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False

    @property
    def argv(self) -> list[str]:
        """Command that runs the server in the foreground."""
        return [str(_SCRIPT), "run", str(self.folder), str(self.port)]

    @property
    def url(self) -> str:
        """Where the service's own role finds its database."""
        return _call("url", self.folder)

    @property
    def admin_url(self) -> str:
        """Where the superuser finds the cluster."""
        return _call("admin-url", self.folder)
