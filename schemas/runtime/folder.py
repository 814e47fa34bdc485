"""The data folder: one per service, locked while in use, its secrets made on first use and readable by us alone."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

from schemas.errors import StartError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LAYOUT = "1"
_MIN_FREE_BYTES = 300 * 1024 * 1024


class DataFolder:
    """Paths inside one data folder."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.postgres = self.root / "postgres"
        self.broker = self.root / "broker"
        self.logs = self.root / "logs"
        self.ready = self.root / "ready"
        self.metrics = self.root / "metrics"
        self.secrets = self.root / "secrets"
        self.simulator_state = self.root / "simulator.json"
        self._run = self.root / "run.json"

    def prepare(self) -> None:
        """Make the folder, or prove that it is one of ours with room on its disk.

        Raises:
            StartError: a file stands there, it cannot be written, is of another layout, or the disk is full.

        """
        try:
            for folder in (self.root, self.broker, self.logs, self.ready, self.metrics, self.secrets):
                folder.mkdir(parents=True, exist_ok=True)
            self.secrets.chmod(0o700)
            layout = self.root / "LAYOUT"
            if not layout.exists():
                layout.write_text(LAYOUT + "\n", encoding="ascii")
            found = layout.read_text(encoding="ascii", errors="replace").strip()
        except OSError as exc:
            raise StartError(
                f"数据目录 {self.root} 无法使用 (data folder unusable): {exc.strerror or exc}.",
                "Make it writable, or name another with --data.",
            ) from exc
        if found != LAYOUT:
            raise StartError(
                f"数据目录 {self.root} 属于另一版本 (data folder of another version: layout {found!r}, ours {LAYOUT}).",
                "Use the version that made it, or name another folder with --data.",
            )
        free = shutil.disk_usage(self.root).free
        if free < _MIN_FREE_BYTES:
            raise StartError(
                f"数据目录 {self.root} 所在磁盘只剩 {free >> 20} MiB (disk nearly full, {_MIN_FREE_BYTES >> 20} MiB needed).",
                "Free some space, or name a folder on another disk with --data.",
            )

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the folder for this process; the kernel lets go even after kill -9.

        Raises:
            StartError: another process holds it.

        """
        with (self.root / "lock").open("a+", encoding="ascii") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as exc:
                handle.seek(0)
                raise StartError(
                    f"数据目录 {self.root} 正被另一进程使用 (in use by process {handle.read().strip() or 'unknown'}).",
                    "Stop that one first, or name another folder with --data.",
                ) from exc
            handle.truncate(0)
            handle.write(str(os.getpid()))
            handle.flush()
            yield

    def secret(self, name: str) -> str:
        """Return the secret *name*, made at random on first use."""
        path = self.secrets / name
        if not path.exists():
            write_private(path, secrets.token_urlsafe(24))
        return path.read_text(encoding="ascii").strip()

    def remember(self, **facts: object) -> None:
        """Merge *facts* about the running service (ports, pids) into run.json."""
        write_private(self._run, json.dumps(self.recall() | facts))

    def recall(self) -> dict[str, object]:
        """Return what was remembered last; empty at the first start."""
        try:
            found: dict[str, object] = json.loads(self._run.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found


def write_private(path: Path, text: str) -> None:
    """Write *text* so that no other user can read it and no reader sees half of it."""
    draft = path.with_name(path.name + ".new")
    draft.touch(mode=0o600)
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def port_is_free(host: str, port: int) -> bool:
    """Say whether we could listen on *port* now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def require_port(host: str, port: int, option: str) -> None:
    """Raise StartError, naming *option*, when *port* is taken."""
    if not port_is_free(host, port):
        raise StartError(
            f"端口 {port} 已被占用 (port {port} on {host} is taken).",
            f"Stop what uses it, or choose another with {option}.",
        )


def any_free_port(host: str, preferred: object) -> int:
    """Return *preferred* when it is a free port, else one the kernel picks."""
    if isinstance(preferred, int) and port_is_free(host, preferred):
        return preferred
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
    return port
