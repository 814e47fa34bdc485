"""Named queries: one file each, its first comment line says what it answers. Bound with ``%(name)s``."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def load(name: str) -> str:
    """Return the text of the query *name*. Raises FileNotFoundError when there is none."""
    return files(__package__).joinpath(f"{name}.sql").read_text(encoding="utf-8")
