"""The policy as people write it: the shipped one is whole, a fault is named by line and mend, a broken file changes nothing."""

from __future__ import annotations

from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.judge import rules
from alerts.judge.lines import TomlError
from alerts.policy_file import Audience, PolicyFile, load
from schemas.catalog.duty import EventKind
from schemas.catalog.enums import Level

if TYPE_CHECKING:
    from pathlib import Path

TEXT = files("alerts").joinpath("policy.toml").read_text(encoding="utf-8")
RULES = ["ingest_down", "site_offline", "offline", "suspect_clock", "sewage_day"]


def test_the_shipped_policy_speaks_of_rules_that_are_shipped() -> None:
    assert load(rules=rules.load()) == load()


def test_the_shipped_policy_names_every_kind_and_every_level() -> None:
    policy = load(rules=RULES)

    assert set(policy.told) == {kind.value for kind in EventKind}
    assert [policy.ack_hours(level) for level in Level] == [72, 24, 12, 4]
    assert [policy.of(level).hours for level in Level] == ["work", "always", "always", "always"]
    assert policy.sources() == ("ingest_down", "site_offline", "offline")


def test_graver_levels_are_never_called_later_nor_let_lie_longer() -> None:
    rows = [load().of(level) for level in Level]

    for lesser, graver in pairwise(rows):
        assert graver.ladder_min[0] <= lesser.ladder_min[0]
        assert graver.repeat_h <= lesser.repeat_h
        assert graver.ack_lasts_h <= lesser.ack_lasts_h
        assert graver.ack_min <= lesser.ack_min


def test_a_kind_that_a_countys_own_file_does_not_name_is_told_as_shipped() -> None:
    own = TEXT.replace('overdue = "chiefs"\n', "").replace('noted = "nobody"', 'noted = "told"')

    assert load(own).told == load().told | {"noted": Audience.TOLD}


FAULTS = [
    ('hours = "work"', 'hours = "office"', "levels.blue.hours", "work"),
    ("ladder_min = [15, 15]", "ladder_min = [15, 0]", "levels.red.ladder_min.1", ""),
    ("ladder_min = [15, 15]", 'ladder_min = ["15"]', "levels.red.ladder_min.0", "quotes"),
    ("repeat_h = 6", "repeat_h = 0", "levels.orange.repeat_h", ""),
    ("notices = 10", "notice = 10", "storm.notice", "notices"),
    ("opens = 3", "opens = 1", "flapping.opens", ""),
    ("quiet_h = 12", "quiet_h = 25", "flapping.quiet_h", "within_h"),
    ("until = 17:30:00", "until = 08:30:00", "hours.until", "17:30"),
    ('overdue = "chiefs"', 'overdue = "chief"', "told.overdue", "chiefs"),
    ('overdue = "chiefs"', 'over_due = "chiefs"', "told.over_due", "overdue"),
    ('source = ["offline"]', 'source = ["offlin"]', "inhibit.2.source.0", "offline"),
    ('source = ["offline"]', 'source = ["off*"]', "inhibit.2.source.0", "write each name"),
    ('target = ["suspect_*"]', 'target = ["suspects_*"]', "inhibit.2.target.0", "suspect_clock"),
    ('target = ["suspect_*"]', 'target = ["ingest_down"]', "inhibit.2", "remove"),
    ('equal = "device"', 'equal = "town"', "inhibit.2.equal", "site"),
]  # fmt: skip


@pytest.mark.parametrize(("good", "bad", "place", "mend"), FAULTS)
def test_a_fault_is_named_by_line_and_mend(good: str, bad: str, place: str, mend: str) -> None:
    assert good in TEXT
    wrong = TEXT.replace(good, bad, 1)

    with pytest.raises(TomlError) as caught:
        load(wrong, "county.toml", RULES)

    told = {one.place: one for one in caught.value.problems}
    assert mend in told[place].mend
    line = told[place].line
    assert line is not None
    if not place.startswith("inhibit"):
        assert wrong.splitlines()[line - 1] == bad
    assert str(caught.value).startswith("county.toml")


def test_a_missing_table_is_named() -> None:
    with pytest.raises(TomlError, match=r"storm: 缺少必填字段"):
        load(TEXT.replace("[storm]", "[storms]"))


NAMES = st.sampled_from(["a", "b", "c", "d"])
ROWS = st.lists(
    st.tuples(st.lists(NAMES, min_size=1, max_size=2), st.lists(NAMES | st.just("*"), min_size=1, max_size=2)),
    max_size=5,
)


@given(rows=ROWS)
def test_whatever_table_is_taken_has_no_circle(rows: list[tuple[list[str], list[str]]]) -> None:
    head = TEXT[: TEXT.index("[[inhibit]]")] + TEXT[TEXT.index("[told]") :]
    text = head + "".join(
        f'\n[[inhibit]]\nsource = {source}\ntarget = {target}\nequal = "county"\n' for source, target in rows
    )
    causes = {
        name: {one for source, target in rows if name not in source and {name, "*"} & set(target) for one in source}
        for name in "abcd"
    }
    # Take out, again and again, what is nobody's consequence any more: what cannot be taken out stands in a circle.
    while free := [name for name, ones in causes.items() if not ones & set(causes)]:
        for name in free:
            del causes[name]

    if causes:
        with pytest.raises(TomlError, match="circle"):
            load(text)
    else:
        assert len(load(text).inhibit) == len(rows)


def test_a_file_that_changes_is_read_again_and_a_broken_one_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(TEXT, encoding="utf-8")
    watched = PolicyFile(path, RULES)
    path.write_text(TEXT.replace("notices = 10", "notices = 7"), encoding="utf-8")

    assert watched.refresh() is None
    assert watched.current.storm.notices == 7

    path.write_text(TEXT.replace("notices = 10", "notices = 0"), encoding="utf-8")
    said = watched.refresh()

    assert said is not None
    assert "storm.notices" in said
    assert watched.refresh() is None, "said once"
    assert watched.broken == said
    assert watched.current.storm.notices == 7

    path.write_text(TEXT, encoding="utf-8")
    assert watched.refresh() is None
    assert watched.current.storm.notices == 10
    assert not watched.broken


def test_a_file_that_is_gone_changes_nothing_and_is_said(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(TEXT, encoding="utf-8")
    watched = PolicyFile(path)
    path.unlink()

    assert "cannot be read" in (watched.refresh() or "")
    assert watched.current == load()


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"[storm"])
def test_nothing_begins_with_a_file_that_cannot_be_meant(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "policy.toml"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(TomlError):
        PolicyFile(path)


def test_without_a_file_the_shipped_policy_stands() -> None:
    shipped = PolicyFile(None)

    assert (shipped.current, shipped.refresh()) == (load(), None)
