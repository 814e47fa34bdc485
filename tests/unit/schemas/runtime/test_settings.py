from __future__ import annotations

import pytest

from schemas.errors import SettingsError
from schemas.runtime.settings import load_settings


def test_the_defaults_stay_on_this_machine() -> None:
    settings = load_settings()
    assert settings.database_url is None
    assert (settings.broker.host, settings.desk.host) == ("127.0.0.1", "127.0.0.1")


def test_a_nested_setting_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONITOR_BROKER__PORT", "1884")
    assert load_settings().broker.port == 1884


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("MONITOR_BROKER__PORT", "abc"),
        ("MONITOR_BROKER__PORT", "70000"),
        ("MONITOR_BROKER__ROOT", "yx/#"),
        ("MONITOR_INGEST__MAX_FUTURE_S", "-1"),
        ("MONITOR_LOG_FORMAT", "xml"),
    ],
)
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=variable):
        load_settings()
