"""Writes the README's settings table from the settings themselves. Run: python docs/gen_settings.py."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel

from schemas.runtime.settings import Settings


def rows(model: type[BaseModel], prefix: str) -> list[str]:
    """Return one table row per setting of *model*."""
    found = []
    for name, field in model.model_fields.items():
        variable = prefix + name.upper()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found += rows(field.annotation, variable + "__")
        else:
            default = "—" if field.default is None else f"`{field.default}`"
            found.append(f"| `{variable}` | {default} | {field.description} |")
    return found


def table() -> str:
    """Return the whole table as Markdown."""
    return "\n".join(["| variable | default | meaning |", "|---|---|---|", *rows(Settings, "MONITOR_")])


def main() -> None:
    """Write the table into the README, where the old one stands."""
    readme = Path(__file__).resolve().parent.parent / "README.md"
    text = readme.read_text(encoding="utf-8")
    start = text.index("| variable | default | meaning |")
    readme.write_text(text[:start] + table() + text[text.index("\n\n", start) :], encoding="utf-8")


if __name__ == "__main__":
    main()
