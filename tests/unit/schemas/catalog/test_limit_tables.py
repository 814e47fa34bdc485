"""The tables as data: every number with its source, no two that bind the same thing on the same day."""

from __future__ import annotations

import re
from datetime import date
from itertools import combinations
from typing import TYPE_CHECKING

import msgspec
import pytest

from schemas.catalog.factors import FACTORS
from schemas.catalog.limits import IN_SERVICE, LIMITS, load, parse

if TYPE_CHECKING:
    from schemas.records import Limit

# The period in which each limit of a thing binds, and what it hangs on.
SPANS = (
    ("valid_from", "valid_to"),
    ("built_from", "built_to"),
    ("water_temp_above_c", "water_temp_up_to_c"),
    ("rated_above", "rated_up_to"),
)
HEAD = """\
[[table]]
scope = "s"
factor = "w01018"
basis = "day"
unit = "mg/L"
standard = "S"
edition = "1"
clause = "1"
task = 1
source = "read"
verified = true
valid_from = "2020-01-01"
decimals = 0
"""


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.id)
def test_every_limit_says_where_it_comes_from(limit: Limit) -> None:
    assert limit.source.strip()
    assert limit.clause.strip()
    assert limit.standard.strip()
    assert limit.edition.strip()
    assert limit.task > 0
    # Unverified: the source says what was not read, and how good it is.
    assert limit.verified == (re.search("未见|未定", limit.source) is None)
    assert limit.verified == ("(B)" not in limit.source)


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.id)
def test_every_limit_has_a_bound_and_dates_that_parse(limit: Limit) -> None:
    assert (limit.low is None) != (limit.high is None) or limit.factor == "w01001"
    assert (limit.low or limit.high or 0) > 0
    assert 0 <= limit.decimals <= 2
    for text in (limit.valid_from, limit.valid_to, limit.built_from, limit.built_to):
        assert text is None or date.fromisoformat(text).isoformat() == text
    assert limit.valid_to is None or limit.valid_from <= limit.valid_to
    assert limit.built_from is None or limit.built_to is None or limit.built_from <= limit.built_to


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.id)
def test_every_limit_is_in_the_unit_of_its_factor(limit: Limit) -> None:
    if limit.scope == IN_SERVICE:
        assert limit.unit == "百分点"  # a gain, not an efficiency
    elif limit.scope == "county" and limit.factor.startswith("yx_l_"):
        assert limit.unit == "t"  # the loads are kept in kg
    elif limit.factor == "w01017":
        assert limit.unit == "mg/L"  # BOD5 has no automatic analyser, hence stands in no catalogue
    else:
        assert limit.unit == FACTORS[limit.factor].unit


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.id)
def test_a_limit_has_as_many_decimals_as_it_is_printed_with(limit: Limit) -> None:
    for bound in (limit.low, limit.high):
        assert bound is None or round(bound, limit.decimals) == bound


def test_a_ph_is_not_rounded_to_whole_numbers() -> None:
    # GB 18918-2002 table 1: 6-9. Rounded half to even to none, 5.5 and 9.4 would pass.
    assert {limit.decimals for limit in LIMITS if limit.factor == "w01001"} == {1}


def _apart(one: Limit, other: Limit) -> bool:
    for lower, upper in SPANS:
        begins = [getattr(limit, lower) for limit in (one, other)]
        ends = [getattr(limit, upper) for limit in (other, one)]
        for begin, end in zip(begins, ends, strict=True):
            if begin is None or end is None:
                continue
            # Days end inclusive; temperatures and sizes are "above" against "up to".
            if begin > end or (begin == end and not isinstance(begin, str)):
                return True
    return False


def test_limits_of_one_thing_never_overlap() -> None:
    def key(limit: Limit) -> tuple[str, ...]:
        grade = limit.id[-3:] if limit.basis == "design" else ""
        return limit.scope, limit.factor, limit.basis, grade

    doubtful = [
        (one.id, other.id)
        for one, other in combinations(LIMITS, 2)
        if key(one) == key(other) and not _apart(one, other)
    ]
    assert doubtful == []


def test_overlaps_would_be_seen() -> None:
    first, second = parse([HEAD + 'rows = [{ id = "a", high = 1 }, { id = "b", high = 2, valid_from = "2021-01-01" }]'])
    assert not _apart(first, second)
    closed = msgspec.structs.replace(first, valid_to="2020-12-31")
    assert _apart(closed, second)
    assert not _apart(msgspec.structs.replace(first, valid_to="2021-01-01"), second)


def test_a_row_takes_its_heads_fields_and_may_say_otherwise() -> None:
    first, second = parse([HEAD + 'rows = [{ id = "a", high = 1 }, { id = "b", high = 2, unit = "t", decimals = 1 }]'])
    assert (first.id, first.high, first.unit, first.decimals) == ("a", 1, "mg/L", 0)
    assert (second.id, second.high, second.unit, second.decimals) == ("b", 2, "t", 1)


@pytest.mark.parametrize(
    "text",
    [
        HEAD + 'hihg = 3\nrows = [{ id = "a", high = 1 }]',
        HEAD + 'rows = [{ id = "a", hihg = 1 }]',
        HEAD + "rows = [{ high = 1 }]",
        HEAD + 'rows = [{ id = "a", high = "1" }]',
        HEAD.replace('source = "read"\n', "") + 'rows = [{ id = "a", high = 1 }]',
        HEAD,
        "tabel = []",
    ],
)
def test_a_table_with_an_unknown_or_missing_field_is_refused(text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        parse([text])


def test_an_id_that_stands_twice_is_refused_also_over_files() -> None:
    text = HEAD + 'rows = [{ id = "a", high = 1 }]'
    with pytest.raises(ValueError, match="stand twice: a"):
        parse([text, text])


def test_what_is_shipped_is_what_is_loaded() -> None:
    assert load() == LIMITS
    assert {limit.id for limit in LIMITS} >= {
        "GB18918-2002.1A.w01018.day",
        "GB18918-2002.1A.w21011.day.old2028",
        "plan2018.13.coal",
        "plan2018.13.gas",
    }
