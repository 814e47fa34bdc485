from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.topics import DEFAULT_ROOT, Kind, Topic, format_topic, parse_topic

IDS = st.from_regex(r"\A[A-Za-z0-9_-]{1,48}\Z")


@pytest.mark.parametrize("kind", list(Kind))
def test_a_topic_is_read_as_written(kind: Kind) -> None:
    text = format_topic(DEFAULT_ROOT, "wwtp-1", "dev_2", kind)
    assert text == f"yx/v1/wwtp-1/dev_2/{kind.value}"
    assert parse_topic(DEFAULT_ROOT, text) == Topic("wwtp-1", "dev_2", kind)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "yx/v1",
        "yx/v1/",
        "yx/v1/s/d",
        "yx/v1/s/d/",
        "yx/v1/s/d/telemetry/",
        "yx/v1/s/d/telemetry/more",
        "yx/v1//d/telemetry",
        "yx/v1/s//telemetry",
        "yx/v1/s/d/Telemetry",
        "yx/v1/s/d/unheard",
        "yx/v2/s/d/telemetry",
        "yx/v10/s/d/telemetry",
        "/yx/v1/s/d/telemetry",
        "$SYS/broker/uptime",
        "s/d/telemetry",
    ],
)
def test_what_is_not_of_the_grammar_is_nobodys(text: str) -> None:
    assert parse_topic("yx/v1", text) is None


@pytest.mark.parametrize("root", ["a", "a/b", "a/b/c/d"])
def test_the_root_may_hold_slashes(root: str) -> None:
    assert parse_topic(root, f"{root}/s/d/status") == Topic("s", "d", Kind.STATUS)


@given(root=st.lists(IDS, min_size=1, max_size=3).map("/".join), site=IDS, device=IDS, kind=st.sampled_from(Kind))
def test_any_topic_comes_back(root: str, site: str, device: str, kind: Kind) -> None:
    assert parse_topic(root, format_topic(root, site, device, kind)) == Topic(site, device, kind)


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    found = parse_topic("", text)
    assert found is None or format_topic("", *found) == text
