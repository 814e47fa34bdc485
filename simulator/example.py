"""Where the shipped example county and scenarios are."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from schemas.errors import ScenarioError


def example_path() -> Path:
    """Return the registry document of the example county."""
    return Path(str(files("simulator").joinpath("county/yongxing.yaml")))


def scenario_path(name: str) -> Path:
    """Return the shipped scenario *name*, such as ``first_morning``.

    Raises:
        ScenarioError: there is no such scenario; names those there are.

    """
    folder = Path(str(files("simulator").joinpath("scenarios")))
    known = sorted(path.stem for path in folder.glob("*.toml"))
    if name not in known:
        raise ScenarioError(f"There is no scenario {name!r}.", f"Shipped are {', '.join(known)}.")
    return folder / f"{name}.toml"
