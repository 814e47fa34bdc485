from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.notify.family import Message, mask, plain

LINK = "https://desk.example/?incident=7"


def message(text: str, link: str = LINK, key: str = "7/41/a/b") -> Message:
    return Message(key=key, title=text.partition("\n")[0], text=f"{text}\n{link}", link=link, level="red")


def test_a_text_that_fits_keeps_every_word_and_has_its_number_before_the_link() -> None:
    assert plain(message("头\n二"), 2048) == f"头\n二\n通知号：7/41/a/b\n{LINK}"
    assert plain(message("头\n二"), 0) == plain(message("头\n二"), 2048)


def test_a_text_without_a_link_ends_with_its_number() -> None:
    assert plain(message("头", link=""), 0) == "头\n通知号：7/41/a/b"


def test_a_long_text_is_cut_and_says_where_the_rest_stands() -> None:
    text = plain(message("排" * 1000), 300)
    assert text.endswith(f"排…（全文见链接）\n通知号：7/41/a/b\n{LINK}")
    assert len(text.encode()) <= 300


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])), st.integers(150, 400))
def test_no_text_is_longer_than_its_channel_takes_and_all_keep_number_and_link(words: str, most: int) -> None:
    text = plain(message(words), most)
    assert len(text.encode()) <= most
    assert text.endswith(f"通知号：7/41/a/b\n{LINK}")


@pytest.mark.parametrize(
    ("url", "secrets"),
    [
        ("dingtalk://S3cr3tS3cr3t@T0kenT0ken/13800000000", ["S3cr3tS3cr3t", "T0kenT0ken", "13800000000"]),
        ("wecombot://Abc-def_123", ["Abc-def_123"]),
        ("mailtos://bob:p%40ssw0rd@mail.example.org/?to=x@example.org", ["p%40ssw0rd", "p@ssw0rd", "x@example.org"]),
        ("https://host.example/hook/T0kenT0ken?key=K3yK3y", ["T0kenT0ken", "K3yK3y", "host.example"]),
        ("http://[broken/T0kenT0ken", ["http://[broken/T0kenT0ken"]),
    ],
)
def test_no_part_of_an_address_survives_the_masking(url: str, secrets: list[str]) -> None:
    for secret in [url, *secrets]:
        line = mask(url, f"failed at {secret}: refused")
        assert secret not in line
        assert line.startswith("failed at ")
        assert line.endswith(": refused")


def test_masking_leaves_what_is_no_secret() -> None:
    assert mask("https://host.example:8443/v1/T0kenT0ken", "HTTP 403 at v1") == "HTTP 403 at v1"
