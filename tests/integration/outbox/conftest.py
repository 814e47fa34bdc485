from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from alerts.notify.channels import Channels
from tests.integration.outbox.play import Desk
from tests.integration.receivers import Web, web

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def hook() -> Iterator[Web]:
    with web() as one:
        yield one


@pytest.fixture
def other() -> Iterator[Web]:
    with web() as one:
        yield one


@pytest.fixture
def desk(url: str, tmp_path: Path, hook: Web, other: Web) -> Desk:
    path = tmp_path / "channels.toml"
    path.touch(0o600)
    path.write_text(
        f'[channel.a]\nurl = "{hook.url}/a"\n[channel.b]\nurl = "{other.url}/b"\n'
        f'[channel.slow]\nurl = "{other.url}/slow"\nrate_per_min = 20\n[channel.calm]\nurl = "{hook.url}/calm"\nquiet = true\n',
        encoding="utf-8",
    )
    return Desk(url, Channels(path))
