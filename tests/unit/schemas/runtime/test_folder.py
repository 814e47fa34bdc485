from __future__ import annotations

import shutil
import socket
import stat
from typing import TYPE_CHECKING, NamedTuple

import pytest

from schemas.errors import StartError
from schemas.runtime.folder import DataFolder, any_free_port, require_port

if TYPE_CHECKING:
    from pathlib import Path


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def test_a_secret_is_made_once_and_readable_by_us_alone(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "d")
    folder.prepare()
    first = folder.secret("x")
    assert len(first) >= 32
    assert folder.secret("x") == first != DataFolder(tmp_path / "d").secret("y")
    assert stat.S_IMODE((folder.secrets / "x").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.secrets.stat().st_mode) == 0o700


def test_a_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1 << 40, 1 << 40, 5 << 20))
    with pytest.raises(StartError, match="5 MiB") as caught:
        DataFolder(tmp_path / "d").prepare()
    assert "--data" in caught.value.mend


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "d").write_text("")
    with pytest.raises(StartError, match="unusable") as caught:
        DataFolder(tmp_path / "d").prepare()
    assert "--data" in caught.value.mend


def test_a_folder_in_use_is_refused_until_it_is_let_go(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "d")
    folder.prepare()
    with folder.lock(), pytest.raises(StartError, match="in use"), DataFolder(tmp_path / "d").lock():
        pass
    with folder.lock():
        pass


def test_what_was_remembered_is_recalled_and_junk_is_not(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "d")
    folder.prepare()
    assert folder.recall() == {}
    folder.remember(port=1)
    folder.remember(pids=[2])
    assert folder.recall() == {"port": 1, "pids": [2]}
    (folder.root / "run.json").write_text("{half")
    assert folder.recall() == {}


def test_a_taken_port_is_named_with_its_option() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        with pytest.raises(StartError, match=str(number)) as caught:
            require_port("127.0.0.1", number, "--port")
        assert "--port" in caught.value.mend
        assert any_free_port("127.0.0.1", number) != number
    assert any_free_port("127.0.0.1", number) == number
