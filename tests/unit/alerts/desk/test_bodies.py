from __future__ import annotations

import json
from typing import Annotated, Any

import msgspec
import pytest
from fastapi import Request

from alerts.actor import UseError
from alerts.desk import bodies


class Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: Annotated[str, msgspec.Meta(min_length=1)]
    hours: float | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=5)] = 5


def request(body: bytes = b"", query: str = "", pieces: int = 1) -> Request:
    size = max(1, len(body) // pieces)
    parts = [body[at : at + size] for at in range(0, len(body), size)] or [b""]

    async def receive() -> dict[str, Any]:
        part = parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(parts)}

    scope = {"type": "http", "method": "POST", "path": "/", "headers": [], "query_string": query.encode()}
    return Request(scope, receive)


async def test_a_body_is_read_as_what_is_asked_for() -> None:
    assert await bodies.json(request(b'{"text": "x", "hours": 2}', pieces=5), Wish) == Wish("x", 2.0)


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"", "text"),
        (b"{", "JSON"),
        (b"[]", "object"),
        (b'{"text": ""}', "text"),
        (b'{"text": "x", "hour": 2}', "hour"),
        (b'{"text": "x", "hours": "2"}', "hours"),
        (b'{"text": "\xff"}', "JSON"),
        (b'{"text": "x", "hours": NaN}', "JSON"),
    ],
)
async def test_a_wrong_body_is_named_with_the_fields_there_are(body: bytes, word: str) -> None:
    with pytest.raises(UseError) as caught:
        await bodies.json(request(body), Wish)
    assert word in str(caught.value)
    assert caught.value.mend == "Fields: text, [hours], [limit]"


async def test_no_more_is_read_than_a_body_may_be_long() -> None:
    long = json.dumps({"text": "长" * 40_000}).encode()
    with pytest.raises(bodies.TooLongError):
        await bodies.json(request(long, pieces=10), Wish)
    with pytest.raises(bodies.TooLongError):
        await bodies.form(request(b"text=" + b"x" * 70_000))


async def test_a_form_is_read_and_what_is_none_is_refused() -> None:
    body = b"name=chen.yi&password=%E6%A7%90%26+1&empty="
    assert await bodies.form(request(body)) == {"name": "chen.yi", "password": "槐& 1", "empty": ""}
    for wrong in (b"\xff=1", b"&".join(b"a%d=1" % number for number in range(30))):
        with pytest.raises(UseError):
            await bodies.form(request(wrong))


def test_a_query_is_read_as_what_is_asked_for() -> None:
    assert bodies.query(request(query="text=x&limit=3"), Wish) == Wish("x", None, 3)
    for wrong, word in (("text=x&limit=9", "limit"), ("text=x&page=2", "page"), ("limit=a&text=x", "limit")):
        with pytest.raises(UseError, match=word):
            bodies.query(request(query=wrong), Wish)
