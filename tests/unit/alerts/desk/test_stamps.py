from __future__ import annotations

from datetime import UTC, datetime

import pytest

from alerts.actor import UseError
from alerts.desk.stamps import instant, plain, stamp

NOON = datetime(2026, 6, 2, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-06-02T12:00:00+08:00",
        "2026-06-02T12:00:00 08:00",
        "2026-06-02T04:00:00Z",
        "2026-06-02T12:00",
        "2026-06-02T06:00+02:00",
    ],
)
def test_an_instant_is_read_with_its_zone_or_as_beijing_s(text: str) -> None:
    assert instant(text, "since") == NOON


def test_a_day_begins_at_beijing_s_midnight() -> None:
    assert instant("2026-06-02", "since") == datetime(2026, 6, 1, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01", "12:00", "0001-01-01T00:00:00+14:00"])
def test_what_is_no_instant_is_named_with_its_field(text: str) -> None:
    with pytest.raises(UseError, match="until"):
        instant(text, "until")


def test_rows_are_written_with_beijing_s_offset() -> None:
    assert plain({"at": NOON, "n": 1}) == {"at": "2026-06-02T12:00:00+08:00", "n": 1}
    assert stamp(None) is None
