from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.desk.drill import octets


@given(st.binary(max_size=400))
def test_hexadecimal_rows_hold_every_byte_in_order(payload: bytes) -> None:
    rows = octets.hexadecimal(payload).splitlines()
    assert bytes.fromhex("".join(row[8:55] for row in rows)) == payload
    assert all(row[57:].isascii() and row[57:].isprintable() for row in rows)


@given(st.binary(max_size=300), st.integers(0, 300))
def test_nothing_shown_can_act_on_a_page_and_what_is_left_out_is_counted(payload: bytes, at_most: int) -> None:
    shown = octets.shown(payload, at_most)
    assert all(one.isprintable() or one in "\r\n\t" for one in shown.text)
    assert shown.cut == max(0, len(payload) - at_most)


@pytest.mark.parametrize(
    ("payload", "is_hex"),
    [
        ('{"ts": 1, "值": 2}\r\n'.encode(), False),
        (b"\x00", True),
        (b"\xff\xfe", True),
        ("\u202e1.0".encode(), True),
        (b"", False),
    ],
)
def test_text_is_shown_as_text_and_only_text(payload: bytes, *, is_hex: bool) -> None:
    assert octets.shown(payload, 1000).is_hex is is_hex


def test_a_cut_within_a_character_is_no_fault_of_the_message() -> None:
    assert octets.shown("永兴".encode(), 4) == ("永", False, 2)


def test_pretty_json_rounds_no_number_and_what_is_no_json_is_not_guessed() -> None:
    payload = b'{"v":1.10000000000000000001,"big":123456789012345678901234567890}'
    found = octets.pretty(payload)
    assert "1.10000000000000000001" in found
    assert "123456789012345678901234567890" in found
    assert "\n" in found
    assert json.loads(found) == json.loads(payload)
    assert octets.pretty(b"\xff") == octets.pretty(b"{") == octets.pretty(b"[" * 100_000) == ""
