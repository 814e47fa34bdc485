"""What boards are tried on is what they are about: facts, verdicts and incidents of weeks, under names people know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import psycopg

_DAYS = "extract(epoch FROM max(time) - min(time)) / 86400"


@pytest.mark.parametrize(
    ("what", "query"),
    [
        ("readings of days, to the last minutes", "SELECT max(time) > now() - interval '1 hour' FROM screen.reading"),
        ("hours of five weeks", f"SELECT {_DAYS} >= 34 AND count(DISTINCT point_id) >= 60 FROM screen.hour"),
        ("days of five weeks", f"SELECT {_DAYS} >= 33 FROM screen.day"),
        ("a month that has ended", "SELECT count(DISTINCT month) >= 2 FROM screen.month"),
        ("verdicts of five weeks", f"SELECT {_DAYS} >= 33 FROM screen.verdict"),
        ("all outcomes", "SELECT count(DISTINCT outcome) >= 3 FROM screen.verdict"),
        ("incidents that last and that are over", "SELECT count(DISTINCT state) >= 2 FROM screen.incident"),
        ("notices", "SELECT count(*) > 0 FROM screen.notice"),
        ("rejections of several reasons", "SELECT count(DISTINCT reason) >= 3 FROM screen.rejection"),
        ("devices that send", "SELECT bool_or(NOT silent) AND count(*) = 14 FROM screen.device"),
        ("a balance", "SELECT sum(received) > 10000 AND sum(astray) = 0 FROM screen.tally"),
        ("verdicts on a stack", "SELECT count(DISTINCT outcome) >= 2 FROM screen.verdict WHERE rule = 'air_hour'"),
        ("a mark", "SELECT count(*) = 1 FROM screen.mark"),
        ("titles for all that happened", "SELECT bool_and(title <> subject AND rule_zh <> rule) FROM screen.incident"),
    ],
)
def test_there_are(grafana: psycopg.Connection, what: str, query: str) -> None:
    assert grafana.execute(query.encode()).fetchone() == (True,), what
