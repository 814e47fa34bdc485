"""What a request brings: read no further than it may be long, and taken apart without a library's default answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl

import msgspec

from alerts.actor import UseError

if TYPE_CHECKING:
    from fastapi import Request

_MOST_BYTES = 64 * 1024
_MOST_FIELDS = 20
T = TypeVar("T")


class TooLongError(UseError):
    """The request is longer than anything that is asked for here."""


async def form(request: Request) -> dict[str, str]:
    """Return the fields of a form (application/x-www-form-urlencoded).

    Raises:
        UseError: too long, or no form.

    """
    try:
        return dict(parse_qsl((await _read(request)).decode(), max_num_fields=_MOST_FIELDS, keep_blank_values=True))
    except ValueError as exc:
        raise UseError("表单无法读取 (not a form).", "重新打开页面再试") from exc


async def json(request: Request, kind: type[T]) -> T:
    """Return the request's JSON as *kind*.

    Raises:
        UseError: too long, no JSON, or a field that is wrong; the sentence names it.

    """
    try:
        return msgspec.json.decode(await _read(request) or b"{}", type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise UseError(f"请求内容有误 (the request's JSON is wrong): {exc}.", fields(kind)) from exc


def query(request: Request, kind: type[T]) -> T:
    """Return the request's query as *kind*. Raises UseError; the sentence names the field."""
    try:
        return msgspec.convert(dict(request.query_params), kind, strict=False)
    except msgspec.ValidationError as exc:
        raise UseError(f"查询参数有误 (a query parameter is wrong): {exc}.", fields(kind)) from exc


def fields(kind: Any) -> str:
    """Return which fields there are, those that may be left out in brackets."""
    named = (field.name if field.required else f"[{field.name}]" for field in msgspec.structs.fields(kind))
    return "Fields: " + ", ".join(named)


async def _read(request: Request) -> bytes:
    found = bytearray()
    async for piece in request.stream():
        found += piece
        if len(found) > _MOST_BYTES:
            raise TooLongError(f"请求过长，至多 {_MOST_BYTES} 字节 (the request is too long).")
    return bytes(found)
