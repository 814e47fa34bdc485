from __future__ import annotations

from datetime import UTC, datetime
from html.parser import HTMLParser

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from alerts.reports import public
from alerts.reports.display import printable
from alerts.reports.paper import Column, Paper, Table, Tone, number, words
from alerts.reports.publishing import Released
from alerts.reports.store import Stored
from tests.unit.alerts.reports.made import publicity

AT = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)


class Reader(HTMLParser):
    """What a browser reads: words, and which elements stand there."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def stored(paper: Paper, version: int = 1, changes: tuple[str, ...] = ()) -> Stored:
    return Stored(
        report_id=7, version=version, newest=version, made_at=AT, made_by="he-secret", digest=paper.digest(), paper=paper,
        changes=changes, publication_id=1, released_at=AT, released_by="he-secret",
    )  # fmt: skip


def released(period: str, version: int = 1) -> Released:
    day = AT.date()
    return Released(
        report_id=1, period=period, first_day=day, last_day=day, version=version, digest="d", released_at=AT,
        revised=version > 1,
    )  # fmt: skip


def page(paper: Paper, version: int = 1, changes: tuple[str, ...] = (), *others: Released) -> str:
    return public.page(stored(paper, version, changes), others, as_of=AT)


def test_nothing_released_says_so() -> None:
    found = public.page(None, [], as_of=AT)
    assert "暂无公示内容" in found
    assert public.document(None, []) == {"released": None, "periods": []}


def test_it_shows_the_paper_until_when_its_data_go_and_its_digest() -> None:
    found = page(publicity())
    for said in (
        "目标完成情况公示",
        "永兴县",
        "2026-10",
        "数据截至 2026-10-31",
        "发布于 2026-11-20 09:00",
        publicity().digest(),
        "61.0",
    ):
        assert said in found
    assert "修订" not in found.replace("修订说明", "")


def test_a_later_version_is_marked_as_revision_and_says_what_changed() -> None:
    found = page(publicity(), 2, ("表《目标完成情况》行 甲 列 完成率：61.0 → 62.0",))
    assert '<span class="revised">第 2 版 修订</span>' in found
    assert "61.0 → 62.0" in found


def test_a_later_version_of_what_was_never_shown_is_no_revision() -> None:
    assert "修订" not in page(publicity(), 2)
    assert public.document(stored(publicity(), 2), [])["released"]["revised"] is False


def test_earlier_periods_are_linked_and_not_the_one_that_is_shown() -> None:
    found = page(publicity(), 1, (), released("2026-10"), released("2026-09", 2))
    assert '<a href="/public?period=2026-09">2026-09</a>（修订）' in found
    assert '<a href="/public?period=2026-10">' not in found


def test_the_names_of_those_who_work_on_it_are_not_public() -> None:
    assert "he-secret" not in page(publicity())
    assert b"he-secret" not in msgspec.json.encode(public.document(stored(publicity()), [released("2026-10")]))


def test_it_has_no_script_form_or_thing_from_elsewhere_and_the_policy_knows_its_style() -> None:
    reader = Reader(page(publicity(), 2, ("x",), released("2026-09")))
    assert {tag for tag, _ in reader.tags} <= {
        "html", "head", "meta", "title", "style", "body", "main", "header", "div", "h1", "h2", "span", "br", "section", "table", "thead",
        "tbody", "tr", "th", "td", "p", "a", "nav", "ul", "li", "footer", "b", "sup",
    }  # fmt: skip
    assert all("style" not in attributes and "src" not in attributes for _, attributes in reader.tags)
    assert all(
        attributes["href"].startswith("/public") for tag, attributes in reader.tags if tag == "a" and attributes["href"]
    )
    assert "unsafe" not in public.POLICY
    assert "default-src 'none'" in public.POLICY


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=40))
def test_whatever_a_county_wrote_is_words_and_never_markup(said: str) -> None:
    plain = Reader(page(publicity()))
    table = Table(said, (Column(said, said, said),), ((words(said),), (number(1, 0, mark=said),)), (said,))
    made = msgspec.structs.replace(publicity(), title=said, scope_name=said, notes=(said,), tables=(table,))
    reader = Reader(page(made, 1, ()))
    assert {tag for tag, _ in reader.tags} - {tag for tag, _ in plain.tags} <= {"ul", "li", "h2", "sup"}
    assert printable(said).replace("\r", "\n") in "".join(reader.words).replace("\r", "\n")


def test_machines_get_the_numbers_as_shown_and_null_where_there_is_none() -> None:
    heads = (Column("单位"), Column("完成率", "Completion", "%", is_number=True))
    rows = ((words("甲"), number(61.04, 1, tone=Tone.MET)), (words("乙"), number(float("nan"), 1)))
    made = msgspec.structs.replace(publicity(), tables=(Table("表", heads, rows),))
    found = public.document(stored(made, 2, ("改动",)), [released("2026-10", 2)])
    assert found["released"]["tables"][0]["rows"] == [["甲", 61.0], ["乙", None]]
    assert (found["released"]["revised"], found["released"]["changes"]) == (True, ["改动"])
    assert found["released"]["data_until"] == "2026-10-31"
    assert found["periods"] == [
        {
            "period": "2026-10",
            "version": 2,
            "released_at": "2026-11-20T09:00:00+08:00",
            "href": "/public.json?period=2026-10",
        }
    ]
