from __future__ import annotations

import urllib.parse
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.actor import Actor
from alerts.desk.reports.access import disposition, file_name, may_make, may_read, scopes_of
from alerts.reports.store import Stored
from schemas.catalog.duty import Role
from tests.unit.alerts.reports.made import paper

AT = datetime(2026, 11, 20, tzinfo=UTC)
OPERATOR = Actor(name="yunwei", role=Role.OPERATOR, site="bj-wwtp")


@pytest.mark.parametrize(
    ("actor", "scope", "expected"),
    [
        (Actor(name="root", role=Role.ADMIN), "county", True),
        (Actor(name="he", role=Role.BUREAU), "county", True),
        (Actor(name="chen", role=Role.INSPECTOR), "bj-wwtp", True),
        (OPERATOR, "bj-wwtp", True),
        (OPERATOR, "lyt-boiler", False),
        (OPERATOR, "county", False),
        (Actor(name="x", role=Role.OPERATOR), "", False),
        (Actor(name="wall", role=Role.WALL), "county", False),
    ],
    ids=[
        "administrator",
        "bureau",
        "inspector",
        "own site",
        "another's site",
        "the county",
        "no site at all",
        "the wall",
    ],
)
def test_who_reads_which_report(actor: Actor, scope: str, expected: bool) -> None:  # noqa: FBT001
    assert may_read(actor, scope) is expected


def test_an_operator_is_listed_the_own_site_alone_and_has_nothing_made() -> None:
    assert scopes_of(OPERATOR) == ["bj-wwtp"]
    assert scopes_of(Actor(name="x", role=Role.OPERATOR)) == [""]
    assert scopes_of(Actor(name="chen", role=Role.INSPECTOR)) is None
    assert [may_make(Actor(name="x", role=role)) for role in Role] == [True, True, True, False, False]


def stored(scope_name: str) -> Stored:
    return Stored(
        report_id=7, version=2, newest=2, made_at=AT, made_by="x", digest="d", paper=paper(scope_name=scope_name), changes=(),
        publication_id=None, released_at=None, released_by=None,
    )  # fmt: skip


def test_a_file_is_called_by_kind_place_period_and_version() -> None:
    assert file_name(stored("便江污水处理厂"), "pdf") == "监测日报_便江污水处理厂_2026-11-20_第2版.pdf"


@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_whatever_a_place_is_called_no_header_or_path_breaks(said: str) -> None:
    name = file_name(stored(said), "xlsx")
    assert not set(name) & set('/\\:*?"<>|\r\n\0')
    header = disposition(name, "report-7.xlsx")
    header.encode("ascii")
    assert "\r" not in header
    assert "\n" not in header
    assert urllib.parse.unquote(header.partition("filename*=UTF-8''")[2]) == name
