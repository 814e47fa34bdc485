"""What commands beside a running service need of it: its database, its registry, a device's login."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from schemas.errors import StartError, UseError
from schemas.registry import document, sheets, store
from schemas.registry.diff import diff
from schemas.runtime import broker, database
from schemas.runtime.folder import DataFolder

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.registry.diff import Change
    from schemas.registry.model import Document
    from schemas.runtime.settings import Settings


def running_database_url(settings: Settings) -> str:
    """Return the database's address: as set, or of the embedded one of the data folder, which must be running.

    Raises:
        StartError: no database is set and no service runs in the data folder.

    """
    if settings.database_url:
        return settings.database_url
    folder = DataFolder(settings.data)
    port = folder.recall().get("postgres_port")
    if not isinstance(port, int) or not broker.answers("127.0.0.1", port):
        raise StartError(
            f"数据目录 {settings.data} 中没有正在运行的数据库 (no database runs for this data folder).",
            "Start it with `monitor run`, name its folder with --data, or set MONITOR_DATABASE_URL.",
        )
    return f"postgresql://monitor:{folder.secret('monitor')}@127.0.0.1:{port}/monitor"


async def registry_in_force(settings: Settings) -> Document | None:
    """Return the registry in force, or None where none was applied."""
    async with database.connect(settings.database_url or "", "monitor-registry") as db:
        registry = await store.current(db)
    return registry.document if registry else None


async def apply_registry(url: str, path: Path, applied_by: str, *, dry_run: bool) -> list[Change]:
    """Apply the registry file at *path* (or only compare it); return what changes."""
    wanted = document.load_checked(path)
    async with database.connect(url, "monitor-registry") as db:
        if dry_run:
            registry = await store.current(db)
            return diff(registry.document if registry else None, wanted)
        return await store.apply(db, wanted, applied_by=applied_by)


async def export_registry(url: str, path: Path) -> None:
    """Write the registry in force to *path*, in the form its suffix names."""
    async with database.connect(url, "monitor-registry") as db:
        registry = await store.current(db)
    if registry is None:
        raise UseError("还没有注册表 (no registry was applied yet).", "monitor registry apply FILE")
    forms = {
        ".yaml": lambda found: document.to_yaml(found).encode(),
        ".yml": lambda found: document.to_yaml(found).encode(),
        ".csv": sheets.to_csv,
        ".xlsx": sheets.to_xlsx,
    }
    form = forms.get(path.suffix.lower())
    if form is None:
        raise UseError(f"不认识的文件类型 (unknown kind of file): {path.name}.", "Use .yaml, .csv or .xlsx.")
    await asyncio.to_thread(path.write_bytes, form(registry.document))


def device_login(settings: Settings, device: str) -> str:
    """Return a device's login as options of mosquitto_pub and mosquitto_sub.

    Raises:
        UseError: there is no such device.

    """
    folder = DataFolder(settings.data)
    try:
        known: dict[str, str] = json.loads((folder.secrets / "devices.json").read_text(encoding="utf-8"))
    except OSError as exc:
        raise StartError(
            f"数据目录 {settings.data} 中没有凭证 (no credentials here).", "Start it once with `monitor run`."
        ) from exc
    if device not in known:
        near = ", ".join(sorted(known)[:5])
        raise UseError(f"没有设备 {device} (no such device).", f"Name it site/device, as in the registry: {near} …")
    port = folder.recall().get("mqtt_port", settings.broker.port)
    return f"-h {settings.broker.host} -p {port} -u {device} -P {known[device]}"
