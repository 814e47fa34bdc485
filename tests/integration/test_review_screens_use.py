"""What people would try at the command line for reports, and what must be said instead of done by half."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.commands import report
from alerts.desk.reports.access import maker
from schemas.errors import UseError


@pytest.mark.parametrize(
    "more", [{"out": Path("x.xlsx")}, {"file": True}, {"scope": "bj-wwtp"}, {"period": "2026-10"}], ids=str
)
def test_a_table_that_cannot_be_written_to_a_file_or_filed_says_so_and_prints_nothing(
    more: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UseError, match="report paper"):
        report("rates", "2026-10", **more)  # type: ignore[arg-type]  # by name
    assert capsys.readouterr().out == ""


def test_a_version_is_said_to_be_made_by_the_clock_or_by_whom() -> None:
    assert (maker("schedule"), maker("he")) == ("系统定时", "he")
