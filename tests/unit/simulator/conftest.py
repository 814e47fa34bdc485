from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from schemas.registry.model import Document
from simulator import example, scenario

if TYPE_CHECKING:
    from simulator.scenario import Scenario


@pytest.fixture(scope="session")
def county() -> Document:
    return Document.model_validate(yaml.safe_load(example.example_path().read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def first_morning(county: Document) -> Scenario:
    return scenario.load(example.scenario_path("first_morning"), county)
