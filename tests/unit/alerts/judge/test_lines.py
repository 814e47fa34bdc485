from __future__ import annotations

import tomllib
from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from alerts.judge.lines import Lines, TomlError, TomlProblem, nearest, read_toml
from tests.unit.alerts.judge.found import find_line

TEXT = '''# a remark with [brackets] and a = 1
top = "x"

[sewage_day]
zh = "污水 # no remark"  # [not.a.table]
numbers = { run = 5, "odd key" = 6 }
yields_to = [
  "one",  # [no]
  "two",
]
text = """
level = "red"
[inside]
"""
raw = \'\'\'
a = 1\'\'\'
[levels.blue]
after_h = 4
deep.er = 1979-05-27 07:32:00
[[steps]]
after = 1
[[steps]]
after = 2
[steps.more]
who = "a"
["ding.talk"]
secret = 1
[levels.red]
after_h = 1
'''


@pytest.mark.parametrize(
    ("table", "key", "line"),
    [
        ("", "top", 2),
        ("sewage_day", None, 4),
        ("sewage_day", "zh", 5),
        ("sewage_day", "numbers", 6),
        ("sewage_day", "numbers.run", 6),
        ("sewage_day", "numbers.odd key", 6),
        ("sewage_day", "yields_to", 7),
        ("sewage_day", "yields_to.1", 9),
        ("sewage_day", "text", 11),
        ("sewage_day", "level", None),
        ("inside", None, None),
        ("sewage_day", "raw", 15),
        ("sewage_day", "a", None),
        ("levels", None, 17),
        ("levels.blue", None, 17),
        ("levels.blue", "after_h", 18),
        ("levels.blue", "deep.er", 19),
        ("steps", None, 20),
        ("steps", "after", 21),
        ("steps.1", "after", 23),
        ("steps.1.more", "who", 25),
        ("ding.talk", "secret", 27),
        ("levels.red", "after_h", 29),
        ("levels.green", None, None),
        ("top", "zh", None),
    ],
)
def test_every_table_and_key_is_found_on_its_line(table: str, key: str | None, line: int | None) -> None:
    tomllib.loads(TEXT)
    assert find_line(TEXT, table, key) == line
    assert find_line("\ufeff" + TEXT.replace("\n", "\r\n"), table, key) == line


def test_what_is_missing_stands_where_it_should_stand() -> None:
    lines = Lines(TEXT)
    assert lines.near("levels.blue.until") == 17
    assert lines.near("sewage_day.numbers.walk") == 6
    assert lines.near("unheard.of") is None


KEYS = st.text("abc-_1", min_size=1, max_size=3)
PLAIN = st.one_of(st.integers(), st.booleans(), st.text('ab"\\#[]{}=,\n', max_size=5), st.just("x"))
VALUES = st.recursive(
    PLAIN, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)), max_leaves=8
)


def written(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f'"{key}" = {written(one)}' for key, one in value.items()) + " }"
    if isinstance(value, list):
        return "[\n" + ",\n".join(written(one) for one in value) + "]"
    return msgspec.json.encode(value).decode()


@given(st.dictionaries(KEYS, st.dictionaries(KEYS, VALUES, max_size=3), max_size=4))
def test_lines_of_any_text_are_those_where_it_was_written(document: dict[str, dict[str, Any]]) -> None:
    rows: list[str] = []
    expected: dict[str, int] = {}
    for table, pairs in document.items():
        expected[table] = len(rows) + 1
        rows.append(f"[{table}]")
        for key, value in pairs.items():
            expected[f"{table}.{key}"] = len(rows) + 1
            rows += f"{key} = {written(value)}".split("\n")
    text = "\n".join(rows)
    assert tomllib.loads(text) == document
    lines = Lines(text)
    assert {place: lines.exact(place) for place in expected} == expected


@given(st.text("ab.=\"'[]{},#\n \\", max_size=60))
@example('"\\="')
def test_no_text_whatever_stops_the_reader(text: str) -> None:
    """Lines of broken text may be wrong, but reading comes to an end and raises nothing."""
    Lines(text)
    assert isinstance(read_toml(text, dict[str, Any]), dict | list)


class Colour(StrEnum):
    BLUE = "blue"
    ORANGE = "orange"


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    after_h: float
    who: tuple[str, ...] = ()


class Thing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    level: Colour
    number: Annotated[int, msgspec.Meta(ge=1)] = 1
    mode: Literal["fast", "slow"] | None = None
    numbers: dict[str, float] = {}
    steps: list[Step] = []
    first: Step | None = None
    on: bool = True

    def __post_init__(self) -> None:
        if self.number == 13:
            raise ValueError("13 bodes ill")


@pytest.mark.parametrize(
    ("row", "place", "sentence", "mend"),
    [
        ('levl = "blue"', "levl", "unknown field", "did you mean level?"),
        ("colour = 1", "colour", "unknown field", "one of: level, number"),
        ('level = "orangee"', "level", "unknown value", "did you mean orange?"),
        ('level = "x"', "level", "unknown value", "one of: blue, orange"),
        ("level = 3", "level", "应为 文字 str，写的是 整数 int", "in quotes"),
        ('number = "3"', "number", "应为 整数 int，写的是 文字 str", "without quotes"),
        ("number = 0", "number", "not allowed", "allowed value"),
        ('mode = "fst"', "mode", "unknown value", "did you mean fast?"),
        ('numbers = { run = 1, walk = "2" }', "numbers.walk", "应为 数 float", "without quotes"),
        ("numbers = 3", "numbers", "应为 表 table", "write a table"),
        ("steps = [{ after_h = 1 }, { after_h = true }]", "steps.1.after_h", "写的是 是非 bool", "number"),
        ("steps = [{ after = 1 }]", "steps.0.after", "unknown field", "after_h"),
        ("first = { after_h = 1, who = [1] }", "first.who.0", "应为 文字 str", "in quotes"),
        ('on = "yes"', "on", "应为 是非 bool", "true or false"),
        ('steps = "a"', "steps", "应为 数组 array", "brackets"),
        ("number = 13", "", "13 bodes ill", "allowed value"),
    ],
)
def test_each_error_names_line_place_and_mend(row: str, place: str, sentence: str, mend: str) -> None:
    level = "" if row.startswith("level") else 'level = "blue"\n'
    found = read_toml(f"[other]\nlevel = 'blue'\n[a]\n{level}{row}\n", dict[str, Thing])
    assert isinstance(found, list)
    one = found[0]
    assert one.place == ".".join(part for part in ("a", place) if part)
    assert one.line == (4 if not level else 5) - (2 if not place else 0)
    assert sentence in one.sentence
    assert mend in one.mend


def test_all_that_is_wrong_is_told_at_once() -> None:
    found = read_toml("[a]\nlevel = 1\nnumber = 'x'\n[b]\n[c]\nlevel = 'blue'\nsteps = [{}]", dict[str, Thing])
    assert isinstance(found, list)
    assert [(one.line, one.place) for one in found] == [
        (2, "a.level"),
        (3, "a.number"),
        (4, "b.level"),
        (7, "c.steps.0.after_h"),
    ]
    assert "missing field" in found[2].sentence


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[a]\nlevel = blue\n", 2),
        ("[a]\nlevel 'blue'\n", 2),
        ("[a]\n\n\nlevel = 'blue\n", 4),
        ("[a]\nx = '''never\nended\n", 3),
        ("[a]\nlevel = 'blue'\nlevel = 'blue'\n", 3),
        ("[a]\n[b]\n[a]\n", 3),
    ],
)
def test_a_slip_of_the_pen_is_told_with_its_line(text: str, line: int) -> None:
    found = read_toml(text, dict[str, Thing])
    assert isinstance(found, list)
    assert [one.line for one in found] == [line]
    assert "syntax" in found[0].sentence
    assert "(at line" not in found[0].sentence


def test_brackets_without_end_are_told_too() -> None:
    found = read_toml("a = " + "[" * 5000, dict[str, Any])
    assert isinstance(found, list)
    assert found[0].line is None


def test_what_is_right_is_read_as_it_was_meant() -> None:
    text = "\ufeff[a]\r\nlevel = 'blue'\r\nsteps = [{ after_h = 2 }]\r\n"
    assert read_toml(text, dict[str, Thing]) == {"a": Thing(Colour.BLUE, steps=[Step(2.0)])}
    assert read_toml("after_h = 1", Step) == Step(1.0)
    assert read_toml("a = 'x'\n", dict[str, str]) == {"a": "x"}


def test_a_secret_is_never_quoted() -> None:
    secret = "https://robot.example/send?token=0123456789"
    for row in (f"robot = 1{secret}", f"robot = ['{secret}']", f"robot = {{ a = '{secret}' }}", f"robot = '{secret}"):
        found = read_toml(row, dict[str, str])
        assert isinstance(found, list)
        assert "token" not in str(TomlError("channels.toml", found))
    mixed = read_toml(f"[a]\nlevel = '{secret}'", dict[str, Thing])
    assert isinstance(mixed, list)
    assert "token" not in str(TomlError("channels.toml", mixed))


def test_a_problem_is_one_line_for_people() -> None:
    one = TomlProblem(12, "sewage_day.level", "没有这个取值 (unknown value): pink", "写 write red")
    assert str(one) == "第 12 行 line 12: sewage_day.level: 没有这个取值 (unknown value): pink → 写 write red"
    assert str(TomlProblem(None, "", "空 (empty)", "写")) == "空 (empty) → 写"
    assert "rules.toml 有 1 处错误" in str(TomlError("rules.toml", [one]))
    assert TomlError("rules.toml", [one]).problems == (one,)


def test_the_nearest_stands_first() -> None:
    assert nearest("sewage_dya", ["air_hour", "sewage_day"]).startswith("是否想写 did you mean sewage_day?")
    assert nearest("zzz", ["air_hour"]) == "可写 one of: air_hour"
