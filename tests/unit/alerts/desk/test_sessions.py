from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.desk.sessions import login_path, safe_path


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ("/desk", "/desk"),
        ("/desk/incident/5?tab=events", "/desk/incident/5?tab=events"),
        ("/", "/"),
        (None, "/desk"),
        ("", "/desk"),
        ("desk", "/desk"),
        ("//evil.example/desk", "/desk"),
        ("/\\evil.example", "/desk"),
        ("\\/evil.example", "/desk"),
        ("https://evil.example", "/desk"),
        ("javascript:alert(1)", "/desk"),
        ("/\tevil", "/desk"),
        ("/\n/evil.example", "/desk"),
        ("/login?next=/login", "/desk"),
        ("/logout", "/desk"),
        ("/password", "/desk"),
    ],
)
def test_after_the_log_in_one_stays_on_this_desk(wanted: str | None, path: str) -> None:
    assert safe_path(wanted) == path


@given(st.text())
def test_no_text_leads_elsewhere(wanted: str) -> None:
    found = safe_path(wanted)
    parts = urlsplit(found)
    assert found.startswith("/")
    assert not found.startswith("//")
    assert not parts.scheme
    assert not parts.netloc


@given(st.text(min_size=1))
def test_where_one_came_from_survives_the_way_to_the_log_in(wanted: str) -> None:
    try:
        wanted.encode()
    except UnicodeEncodeError:
        return
    assert parse_qs(urlsplit(login_path(wanted)).query, keep_blank_values=True)["next"] == [wanted]
