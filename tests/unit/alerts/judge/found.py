"""Where in a TOML text something stands, as these tests ask for it."""

from __future__ import annotations

from alerts.judge.lines import Lines


def find_line(text: str, table: str, key: str | None) -> int | None:
    """Return the line (from 1) of ``[table]``, ``[[table]]`` (the first), or of *key* inside it; "": the top of the file."""
    lines = Lines(text)
    for inside in (table, f"{table}.0"):
        line = lines.exact(".".join(part for part in (inside, key) if part))
        if line is not None:
            return line
    return None
