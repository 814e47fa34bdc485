from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.desk.wall_press import Edition
from alerts.desk.wallparts import top
from tests.browser import wall_counties as made
from tests.browser.wall_counties import NOW

if TYPE_CHECKING:
    from alerts.desk.facts import Snapshot

KINDS = ("overview", "sewage", "boilers", "energy", "sites", "incidents")


def page(snapshot: Snapshot, key: str) -> str:
    edition = Edition(snapshot, None, NOW)
    leaves, at = edition.alone(key)
    return "".join(part.html for part in edition.parts(leaves[at]))


class Tags(HTMLParser):
    """Notes every element and attribute that a browser would make of the text."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen += [tag, *(f"{tag}.{name}" for name, _ in attrs)]
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, tag
        assert self.open.pop() == tag


def tags(html: str) -> Tags:
    found = Tags()
    found.feed(html)
    found.close()
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_opened_is_closed(kind: str) -> None:
    for snapshot in (made.county(), made.county(1000, incidents=240, outlets=30, boilers=40, budgets=60), made.empty()):
        found = tags(page(snapshot, kind))
        assert found.open == [], kind


@settings(max_examples=60, deadline=None)
@given(
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)
    | st.sampled_from(['"><script>x</script>', "' onerror='x", "</a><img src=x>", "&lt;b&gt;", "`${x}`"])
)
def test_names_of_a_county_are_words_and_never_markup(name: str) -> None:
    plain, foreign = made.county(name="名", town="名"), made.county(name=name, town=name)
    for kind in KINDS:
        assert tags(page(foreign, kind)).seen == tags(page(plain, kind)).seen
    assert tags(top.title(foreign)).seen == tags(top.title(plain)).seen
