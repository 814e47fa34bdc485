"""The README is true: its settings table is the settings', its test command is CI's."""

from __future__ import annotations

import importlib.util
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]


def test_the_settings_table_is_fresh() -> None:
    spec = importlib.util.spec_from_file_location("gen_settings", REPOSITORY / "docs" / "gen_settings.py")
    assert spec is not None
    assert spec.loader is not None
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    assert generator.table() in (REPOSITORY / "README.md").read_text(), "run: python docs/gen_settings.py"


def test_ci_runs_the_readme_test_command() -> None:
    assert "make test" in (REPOSITORY / "README.md").read_text()
    assert (REPOSITORY / ".ci" / "run").read_text().rstrip().endswith("exec make test")
