from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.times import from_us

if TYPE_CHECKING:
    from collections.abc import Sequence

#: 1970 to 2100: what a device's clock may say and the age limit lets through, with room.
INSTANTS = st.lists(st.integers(0, 4_102_444_800_000_000), min_size=1, max_size=200)


@given(INSTANTS)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_microsecond_is_not_lost_on_its_way_through_a_float(empty_url: str, instants: Sequence[int]) -> None:
    """The fast way to microseconds goes through double precision: exact as long as half a microsecond is."""
    with psycopg.connect(empty_url, autocommit=True) as connection:
        rows = connection.execute(
            "SELECT (date_part('epoch', ts) * 1000000)::bigint FROM unnest(%s::timestamptz[]) AS ts",
            [[from_us(one) for one in instants]],
        ).fetchall()
    assert [one for (one,) in rows] == list(instants)
