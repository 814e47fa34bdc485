from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from schemas.errors import RegistryError, StartError, UseError
from schemas.registry import document, store
from schemas.runtime import access, database
from schemas.runtime.embedded import EmbeddedPostgres
from schemas.runtime.folder import DataFolder
from simulator.example import example_path

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.registry.store import Registry


async def test_the_same_document_again_changes_nothing(url: str) -> None:
    assert await access.apply_registry(url, example_path(), "tests", dry_run=False) == []
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM registry_version").fetchall() == [(1,)]


async def test_a_change_is_shown_first_then_applied_with_history(url: str, registry: Registry, tmp_path: Path) -> None:
    changed = tmp_path / "changed.yaml"
    changed.write_text(example_path().read_text().replace("annual_tce: 12500", "annual_tce: 12000"))
    shown = await access.apply_registry(url, changed, "tests", dry_run=True)
    assert [(change.kind, change.key, change.action) for change in shown] == [
        ("budget", "mt-ceramic/2026-01-01", "changed")
    ]
    async with database.connect(url, "tests") as db:
        untouched = await store.current(db)
        assert untouched is not None
        assert untouched.version_id == registry.version_id
        assert await access.apply_registry(url, changed, "an inspector", dry_run=False) == shown
        now = await store.current(db)
        assert now is not None
        assert now.points == registry.points
        history = await db.fetch_dicts("registry_history")
    newest = history[0]
    assert (newest["applied_by"], newest["before"]["annual_tce"], newest["after"]["annual_tce"]) == (
        "an inspector",
        12500,
        12000,
    )
    with psycopg.connect(url) as connection:
        spans = connection.execute(
            "SELECT valid_to = lead(valid_from) OVER (ORDER BY version_id) FROM registry_version"
        ).fetchall()
    assert spans == [(True,), (None,)]


async def test_a_wrong_document_changes_nothing(url: str, registry: Registry, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(example_path().read_text().replace("lead_bureau: mkt", "lead_bureau: nobody"))
    with pytest.raises(RegistryError, match="nobody"):
        await access.apply_registry(url, wrong, "tests", dry_run=False)
    async with database.connect(url, "tests") as db:
        now = await store.current(db)
    assert now == registry


@pytest.mark.parametrize("suffix", [".yaml", ".csv", ".xlsx"])
async def test_what_is_exported_can_be_applied_again(url: str, registry: Registry, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"county{suffix}"
    await access.export_registry(url, path)
    assert document.load_checked(path) == registry.document
    with pytest.raises(UseError, match="unknown kind"):
        await access.export_registry(url, tmp_path / "county.doc")


def test_a_cluster_of_another_major_version_is_refused(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "d")
    folder.prepare()
    EmbeddedPostgres(folder).prepare()
    (folder.postgres / "PG_VERSION").write_text("12\n")
    with pytest.raises(StartError, match="PostgreSQL 12"):
        EmbeddedPostgres(folder).prepare()
